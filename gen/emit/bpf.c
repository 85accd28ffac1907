/*
 * The BPF program: for every probe a function that makes its record. What comes before it (arguments, fields of structs: struct
 * pg_call of runtime/common/record.h) is made for the target when a tracer attaches, runtime/assemble/assemble.c; what all of them
 * share (reserving, copying, counting losses) is in the prelude, runtime/bpf/prelude.bpf.h.
 *
 * A function has three parts. First what decides on the record's size: how much is copied. Then the reservation. Then the stores.
 * What is read from the target and may sleep comes before the reservation where it can, since a reserved record holds up all
 * records after it.
 */
#include <string.h>
#include "emit/emit.h"

/* ---- part 1: lengths ---- */

/* the end of a pg_piece_*() call: where what has been lifted leads to */
#define LIFTED_PIECE "(&call->pieces[$slot$], call, PG_PATH(call, $path_index$), call->nulls & PG_BIT($member$));\n"

static void emit_lifted_piece(printer_t *to, const ir_field_t *field)
{
    if (field->length_kind == LENGTH_NUL) {
        emit(to, "    pg_piece_string(&call->pieces[$slot$], call, PG_PATH(call, $path_index$), call->nulls & PG_BIT($member$), "
                 "PG_START(call, $start$));\n");
    } else if (field->length_kind == LENGTH_ARRAY) {
        emit(to, "    pg_piece_array" LIFTED_PIECE);
    } else {
        if (field->length_kind == LENGTH_FIXED)
            emit(to, "    call->pieces[$slot$].len = $length$;\n");
        emit(to, "    pg_piece_bytes" LIFTED_PIECE);
    }
}

/* what is copied into a slot */
static void emit_piece(printer_t *to, const ir_field_t *field)
{
    if (field->kind == FIELD_WHOLE) {
        emit(to,
             "    pg_piece_whole(&call->pieces[$slot$], call, PG_PATH(call, $path_index$) /* $path_type$ */, call->args[$arg$], "
             "pg_is_null(call, $arg$));\n");
    } else if (ir_is_lifted(field)) {
        emit_lifted_piece(to, field);
    } else if (field->length_kind == LENGTH_NUL) {
        emit(to, "    pg_piece_text(&call->pieces[$slot$], call, call->args[$arg$], pg_is_null(call, $arg$), PG_START(call, "
                 "$start$));\n");
    } else if (field->length_kind == LENGTH_FIXED) {
        emit(to, "    pg_piece_sized(&call->pieces[$slot$], call, call->args[$arg$], $length$, pg_is_null(call, $arg$));\n");
    } else {
        /* in the width and with the sign that it is declared with, as it is printed */
        EMIT(to,
             "    pg_piece_sized(&call->pieces[$slot$], call, call->args[$arg$], $cast$call->args[$length$], "
             "pg_is_null(call, $arg$) | pg_is_null(call, $length$));\n",
             TEXT("cast", field->length_cast));
    }
}

/* How many pointers a path follows at most: an index is one into an array, or from a pointer. */
static unsigned count_pointers(str_t path)
{
    unsigned num = 0;

    for (size_t i = 0; i < path.n; ++i)
        num += path.p[i] == '[' || (path.p[i] == '-' && i + 1 < path.n && path.p[i + 1] == '>');
    return num;
}

/* A path is followed to a value, or to where text, bytes or an address begin. */
static void emit_follow(printer_t *to, const ir_path_t *path)
{
    static const char *const reads[] = {"pg_field", "pg_follow_one", "pg_follow"};
    unsigned num = count_pointers(path->path);

    EMIT(to,
         "    /* $type$ $way$ */\n"
         "    e->head.nulls |= pg_bit($read$(call, PG_PATH(call, $index$), call->args[$arg$]), BIT_$member$);\n",
         TEXT("read", str_of(reads[num < 2 ? num : 2])), NUMBER("index", path->index), TEXT("type", path->type),
         TEXT("way", path->path));
}

/* where what was lifted stands: the code of the site has done that, or it has just been read */
static str_t lifted_value(printer_t *to, const ir_field_t *field)
{
    return field->is_late ? STR("PG_LATE(call)") : arena_printf(to->arena, "call->words[%u]", field->word);
}

/* What is copied decides on the size of the record's slots. */
static void emit_look(printer_t *to, const ir_field_t *field)
{
    emit_piece(to, field);
    emit(to, "    longest = pg_longest(call, longest, &call->pieces[$slot$]);\n");
}

static int is_looked_at(const ir_field_t *field)
{
    return field->slot >= 0;
}

/* Nobody reads it, but the compiler may move it about all the same, and the verifier wants to see it written. */
static void emit_no_piece(printer_t *to, const ir_field_t *field)
{
    if (field->slot >= 0)
        emit(to, "    call->pieces[$slot$] = (struct pg_piece){0};\n");
}

/* ---- part 2: the reservation ---- */

/* Whether anything is copied into the record's slots, as an expression. */
static str_t slots_are_shown(const ir_probe_t *probe)
{
    static const char *const shown[] = {"", "pg_settings.show & PG_SHOW_APPDATA", "pg_settings.show & PG_SHOW_SECRETS",
                                        "pg_settings.show & (PG_SHOW_APPDATA | PG_SHOW_SECRETS)"};
    unsigned gates = 0;

    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (probe->fields[i].slot >= 0 && probe->fields[i].gate == GATE_NONE)
            return STR("1");
        if (probe->fields[i].slot >= 0)
            gates |= probe->fields[i].gate;
    }
    return str_of(shown[gates]);
}

static void emit_reserve(printer_t *to, const ir_probe_t *probe)
{
    str_t time = probe->num_roles != 0 ? arena_printf(to->arena, "PG_TIME_OF(call, %u)", IR_TIME_WORD) : STR("bpf_ktime_get_ns()");

    if (probe->num_slots == 0)
        EMIT(to, "    PG_RESERVE(e, call, $id$, $time$);\n", TEXT("time", time));
    else
        EMIT(to, "    PG_RESERVE_SLOTS(e, call, $id$, $num_slots$, $shown$, longest, slot, $time$);\n",
             TEXT("shown", slots_are_shown(probe)), TEXT("time", time));
}

/* ---- part 3: the stores; every byte is written, shown or not ---- */

static void emit_store_slot(printer_t *to, const ir_field_t *field)
{
    if (field->gate != GATE_NONE)
        emit(to, "    if (!(pg_settings.show & PG_SHOW_$GATE$))\n"
                 "        e->$member$ = (struct pg_span){0};\n"
                 "    else\n");
    to->indent += field->gate != GATE_NONE ? 4 : 0;
    EMIT(to,
         "    e->head.nulls |= pg_piece_copy$how$(&e->$member$, PG_SLOT(e, $slot$, slot), slot, &call->pieces[$slot$], call"
         "$more$) << BIT_$member$;\n",
         TEXT("how", field->length_kind == LENGTH_NUL ? STR("_text") : STR("")),
         TEXT("more", field->length_kind == LENGTH_NUL ? arena_printf(to->arena, ", PG_START(call, %u)", field->start) : STR("")));
    to->indent -= field->gate != GATE_NONE ? 4 : 0;
}

/* $from$: where it is */
static void emit_store_address(printer_t *to, const ir_field_t *field)
{
    const var_t *outer = to->vars;
    const var_t vars[] = {
        TEXT("from", ir_is_lifted(field) ? lifted_value(to, field) : arena_printf(to->arena, "call->args[%u]", field->arg)),
        {.outer = outer},
    };

    to->vars = vars;
    if (field->gate != GATE_NONE)
        emit(to, "    if (!(pg_settings.show & PG_SHOW_$GATE$))\n"
                 "        e->$member$.family = 0;\n"
                 "    else if (pg_address_copy(&e->$member$, $from$) != 0)\n"
                 "        e->head.nulls |= PG_BIT($member$);\n");
    else
        emit(to, "    if (pg_address_copy(&e->$member$, $from$) != 0)\n"
                 "        e->head.nulls |= PG_BIT($member$);\n");
    to->vars = outer;
}

/* What is not shown is not read. */
static void emit_late(printer_t *to, const ir_field_t *field)
{
    if (field->gate == GATE_NONE) {
        emit_follow(to, field->path);
        return;
    }
    emit(to, "    PG_LATE(call) = 0;\n"
             "    if (pg_settings.show & PG_SHOW_$GATE$) {\n");
    to->indent += 4;
    emit_follow(to, field->path);
    to->indent -= 4;
    emit(to, "    }\n");
}

static void emit_store_value(printer_t *to, const ir_field_t *field)
{
    EMIT(to,
         field->kind == FIELD_BOOL                      ? "    e->$member$ = pg_is_true($value$);\n"
         : field->kind == FIELD_FLOAT && field->is_late ? "    e->$member$ = pg_as_double(PG_PATH(call, $path_index$), $value$);\n"
                                                        : "    e->$member$ = $value$;\n",
         TEXT("value", lifted_value(to, field)));
}

static void emit_store(printer_t *to, const ir_field_t *field)
{
    if (field->is_late)
        emit_late(to, field);
    if (field->slot >= 0)
        emit_store_slot(to, field);
    else if (field->kind == FIELD_ADDRESS)
        emit_store_address(to, field);
    else if (field->pair != NULL)
        emit(to, "    e->$member$ = pg_settings.show & PG_SHOW_$GATE$ ? call->words[$word$] : 0;\n");
    else if (ir_is_lifted(field))
        emit_store_value(to, field);
    else
        EMIT(to,
             field->gate != GATE_NONE ? "    e->$member$ = pg_settings.show & PG_SHOW_$GATE$ ? $value$ : 0;\n"
                                      : "    e->$member$ = $value$;\n",
             TEXT("value", arena_printf(to->arena, field->kind == FIELD_BOOL ? "pg_is_true(call->args[%u])" : "call->args[%u]",
                                        field->arg)));
}

/* in this function; which operands could not be read is known before it */
static int may_become_null(const ir_field_t *field)
{
    return field->slot >= 0 || ir_is_lifted(field) || field->kind == FIELD_ADDRESS;
}

static void emit_function(printer_t *to, const ir_probe_t *probe)
{
    static const gated_t look = {"    if (pg_settings.show & PG_SHOW_$GATE$) {\n", is_looked_at, emit_look, emit_no_piece};

    emit(to, "\n"
             "/* $provider$:$probe$ ($where$) */\n"
             "PG_EXPORT int on_$c_name$(struct pg_call *call)\n"
             "{\n");
    emit_bits(to, probe, may_become_null);
    emit(to, "    struct ev_$c_name$ *e;\n");
    if (probe->num_slots != 0)
        emit(to, "    __u64 longest = 0, slot;\n");
    emit(to, "\n");
    emit_gated(to, probe, &look);
    emit_reserve(to, probe);
    emit_fields(to, probe, emit_store);
    emit(to, "    return pg_submit(&e->head);\n"
             "}\n");
}

void emit_bpf(const ir_t *ir, outdir_t *dir)
{
    printer_t to = emit_begin(dir, "tracer.bpf.c", "The BPF program");

    emit(&to, "#include \"bpf/prelude.bpf.h\"\n"
              "#include \"events.h\"\n");
    emit_probes(&to, ir, emit_function);
    emit(&to, "\n"
              "/* the helpers that read the target ask for it */\n"
              "__attribute__((section(\"license\"), used)) char pg_license[] = \"GPL\";\n");
    printer_end(&to);
}
