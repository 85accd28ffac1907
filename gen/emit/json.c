#include "emit/emit.h"

/* what prints a field that is not null */
static const char *const calls[] = {
    [FIELD_INT] = "json_int(p, e->$member$)",
    [FIELD_UINT] = "json_uint(p, e->$member$)",
    [FIELD_BOOL] = "json_bool(p, e->$member$)",
    [FIELD_FLOAT] = "json_float(p, e->$member$, $float_size$)",
    [FIELD_POINTER] = "json_pointer(p, e->$member$)",
    [FIELD_STRING] = "json_string(p, &e->$member$, PG_SLOT(e, $slot$, slot), $is_text$, $slot$, &marks)",
    [FIELD_BYTES] = "json_hex(p, &e->$member$, PG_SLOT(e, $slot$, slot), $slot$, &marks)",
    [FIELD_ADDRESS] = "json_address(p, &e->$member$)",
    [FIELD_DURATION] = "json_duration(p, e->$member$)",
    [FIELD_WHOLE] = "json_whole(p, &e->$member$, PG_SLOT(e, $slot$, slot), json_layout(json, &e->$member$, $path_index$))",
};

/* how it is known of a field that is null whether it could not be read */
static str_t unreadable(const ir_field_t *field)
{
    return field->slot >= 0 ? STR("SPAN") : field->kind == FIELD_ADDRESS ? STR("ADDRESS") : STR("VALUE");
}

static void emit_value(printer_t *to, const ir_field_t *field)
{
    unsigned indent = field->is_optional ? 4 : 0;

    if (field->is_optional)
        emit(to, "    if (PG_IS_NULL(e, $member$) || e->$member$ != 0) {\n");
    to->indent += indent;
    emit(to, "    p = JSON_LITERAL(p, \",\\\"$field$\\\":\");\n"
             "    p = PG_IS_NULL(e, $member$) ? ");
    if (field->mark >= 0)
        EMIT(to,
             "json_none(p, PG_IS_UNREADABLE_$KIND$(e, $member$), $mark$, &marks)\n"
             "        : ",
             TEXT("KIND", unreadable(field)), NUMBER("mark", field->mark));
    else
        emit(to, "json_null(p) : ");
    emit(to, calls[field->kind]);
    emit(to, ";\n");
    to->indent -= indent;
    if (field->is_optional)
        emit(to, "    }\n");
}

static void emit_marked(printer_t *to, const ir_field_t *field)
{
    if (field->slot >= 0)
        emit(to, "        {\"$field$\", $slot$, offsetof(struct ev_$c_name$, $member$)},\n");
    else if (field->mark >= 0)
        emit(to, "        {\"$field$\", -1, 0},\n");
}

static void emit_function(printer_t *to, const ir_probe_t *probe)
{
    static const gated_t values = {"    if (json->show & PG_SHOW_$GATE$) {\n", NULL, emit_value, NULL};

    emit(to, "\n"
             "/* $provider$:$probe$ ($where$) */\n"
             "char *json_$c_name$(char *p, const void *record, const json_t *json)\n"
             "{\n");
    emit_bits(to, probe, NULL);
    if (probe->num_marks != 0) {
        emit(to, "    static const json_marked_t fields[] = {\n");
        emit_fields(to, probe, emit_marked);
        emit(to, "    };\n");
    }
    emit(to, "    const struct ev_$c_name$ *e = record;\n");
    if (probe->num_slots != 0)
        emit(to, "    uint32_t slot = e->head.slot;\n");
    if (probe->num_marks != 0)
        emit(to, "    json_marks_t marks = {0};\n");
    emit(to, "\n"
             "    p = JSON_LITERAL(p, \"{\\\"module\\\":\\\"$provider$\\\",\\\"type\\\":\\\"$event$\\\",\\\"tid\\\":\");\n"
             "    p = json_head(p, &e->head, json);\n");
    emit_gated(to, probe, &values);
    if (probe->num_marks != 0)
        EMIT(to,
             "    if (json_has_marks(&marks))\n"
             "        p = json_marks(p, &marks, e, (const char *)(e + 1), fields, $num_marks$);\n",
             NUMBER("num_marks", probe->num_marks));
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
