#include "emit/emit.h"

/*
 * Bytes of an event in JSON at most, without what stands in its slots: an expression of the names of runtime/json.h, which knows
 * how long a number gets. A name is printed once, in quotes and with a colon and a comma; that of a slot up to twice more, among
 * "truncated" and "hex".
 */
static void emit_json_size(out_t *out, const ir_probe_t *probe)
{
    unsigned text = probe->provider->name.n + probe->json_name.n, num_numbers = 0, num_addresses = 0;

    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        text += field->name.n + 4;
        if (field->slot >= 0)
            text += 2 * (field->name.n + 4);
        if (field->kind == FIELD_ADDRESS)
            ++num_addresses;
        else
            num_numbers += field->slot >= 0 ? 2 : 1; /* of a slot: its true length; quotes, or null */
    }
    out_printf(out, "JSON_MAX_EVENT + %u + %u * JSON_MAX_NUMBER + %u * JSON_MAX_ADDRESS", text, num_numbers, num_addresses);
}

static void emit_args(out_t *out, const ir_probe_t *probe)
{
    if (probe->num_args == 0)
        return;
    out_printf(out, "static const catalog_arg_t args_%.*s[] = {\n", STR_ARG(probe->c_name));
    for (unsigned i = 0; i < probe->num_args; ++i) {
        const ir_arg_t *arg = probe->args + i;
        out_text(out, "    {");
        emit_c_string(out, arg->declaration);
        if (arg->name.n != 0)
            out_printf(out, ", \"%.*s\"", STR_ARG(arg->name));
        else
            out_text(out, ", NULL");
        out_printf(out, ", %u, %d, %d, %d, %s},\n", arg->meaning.size,
                   arg->meaning.scalar == SCALAR_INT || arg->meaning.scalar == SCALAR_UNKNOWN, arg->meaning.scalar == SCALAR_FLOAT,
                   arg->length_kind == LENGTH_NUL && arg->meaning.scalar == SCALAR_STRING,
                   arg->gate == GATE_NONE ? "0" : emit_gate(arg->gate));
    }
    out_text(out, "};\n");
}

static unsigned emit_paths(out_t *out, const ir_probe_t *probe, int count_only)
{
    unsigned n = 0;

    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (probe->fields[i].path == NULL)
            continue;
        if (!count_only)
            out_printf(out, "%s%u", n == 0 ? "" : ", ", probe->fields[i].path->index);
        ++n;
    }
    return n;
}

static void emit_probe(out_t *out, const ir_probe_t *probe)
{
    out_printf(out, "    {.provider = \"%.*s\", .name = \"%.*s\"", STR_ARG(probe->provider->name), STR_ARG(probe->name));
    if (probe->num_args != 0)
        out_printf(out, ", .args = args_%.*s, .num_args = %u", STR_ARG(probe->c_name), probe->num_args);
    unsigned num_paths = emit_paths(out, probe, 1);
    if (num_paths != 0) {
        out_text(out, ", .paths = (const uint16_t[]){");
        emit_paths(out, probe, 0);
        out_printf(out, "}, .num_paths = %u", num_paths);
    }
    out_printf(out, ",\n     .size = sizeof(struct ev_%.*s), .num_slots = %u, .json = json_%.*s,\n     .json_size = ",
               STR_ARG(probe->c_name), probe->num_slots, STR_ARG(probe->c_name));
    emit_json_size(out, probe);
    out_text(out, "},\n");
}

void emit_catalog(const ir_t *ir, outdir_t *dir)
{
    out_t *out = out_begin(dir, "catalog.c");

    emit_banner(out, "What the runtime knows of the probes");
    out_text(out, "#include \"common/catalog.h\"\n#include \"events.h\"\n#include \"json_events.h\"\n\n");
    for (unsigned i = 0; i < ir->num_events; ++i)
        emit_args(out, ir->events[i]);
    /* one more of each, so that a set without probes or paths is C as well */
    out_text(out, "\nstatic const catalog_probe_t probes[] = {\n");
    for (unsigned i = 0; i < ir->num_events; ++i)
        emit_probe(out, ir->events[i]);
    out_text(out, "    {.name = NULL},\n};\n\nstatic const catalog_path_t paths[] = {\n");
    for (unsigned i = 0; i < ir->num_paths; ++i) {
        const ir_path_t *path = ir->paths[i];
        out_printf(out, "    {\"%.*s\", \"%.*s\", %d, %u},\n", STR_ARG(path->type), STR_ARG(path->path), path->scalar == SCALAR_INT,
                   path->scalar == SCALAR_FLOAT ? path->size : 0);
    }
    out_text(out, "    {NULL, NULL, 0, 0},\n};\n\nconst catalog_t catalog = {.tracer = ");
    emit_c_string(out, ir->tracer);
    out_printf(out, ", .probes = probes, .num_probes = %u, .paths = paths, .num_paths = %u};\n", ir->num_events, ir->num_paths);
}
