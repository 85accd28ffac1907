#include "emit/emit.h"

/* the call that prints a field which is not null */
static void emit_value(out_t *out, const ir_field_t *field)
{
    str_t name = field->c_name;

    switch (field->kind) {
    case FIELD_INT:
        out_printf(out, "json_int(p, e->%.*s)", STR_ARG(name));
        break;
    case FIELD_UINT:
        out_printf(out, "json_uint(p, e->%.*s)", STR_ARG(name));
        break;
    case FIELD_BOOL:
        out_printf(out, "json_bool(p, e->%.*s)", STR_ARG(name));
        break;
    case FIELD_FLOAT:
        out_printf(out, "json_float(p, e->%.*s, %u)", STR_ARG(name), field->size);
        break;
    case FIELD_POINTER:
        out_printf(out, "json_pointer(p, e->%.*s)", STR_ARG(name));
        break;
    case FIELD_ADDRESS:
        out_printf(out, "json_address(p, &e->%.*s)", STR_ARG(name));
        break;
    case FIELD_STRING:
        out_printf(out, "json_string(p, &e->%.*s, slots + %d * e->head.slot, %d, %d, &marks)", STR_ARG(name), field->slot,
                   field->length_kind == LENGTH_NUL, field->slot);
        break;
    case FIELD_BYTES:
        out_printf(out, "json_hex(p, &e->%.*s, slots + %d * e->head.slot, %d, &marks)", STR_ARG(name), field->slot, field->slot);
        break;
    case FIELD_WHOLE:
        out_printf(out, "json_whole(p, &e->%.*s, slots + %d * e->head.slot, json->layouts + %u)", STR_ARG(name), field->slot,
                   field->path->index);
        break;
    }
}

static void emit_field(out_t *out, const ir_field_t *field)
{
    const char *indent = "    ";

    if (field->gate != GATE_NONE) {
        out_printf(out, "    if (json->show & %s) {\n", emit_gate(field->gate));
        indent = "        ";
    }
    out_printf(out, "%sp = JSON_LITERAL(p, \",\\\"%.*s\\\":\");\n%sp = e->head.nulls & 1ull << %u ? json_null(p) : ", indent,
               STR_ARG(field->name), indent, field->bit);
    emit_value(out, field);
    out_text(out, ";\n");
    if (field->gate != GATE_NONE)
        out_text(out, "    }\n");
}

static void emit_slots(out_t *out, const ir_probe_t *probe)
{
    out_printf(out, "    static const json_slot_t names[] = {");
    for (int slot = 0; slot < (int)probe->num_slots; ++slot) {
        for (unsigned i = 0; i < probe->num_fields; ++i) {
            if (probe->fields[i].slot == slot)
                out_printf(out, "%s{\"%.*s\", %u}", slot == 0 ? "" : ", ", STR_ARG(probe->fields[i].name), probe->fields[i].offset);
        }
    }
    out_text(out, "};\n    const char *slots = (const char *)(e + 1);\n    json_marks_t marks = {0, 0};\n");
}

static void emit_function(const ir_t *ir, out_t *out, const ir_probe_t *probe)
{
    str_t name = probe->c_name;

    out_printf(out, "\n/* %.*s:%.*s (%.*s) */\nchar *json_%.*s(char *p, const void *record, const json_t *json)\n{\n",
               STR_ARG(probe->provider->name), STR_ARG(probe->name), STR_ARG(emit_where(ir->arena, probe->at)), STR_ARG(name));
    out_printf(out, "    const struct ev_%.*s *e = record;\n", STR_ARG(name));
    if (probe->num_slots != 0)
        emit_slots(out, probe);
    out_printf(out, "\n    p = JSON_LITERAL(p, \"{\\\"module\\\":\\\"%.*s\\\",\\\"type\\\":\\\"%.*s\\\",\\\"tid\\\":\");\n",
               STR_ARG(probe->provider->name), STR_ARG(probe->json_name));
    out_text(out, "    p = json_head(p, &e->head, json);\n");
    for (unsigned i = 0; i < probe->num_fields; ++i)
        emit_field(out, probe->fields + i);
    if (probe->num_slots != 0)
        out_printf(out,
                   "    if ((marks.truncated | marks.hex) != 0)\n        p = json_marks(p, &marks, record, slots, names, %u);\n",
                   probe->num_slots);
    out_text(out, "    return JSON_LITERAL(p, \"}\\n\");\n}\n");
}

void emit_json(const ir_t *ir, outdir_t *dir)
{
    out_t *out = out_begin(dir, "json.c");

    emit_banner(out, "From the record of every probe to JSON");
    out_text(out, "#include \"events.h\"\n#include \"json_events.h\"\n");
    for (unsigned i = 0; i < ir->num_events; ++i)
        emit_function(ir, out, ir->events[i]);

    out = out_begin(dir, "json_events.h");
    emit_banner(out, "The functions of json.c");
    out_text(out, "#ifndef JSON_EVENTS_H\n#define JSON_EVENTS_H\n\n#include \"output/json.h\"\n\n");
    for (unsigned i = 0; i < ir->num_events; ++i)
        out_printf(out, "char *json_%.*s(char *p, const void *record, const json_t *json);\n", STR_ARG(ir->events[i]->c_name));
    out_text(out, "\n#endif\n");
}
