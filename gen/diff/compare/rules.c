/*
 * Whom a change breaks. changes.def has the table; this is what its words mean. Each rule is asked about one change, and looks at
 * the models of both sides: nothing is guessed.
 */
#include "diff/compare/rules.h"

typedef diff_effect_t rule_t(const diff_t *diff, const change_t *change);

static diff_effect_t breaking_if(int is)
{
    return is ? EFFECT_BREAKING : EFFECT_COMPATIBLE;
}

static diff_effect_t never(const diff_t *diff, const change_t *change)
{
    (void)diff, (void)change;
    return EFFECT_COMPATIBLE;
}

static diff_effect_t always(const diff_t *diff, const change_t *change)
{
    (void)diff, (void)change;
    return EFFECT_BREAKING;
}

static diff_effect_t unknown(const diff_t *diff, const change_t *change)
{
    (void)diff, (void)change;
    return EFFECT_UNKNOWN;
}

/* ---- probes and providers ---- */

/* of a binary nobody knows what maps skip */
static int may_have_event(const side_probe_t *probe)
{
    return probe->ir == NULL || side_has_event(probe);
}

static diff_effect_t if_it_had_events(const diff_t *diff, const change_t *change)
{
    (void)diff;
    return breaking_if(may_have_event(change->before.probe));
}

static diff_effect_t if_it_had_records(const diff_t *diff, const change_t *change)
{
    const side_provider_t *provider = change->before.provider;
    int had = 0;

    (void)diff;
    if (change->before.probe != NULL)
        return breaking_if(side_has_record(change->before.probe));
    for (unsigned i = 0; i < provider->num_probes; ++i)
        had |= side_has_record(provider->probes + i);
    return breaking_if(had);
}

static diff_effect_t if_it_had_probes(const diff_t *diff, const change_t *change)
{
    (void)diff;
    return breaking_if(change->before.provider->num_probes != 0);
}

static diff_effect_t if_events_are_renamed(const diff_t *diff, const change_t *change)
{
    const side_probe_t *before = change->before.probe, *after = change->after.probe;

    (void)diff;
    return breaking_if(side_has_event(before) && side_has_event(after) && !str_eq(before->ir->json_name, after->ir->json_name));
}

/* A new probe takes the id of an old one, or changes the ids of those after it. */
static int ids_shift(const diff_t *diff, const side_probe_t *probe)
{
    return side_has_event(probe) && (probe->ir->id < diff->before.ir->num_events || diff->shifts[probe->ir->id] != 0);
}

static diff_effect_t if_ids_shift(const diff_t *diff, const change_t *change)
{
    return breaking_if(ids_shift(diff, change->after.probe));
}

static diff_effect_t if_probe_of_it_does(const diff_t *diff, const change_t *change)
{
    const side_provider_t *provider = change->after.provider;
    int does = 0;

    for (unsigned i = 0; i < provider->num_probes; ++i)
        does |= ids_shift(diff, provider->probes + i);
    return breaking_if(does);
}

static diff_effect_t if_id_changes(const diff_t *diff, const change_t *change)
{
    const side_probe_t *before = change->before.probe, *after = change->after.probe;

    (void)diff;
    return breaking_if(side_has_event(before) && side_has_event(after) && before->ir->id != after->ir->id);
}

/* ---- arguments, as scripts read them ---- */

static diff_effect_t if_numbers_shift(const diff_t *diff, const change_t *change)
{
    const side_probe_t *before = change->before.probe, *after = change->after.probe;
    int shift = (unsigned)change->after.arg < before->num_args;

    (void)diff;
    for (int i = change->after.arg; i < (int)after->num_args && after->arg_partners != NULL; ++i)
        shift |= after->arg_partners[i] != -1 && after->arg_partners[i] != i;
    return breaking_if(shift);
}

static int is_integer(const type_t *type)
{
    return type->scalar == SCALAR_INT || type->scalar == SCALAR_UINT || type->scalar == SCALAR_BOOL ||
           type->scalar == SCALAR_UNKNOWN;
}

static int is_pointer(const type_t *type)
{
    return type->scalar == SCALAR_STRING || type->scalar == SCALAR_BYTES || type->scalar == SCALAR_POINTER;
}

static diff_effect_t if_read_otherwise(const diff_t *diff, const change_t *change)
{
    const ir_arg_t *old_arg = change->before.probe->ir->args + change->before.arg,
                   *new_arg = change->after.probe->ir->args + change->after.arg;
    const type_t *old_type = &old_arg->declared, *new_type = &new_arg->declared;

    (void)diff;
    if (is_integer(old_type) && is_integer(new_type))
        return EFFECT_COMPATIBLE;
    if (old_type->scalar == SCALAR_BYTES && is_pointer(new_type))
        return EFFECT_COMPATIBLE;
    if (old_type->scalar != new_type->scalar || !str_eq(old_type->pointee, new_type->pointee))
        return EFFECT_BREAKING;
    if (old_type->scalar == SCALAR_FLOAT)
        return breaking_if(old_type->size != new_type->size);
    if (old_type->scalar == SCALAR_POINTER && old_type->pointee.n == 0)
        return breaking_if(!str_eq(old_arg->type->bare, new_arg->type->bare));
    return EFFECT_COMPATIBLE;
}

#define WAYS_FLOAT (0x1f << 10)

static diff_effect_t if_number_is_of_other_kind(const diff_t *diff, const change_t *change)
{
    side_ways_t before = change->before.probe->ways[change->before.arg], after = change->after.probe->ways[change->after.arg];
    int was_float = (before & WAYS_FLOAT) != 0, is_float = (after & WAYS_FLOAT) != 0,
        was_number = (before & ~(WAYS_FLOAT | SIDE_WAY_ABSENT)) != 0, is_number = (after & ~(WAYS_FLOAT | SIDE_WAY_ABSENT)) != 0;

    (void)diff;
    return breaking_if(was_float != is_float || was_number != is_number || (after & ~before & SIDE_WAY_ABSENT) != 0);
}

/* ---- members of events ---- */

static diff_effect_t if_it_had_member(const diff_t *diff, const change_t *change)
{
    (void)diff;
    return breaking_if(change->before.field != NULL);
}

static int has_both(const change_t *change)
{
    return change->before.field != NULL && change->after.field != NULL;
}

static diff_effect_t if_member_is_renamed(const diff_t *diff, const change_t *change)
{
    (void)diff;
    return breaking_if(has_both(change) && !str_eq(change->before.field->name, change->after.field->name));
}

static int is_whole_number(field_kind_t kind)
{
    return kind == FIELD_INT || kind == FIELD_UINT;
}

/* A reader of floating-point numbers takes integers. It is not so the other way round: NaN, for one, is a string in JSON. */
static diff_effect_t if_shown_otherwise(const diff_t *diff, const change_t *change)
{
    (void)diff;
    if (!has_both(change))
        return EFFECT_COMPATIBLE;
    field_kind_t before = change->before.field->kind, after = change->after.field->kind;
    return breaking_if(before != after && !(is_whole_number(after) && (is_whole_number(before) || before == FIELD_FLOAT)));
}

static diff_effect_t if_shown_to_others(const diff_t *diff, const change_t *change)
{
    (void)diff;
    if (!has_both(change))
        return EFFECT_COMPATIBLE;
    gate_t before = change->before.field->gate, after = change->after.field->gate;
    return breaking_if(before != after && after != GATE_NONE);
}

/* ---- records ---- */

static diff_effect_t if_it_was_recorded(const diff_t *diff, const change_t *change)
{
    (void)diff;
    return breaking_if(side_has_record(change->before.probe));
}

static int is_stored_otherwise(const ir_field_t *before, const ir_field_t *after)
{
    static const char forms[] = {
        [FIELD_INT] = 'i',    [FIELD_UINT] = 'i',  [FIELD_BOOL] = 'i',    [FIELD_POINTER] = 'i', [FIELD_FLOAT] = 'f',
        [FIELD_STRING] = 's', [FIELD_BYTES] = 's', [FIELD_ADDRESS] = 'a', [FIELD_WHOLE] = 'w',
    };

    return forms[before->kind] != forms[after->kind] || before->size != after->size;
}

static diff_effect_t if_stored_otherwise(const diff_t *diff, const change_t *change)
{
    (void)diff;
    if (!side_has_record(change->before.probe))
        return EFFECT_COMPATIBLE;
    return breaking_if(!side_has_record(change->after.probe) ||
                       (has_both(change) && is_stored_otherwise(change->before.field, change->after.field)));
}

int diff_layout_changes(const side_probe_t *before, const side_probe_t *after)
{
    const ir_probe_t *old_ir = before->ir, *new_ir = after->ir;

    if (old_ir->size != new_ir->size || old_ir->num_slots != new_ir->num_slots)
        return 1;
    for (unsigned i = 0; i < old_ir->num_fields; ++i) {
        int partner = before->field_partners[i];
        if (partner == -1)
            continue;
        const ir_field_t *old_field = old_ir->fields + i, *new_field = new_ir->fields + partner;
        if (old_field->offset != new_field->offset || old_field->bit != new_field->bit || old_field->slot != new_field->slot ||
            is_stored_otherwise(old_field, new_field))
            return 1;
    }
    return 0;
}

static diff_effect_t if_layout_changes(const diff_t *diff, const change_t *change)
{
    const side_probe_t *before = change->before.probe, *after = change->after.probe;

    (void)diff;
    if (!side_has_record(before))
        return EFFECT_COMPATIBLE;
    return breaking_if(!side_has_record(after) || diff_layout_changes(before, after));
}

int diff_explains_layout(const change_t *changes)
{
    for (const change_t *change = changes; change != NULL; change = change->next) {
        switch (change->kind) {
        case CHANGE_ARG_ADDED:
        case CHANGE_ARG_REMOVED:
        case CHANGE_ARG_MOVED:
        case CHANGE_MEMBER_ADDED:
        case CHANGE_MEMBER_REMOVED:
            return 1;
        case CHANGE_ARG_TYPE:
        case CHANGE_MEMBER_SHOWN:
        case CHANGE_MEMBER_SOURCE:
            if (has_both(change) && is_stored_otherwise(change->before.field, change->after.field))
                return 1;
            break;
        default:
            break;
        }
    }
    return 0;
}

/* ---- the table ---- */

static rule_t *const rules[CHANGE_NUM_KINDS][NUM_USERS] = {
#define CHANGE(id, slug, title, scripts, json, records) {scripts, json, records},
#include "diff/compare/changes.def"
#undef CHANGE
};

/* what cannot be known from sites alone */
static int is_open(const diff_t *diff, const change_t *change, diff_user_t user)
{
    if (!diff->has_binary || user == USER_SCRIPTS)
        return 0;
    return user == USER_RECORDS || change->kind == CHANGE_ARG_ADDED || change->kind == CHANGE_ARG_REMOVED;
}

void diff_judge(diff_t *diff)
{
    for (change_t *change = diff->changes; change != NULL; change = change->next) {
        ++diff->num_kinds[change->kind];
        for (diff_user_t user = 0; user != NUM_USERS; ++user) {
            change->effects[user] = is_open(diff, change, user) ? EFFECT_UNKNOWN : rules[change->kind][user](diff, change);
            diff->num_breaking[user] += change->effects[user] == EFFECT_BREAKING;
        }
    }
}
