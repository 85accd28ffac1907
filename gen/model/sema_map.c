/*
 * Applies .map files: each statement to all probes and arguments that its targets name. Maps go with many versions of the
 * definitions, so what matches nothing (sema_stale.c), or does not fit what it matches, is left out with a warning.
 */
#include <string.h>
#include "model/sema_int.h"

/*
 * `*` stands for any characters, all else for itself. Names may be of any length, and a pattern of many stars takes no more than
 * the product of both lengths: fnmatch(3) would take time that doubles with every star.
 */
int sema_matches(str_t pattern, str_t name)
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

/* ---- what does not fit ---- */

/* The first argument of a target that its statement does not fit, and how many there are: one message tells of all. */
typedef struct st_unfit_t {
    const ir_probe_t *probe;
    const ir_arg_t *arg;
    const char *wanted; /* what the statement is said of; NULL: the argument that its value names is missing */
    unsigned num;
} unfit_t;

static void add_unfit(unfit_t *unfit, const ir_probe_t *probe, const ir_arg_t *arg, const char *wanted)
{
    if (unfit->num++ == 0) {
        unfit->probe = probe;
        unfit->arg = arg;
        unfit->wanted = wanted;
    }
}

static void report_unfit(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target, const unfit_t *unfit)
{
    str_t more = unfit->num > 1 ? arena_printf(sema->arena, ", and so are %u more", unfit->num - 1) : STR("");
    str_t word = span_text(stmt->span);

    if (unfit->num == 0)
        return;
    if (unfit->wanted == NULL && stmt->kind == MAP_HEADER) {
        diag_report(sema->diag, W_MAP_UNFIT, stmt->value_span,
                    "probe '%.*s' has no other text or bytes '%.*s' to be the value: '%.*s' is no name of a header%.*s",
                    STR_ARG(unfit->probe->name), STR_ARG(stmt->value_name), STR_ARG(unfit->arg->target_name), STR_ARG(more));
        diag_note(sema->diag, unfit->probe->at, "the probe is declared here");
        return;
    }
    if (unfit->wanted == NULL) {
        diag_report(sema->diag, W_MAP_UNFIT, stmt->value_span,
                    "probe '%.*s' has no integer argument '%.*s' to take the length from: '%.*s' is shown as a pointer%.*s",
                    STR_ARG(unfit->probe->name), STR_ARG(stmt->value_name), STR_ARG(unfit->arg->target_name), STR_ARG(more));
        diag_note(sema->diag, unfit->probe->at, "the probe is declared here");
        return;
    }
    diag_report(sema->diag, W_MAP_UNFIT, target->span,
                "'%.*s' is said of %s, but argument '%.*s' has type '%.*s': it is left alone%.*s", STR_ARG(word), unfit->wanted,
                STR_ARG(unfit->arg->target_name), STR_ARG(unfit->arg->type->text), STR_ARG(more));
    diag_note(sema->diag, unfit->arg->at, "the argument is declared here");
}

/* ---- statements ---- */

static keylog_role_t keylog_of(str_t word)
{
    static const char *const words[] = {
        [KEYLOG_CONNECTION] = "connection", [KEYLOG_RANDOM] = "random", [KEYLOG_LABEL] = "label", [KEYLOG_SECRET] = "secret"};

    for (int role = KEYLOG_CONNECTION; role < NUM_KEYLOG; ++role) {
        if (str_is(word, words[role]))
            return role;
    }
    return KEYLOG_NONE;
}

static void set_length(const map_stmt_t *stmt, const ir_probe_t *probe, ir_arg_t *arg, unfit_t *unfit)
{
    if (!is_pointer(arg)) {
        add_unfit(unfit, probe, arg, "pointers");
        return;
    }
    arg->is_unsized = 0;
    if (stmt->value_is_number) {
        arg->length_kind = LENGTH_FIXED;
        arg->length = stmt->value_number;
    } else {
        const ir_arg_t *partner = sema_find_arg(probe, stmt->value_name);
        if (partner == NULL || !is_number(partner) || partner->meaning.scalar == SCALAR_BOOL) {
            add_unfit(unfit, probe, arg, NULL);
            arg->is_unsized = 1; /* up to a NUL that is not promised, what stands behind it would be shown */
            return;
        }
        arg->length_kind = LENGTH_ARG;
        arg->length = partner - probe->args;
    }
    if (arg->meaning.scalar == SCALAR_POINTER)
        arg->meaning.scalar = SCALAR_BYTES;
}

/* Which header of a message an event is about. */
static void set_header(const map_stmt_t *stmt, const ir_probe_t *probe, ir_arg_t *arg, unfit_t *unfit)
{
    const ir_arg_t *value = sema_find_arg(probe, stmt->value_name);

    if (arg->meaning.scalar != SCALAR_STRING) {
        add_unfit(unfit, probe, arg, "text");
    } else if (value == NULL || value == arg || !is_pointer(value)) {
        add_unfit(unfit, probe, arg, NULL);
    } else {
        arg->is_header_name = 1;
        arg->header_value = (unsigned)(value - probe->args);
    }
}

static void set_content(const map_stmt_t *stmt, const ir_probe_t *probe, ir_arg_t *arg, unfit_t *unfit)
{
    static const scalar_t scalars[] = {[MAP_STRING] = SCALAR_STRING, [MAP_BYTES] = SCALAR_BYTES, [MAP_POINTER] = SCALAR_POINTER};

    if (!is_pointer(arg)) {
        add_unfit(unfit, probe, arg, "pointers");
        return;
    }
    arg->meaning.scalar = scalars[stmt->kind];
    if (stmt->kind == MAP_STRING && arg->length_kind == LENGTH_NONE)
        arg->length_kind = LENGTH_NUL;
    if (stmt->kind == MAP_POINTER)
        arg->length_kind = LENGTH_NONE;
}

static void set_keylog(const map_stmt_t *stmt, const ir_probe_t *probe, ir_arg_t *arg, unfit_t *unfit)
{
    keylog_role_t role = keylog_of(stmt->value_name);
    int is_string = arg->meaning.scalar == SCALAR_STRING || arg->meaning.scalar == SCALAR_BYTES;

    if (role == KEYLOG_CONNECTION ? !is_pointer(arg) || is_string : !is_string)
        add_unfit(unfit, probe, arg, role == KEYLOG_CONNECTION ? "pointers" : "text and bytes");
    else
        arg->keylog = role;
}

static void apply_to_arg(const map_stmt_t *stmt, const ir_probe_t *probe, ir_arg_t *arg, unfit_t *unfit)
{
    switch (stmt->kind) {
    case MAP_LENGTH:
        set_length(stmt, probe, arg, unfit);
        break;
    case MAP_STRING:
    case MAP_BYTES:
    case MAP_POINTER:
        set_content(stmt, probe, arg, unfit);
        break;
    case MAP_FLAG:
        if (is_number(arg))
            arg->is_flag = 1;
        else
            add_unfit(unfit, probe, arg, "integers");
        break;
    case MAP_APPDATA:
        arg->is_appdata = 1;
        break;
    case MAP_SECRET:
        arg->is_secret = 1;
        break;
    case MAP_PUBLIC:
        arg->is_public = 1;
        break;
    case MAP_MEMBER:
        if (!is_number(arg)) {
            add_unfit(unfit, probe, arg, "integers");
            break;
        }
        arg->member_of = stmt->value_name;
        arg->member_at = stmt->value_span;
        break;
    case MAP_HEADER:
        set_header(stmt, probe, arg, unfit);
        break;
    case MAP_RENAME:
        arg->json_name = stmt->value_name;
        arg->json_name_at = stmt->value_span;
        break;
    case MAP_KEYLOG:
        set_keylog(stmt, probe, arg, unfit);
        break;
    default:
        break;
    }
}

static void apply_to_probe(const map_stmt_t *stmt, span_t at, ir_probe_t *probe)
{
    if (stmt->kind == MAP_HTTP) {
        probe->http.event = stmt->role;
        probe->http.at = stmt->value_span;
    }
    if (stmt->kind == MAP_LEADS) {
        probe->leads = 1;
        probe->leads_at = at;
    }
    if (stmt->kind == MAP_FOLLOWS) {
        probe->follows = 1;
        probe->follows_at = at;
    }
    if (stmt->kind == MAP_SKIP)
        probe->is_skipped = 1;
    if (stmt->kind == MAP_RENAME) {
        probe->json_name = stmt->value_name;
        probe->json_name_at = stmt->value_span;
    }
}

static int is_literal(str_t pattern)
{
    return memchr(pattern.p, '*', pattern.n) == NULL;
}

ir_probe_t *sema_next_probe(const sema_t *sema, const map_target_t *target, const ir_probe_t *previous)
{
    ir_probe_t *all = sema->ir->probes;

    /* most targets name one probe, and there may be many of both */
    if (is_literal(target->provider) && is_literal(target->probe)) {
        if (previous != NULL)
            return NULL;
        str_t key = arena_printf(sema->arena, "%.*s:%.*s", STR_ARG(target->provider), STR_ARG(target->probe));
        return table_get(&sema->probes_by_key, key);
    }
    for (size_t i = previous != NULL ? (size_t)(previous - all) + 1 : 0; i < sema->ir->num_probes; ++i) {
        if (sema_matches(target->provider, all[i].provider->name) && sema_matches(target->probe, all[i].name))
            return all + i;
    }
    return NULL;
}

/* @return the number of arguments that match */
static unsigned apply_to_args(const map_stmt_t *stmt, const map_target_t *target, const ir_probe_t *probe, unfit_t *unfit)
{
    unsigned num = 0;

    for (unsigned i = 0; i < probe->num_args; ++i) {
        if (!sema_matches(target->arg, probe->args[i].target_name))
            continue;
        ++num;
        apply_to_arg(stmt, probe, probe->args + i, unfit);
    }
    return num;
}

static void apply_target(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target)
{
    unsigned num_probes = 0, num_args = 0;
    unfit_t unfit = {.num = 0};

    for (ir_probe_t *probe = NULL; (probe = sema_next_probe(sema, target, probe)) != NULL;) {
        ++num_probes;
        if (target->arg.n == 0)
            apply_to_probe(stmt, target->span, probe);
        else
            num_args += apply_to_args(stmt, target, probe, &unfit);
    }
    if (stmt->kind == MAP_HTTP && num_args == 0)
        num_args = sema_has_lifted(sema, target);
    if (num_probes == 0 || (target->arg.n != 0 && num_args == 0))
        sema_stale_target(sema, stmt, target, num_probes);
    report_unfit(sema, stmt, target, &unfit);
}

static void apply_stmt(sema_t *sema, const map_stmt_t *stmt)
{
    if (stmt->kind == MAP_RENAME && stmt->targets->arg.n != 0 && sema_is_event_key(stmt->value_name))
        diag_report(sema->diag, E_MAP, stmt->value_span, "every event has a key '%.*s' of its own: choose another name",
                    STR_ARG(stmt->value_name));
    if (stmt->kind == MAP_KEYLOG && stmt->value_span.src != NULL && keylog_of(stmt->value_name) == KEYLOG_NONE) {
        diag_report(sema->diag, E_MAP, stmt->value_span,
                    "'%.*s' is nothing that a key log has: write connection, random, label or secret", STR_ARG(stmt->value_name));
        return;
    }
    for (const map_target_t *target = stmt->targets; target != NULL; target = target->next)
        apply_target(sema, stmt, target);
}

/* ---- structs ---- */

/* Notes what arguments point to; statements do not change that. */
static void find_used(sema_t *sema)
{
    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        const ir_probe_t *probe = sema->ir->probes + i;
        for (unsigned j = 0; j < probe->num_args; ++j) {
            const type_t *type = &probe->args[j].meaning;
            if (type->scalar != SCALAR_UNREADABLE && type->pointee.n != 0)
                table_put(&sema->pointees, type->pointee, probe->args + j);
        }
    }
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
    else if (field->unless_span.src != NULL &&
             (field->mode != MAP_FIELD_VALUE || type.scalar == SCALAR_STRING || type.scalar == SCALAR_FLOAT))
        diag_report(sema->diag, E_MAP, field->unless_span, "'unless 0' is said of integers and pointers, but this has type '%.*s'",
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
    } else if (pointer.pointee.n == 0 || table_get(&sema->pointees, pointer.pointee) == NULL) {
        sema_stale_struct(sema, stmt);
    }
    for (const map_field_t *field = stmt->fields; field != NULL; field = field->next)
        check_field(sema, field);
}

/*
 * To be called when all statements have been applied: a later one may say how long the bytes are, or that they are none. Bytes have
 * no end of their own, unlike text.
 */
static void check_bytes(sema_t *sema, const map_target_t *target)
{
    const ir_arg_t *first = NULL;
    const ir_probe_t *where = NULL;
    unsigned num = 0;

    for (ir_probe_t *probe = NULL; (probe = sema_next_probe(sema, target, probe)) != NULL;) {
        for (unsigned j = 0; j < probe->num_args; ++j) {
            ir_arg_t *arg = probe->args + j;
            if (arg->meaning.scalar != SCALAR_BYTES || (arg->length_kind != LENGTH_NONE && arg->length_kind != LENGTH_NUL) ||
                arg->is_unsized || !sema_matches(target->arg, arg->target_name))
                continue;
            arg->meaning.scalar = SCALAR_POINTER;
            if (num++ == 0) {
                first = arg;
                where = probe;
            }
        }
    }
    if (num == 0)
        return;
    str_t name = first->target_name, more = num > 1 ? arena_printf(sema->arena, ", and so are %u more", num - 1) : STR("");
    diag_report(sema->diag, W_MAP_UNFIT, target->span,
                "how many bytes '%.*s' points to is not known, so it is shown as a pointer%.*s: say 'length %.*s:%.*s.%.*s = ...;'",
                STR_ARG(name), STR_ARG(more), STR_ARG(where->provider->name), STR_ARG(where->name), STR_ARG(name));
    diag_note(sema->diag, first->at, "the argument is declared here");
}

static void drop_unsized(sema_t *sema)
{
    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        const ir_probe_t *probe = sema->ir->probes + i;
        for (unsigned j = 0; j < probe->num_args; ++j) {
            if (probe->args[j].is_unsized && is_pointer(probe->args + j)) {
                probe->args[j].meaning.scalar = SCALAR_POINTER;
                probe->args[j].length_kind = LENGTH_NONE;
            }
        }
    }
}

void sema_apply_maps(sema_t *sema)
{
    if (sema->maps != NULL)
        find_used(sema);
    for (const map_file_t *file = sema->maps; file != NULL; file = file->next) {
        for (const map_stmt_t *stmt = file->stmts; stmt != NULL; stmt = stmt->next) {
            if (stmt->kind == MAP_STRUCT)
                declare_struct(sema, stmt);
            else if (stmt->kind != MAP_HTTP && stmt->kind != MAP_CONNECTION && /* sema_connection.c */
                     stmt->kind != MAP_PAIR &&                                 /* sema_pair.c */
                     stmt->compat == NULL && stmt->kind != MAP_COMPAT)         /* sema_compat.c */
                apply_stmt(sema, stmt);
        }
    }
    /* these may be about what structs have */
    for (const map_file_t *file = sema->maps; file != NULL; file = file->next) {
        for (const map_stmt_t *stmt = file->stmts; stmt != NULL; stmt = stmt->next) {
            if (stmt->kind == MAP_HTTP && stmt->compat == NULL)
                apply_stmt(sema, stmt);
        }
    }
    for (const map_file_t *file = sema->maps; file != NULL; file = file->next) {
        for (const map_stmt_t *stmt = file->stmts; stmt != NULL; stmt = stmt->next) {
            for (const map_target_t *target = stmt->targets; stmt->kind == MAP_BYTES && target != NULL; target = target->next)
                check_bytes(sema, target);
        }
    }
    if (sema->maps != NULL) {
        drop_unsized(sema);
        sema_settle_names(sema);
        sema_report_stale(sema);
    }
}
