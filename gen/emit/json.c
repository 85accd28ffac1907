#include "emit/emit.h"

/* what prints a field that is not null */
static const char *const calls[] = {
    [FIELD_INT] = "json_int(p, e->$member$)",
    [FIELD_UINT] = "json_uint(p, e->$member$)",
    [FIELD_BOOL] = "json_bool(p, e->$member$)",
    [FIELD_FLOAT] = "json_float(p, e->$member$, $size$)",
    [FIELD_POINTER] = "json_pointer(p, e->$member$)",
    [FIELD_STRING] = "json_string(p, &e->$member$, PG_SLOT(e, $slot$, slot), $is_text$, $slot$, &marks)",
    [FIELD_BYTES] = "json_hex(p, &e->$member$, PG_SLOT(e, $slot$, slot), $slot$, &marks)",
    [FIELD_ADDRESS] = "json_address(p, &e->$member$)",
    [FIELD_WHOLE] = "json_whole(p, &e->$member$, PG_SLOT(e, $slot$, slot), json->layouts + $path_index$)",
};

static void emit_value(printer_t *to, const ir_field_t *field)
{
    unsigned indent = field->is_optional ? 4 : 0;

    if (field->is_optional)
        emit(to, "    if (PG_IS_NULL(e, $member$) || e->$member$ != 0) {\n");
    to->indent += indent;
    emit(to, "    p = JSON_LITERAL(p, \",\\\"$field$\\\":\");\n"
             "    p = PG_IS_NULL(e, $member$) ? json_null(p) : ");
    emit(to, calls[field->kind]);
    emit(to, ";\n");
    to->indent -= indent;
    if (field->is_optional)
        emit(to, "    }\n");
}

static void emit_slot(printer_t *to, const ir_field_t *field)
{
    if (field->slot >= 0)
        emit(to, "        {\"$field$\", offsetof(struct ev_$c_name$, $member$)},\n");
}

static void emit_function(printer_t *to, const ir_probe_t *probe)
{
    static const gated_t values = {"    if (json->show & PG_SHOW_$GATE$) {\n", NULL, emit_value, NULL};

    emit(to, "\n"
             "/* $provider$:$probe$ ($where$) */\n"
             "char *json_$c_name$(char *p, const void *record, const json_t *json)\n"
             "{\n");
    emit_bits(to, probe, NULL);
    if (probe->num_slots != 0) {
        emit(to, "    static const json_slot_t names[] = {\n");
        emit_fields(to, probe, emit_slot);
        emit(to, "    };\n");
    }
    emit(to, "    const struct ev_$c_name$ *e = record;\n");
    if (probe->num_slots != 0)
        emit(to, "    uint32_t slot = e->head.slot;\n"
                 "    json_marks_t marks = {0, 0};\n");
    emit(to, "\n"
             "    p = JSON_LITERAL(p, \"{\\\"module\\\":\\\"$provider$\\\",\\\"type\\\":\\\"$event$\\\",\\\"tid\\\":\");\n"
             "    p = json_head(p, &e->head, json);\n");
    emit_gated(to, probe, &values);
    if (probe->num_slots != 0)
        emit(to, "    if ((marks.truncated | marks.hex) != 0)\n"
                 "        p = json_marks(p, &marks, e, PG_SLOT(e, 0, slot), names, $num_slots$);\n");
    emit(to, "    return JSON_LITERAL(p, \"}\\n\");\n"
             "}\n");
}

static void emit_prototype(printer_t *to, const ir_probe_t *probe)
{
    (void)probe;
    emit(to, "char *json_$c_name$(char *p, const void *record, const json_t *json);\n");
}

void emit_json(const ir_t *ir, outdir_t *dir)
{
    printer_t to = emit_begin(dir, "json.c", "From the record of every probe to JSON");

    emit(&to, "#include \"events.h\"\n"
              "#include \"json_events.h\"\n");
    emit_probes(&to, ir, emit_function);

    printer_end(&to);

    to = emit_begin(dir, "json_events.h", "The functions of json.c");
    emit(&to, "#ifndef JSON_EVENTS_H\n"
              "#define JSON_EVENTS_H\n"
              "\n"
              "#include \"output/json.h\"\n"
              "\n");
    emit_probes(&to, ir, emit_prototype);
    emit(&to, "\n"
              "#endif\n");
    printer_end(&to);
}
