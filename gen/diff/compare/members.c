/*
 * What changed in the members that the events of a probe have in JSON, when its arguments have been compared. A member is an
 * argument's own, or a map lifted it out of a struct: then the one with the same path is the same, else the one with the same name.
 *
 * Loops over pairs of members are harmless: there are IR_MAX_FIELDS at most.
 */
#include "diff/compare/parts.h"
#include "print/print.h"

/* ---- which member is which ---- */

static void make_field_partners(side_probe_t *before, side_probe_t *after, const ir_field_t *old_field, const ir_field_t *new_field)
{
    int i = (int)(old_field - before->ir->fields), j = (int)(new_field - after->ir->fields);

    before->field_partners[i] = j;
    after->field_partners[j] = i;
}

static void pair_own(side_probe_t *before, side_probe_t *after)
{
    for (unsigned i = 0; i < before->num_args; ++i) {
        const ir_field_t *old_field = ir_field_of_arg(before->ir, i), *new_field;
        if (before->arg_partners[i] != -1 && old_field != NULL &&
            (new_field = ir_field_of_arg(after->ir, (unsigned)before->arg_partners[i])) != NULL)
            make_field_partners(before, after, old_field, new_field);
    }
}

static void pair_lifted(side_probe_t *before, side_probe_t *after, int by_name)
{
    for (unsigned i = 0; i < before->ir->num_fields; ++i) {
        const ir_field_t *old_field = before->ir->fields + i;
        for (unsigned j = 0; j < after->ir->num_fields && ir_is_lifted(old_field) && before->field_partners[i] == -1; ++j) {
            const ir_field_t *new_field = after->ir->fields + j;
            if (after->field_partners[j] == -1 && ir_is_lifted(new_field) &&
                before->arg_partners[old_field->arg] == (int)new_field->arg &&
                (by_name ? str_eq(old_field->name, new_field->name) : str_eq(old_field->path->path, new_field->path->path)))
                make_field_partners(before, after, old_field, new_field);
        }
    }
}

/* ---- changes of members ---- */

/* of its type: what a record has of a floating-point number is always a double */
static unsigned size_of(const ir_field_t *field)
{
    return field->kind == FIELD_FLOAT ? field->float_size : field->size;
}

static str_t shown_as(arena_t *arena, const ir_field_t *field)
{
    static const char *const titles[] = {
        [FIELD_INT] = "signed integer of %u byte%s",
        [FIELD_UINT] = "unsigned integer of %u byte%s",
        [FIELD_BOOL] = "boolean",
        [FIELD_FLOAT] = "floating-point number of %u bytes",
        [FIELD_POINTER] = "pointer",
        [FIELD_STRING] = "text",
        [FIELD_BYTES] = "bytes in hex",
        [FIELD_ADDRESS] = "address",
        [FIELD_WHOLE] = "object",
    };

    return arena_printf(arena, titles[field->kind], size_of(field), plural_of(size_of(field)));
}

static void add_member(diff_t *diff, const side_probe_t *before, const side_probe_t *after, const ir_field_t *field, int is_new)
{
    str_t shown = shown_as(diff->arena, field), path = field->path->path;

    if (is_new)
        change_add(diff, CHANGE_MEMBER_ADDED, end_of_probe(before), STR(""), end_of_field(after, field), field->name,
                   "JSON member added: '%.*s', %.*s, from '%.*s'", STR_ARG(field->name), STR_ARG(shown), STR_ARG(path));
    else
        change_add(diff, CHANGE_MEMBER_REMOVED, end_of_field(before, field), field->name, end_of_probe(after), STR(""),
                   "JSON member removed: '%.*s', %.*s, from '%.*s'", STR_ARG(field->name), STR_ARG(shown), STR_ARG(path));
}

static str_t length_of(arena_t *arena, change_end_t end)
{
    switch (end.field->length_kind) {
    case LENGTH_NUL:
        return STR("up to NUL");
    case LENGTH_FIXED:
        return arena_printf(arena, "%u byte%s", end.field->length, plural_of(end.field->length));
    case LENGTH_ARG:
        return str_of(diff_arg_name(arena, end.probe, (int)end.field->length));
    case LENGTH_PATH:
        return end.field->path->length->path;
    case LENGTH_ARRAY:
        return STR("all");
    case LENGTH_NONE:
        break;
    }
    return STR("none");
}

static int is_same_length(change_end_t before, change_end_t after)
{
    if (before.field->length_kind != after.field->length_kind)
        return 0;
    if (before.field->length_kind == LENGTH_ARG)
        return before.probe->arg_partners[before.field->length] == (int)after.field->length;
    if (before.field->length_kind == LENGTH_PATH)
        return str_eq(before.field->path->length->path, after.field->path->length->path);
    return before.field->length_kind != LENGTH_FIXED || before.field->length == after.field->length;
}

static void compare_shown(diff_t *diff, change_end_t before, change_end_t after)
{
    str_t name = after.field->name;

    if (before.field->kind == after.field->kind && size_of(before.field) == size_of(after.field)) {
        if (is_same_length(before, after))
            return;
        str_t old_length = length_of(diff->arena, before), new_length = length_of(diff->arena, after);
        change_add(diff, CHANGE_MEMBER_LENGTH, before, old_length, after, new_length, "length of '%.*s': %.*s -> %.*s",
                   STR_ARG(name), STR_ARG(old_length), STR_ARG(new_length));
        return;
    }
    str_t old_shown = shown_as(diff->arena, before.field), new_shown = shown_as(diff->arena, after.field);
    /* if the type of its argument changed, that says so */
    if (ir_is_lifted(before.field) ||
        diff_is_same_type(&before.probe->ir->args[before.arg].declared, &after.probe->ir->args[after.arg].declared))
        change_add(diff, CHANGE_MEMBER_SHOWN, before, old_shown, after, new_shown, "JSON member '%.*s' shown as: %.*s -> %.*s",
                   STR_ARG(name), STR_ARG(old_shown), STR_ARG(new_shown));
}

/* Whether an argument and its member were renamed together, which is one change. */
static int is_renamed_with_arg(change_end_t before, change_end_t after)
{
    const ir_arg_t *old_arg = before.probe->ir->args + before.arg, *new_arg = after.probe->ir->args + after.arg;

    return !ir_is_lifted(before.field) && !str_eq(old_arg->name, new_arg->name) && old_arg->json_name.n == 0 &&
           new_arg->json_name.n == 0;
}

static str_t when_there(const ir_field_t *field)
{
    return field->is_optional ? STR("unless 0") : STR("always");
}

static void compare_member(diff_t *diff, change_end_t before, change_end_t after)
{
    str_t old_name = before.field->name, new_name = after.field->name;

    if (!str_eq(old_name, new_name) && !is_renamed_with_arg(before, after))
        change_add(diff, CHANGE_MEMBER_RENAMED, before, old_name, after, new_name, "JSON member renamed: '%.*s' -> '%.*s'",
                   STR_ARG(old_name), STR_ARG(new_name));
    compare_shown(diff, before, after);
    if (!ir_is_lifted(before.field))
        return;
    str_t old_source = before.field->path->path, new_source = after.field->path->path;
    if (!str_eq(old_source, new_source))
        change_add(diff, CHANGE_MEMBER_SOURCE, before, old_source, after, new_source,
                   "JSON member '%.*s' read from: '%.*s' -> '%.*s'", STR_ARG(new_name), STR_ARG(old_source), STR_ARG(new_source));
    if (before.field->is_optional != after.field->is_optional)
        change_add(diff, CHANGE_MEMBER_OPTIONAL, before, when_there(before.field), after, when_there(after.field),
                   "JSON member '%.*s' %s", STR_ARG(new_name),
                   after.field->is_optional ? "left out when it is 0" : "always there: it was left out when it was 0");
}

/* an argument that comes or goes takes its own member with it */
static void compare_members(diff_t *diff, const side_probe_t *before, const side_probe_t *after)
{
    for (unsigned i = 0; i < before->ir->num_fields; ++i) {
        if (before->field_partners[i] == -1 && ir_is_lifted(before->ir->fields + i))
            add_member(diff, before, after, before->ir->fields + i, 0);
    }
    for (unsigned i = 0; i < after->ir->num_fields; ++i) {
        const ir_field_t *field = after->ir->fields + i;
        int partner = after->field_partners[i];
        if (partner != -1)
            compare_member(diff, end_of_field(before, before->ir->fields + partner), end_of_field(after, field));
        else if (ir_is_lifted(field))
            add_member(diff, before, after, field, 1);
    }
}

/* ---- entry ---- */

void diff_compare_members(diff_t *diff, side_probe_t *before, side_probe_t *after, change_t *const *first)
{
    pair_own(before, after);
    pair_lifted(before, after, 0);
    pair_lifted(before, after, 1);
    compare_members(diff, before, after);
    /* unless one of the changes says so */
    if (side_has_record(before) && side_has_record(after) && diff_layout_changes(before, after) && !diff_breaks_records(*first))
        change_add(diff, CHANGE_RECORD_LAYOUT, end_of_probe(before), STR(""), end_of_probe(after), STR(""),
                   "record laid out otherwise");
}
