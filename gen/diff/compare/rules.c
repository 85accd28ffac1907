/*
 * Whom a change breaks. changes.def has the table; this is what its words mean. Each rule is asked about one change, and looks at
 * the models of both sides: nothing is guessed.
 */
#include "diff/compare/compare.h"
#include "diff/compare/parts.h"

/** @return whether the change breaks somebody */
typedef int rule_t(const change_t *change);

static int never(const change_t *change)
{
    (void)change;
    return 0;
}

static int always(const change_t *change)
{
    (void)change;
    return 1;
}

/* ---- probes and providers ---- */

/* Whether something is so of the probe that a change is about, or of one of its provider's. */
static int is_of_any(const change_end_t *end, int (*is)(const side_probe_t *probe))
{
    const side_provider_t *provider = end->provider;

    if (end->probe != NULL)
        return is(end->probe);
    for (unsigned i = 0; i < provider->num_probes; ++i) {
        if (is(provider->probes + i))
            return 1;
    }
    return 0;
}

static int if_it_had_records(const change_t *change)
{
    return is_of_any(&change->before, side_has_record);
}

static int shifts_ids(const side_probe_t *probe)
{
    return probe->shifts_ids;
}

static int if_ids_shift(const change_t *change)
{
    return is_of_any(&change->after, shifts_ids);
}

static int if_it_had_probes(const change_t *change)
{
    return change->before.provider->num_probes != 0;
}

/* of a binary nobody knows what maps skip */
static int if_it_had_events(const change_t *change)
{
    return change->before.probe->ir == NULL || side_has_event(change->before.probe);
}

static int have_events(const change_t *change)
{
    return side_has_event(change->before.probe) && side_has_event(change->after.probe);
}

static int if_events_are_renamed(const change_t *change)
{
    return have_events(change) && !str_eq(change->before.probe->ir->json_name, change->after.probe->ir->json_name);
}

static int if_id_changes(const change_t *change)
{
    return have_events(change) && change->before.probe->ir->id != change->after.probe->ir->id;
}

/* ---- arguments, as scripts read them ---- */

static int if_numbers_shift(const change_t *change)
{
    const side_probe_t *before = change->before.probe, *after = change->after.probe;
    int shift = (unsigned)change->after.arg < before->num_args;

    for (int i = change->after.arg; i < (int)after->num_args && after->arg_partners != NULL; ++i)
        shift |= after->arg_partners[i] != -1 && after->arg_partners[i] != i;
    return shift;
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

static int if_read_otherwise(const change_t *change)
{
    const ir_arg_t *old_arg = change->before.probe->ir->args + change->before.arg,
                   *new_arg = change->after.probe->ir->args + change->after.arg;
    const type_t *old_type = &old_arg->declared, *new_type = &new_arg->declared;

    if (is_integer(old_type) && is_integer(new_type))
        return 0;
    if (old_type->scalar == SCALAR_BYTES && is_pointer(new_type))
        return 0;
    if (old_type->scalar != new_type->scalar || !str_eq(old_type->pointee, new_type->pointee))
        return 1;
    if (old_type->scalar == SCALAR_FLOAT)
        return old_type->size != new_type->size;
    if (old_type->scalar == SCALAR_POINTER && old_type->pointee.n == 0)
        return !str_eq(old_arg->type->bare, new_arg->type->bare);
    return 0;
}

#define WAYS_FLOAT (0x1f << 10)

static int if_number_is_of_other_kind(const change_t *change)
{
    side_ways_t before = change->before.probe->ways[change->before.arg], after = change->after.probe->ways[change->after.arg];
    int was_float = (before & WAYS_FLOAT) != 0, is_float = (after & WAYS_FLOAT) != 0,
        was_number = (before & ~(WAYS_FLOAT | SIDE_WAY_ABSENT)) != 0, is_number = (after & ~(WAYS_FLOAT | SIDE_WAY_ABSENT)) != 0;

    return was_float != is_float || was_number != is_number || (after & ~before & SIDE_WAY_ABSENT) != 0;
}

/* ---- members of events ---- */

static int if_it_had_member(const change_t *change)
{
    return change->before.field != NULL;
}

static int have_members(const change_t *change)
{
    return change->before.field != NULL && change->after.field != NULL;
}

static int if_member_is_renamed(const change_t *change)
{
    return have_members(change) && !str_eq(change->before.field->name, change->after.field->name);
}

static int is_whole_number(field_kind_t kind)
{
    return kind == FIELD_INT || kind == FIELD_UINT;
}

/* A reader of floating-point numbers takes integers. It is not so the other way round: NaN, for one, is a string in JSON. */
static int if_shown_otherwise(const change_t *change)
{
    if (!have_members(change))
        return 0;
    field_kind_t before = change->before.field->kind, after = change->after.field->kind;
    return before != after && !(is_whole_number(after) && (is_whole_number(before) || before == FIELD_FLOAT));
}

static int if_it_becomes_optional(const change_t *change)
{
    return have_members(change) && change->after.field->is_optional;
}

static int if_shown_to_others(const change_t *change)
{
    if (!have_members(change))
        return 0;
    gate_t before = change->before.field->gate, after = change->after.field->gate;
    return before != after && after != GATE_NONE;
}

/* ---- records ---- */

static int is_stored_otherwise(const ir_field_t *before, const ir_field_t *after)
{
    static const char forms[] = {
        [FIELD_INT] = 'i',    [FIELD_UINT] = 'i',  [FIELD_BOOL] = 'i',    [FIELD_POINTER] = 'i', [FIELD_FLOAT] = 'f',
        [FIELD_STRING] = 's', [FIELD_BYTES] = 's', [FIELD_ADDRESS] = 'a', [FIELD_WHOLE] = 'w',
    };

    return forms[before->kind] != forms[after->kind] || before->size != after->size;
}

static int if_stored_otherwise(const change_t *change)
{
    return side_has_record(change->before.probe) &&
           (!side_has_record(change->after.probe) ||
            (have_members(change) && is_stored_otherwise(change->before.field, change->after.field)));
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

static int if_layout_changes(const change_t *change)
{
    const side_probe_t *before = change->before.probe, *after = change->after.probe;

    return side_has_record(before) && (!side_has_record(after) || diff_layout_changes(before, after));
}

/* ---- the table ---- */

static rule_t *const rules[CHANGE_NUM_KINDS][NUM_USERS] = {
#define CHANGE(id, slug, scripts, json, records) {scripts, json, records},
#include "diff/compare/changes.def"
#undef CHANGE
};

int diff_breaks_records(const change_t *changes)
{
    for (const change_t *change = changes; change != NULL; change = change->next) {
        if (rules[change->kind][USER_RECORDS](change))
            return 1;
    }
    return 0;
}

/* what cannot be known from sites alone */
static int is_open(const diff_t *diff, const change_t *change, diff_user_t user)
{
    if (!diff->has_binary || user == USER_SCRIPTS)
        return 0;
    return user == USER_RECORDS || change->before.arg != -1 || change->after.arg != -1;
}

void diff_judge(diff_t *diff)
{
    for (change_t *change = diff->changes; change != NULL; change = change->next) {
        ++diff->num_kinds[change->kind];
        for (diff_user_t user = 0; user != NUM_USERS; ++user) {
            change->effects[user] = is_open(diff, change, user)         ? EFFECT_UNKNOWN
                                    : rules[change->kind][user](change) ? EFFECT_BREAKING
                                                                        : EFFECT_COMPATIBLE;
            diff->num_breaking[user] += change->effects[user] == EFFECT_BREAKING;
        }
    }
}
