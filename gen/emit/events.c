#include "emit/emit.h"

/* What the generated code says of itself is checked where it is compiled, for BPF and for the host. */
static void emit_asserts(out_t *out, const ir_probe_t *probe)
{
    out_printf(out, "EVENT_SIZE(ev_%.*s, %u);\n", STR_ARG(probe->c_name), probe->size);
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->members[i];
        out_printf(out, "EVENT_MEMBER(ev_%.*s, %.*s, %u);\n", STR_ARG(probe->c_name), STR_ARG(field->c_name), field->offset);
    }
}

static void emit_event(const ir_t *ir, out_t *out, const ir_probe_t *probe)
{
    out_printf(out, "\n/*\n * %.*s:%.*s (%.*s)\n", STR_ARG(probe->provider->name), STR_ARG(probe->name),
               STR_ARG(emit_where(ir->arena, probe->at)));
    emit_comment_text(out, probe->doc, " * ");
    out_printf(out, " */\nstruct ev_%.*s {\n    struct pg_head head;\n", STR_ARG(probe->c_name));
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->members[i];
        out_printf(out, "    %s %.*s;", field->c_type, STR_ARG(field->c_name));
        if (field->path != NULL)
            out_printf(out, " /* %.*s%s%.*s of argument %u */", STR_ARG(field->path->type), field->path->path.n != 0 ? " " : "",
                       STR_ARG(field->path->path), field->arg);
        out_text(out, "\n");
    }
    out_text(out, "} __attribute__((aligned(8)));\n");
    emit_asserts(out, probe);
}

void emit_events(const ir_t *ir, outdir_t *dir)
{
    out_t *out = out_begin(dir, "events.h");

    emit_banner(out, "The record of every probe");
    out_printf(out,
               "#ifndef EVENTS_H\n#define EVENTS_H\n\n#include \"common/record.h\"\n\n"
               "/* probegen laid the records out; each compiler that reads this has to agree */\n"
               "#define EVENT_SIZE(event, size) _Static_assert(sizeof(struct event) == size, #event)\n"
               "#define EVENT_MEMBER(event, member, offset) \\\n"
               "    _Static_assert(__builtin_offsetof(struct event, member) == offset, #event \".\" #member)\n\n"
               "EVENT_SIZE(pg_head, %d);\n",
               IR_HEAD_SIZE);
    for (unsigned i = 0; i < ir->num_events; ++i)
        emit_event(ir, out, ir->events[i]);
    out_text(out, "\n#endif\n");
}
