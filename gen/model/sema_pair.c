/*
 * Pairs: an event that begins something, and one that ends it. A map says of which probes these are, and what both have in common:
 * arguments, what is lifted out of them, or the thread. The event at the end has a field for the duration. So which probes are ends
 * has to be known before records are laid out, and where lifted keys are only after that.
 */
#include <string.h>
#include "model/sema_int.h"

/* The probes of one side of a pair. */
typedef struct st_side_t {
    const map_stmt_t *stmt;
    ir_pair_t *pair;
    int is_end;
    struct st_found_t {
        struct st_found_t *next;
        ir_probe_t *probe;
        ir_role_t role;
    } * found, **next;
} side_t;

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* ---- keys ---- */

/* @return how many bytes a number has; 0: it is none */
static unsigned size_of(const type_t *type)
{
    switch (type->scalar) {
    case SCALAR_INT:
    case SCALAR_UINT:
    case SCALAR_UNKNOWN:
    case SCALAR_BOOL:
        return type->size;
    case SCALAR_POINTER:
        return 8;
    default:
        return 0;
    }
}

/* What a map lifts out of an argument under that name; NULL: nothing. @param arg which argument */
static const map_field_t *find_lifted(const sema_t *sema, const ir_probe_t *probe, str_t name, unsigned *arg)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        const type_t *type = &probe->args[i].meaning;
        const map_stmt_t *about =
            type->scalar == SCALAR_POINTER && type->pointee.n != 0 ? table_get(&sema->structs, type->pointee) : NULL;
        for (const map_field_t *field = about != NULL ? about->fields : NULL; field != NULL; field = field->next) {
            if (str_eq(field->name, name)) {
                *arg = i;
                return field;
            }
        }
    }
    return NULL;
}

/* @return how many bytes it has; 0: there is none, or it is no number */
static unsigned find_key(const sema_t *sema, const ir_probe_t *probe, str_t name, ir_key_t *key, int *is_there)
{
    const ir_arg_t *arg = sema_find_arg(probe, name);
    const map_field_t *field;

    *key = (ir_key_t){.name = name};
    *is_there = 1;
    if (arg != NULL) {
        key->arg = (unsigned)(arg - probe->args);
        /* where a length is missing, that is printed as a pointer, too */
        return arg->meaning.scalar == SCALAR_BYTES && arg->length_kind == LENGTH_NONE ? 8 : size_of(&arg->meaning);
    }
    if ((field = find_lifted(sema, probe, name, &key->arg)) != NULL) {
        type_t type = type_of(&sema->typedefs, &field->type);
        key->lifted_at = field->span;
        if (type.scalar == SCALAR_BYTES)
            type.scalar = SCALAR_POINTER;
        return field->mode == MAP_FIELD_VALUE ? size_of(&type) : 0;
    }
    key->is_thread = str_is(name, "tid");
    *is_there = key->is_thread;
    return key->is_thread ? 4 : 0;
}

/* The first probe of a target that lacks a key. */
typedef struct st_unfit_t {
    const ir_probe_t *probe; /* NULL: none does */
    const map_key_t *key;
    int is_there;
} unfit_t;

static void report_unfit(sema_t *sema, const side_t *side, const unfit_t *unfit)
{
    const ir_probe_t *probe = unfit->probe;
    str_t name = side->is_end ? unfit->key->end : unfit->key->begin;

    diag_report(sema->diag, W_MAP_UNFIT, side->is_end ? unfit->key->end_at : unfit->key->begin_at,
                unfit->is_there ? "'%.*s' of '%.*s:%.*s' is neither an integer nor a pointer: the probe is no part of the pair"
                                : "nothing is called '%.*s' in '%.*s:%.*s': the probe is no part of the pair",
                STR_ARG(name), STR_ARG(probe->provider->name), STR_ARG(probe->name));
    diag_note(sema->diag, probe->at, "the probe is declared here");
}

/* @return whether the probe has all keys */
static int find_keys(sema_t *sema, const side_t *side, const ir_probe_t *probe, ir_role_t *role, unfit_t *unfit)
{
    unsigned sizes[IR_MAX_KEYS], n = 0;

    for (const map_key_t *key = side->stmt->keys; key != NULL; key = key->next, ++n) {
        int is_there;
        sizes[n] = find_key(sema, probe, side->is_end ? key->end : key->begin, role->keys + n, &is_there);
        if (sizes[n] != 0)
            continue;
        if (unfit->probe == NULL)
            *unfit = (unfit_t){probe, key, is_there};
        return 0;
    }
    for (n = 0; n < side->pair->num_keys; ++n)
        side->pair->sizes[n] = side->pair->sizes[n] != 0 ? min(side->pair->sizes[n], sizes[n]) : sizes[n];
    return 1;
}

/* ---- sides ---- */

/* Whether an earlier target has named it already. */
static int is_found(const side_t *side, ir_probe_t *probe)
{
    const ir_pair_t **last = side->is_end ? &probe->last_ended : &probe->last_begun;
    int is_same = *last == side->pair;

    *last = side->pair;
    return is_same;
}

/* Of a pattern, those that have the keys are meant. */
static void find_target(sema_t *sema, side_t *side, const map_target_t *target)
{
    unsigned num_probes = 0, num_fit = 0;
    unfit_t unfit = {NULL};

    for (ir_probe_t *probe = NULL; (probe = sema_next_probe(sema, target, probe)) != NULL;) {
        ir_role_t role = {.pair = side->pair, .is_end = side->is_end};
        ++num_probes;
        if (probe->is_skipped || is_found(side, probe)) {
            ++num_fit;
            continue;
        }
        if (!find_keys(sema, side, probe, &role, &unfit))
            continue;
        ++num_fit;
        struct st_found_t *found = arena_alloc(sema->arena, sizeof(*found));
        *found = (struct st_found_t){.probe = probe, .role = role};
        *side->next = found;
        side->next = &found->next;
    }
    if (num_probes == 0)
        sema_stale_target(sema, side->stmt, target, 0);
    else if (num_fit == 0)
        report_unfit(sema, side, &unfit);
}

static void find_side(sema_t *sema, side_t *side, const map_target_t *targets)
{
    side->next = &side->found;
    for (const map_target_t *target = targets; target != NULL; target = target->next)
        find_target(sema, side, target);
}

static void add_role(sema_t *sema, const side_t *side, ir_probe_t *probe, const ir_role_t *role)
{
    unsigned num_ends = ir_num_ends(probe), num = role->is_end ? num_ends : probe->num_roles - num_ends;

    if (num == IR_MAX_PAIRS) {
        diag_report(sema->diag, E_LIMIT, side->stmt->span, "the events of '%.*s:%.*s' can %s at most %d pairs",
                    STR_ARG(probe->provider->name), STR_ARG(probe->name), role->is_end ? "end" : "begin", IR_MAX_PAIRS);
        return;
    }
    for (unsigned i = 0; role->is_end && i < num_ends; ++i) {
        if (!str_eq(probe->roles[i].pair->name, role->pair->name))
            continue;
        diag_report(sema->diag, E_MAP, role->pair->at, "two pairs would give '%.*s:%.*s' a duration '%.*s': name one with 'as'",
                    STR_ARG(probe->provider->name), STR_ARG(probe->name), STR_ARG(role->pair->name));
        diag_note(sema->diag, probe->roles[i].pair->at, "the other pair is here");
        return;
    }
    if (probe->roles == NULL)
        probe->roles = arena_alloc(sema->arena, 2 * IR_MAX_PAIRS * sizeof(*probe->roles));
    unsigned at = role->is_end ? num_ends : probe->num_roles;
    memmove(probe->roles + at + 1, probe->roles + at, (probe->num_roles - at) * sizeof(*probe->roles));
    probe->roles[at] = *role;
    ++probe->num_roles;
}

static void add_side(sema_t *sema, const side_t *side)
{
    for (const struct st_found_t *found = side->found; found != NULL; found = found->next)
        add_role(sema, side, found->probe, &found->role);
}

/* ---- the whole ---- */

/* @return whether the statement is right by itself */
static int check(sema_t *sema, const map_stmt_t *stmt)
{
    const map_key_t *key = stmt->keys;

    if (sema_is_event_key(stmt->value_name)) {
        diag_report(sema->diag, E_MAP, stmt->value_span, "every event has a key '%.*s' of its own: choose another name",
                    STR_ARG(stmt->value_name));
        return 0;
    }
    for (unsigned n = 0; n < IR_MAX_KEYS && key != NULL; ++n)
        key = key->next;
    if (key != NULL)
        diag_report(sema->diag, E_LIMIT, key->begin_at, "a pair has at most %d keys", IR_MAX_KEYS);
    return key == NULL;
}

static void find(sema_t *sema, const map_stmt_t *stmt, ir_pair_t ***next)
{
    ir_pair_t *pair = arena_alloc(sema->arena, sizeof(*pair));
    side_t begins = {.stmt = stmt, .pair = pair}, ends = {.stmt = stmt, .pair = pair, .is_end = 1};

    if (!check(sema, stmt))
        return;
    *pair = (ir_pair_t){
        .index = sema->ir->num_pairs, .at = stmt->value_span.src != NULL ? stmt->value_span : stmt->span, .name = stmt->value_name};
    for (const map_key_t *key = stmt->keys; key != NULL; key = key->next)
        ++pair->num_keys;
    find_side(sema, &begins, stmt->targets);
    find_side(sema, &ends, stmt->ends);
    if (begins.found == NULL || ends.found == NULL)
        return;
    add_side(sema, &begins);
    add_side(sema, &ends);
    ++sema->ir->num_pairs;
    **next = pair;
    *next = &pair->next;
}

void sema_find_pairs(sema_t *sema)
{
    ir_pair_t **next = &sema->ir->pairs;

    if (sema->records == RECORDS_NONE)
        return;
    sema->stale = NULL; /* what is there has been reported */
    sema->next_stale = &sema->stale;
    for (const map_file_t *file = sema->maps; file != NULL; file = file->next) {
        for (const map_stmt_t *stmt = file->stmts; stmt != NULL; stmt = stmt->next) {
            if (stmt->kind == MAP_PAIR)
                find(sema, stmt, &next);
        }
    }
    sema_report_stale(sema);
}

/* Where what is lifted is found is known when its field has been laid out. */
static void settle(ir_probe_t *probe, ir_role_t *role)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        if (field->pair == role->pair)
            role->field = field;
        for (unsigned n = 0; n < role->pair->num_keys; ++n) {
            ir_key_t *key = role->keys + n;
            if (!key->is_thread && ir_is_lifted(field) && field->arg == key->arg && key->lifted_at.src != NULL &&
                field->at.start == key->lifted_at.start && field->at.src == key->lifted_at.src)
                key->path = field->path;
        }
    }
}

void sema_end_pairs(sema_t *sema)
{
    for (unsigned i = 0; i < sema->ir->num_events; ++i) {
        ir_probe_t *probe = (ir_probe_t *)sema->ir->events[i];
        for (unsigned j = 0; j < probe->num_roles; ++j)
            settle(probe, probe->roles + j);
    }
}
