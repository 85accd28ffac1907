#include "emit/emit.h"

static void emit_member(printer_t *to, const ir_field_t *field)
{
    emit(to, "    $c_type$ $member$;");
    if (field->pair != NULL)
        emit(to, " /* ns */");
    if (field->path != NULL)
        emit(to, field->path->path.n != 0 ? " /* $path_type$ $path$ of argument $arg$ */" : " /* $path_type$ of argument $arg$ */");
    emit(to, "\n");
}

static void emit_assert(printer_t *to, const ir_field_t *field)
{
    (void)field;
    emit(to, "EVENT_MEMBER(ev_$c_name$, $member$, $offset$);\n");
}

static void emit_event(printer_t *to, const ir_probe_t *probe)
{
    emit(to, "\n"
             "/*\n"
             " * $provider$:$probe$ ($where$)\n"
             "$doc$"
             " */\n"
             "struct ev_$c_name$ {\n"
             "    struct pg_head head;\n");
    emit_members(to, probe, emit_member);
    EMIT(to,
         "} __attribute__((aligned(8)));\n"
         "EVENT_SIZE(ev_$c_name$, $size$);\n",
         NUMBER("size", probe->size));
    emit_members(to, probe, emit_assert);
}

void emit_events(const ir_t *ir, outdir_t *dir)
{
    printer_t to = emit_begin(dir, "events.h", "The record of every probe");

    EMIT(&to,
         "#ifndef EVENTS_H\n"
         "#define EVENTS_H\n"
         "\n"
         "#include \"common/record.h\"\n"
         "\n"
         "/* probegen laid the records out; each compiler that reads this has to agree */\n"
         "#define EVENT_SIZE(event, size) _Static_assert(sizeof(struct event) == size, #event)\n"
         "#define EVENT_MEMBER(event, member, offset) \\\n"
         "    _Static_assert(__builtin_offsetof(struct event, member) == offset, #event \".\" #member)\n"
         "\n"
         "EVENT_SIZE(pg_head, $head_size$);\n",
         NUMBER("head_size", IR_HEAD_SIZE));
    emit_probes(&to, ir, emit_event);
    emit(&to, "\n"
              "#endif\n");
    printer_end(&to);
}
