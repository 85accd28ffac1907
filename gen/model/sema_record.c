/*
 * Lays out the event of every probe: which fields it has, under which names they are printed, where they stand in the record.
 *
 * A field is an argument, or a value that a map lifts out of the struct that an argument points to. The members of the event's
 * struct stand in the order of falling alignment, so that it has no gaps and every byte of a record is written; the fields are
 * printed in the order of the definition. Strings, bytes and whole structs stand in slots after the struct, and the member is
 * their struct pg_span.
 */
#include <string.h>
#include "model/sema_int.h"

/* keys that every event has, and those that follow the fields */
static const char *const json_reserved[] = {"module", "type", "tid", "pid", "time", "truncated", "hex", "unreadable"};

/*
 * What a member of the generated struct cannot be called: keywords of C, the struct's own head, and macros without arguments of the
 * headers that generated code includes. Names in capitals or with an underscore in front are macros and keywords more often than
 * not, and not listed.
 */
static const char *const c_reserved[] = {
    "auto",   "break",  "case",   "char",   "const",   "continue", "default",  "do",       "double",   "else",   "enum",   "extern",
    "float",  "for",    "goto",   "if",     "inline",  "int",      "long",     "register", "restrict", "return", "short",  "signed",
    "sizeof", "static", "struct", "switch", "typedef", "union",    "unsigned", "void",     "volatile", "while",  "asm",    "typeof",
    "head",   "linux",  "unix",   "i386",   "bool",    "true",     "false",    "errno",    "stdin",    "stdout", "stderr",
};

static int is_one_of(str_t name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        if (str_is(name, list[i]))
            return 1;
    }
    return 0;
}
#define IS_ONE_OF(name, list) is_one_of((name), (list), sizeof(list) / sizeof((list)[0]))

int sema_is_event_key(str_t name)
{
    return IS_ONE_OF(name, json_reserved);
}

static int has_lower_case(str_t name)
{
    for (size_t i = 0; i < name.n; ++i) {
        if (name.p[i] >= 'a' && name.p[i] <= 'z')
            return 1;
    }
    return 0;
}

/* A name that C would take for something else gets an underscore after it; so do those that have one, so that no two names become
 * one. */
static str_t c_name_of(sema_t *sema, str_t name)
{
    if (name.p[0] == '_' || name.p[name.n - 1] == '_' || !has_lower_case(name) || IS_ONE_OF(name, c_reserved))
        return arena_printf(sema->arena, "%.*s_", STR_ARG(name));
    return name;
}

str_t sema_json_name(const sema_t *sema, const ir_arg_t *arg)
{
    if (arg->json_name.n != 0)
        return arg->json_name;
    if (sema_is_event_key(arg->name))
        return arena_printf(sema->arena, "arg_%.*s", STR_ARG(arg->name));
    return arg->target_name;
}

/* ---- what a field is ---- */

static void set_scalar(ir_field_t *field, scalar_t scalar, unsigned size)
{
    static const field_kind_t kinds[] = {
        [SCALAR_INT] = FIELD_INT,         [SCALAR_UINT] = FIELD_UINT,     [SCALAR_BOOL] = FIELD_BOOL,
        [SCALAR_FLOAT] = FIELD_FLOAT,     [SCALAR_STRING] = FIELD_STRING, [SCALAR_BYTES] = FIELD_BYTES,
        [SCALAR_POINTER] = FIELD_POINTER, [SCALAR_UNKNOWN] = FIELD_INT,
    };

    /* only where E_TYPE is a warning */
    if (scalar == SCALAR_UNREADABLE) {
        scalar = SCALAR_POINTER;
        size = 8;
    }
    field->kind = kinds[scalar];
    if (scalar == SCALAR_FLOAT) {
        /* what a site passes may be a double where a float is declared, and the other way round */
        field->float_size = size;
        size = 8;
    }
    field->size = size;
    field->c_type = type_c_name(scalar, size);
}

static void set_slot(ir_probe_t *probe, ir_field_t *field, field_kind_t kind)
{
    field->kind = kind;
    field->c_type = "struct pg_span";
    field->size = 16;
    field->slot = probe->num_slots++;
}

static void set_address(ir_field_t *field)
{
    field->kind = FIELD_ADDRESS;
    field->c_type = "struct pg_address";
    field->size = 112;
}

/* What debug information is asked for: a map may say in which namespace the struct is. */
static str_t path_type(const ir_arg_t *arg, const map_stmt_t *about)
{
    return about->struct_scoped.n != 0 ? about->struct_scoped : arg->meaning.pointee;
}

const ir_path_t *sema_path(sema_t *sema, ir_path_t wanted)
{
    str_t length = wanted.length != NULL ? wanted.length->path : STR("");
    str_t key = arena_printf(sema->arena, "%d %u %.*s %.*s %.*s", wanted.kind, wanted.fixed_length, STR_ARG(wanted.type),
                             STR_ARG(wanted.path), STR_ARG(length));
    ir_path_t *made = table_get(&sema->paths, key);

    if (made == NULL) {
        made = arena_alloc(sema->arena, sizeof(*made));
        *made = wanted;
        table_put(&sema->paths, key, made);
        made->index = sema->ir->num_paths++;
    }
    return made;
}

static ir_field_t *add_field(ir_probe_t *probe, const ir_arg_t *arg, str_t name)
{
    ir_field_t *field = probe->fields + probe->num_fields++;

    *field = (ir_field_t){
        .name = name, .at = arg->json_name.n != 0 ? arg->json_name_at : arg->at, .arg = arg - probe->args, .slot = -1, .mark = -1};
    field->gate = arg->gate;
    return field;
}

static void add_arg_field(sema_t *sema, ir_probe_t *probe, const ir_arg_t *arg, const map_stmt_t *about)
{
    ir_field_t *field = add_field(probe, arg, sema_json_name(sema, arg));
    scalar_t scalar = arg->meaning.scalar;

    field->bit = field->arg;
    if (about != NULL && about->struct_mode == MAP_STRUCT_ADDRESS) {
        set_address(field);
    } else if (about != NULL && about->struct_mode == MAP_STRUCT_WHOLE) {
        set_slot(probe, field, FIELD_WHOLE);
        field->path =
            sema_path(sema, (ir_path_t){.type = path_type(arg, about), .c_type = arg->meaning.pointee, .at = about->struct_span});
    } else if ((scalar == SCALAR_STRING || scalar == SCALAR_BYTES) && arg->length_kind != LENGTH_NONE) {
        set_slot(probe, field, scalar == SCALAR_STRING ? FIELD_STRING : FIELD_BYTES);
        field->length_kind = arg->length_kind;
        field->length = arg->length;
        if (arg->length_kind == LENGTH_ARG && probe->args[arg->length].meaning.size < 8) {
            const type_t *type = &probe->args[arg->length].meaning;
            field->length_cast = arena_printf(sema->arena, "(%s)", type_c_name(type->scalar, type->size));
        }
    } else if (scalar == SCALAR_STRING || scalar == SCALAR_BYTES) {
        set_scalar(field, SCALAR_POINTER, 8);
    } else {
        set_scalar(field, arg->is_flag ? SCALAR_BOOL : scalar, arg->meaning.size);
    }
}

/* A name that the event, an argument or another struct has already gets the name of the argument that it is lifted from in front.
 */
static str_t lifted_name(sema_t *sema, const ir_probe_t *probe, const ir_arg_t *arg, str_t name)
{
    int is_taken = sema_is_event_key(name);

    for (unsigned i = 0; i < probe->num_args; ++i)
        is_taken |= str_eq(sema_json_name(sema, probe->args + i), name);
    for (unsigned i = 0; i < probe->num_fields; ++i)
        is_taken |= str_eq(probe->fields[i].name, name);
    return is_taken ? arena_printf(sema->arena, "%.*s_%.*s", STR_ARG(sema_json_name(sema, arg)), STR_ARG(name)) : name;
}

/* What is said of text and bytes in brackets after their path. */
static void set_length(sema_t *sema, ir_field_t *field, ir_path_t *path, const map_field_t *from)
{
    if (from->length_path.n != 0) {
        field->length_kind = LENGTH_PATH;
        path->length = sema_path(sema, (ir_path_t){.kind = PATH_LENGTH,
                                                   .type = path->type,
                                                   .c_type = path->c_type,
                                                   .path = from->length_path,
                                                   .scalar = SCALAR_UINT,
                                                   .size = 4,
                                                   .at = from->length_span});
    } else if (from->length_number != 0) {
        field->length_kind = LENGTH_FIXED;
        field->length = path->fixed_length = from->length_number;
    } else {
        field->length_kind = path->kind == PATH_TEXT ? LENGTH_NUL : LENGTH_ARRAY;
    }
}

static void set_lifted(sema_t *sema, ir_probe_t *probe, ir_field_t *field, const ir_arg_t *arg, const map_stmt_t *about,
                       const map_field_t *from)
{
    type_t type = type_of(&sema->typedefs, &from->type);
    scalar_t scalar = type.scalar == SCALAR_BYTES ? SCALAR_POINTER : type.scalar;
    ir_path_t path = {.type = path_type(arg, about),
                      .c_type = arg->meaning.pointee,
                      .path = from->path,
                      .scalar = scalar,
                      .size = type.size,
                      .at = from->path_span};

    if (from->mode == MAP_FIELD_ADDRESS) {
        path.kind = PATH_ADDRESS;
        set_address(field);
    } else if (from->mode == MAP_FIELD_BYTES || scalar == SCALAR_STRING) {
        path.kind = from->mode == MAP_FIELD_BYTES ? PATH_BYTES : PATH_TEXT;
        set_slot(probe, field, path.kind == PATH_BYTES ? FIELD_BYTES : FIELD_STRING);
        set_length(sema, field, &path, from);
    } else {
        path.kind = scalar == SCALAR_FLOAT ? PATH_FLOAT : PATH_NUMBER;
        set_scalar(field, scalar, type.size);
    }
    field->path = sema_path(sema, path);
}

static void add_lifted_fields(sema_t *sema, ir_probe_t *probe, const ir_arg_t *arg, const map_stmt_t *about)
{
    for (const map_field_t *from = about->fields; from != NULL && probe->num_fields < IR_MAX_FIELDS; from = from->next) {
        ir_field_t *field = add_field(probe, arg, lifted_name(sema, probe, arg, from->name));
        field->at = from->span;
        field->is_optional = from->unless_span.src != NULL;
        set_lifted(sema, probe, field, arg, about, from);
    }
}

/* ---- durations ---- */

static int has_name(const ir_probe_t *probe, str_t name)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (str_eq(probe->fields[i].name, name))
            return 1;
    }
    return 0;
}

/* Where an argument is called so, the name says the rest: "pair_duration". */
static void add_durations(sema_t *sema, ir_probe_t *probe)
{
    for (unsigned i = 0; i < ir_num_ends(probe) && probe->num_fields < IR_MAX_FIELDS; ++i) {
        const ir_pair_t *pair = probe->roles[i].pair;
        ir_field_t *field = probe->fields + probe->num_fields;
        *field = (ir_field_t){.name = pair->name,
                              .at = pair->at,
                              .kind = FIELD_DURATION,
                              .c_type = "__u64",
                              .size = 8,
                              .arg = IR_MAX_ARGS,
                              .pair = pair,
                              .gate = GATE_DURATION,
                              .slot = -1,
                              .word = IR_TIME_WORD - 1 - i,
                              .mark = -1};
        if (has_name(probe, field->name))
            field->name = arena_printf(sema->arena, "pair_%.*s", STR_ARG(pair->name));
        ++probe->num_fields;
    }
}

/* ---- the record ---- */

/* Whether the definition gave both arguments that name: E_DUP_ARG has said so. */
static int is_dup_arg(const ir_probe_t *probe, const ir_field_t *field, const ir_field_t *earlier)
{
    str_t name = probe->args[field->arg].name;

    return !ir_is_lifted(field) && !ir_is_lifted(earlier) && name.n != 0 && str_eq(name, probe->args[earlier->arg].name);
}

/* whether these two fields of a struct have been reported for another probe */
static int is_reported(sema_t *sema, const ir_field_t *field, const ir_field_t *earlier)
{
    if (field->path == NULL || earlier->path == NULL)
        return 0;
    return table_put(&sema->reported, arena_printf(sema->arena, "%u %u", field->path->index, earlier->path->index), sema) != NULL;
}

static void check_field_names(sema_t *sema, const ir_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i, *earlier = probe->fields;
        while (earlier != field && !str_eq(earlier->name, field->name))
            ++earlier;
        if (earlier == field || is_dup_arg(probe, field, earlier) || is_reported(sema, field, earlier))
            continue;
        diag_report(sema->diag, E_DUP_FIELD, field->at,
                    "the events of '%.*s:%.*s' would have two fields named '%.*s'; rename one of them in a .map file",
                    STR_ARG(probe->provider->name), STR_ARG(probe->name), STR_ARG(field->name));
        diag_note(sema->diag, earlier->at, "the other field is this one");
    }
}

static unsigned alignment(const ir_field_t *field)
{
    return field->slot >= 0 ? 8 : field->kind == FIELD_ADDRESS ? 2 : field->size;
}

/* Between pieces and lifted values, which begin at `end`, there may be room for starts of text. */
static void place_starts(ir_probe_t *probe, unsigned end)
{
    unsigned next = 3 * probe->num_slots;

    for (unsigned i = 0; i < probe->num_fields; ++i) {
        ir_field_t *field = probe->fields + i;
        if (field->slot >= 0 && field->length_kind == LENGTH_NUL && next + IR_SHORT_WORDS <= end) {
            field->start = next;
            next += IR_SHORT_WORDS;
        }
    }
}

static void place_members(sema_t *sema, ir_probe_t *probe)
{
    unsigned n = 0, next_bit = IR_MAX_ARGS, num_early = probe->num_roles != 0 ? 1 + ir_num_ends(probe) : 0;

    probe->members = arena_alloc(sema->arena, probe->num_fields * sizeof(*probe->members));
    probe->size = IR_HEAD_SIZE;
    for (unsigned align = 8; align != 0; align /= 2) {
        for (unsigned i = 0; i < probe->num_fields; ++i) {
            ir_field_t *field = probe->fields + i;
            if (alignment(field) != align)
                continue;
            field->offset = probe->size;
            probe->size += field->size;
            probe->members[n++] = field;
        }
    }
    /* the slots after it are aligned to 8 */
    probe->size = (probe->size + 7) / 8 * 8;
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        ir_field_t *field = probe->fields + i;
        field->c_name = c_name_of(sema, field->name);
        if (ir_is_lifted(field) || field->pair != NULL)
            field->bit = next_bit++;
        if (ir_is_lifted(field) && field->slot < 0) {
            field->is_late = num_early >= IR_MAX_EARLY(probe->num_slots);
            /* pieces stand at the beginning */
            field->word = field->is_late ? 0 : IR_MAX_EARLY(0) - 1 - num_early++;
        }
        if (ir_is_lifted(field) || field->pair != NULL || field->slot >= 0 || field->kind == FIELD_ADDRESS)
            field->mark = probe->num_marks++;
    }
    place_starts(probe, IR_MAX_EARLY(0) - num_early);
}

static void lay_out(sema_t *sema, ir_probe_t *probe)
{
    ir_field_t fields[IR_MAX_FIELDS];

    probe->fields = fields;
    for (unsigned i = 0; i < probe->num_args && probe->num_fields < IR_MAX_FIELDS; ++i) {
        const ir_arg_t *arg = probe->args + i;
        const map_stmt_t *about = arg->meaning.pointee.n != 0 ? table_get(&sema->structs, arg->meaning.pointee) : NULL;
        if (arg->meaning.scalar != SCALAR_POINTER)
            about = NULL; /* a map says that it is bytes or a string */
        add_arg_field(sema, probe, arg, about);
        if (about != NULL)
            add_lifted_fields(sema, probe, arg, about);
    }
    add_durations(sema, probe);
    if (probe->num_fields > IR_MAX_FIELDS - IR_MAX_ARGS) {
        diag_report(sema->diag, E_LIMIT, probe->at,
                    "the events of '%.*s:%.*s' would have more than %d fields: lift fewer values out of its structs",
                    STR_ARG(probe->provider->name), STR_ARG(probe->name), IR_MAX_FIELDS - IR_MAX_ARGS);
        probe->num_fields = 0;
    } else if (probe->num_slots > IR_MAX_SLOTS) {
        diag_report(
            sema->diag, E_LIMIT, probe->at,
            "the events of '%.*s:%.*s' would have %u strings and whole structs, but %d is the limit: say 'pointer ...;' of some "
            "in a .map file",
            STR_ARG(probe->provider->name), STR_ARG(probe->name), probe->num_slots, IR_MAX_SLOTS);
        probe->num_fields = 0;
    } else if (probe->num_roles != 0 && IR_MAX_EARLY(probe->num_slots) < 1 + ir_num_ends(probe)) {
        diag_report(
            sema->diag, E_LIMIT, probe->roles[0].pair->at,
            "the events of '%.*s:%.*s' have so many strings that there is no room for a duration: say 'pointer ...;' of some",
            STR_ARG(probe->provider->name), STR_ARG(probe->name));
        probe->num_fields = 0;
    }
    probe->fields = arena_alloc(sema->arena, probe->num_fields * sizeof(*probe->fields));
    memcpy(probe->fields, fields, probe->num_fields * sizeof(*probe->fields));
    check_field_names(sema, probe);
    place_members(sema, probe);
}

void sema_lay_out_records(sema_t *sema)
{
    ir_t *ir = sema->ir;

    /* only then are types that cannot be read ruled out */
    if (sema->records == RECORDS_NONE)
        return;
    ir->events = arena_alloc(sema->arena, ir->num_probes * sizeof(*ir->events));
    for (unsigned i = 0; i < ir->num_probes; ++i) {
        ir_probe_t *probe = ir->probes + i;
        if (probe->is_skipped)
            continue;
        probe->id = ir->num_events;
        ir->events[ir->num_events++] = probe;
        lay_out(sema, probe);
    }
    ir->num_field_paths = ir->num_paths;
    sema_find_connections(sema);
    ir->paths = arena_alloc(sema->arena, ir->num_paths * sizeof(*ir->paths));
    for (size_t i = 0; i < sema->paths.capacity; ++i) {
        if (sema->paths.slots[i].value != NULL) {
            ir_path_t *path = sema->paths.slots[i].value;
            ir->paths[path->index] = path;
        }
    }
}
