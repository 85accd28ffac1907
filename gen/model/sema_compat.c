/*
 * Outputs that others' tools read: what stands below `compat NAME;` in maps. Its targets are keys of events as they are printed
 * otherwise, so this comes when records have been laid out.
 */
#include <string.h>
#include "model/sema_int.h"

static const struct {
    const char *name;
    unsigned hides;
} event_keys[] = {
    {"module", IR_HIDES_MODULE}, {"type", IR_HIDES_TYPE}, {"tid", IR_HIDES_TID}, {"pid", IR_HIDES_PID}, {"time", IR_HIDES_TIME},
};

#define NUM_EVENT_KEYS (sizeof(event_keys) / sizeof(event_keys[0]))

/* What a target was found to name. */
typedef struct st_found_t {
    unsigned num_probes, num_keys;
    const ir_probe_t *unfit_probe; /* of the first key that the statement is not said of; NULL: none */
    const ir_field_t *unfit;
} found_t;

static ir_compat_t *find_compat(sema_t *sema, str_t name)
{
    ir_compat_t **at = &sema->ir->compats;

    for (; *at != NULL; at = &(*at)->next) {
        if (str_eq((*at)->name, name))
            return *at;
    }
    ir_compat_t *compat = *at = arena_alloc(sema->arena, sizeof(*compat));
    compat->name = name;
    compat->shapes = arena_alloc(sema->arena, sema->ir->num_events * sizeof(*compat->shapes));
    for (unsigned i = 0; i < sema->ir->num_events; ++i) {
        const ir_probe_t *probe = sema->ir->events[i];
        ir_shape_t *shape = compat->shapes + i;
        shape->type = probe->json_name;
        shape->fields = arena_alloc(sema->arena, probe->num_fields * sizeof(*shape->fields));
        for (unsigned j = 0; j < probe->num_fields; ++j)
            shape->fields[j].name = probe->fields[j].pair == NULL ? probe->fields[j].name : STR(""); /* others know none */
    }
    return compat;
}

/* ---- statements ---- */

/* What a statement is said of, for a message; NULL: of any key. */
static const char *wanted_by(map_kind_t kind)
{
    switch (kind) {
    case MAP_TIME:
        return "integers";
    case MAP_INTEGER:
        return "flags and 'time'";
    case MAP_DECIMAL:
        return "pointers";
    case MAP_FLAT:
    case MAP_DASHES:
    case MAP_KEEP:
        return "whole structs";
    default:
        return NULL;
    }
}

static int is_fit(map_kind_t kind, const ir_field_t *field)
{
    switch (kind) {
    case MAP_TIME:
        return field->kind == FIELD_INT || field->kind == FIELD_UINT;
    case MAP_INTEGER:
        return field->kind == FIELD_BOOL;
    case MAP_DECIMAL:
        return field->kind == FIELD_POINTER;
    case MAP_FLAT:
    case MAP_DASHES:
    case MAP_KEEP:
        return field->kind == FIELD_WHOLE;
    default:
        return 1;
    }
}

static void apply_to_field(const map_stmt_t *stmt, ir_shape_t *shape, ir_shown_t *shown, const ir_field_t *field)
{
    switch (stmt->kind) {
    case MAP_HIDE:
        shown->name.n = 0;
        break;
    case MAP_RENAME:
        if (shown->name.n != 0)
            shown->name = stmt->value_name;
        shown->is_renamed = 1;
        break;
    case MAP_TIME:
        shown->name.n = 0;
        shape->time = field;
        break;
    case MAP_INTEGER:
        shown->as |= IR_AS_INTEGER;
        break;
    case MAP_DECIMAL:
        shown->as |= IR_AS_DECIMAL;
        break;
    case MAP_ZERO:
        shown->as |= IR_AS_ZERO;
        break;
    case MAP_FLAT:
        shown->as |= IR_AS_FLAT;
        break;
    case MAP_DASHES:
        shown->as |= IR_AS_DASHES;
        break;
    case MAP_KEEP:
        shown->keep = stmt->value_name;
        break;
    default:
        break;
    }
}

static void apply_to_keys(const map_stmt_t *stmt, str_t pattern, ir_shape_t *shape, const ir_probe_t *probe, found_t *found)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        if (field->pair != NULL || !sema_matches(pattern, field->name))
            continue;
        if (is_fit(stmt->kind, field)) {
            ++found->num_keys;
            apply_to_field(stmt, shape, shape->fields + i, field);
        } else if (found->unfit == NULL) {
            found->unfit_probe = probe;
            found->unfit = field;
        }
    }
    for (size_t i = 0; i < NUM_EVENT_KEYS; ++i) {
        if (!sema_matches(pattern, (str_t){event_keys[i].name, strlen(event_keys[i].name)}))
            continue;
        if (stmt->kind == MAP_HIDE) {
            ++found->num_keys;
            shape->hides |= event_keys[i].hides;
        } else if (stmt->kind == MAP_INTEGER && event_keys[i].hides == IR_HIDES_TIME) {
            ++found->num_keys;
            shape->is_whole = 1;
        }
    }
}

static void apply_to_events(const map_stmt_t *stmt, ir_shape_t *shape)
{
    if (stmt->kind == MAP_SKIP)
        shape->is_skipped = 1;
    if (stmt->kind == MAP_RENAME)
        shape->type = stmt->value_name;
    if (stmt->kind == MAP_DASHES)
        shape->is_dashed = 1;
    if (stmt->kind == MAP_COUNT)
        shape->count = stmt->value_name;
}

static void apply_target(sema_t *sema, const ir_compat_t *compat, const map_stmt_t *stmt, const map_target_t *target)
{
    found_t found = {0};

    for (ir_probe_t *probe = NULL; (probe = sema_next_probe(sema, target, probe)) != NULL;) {
        ++found.num_probes;
        if (probe->is_skipped)
            ++found.num_keys; /* there is nothing to be shown, and nothing wrong */
        else if (target->arg.n == 0)
            apply_to_events(stmt, compat->shapes + probe->id);
        else
            apply_to_keys(stmt, target->arg, compat->shapes + probe->id, probe, &found);
    }
    if (found.num_probes != 0 && (target->arg.n == 0 || found.num_keys != 0))
        return;
    if (found.unfit == NULL) {
        sema_stale_target(sema, stmt, target, found.num_probes);
        return;
    }
    str_t word = span_text(stmt->span);
    diag_report(sema->diag, W_MAP_UNFIT, target->span,
                "'%.*s' is said of %s, and key '%.*s' of '%.*s:%.*s' is none: it is left alone", STR_ARG(word),
                wanted_by(stmt->kind), STR_ARG(found.unfit->name), STR_ARG(found.unfit_probe->provider->name),
                STR_ARG(found.unfit_probe->name));
}

/* ---- names ---- */

static str_t with_dashes(sema_t *sema, str_t name)
{
    str_t copy = arena_strdup(sema->arena, name);

    for (size_t i = 0; i < copy.n; ++i) {
        if (copy.p[i] == '_')
            ((char *)copy.p)[i] = '-';
    }
    return copy;
}

/* Whether the events have that key beside this field. */
static int is_taken(const ir_shape_t *shape, unsigned num_fields, unsigned field)
{
    str_t name = shape->fields[field].name;
    int is_taken = str_eq(name, shape->count);

    for (size_t i = 0; i < NUM_EVENT_KEYS; ++i)
        is_taken |= (shape->hides & event_keys[i].hides) == 0 && str_is(name, event_keys[i].name);
    for (unsigned i = 0; i < num_fields; ++i)
        is_taken |= i != field && str_eq(shape->fields[i].name, name);
    return is_taken;
}

/* Of two fields that would have one name, the one that was renamed is left out: others' tools know one of them only. */
static void settle(sema_t *sema, const ir_compat_t *compat, const ir_probe_t *probe, ir_shape_t *shape)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        ir_shown_t *shown = shape->fields + i;
        if (shown->name.n == 0 || !shown->is_renamed || !is_taken(shape, probe->num_fields, i))
            continue;
        diag_report(sema->diag, W_MAP_UNFIT, probe->at,
                    "the events of '%.*s:%.*s' have a key '%.*s' in the output '%.*s' already: field '%.*s' is left out",
                    STR_ARG(probe->provider->name), STR_ARG(probe->name), STR_ARG(shown->name), STR_ARG(compat->name),
                    STR_ARG(probe->fields[i].name));
        shown->name.n = 0;
    }
    if (!shape->is_dashed)
        return;
    shape->type = with_dashes(sema, shape->type);
    for (unsigned i = 0; i < probe->num_fields; ++i)
        shape->fields[i].name = with_dashes(sema, shape->fields[i].name);
}

void sema_shape_outputs(sema_t *sema)
{
    sema->stale = NULL; /* what is there has been reported */
    sema->next_stale = &sema->stale;
    for (const map_file_t *file = sema->maps; sema->records != RECORDS_NONE && file != NULL; file = file->next) {
        for (const map_stmt_t *stmt = file->stmts; stmt != NULL; stmt = stmt->next) {
            if (stmt->compat == NULL)
                continue;
            const ir_compat_t *compat = find_compat(sema, stmt->compat->value_name);
            for (const map_target_t *target = stmt->targets; target != NULL; target = target->next)
                apply_target(sema, compat, stmt, target);
        }
    }
    for (const ir_compat_t *compat = sema->ir->compats; compat != NULL; compat = compat->next) {
        for (unsigned i = 0; i < sema->ir->num_events; ++i)
            settle(sema, compat, sema->ir->events[i], compat->shapes + i);
    }
    sema_report_stale(sema);
}
