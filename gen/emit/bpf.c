/*
 * The BPF program: for every probe a function that makes its record, and the switch that calls it. All else (finding the site,
 * evaluating its operands, reserving, copying, counting losses) is in the prelude, runtime/prelude.bpf.h.
 *
 * A function has three parts. First the values that may fail to be read or that decide on the record's size: fields of structs and
 * the lengths of strings. Then the reservation. Then the stores. What is read from the target and may sleep comes before the
 * reservation where it can, since a reserved record holds up all records behind it.
 */
#include <string.h>
#include "emit/emit.h"

#define MAIN_INDENT "    "

/* expression, not 0: the argument or its length partner is null */
static str_t is_null(arena_t *arena, const ir_field_t *field)
{
    if (field->length_kind == LENGTH_ARG)
        return arena_printf(arena, "call->nulls & (1ull << %u | 1ull << %u)", field->arg, field->length);
    return arena_printf(arena, "call->nulls & 1ull << %u", field->arg);
}

static void declare_locals(out_t *out, const ir_probe_t *probe)
{
    int has_lifted = 0;

    out_printf(out, MAIN_INDENT "struct ev_%.*s *e;\n", STR_ARG(probe->c_name));
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        has_lifted |= ir_is_lifted(field);
        if (field->slot >= 0)
            out_printf(out, MAIN_INDENT "struct pg_piece %.*s_piece;\n", STR_ARG(field->name));
        if (ir_is_lifted(field))
            out_printf(out, MAIN_INDENT "__u64 %.*s_value = 0;\n", STR_ARG(field->name));
    }
    if (has_lifted)
        out_text(out, MAIN_INDENT "__u64 nulls = pg_zero(call);\n");
    if (probe->num_slots != 0)
        out_text(out, MAIN_INDENT "__u64 slot;\n");
    out_text(out, "\n");
}

static int follows_pointers(const ir_path_t *path)
{
    return memmem(path->path.p, path->path.n, "->", 2) != NULL;
}

/* what a piece is made of */
static void emit_piece(const ir_t *ir, out_t *out, const ir_field_t *field)
{
    str_t name = field->name, null = is_null(ir->arena, field);

    if (field->kind == FIELD_WHOLE)
        out_printf(out, "pg_piece_whole(&%.*s_piece, call, %u /* %.*s */, call->args[%u], %.*s);\n", STR_ARG(name),
                   field->path->index, STR_ARG(field->path->type), field->arg, STR_ARG(null));
    else if (ir_is_lifted(field))
        out_printf(out, "pg_piece_string(&%.*s_piece, call, %.*s_value, nulls & 1ull << %u);\n", STR_ARG(name), STR_ARG(name),
                   field->bit);
    else if (field->length_kind == LENGTH_NUL)
        out_printf(out, "pg_piece_sized(&%.*s_piece, call, call->args[%u], call->lens[%u], %.*s);\n", STR_ARG(name), field->arg,
                   field->arg, STR_ARG(null));
    else if (field->length_kind == LENGTH_FIXED)
        out_printf(out, "pg_piece_sized(&%.*s_piece, call, call->args[%u], %u, %.*s);\n", STR_ARG(name), field->arg, field->length,
                   STR_ARG(null));
    else
        out_printf(out, "pg_piece_sized(&%.*s_piece, call, call->args[%u], call->args[%u], %.*s);\n", STR_ARG(name), field->arg,
                   field->length, STR_ARG(null));
}

/* part 1: struct fields and lengths */
static void emit_look(const ir_t *ir, out_t *out, const ir_field_t *field)
{
    const char *indent = MAIN_INDENT;
    str_t name = field->name;

    if (field->slot < 0 && !ir_is_lifted(field))
        return;
    if (field->gate != GATE_NONE) {
        out_printf(out, MAIN_INDENT "if (call->config->show & %s) {\n", emit_gate(field->gate));
        indent = MAIN_INDENT "    ";
    }
    if (ir_is_lifted(field))
        out_printf(out, "%sif (%s(%u /* %.*s %.*s */, call->args[%u], &%.*s_value) != 0)\n%s    nulls |= 1ull << %u;\n", indent,
                   follows_pointers(field->path) ? "pg_follow" : "pg_field", field->path->index, STR_ARG(field->path->type),
                   STR_ARG(field->path->path), field->arg, STR_ARG(name), indent, field->bit);
    if (field->slot >= 0) {
        out_text(out, indent);
        emit_piece(ir, out, field);
    }
    if (field->gate != GATE_NONE && field->slot >= 0)
        out_printf(out, MAIN_INDENT "} else {\n        pg_piece_none(&%.*s_piece, call);\n", STR_ARG(name));
    if (field->gate != GATE_NONE)
        out_text(out, MAIN_INDENT "}\n");
}

/* part 2 */
static void emit_reserve(out_t *out, const ir_probe_t *probe)
{
    if (probe->num_slots == 0) {
        out_text(out, MAIN_INDENT "PG_RESERVE(e, call);\n");
        return;
    }
    out_printf(out, MAIN_INDENT "PG_RESERVE_SLOTS(e, call, %u, ", probe->num_slots);
    for (unsigned i = 0; i < probe->num_slots; ++i)
        out_text(out, "pg_longest(call, ");
    out_text(out, "0");
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (probe->fields[i].slot >= 0)
            out_printf(out, ", &%.*s_piece)", STR_ARG(probe->fields[i].name));
    }
    out_text(out, ", slot);\n");
}

/* part 3 */
static void emit_store(out_t *out, const ir_field_t *field)
{
    if (field->slot >= 0) {
        out_printf(out,
                   MAIN_INDENT
                   "e->head.nulls |= pg_bit(pg_piece_copy(&e->%.*s, (char *)(e + 1) + %d * slot, slot, &%.*s_piece), %u);\n",
                   STR_ARG(field->c_name), field->slot, STR_ARG(field->name), field->bit);
    } else if (field->kind == FIELD_ADDRESS) {
        if (field->gate != GATE_NONE)
            out_printf(out, MAIN_INDENT "if (!(call->config->show & %s))\n        e->%.*s.family = 0;\n    else ",
                       emit_gate(field->gate), STR_ARG(field->c_name));
        else
            out_text(out, MAIN_INDENT);
        out_printf(out, "if (pg_address_copy(&e->%.*s, call->args[%u]) != 0)\n        e->head.nulls |= 1ull << %u;\n",
                   STR_ARG(field->c_name), field->arg, field->bit);
    } else if (ir_is_lifted(field)) {
        out_printf(out, MAIN_INDENT "e->%.*s = %.*s_value;\n", STR_ARG(field->c_name), STR_ARG(field->name));
    } else if (field->gate != GATE_NONE) {
        out_printf(out, MAIN_INDENT "e->%.*s = call->config->show & %s ? call->args[%u] : 0;\n", STR_ARG(field->c_name),
                   emit_gate(field->gate), field->arg);
    } else {
        out_printf(out, MAIN_INDENT "e->%.*s = call->args[%u];\n", STR_ARG(field->c_name), field->arg);
    }
}

static void emit_function(const ir_t *ir, out_t *out, const ir_probe_t *probe)
{
    int has_lifted = 0;

    out_printf(out, "\n/* %.*s:%.*s (%.*s) */\nPG_NOINLINE int on_%.*s(const struct pg_call *call)\n{\n",
               STR_ARG(probe->provider->name), STR_ARG(probe->name), STR_ARG(emit_where(ir->arena, probe->at)),
               STR_ARG(probe->c_name));
    declare_locals(out, probe);
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        emit_look(ir, out, probe->fields + i);
        has_lifted |= ir_is_lifted(probe->fields + i);
    }
    emit_reserve(out, probe);
    if (has_lifted)
        out_text(out, MAIN_INDENT "e->head.nulls |= nulls;\n");
    for (unsigned i = 0; i < probe->num_fields; ++i)
        emit_store(out, probe->fields + i);
    out_text(out, MAIN_INDENT "return pg_submit(call, e);\n}\n");
}

void emit_bpf(const ir_t *ir, outdir_t *dir)
{
    out_t *out = out_begin(dir, "tracer.bpf.c");

    emit_banner(out, "The BPF program");
    out_text(out, "#include \"bpf/prelude.bpf.h\"\n#include \"events.h\"\n");
    for (unsigned i = 0; i < ir->num_events; ++i)
        emit_function(ir, out, ir->events[i]);
    out_text(out, "\nPG_INLINE int pg_dispatch(struct pg_call *call)\n{\n    switch (call->probe) {\n");
    for (unsigned i = 0; i < ir->num_events; ++i)
        out_printf(out, "    case %u:\n        return on_%.*s(call);\n", i, STR_ARG(ir->events[i]->c_name));
    out_text(out, "    }\n    return 0;\n}\n\n"
                  "__attribute__((section(\"license\"), used)) char pg_license[] = \"GPL\"; /* the helpers that read the target "
                  "ask for it */\n");
}
