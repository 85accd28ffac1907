/*
 * Applies .map files: each statement to all probes and arguments that its targets name. A target or a statement that matches
 * nothing is an error, so that a map cannot silently go stale when a definition changes.
 */
#include "model/sema_int.h"

/*
 * `*` stands for any characters, all else for itself. Names may be of any length, and a pattern of many stars takes no more than
 * the product of both lengths: fnmatch(3) would take time that doubles with every star.
 */
static int matches(str_t pattern, str_t name)
{
    size_t p = 0, n = 0, after_star = 0, star_n = 0; /* where to go on when what follows the last star does not fit */

    while (n < name.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            after_star = ++p;
            star_n = n;
        } else if (p < pattern.n && pattern.p[p] == name.p[n]) {
            ++p;
            ++n;
        } else if (after_star != 0) {
            p = after_star;
            n = ++star_n;
        } else {
            return 0;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        ++p;
    return p == pattern.n;
}

static int is_number(const ir_arg_t *arg)
{
    return arg->meaning.scalar == SCALAR_INT || arg->meaning.scalar == SCALAR_UINT || arg->meaning.scalar == SCALAR_BOOL ||
           arg->meaning.scalar == SCALAR_UNKNOWN;
}

static int is_pointer(const ir_arg_t *arg)
{
    return arg->meaning.scalar == SCALAR_STRING || arg->meaning.scalar == SCALAR_BYTES || arg->meaning.scalar == SCALAR_POINTER;
}

static void report_wrong_type(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target, const ir_arg_t *arg,
                              const char *wanted)
{
    str_t word = span_text(stmt->span);

    diag_report(sema->diag, E_MAP, target->span, "'%.*s' is said of %s, but argument '%.*s' has type '%.*s'", STR_ARG(word), wanted,
                STR_ARG(arg->name.n != 0 ? arg->name : STR("(unnamed)")), STR_ARG(arg->type->text));
    diag_note(sema->diag, arg->at, "the argument is declared here");
}

static void set_length(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target, const ir_probe_t *probe, ir_arg_t *arg)
{
    if (!is_pointer(arg)) {
        report_wrong_type(sema, stmt, target, arg, "pointers");
        return;
    }
    if (stmt->value_is_number) {
        arg->length_kind = LENGTH_FIXED;
        arg->length = stmt->value_number;
    } else {
        const ir_arg_t *partner = sema_find_arg(probe, stmt->value_name);
        if (partner == NULL || !is_number(partner) || partner->meaning.scalar == SCALAR_BOOL) {
            diag_report(sema->diag, E_MAP, stmt->value_span, "probe '%.*s' has no integer argument '%.*s' to take the length from",
                        STR_ARG(probe->name), STR_ARG(stmt->value_name));
            diag_note(sema->diag, probe->at, "the probe is declared here");
            return;
        }
        arg->length_kind = LENGTH_ARG;
        arg->length = partner - probe->args;
    }
    if (arg->meaning.scalar == SCALAR_POINTER)
        arg->meaning.scalar = SCALAR_BYTES;
}

static void apply_to_arg(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target, const ir_probe_t *probe, ir_arg_t *arg)
{
    switch (stmt->kind) {
    case MAP_LENGTH:
        set_length(sema, stmt, target, probe, arg);
        break;
    case MAP_STRING:
    case MAP_BYTES:
        if (!is_pointer(arg)) {
            report_wrong_type(sema, stmt, target, arg, "pointers");
            break;
        }
        arg->meaning.scalar = stmt->kind == MAP_STRING ? SCALAR_STRING : SCALAR_BYTES;
        if (stmt->kind == MAP_STRING && arg->length_kind == LENGTH_NONE)
            arg->length_kind = LENGTH_NUL;
        break;
    case MAP_POINTER:
        if (!is_pointer(arg))
            report_wrong_type(sema, stmt, target, arg, "pointers");
        arg->meaning.scalar = SCALAR_POINTER;
        arg->length_kind = LENGTH_NONE;
        break;
    case MAP_FLAG:
        if (!is_number(arg))
            report_wrong_type(sema, stmt, target, arg, "integers");
        arg->is_flag = 1;
        break;
    case MAP_APPDATA:
        arg->is_appdata = 1;
        break;
    case MAP_SECRET:
        arg->is_secret = 1;
        break;
    case MAP_RENAME:
        if (sema_is_event_key(stmt->value_name))
            diag_report(sema->diag, E_MAP, stmt->value_span, "every event has a key '%.*s' of its own: choose another name",
                        STR_ARG(stmt->value_name));
        arg->json_name = stmt->value_name;
        arg->json_name_at = stmt->value_span;
        break;
    case MAP_SKIP:
    case MAP_STRUCT:
        break;
    }
}

static void apply_to_probe(const map_stmt_t *stmt, ir_probe_t *probe)
{
    if (stmt->kind == MAP_SKIP)
        probe->is_skipped = 1;
    if (stmt->kind == MAP_RENAME) {
        probe->json_name = stmt->value_name;
        probe->json_name_at = stmt->value_span;
    }
}

/* what is done with each match of a target */
typedef void visit_t(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target, const ir_probe_t *probe, ir_arg_t *arg);

/* @return the number of arguments that match */
static unsigned visit_args(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target, const ir_probe_t *probe,
                           visit_t *visit)
{
    unsigned num = 0;

    for (unsigned i = 0; i < probe->num_args; ++i) {
        if (matches(target->arg, sema_arg_name(sema, probe, probe->args + i))) {
            ++num;
            visit(sema, stmt, target, probe, probe->args + i);
        }
    }
    return num;
}

static int is_target(const map_target_t *target, const ir_probe_t *probe)
{
    return matches(target->provider, probe->provider->name) && matches(target->probe, probe->name);
}

static void apply_target(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target)
{
    unsigned num_probes = 0, num_args = 0;

    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        ir_probe_t *probe = sema->ir->probes + i;
        if (!is_target(target, probe))
            continue;
        ++num_probes;
        if (target->arg.n == 0)
            apply_to_probe(stmt, probe);
        else
            num_args += visit_args(sema, stmt, target, probe, apply_to_arg);
    }
    if (num_probes == 0)
        diag_report(sema->diag, E_MAP_UNMATCHED, target->span, "no probe matches '%.*s:%.*s': correct the name, or remove this",
                    STR_ARG(target->provider), STR_ARG(target->probe));
    else if (target->arg.n != 0 && num_args == 0)
        diag_report(sema->diag, E_MAP_UNMATCHED, target->span,
                    "no argument of '%.*s:%.*s' matches '%.*s': correct the name, or remove this", STR_ARG(target->provider),
                    STR_ARG(target->probe), STR_ARG(target->arg));
}

/* ---- structs ---- */

static int is_used(const sema_t *sema, str_t struct_name)
{
    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        const ir_probe_t *probe = sema->ir->probes + i;
        for (unsigned j = 0; j < probe->num_args; ++j) {
            if (probe->args[j].meaning.scalar != SCALAR_UNREADABLE && str_eq(probe->args[j].meaning.pointee, struct_name))
                return 1;
        }
    }
    return 0;
}

static void check_field(sema_t *sema, const map_field_t *field)
{
    type_t type = type_of(&sema->typedefs, &field->type);
    unsigned num_derefs = 0;

    for (size_t i = 0; i + 1 < field->path.n; ++i)
        num_derefs += field->path.p[i] == '-' && field->path.p[i + 1] == '>';
    if (num_derefs > IR_MAX_DEREFS)
        diag_report(sema->diag, E_LIMIT, field->path_span, "a path can follow at most %d pointers: lift a value that is nearer",
                    IR_MAX_DEREFS);
    if (field->length_span.src != NULL && field->mode != MAP_FIELD_BYTES && type.scalar != SCALAR_STRING)
        diag_report(sema->diag, E_MAP, field->length_span, "only 'bytes' and text have a length: write 'bytes %.*s[...]'",
                    STR_ARG(field->path));
    if (field->mode == MAP_FIELD_VALUE && (type.scalar == SCALAR_UNREADABLE || type.scalar == SCALAR_UNKNOWN))
        diag_report(sema->diag, E_TYPE, field->type_span,
                    "'%.*s' is no type that a field can be read as; use an integer, a float, bool, "
                    "'char *', another pointer, 'bytes' or 'address'",
                    STR_ARG(field->type.text));
}

static void declare_struct(sema_t *sema, const map_stmt_t *stmt)
{
    /* a typedef of a struct is the struct */
    type_t pointer = type_of(&sema->typedefs, &(ctype_t){.name = stmt->struct_name, .tag = stmt->struct_tag, .num_pointers = 1});
    const map_stmt_t *earlier = table_put(&sema->structs, pointer.pointee, (void *)stmt);

    if (earlier != NULL) {
        diag_report(sema->diag, E_MAP, stmt->struct_span, "'%.*s' is described twice: join the descriptions",
                    STR_ARG(stmt->struct_name));
        diag_note(sema->diag, earlier->struct_span, "the earlier description is here");
    } else if (pointer.pointee.n == 0 || !is_used(sema, pointer.pointee)) {
        diag_report(sema->diag, E_MAP_UNMATCHED, stmt->struct_span,
                    "no probe has an argument of type '%.*s *': correct the name, or remove this", STR_ARG(stmt->struct_name));
    }
    for (const map_field_t *field = stmt->fields; field != NULL; field = field->next)
        check_field(sema, field);
}

/* Bytes have no end of their own, unlike text. It is said once of an argument, which is taken for a pointer then. */
static void check_bytes(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target, const ir_probe_t *probe, ir_arg_t *arg)
{
    (void)stmt;
    if (arg->meaning.scalar != SCALAR_BYTES || (arg->length_kind != LENGTH_NONE && arg->length_kind != LENGTH_NUL))
        return;
    diag_report(sema->diag, E_MAP, target->span, "how many bytes '%.*s' points to is not known: say 'length %.*s:%.*s.%.*s = ...;'",
                STR_ARG(arg->name), STR_ARG(probe->provider->name), STR_ARG(probe->name), STR_ARG(arg->name));
    diag_note(sema->diag, arg->at, "the argument is declared here");
    arg->meaning.scalar = SCALAR_POINTER;
}

/* To be called when all statements have been applied: a later one may say how long the bytes are, or that they are none. */
static void check_all_bytes(sema_t *sema, const map_stmt_t *stmt)
{
    if (stmt->kind != MAP_BYTES)
        return;
    for (const map_target_t *target = stmt->targets; target != NULL; target = target->next) {
        for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
            if (is_target(target, sema->ir->probes + i))
                visit_args(sema, stmt, target, sema->ir->probes + i, check_bytes);
        }
    }
}

void sema_apply_maps(sema_t *sema)
{
    for (const map_file_t *file = sema->maps; file != NULL; file = file->next) {
        for (const map_stmt_t *stmt = file->stmts; stmt != NULL; stmt = stmt->next) {
            if (stmt->kind == MAP_STRUCT)
                declare_struct(sema, stmt);
            for (const map_target_t *target = stmt->targets; target != NULL; target = target->next)
                apply_target(sema, stmt, target);
        }
    }
    for (const map_file_t *file = sema->maps; file != NULL; file = file->next) {
        for (const map_stmt_t *stmt = file->stmts; stmt != NULL; stmt = stmt->next)
            check_all_bytes(sema, stmt);
    }
}
