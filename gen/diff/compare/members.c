/*
 * What changed in the members that the events of a probe have in JSON, when its arguments have been compared. A member is an
 * argument's own, or a map lifted it out of a struct: then the one with the same path is the same, else the one with the same name.
 *
 * Loops over pairs of members are harmless: there are IR_MAX_FIELDS at most.
 */
#include "diff/compare/parts.h"
#include "diff/compare/rules.h"
#include "print/print.h"

/* ---- which member is which ---- */

static void make_field_partners(side_probe_t *before, side_probe_t *after, int i, int j)
{
    if (i == -1 || j == -1)
        return;
    before->field_partners[i] = j;
    after->field_partners[j] = i;
}

static int may_be_same(const side_probe_t *before, const side_probe_t *after, int i, int j)
{
    const ir_field_t *old_field = before->ir->fields + i, *new_field = after->ir->fields + j;

    return before->field_partners[i] == -1 && after->field_partners[j] == -1 && ir_is_lifted(old_field) &&
           ir_is_lifted(new_field) && before->arg_partners[old_field->arg] == (int)new_field->arg;
}

static void pair_fields(side_probe_t *before, side_probe_t *after)
{
    int old_num = (int)before->ir->num_fields, new_num = (int)after->ir->num_fields;

    for (int i = 0; i < (int)before->num_args; ++i) {
        if (before->arg_partners[i] != -1)
            make_field_partners(before, after, diff_own_field(before, i), diff_own_field(after, before->arg_partners[i]));
    }
    for (int by_name = 0; by_name < 2; ++by_name) {
        for (int i = 0; i < old_num; ++i) {
            for (int j = 0; j < new_num; ++j) {
                const ir_field_t *old_field = before->ir->fields + i, *new_field = after->ir->fields + j;
                if (may_be_same(before, after, i, j) &&
                    (by_name ? str_eq(old_field->name, new_field->name) : str_eq(old_field->path->path, new_field->path->path)))
                    make_field_partners(before, after, i, j);
            }
        }
    }
}

/* ---- changes of members ---- */

static change_end_t of_field(const side_probe_t *probe, const ir_field_t *field, str_t text)
{
    return (change_end_t){.provider = probe->provider, .probe = probe, .arg = (int)field->arg, .field = field, .text = text};
}

static str_t shown_as(arena_t *arena, const ir_field_t *field)
{
    switch (field->kind) {
    case FIELD_INT:
        return arena_printf(arena, "signed integer of %u byte%s", field->size, plural_of(field->size));
    case FIELD_UINT:
        return arena_printf(arena, "unsigned integer of %u byte%s", field->size, plural_of(field->size));
    case FIELD_FLOAT:
        return arena_printf(arena, "floating-point number of %u bytes", field->size);
    case FIELD_BOOL:
        return STR("boolean");
    case FIELD_POINTER:
        return STR("pointer");
    case FIELD_STRING:
        return STR("text");
    case FIELD_BYTES:
        return STR("bytes in hex");
    case FIELD_ADDRESS:
        return STR("address");
    case FIELD_WHOLE:
        return STR("object");
    }
    return STR("");
}

static void add_member(diff_t *diff, const side_probe_t *before, const side_probe_t *after, const ir_field_t *old_field,
                       const ir_field_t *new_field)
{
    const ir_field_t *field = old_field != NULL ? old_field : new_field;
    str_t shown = shown_as(diff->arena, field);
    change_t *change = change_add(diff, old_field != NULL ? CHANGE_MEMBER_REMOVED : CHANGE_MEMBER_ADDED,
                                  old_field != NULL ? of_field(before, old_field, old_field->name) : diff_no_part_of(before),
                                  new_field != NULL ? of_field(after, new_field, new_field->name) : diff_no_part_of(after));

    change->text = arena_printf(diff->arena, "JSON member %s: '%.*s', %.*s, from '%.*s'", old_field != NULL ? "removed" : "added",
                                STR_ARG(field->name), STR_ARG(shown), STR_ARG(field->path->path));
}

static str_t length_of(arena_t *arena, const side_probe_t *probe, const ir_field_t *field)
{
    switch (field->length_kind) {
    case LENGTH_NUL:
        return STR("up to NUL");
    case LENGTH_FIXED:
        return arena_printf(arena, "%u byte%s", field->length, plural_of(field->length));
    case LENGTH_ARG:
        return diff_arg_name(arena, probe, (int)field->length);
    case LENGTH_NONE:
        break;
    }
    return STR("none");
}

static int is_same_length(const side_probe_t *before, const ir_field_t *old_field, const ir_field_t *new_field)
{
    if (old_field->length_kind != new_field->length_kind)
        return 0;
    if (old_field->length_kind == LENGTH_ARG)
        return before->arg_partners[old_field->length] == (int)new_field->length;
    return old_field->length_kind != LENGTH_FIXED || old_field->length == new_field->length;
}

/* Whether an argument and its member were renamed together, which is one change. */
static int is_renamed_with_arg(const side_probe_t *before, const side_probe_t *after, const ir_field_t *old_field,
                               const ir_field_t *new_field)
{
    const ir_arg_t *old_arg = before->ir->args + old_field->arg, *new_arg = after->ir->args + new_field->arg;

    return !ir_is_lifted(old_field) && !str_eq(old_arg->name, new_arg->name) && old_arg->json_name.n == 0 &&
           new_arg->json_name.n == 0;
}

static void compare_shown(diff_t *diff, const side_probe_t *before, const side_probe_t *after, const ir_field_t *old_field,
                          const ir_field_t *new_field)
{
    str_t name = new_field->name;
    int is_same = old_field->kind == new_field->kind && old_field->size == new_field->size;
    int is_said = !ir_is_lifted(old_field) &&
                  !diff_is_same_type(&before->ir->args[old_field->arg].declared, &after->ir->args[new_field->arg].declared);
    change_t *change;

    if (!is_same && !is_said) {
        change = change_add(diff, CHANGE_MEMBER_SHOWN, of_field(before, old_field, shown_as(diff->arena, old_field)),
                            of_field(after, new_field, shown_as(diff->arena, new_field)));
        change->text = arena_printf(diff->arena, "JSON member '%.*s' shown as: %.*s -> %.*s", STR_ARG(name),
                                    STR_ARG(change->before.text), STR_ARG(change->after.text));
    }
    if (is_same && !is_same_length(before, old_field, new_field)) {
        change = change_add(diff, CHANGE_MEMBER_LENGTH, of_field(before, old_field, length_of(diff->arena, before, old_field)),
                            of_field(after, new_field, length_of(diff->arena, after, new_field)));
        change->text = arena_printf(diff->arena, "length of '%.*s': %.*s -> %.*s", STR_ARG(name), STR_ARG(change->before.text),
                                    STR_ARG(change->after.text));
    }
}

static void compare_member(diff_t *diff, const side_probe_t *before, const side_probe_t *after, const ir_field_t *old_field,
                           const ir_field_t *new_field)
{
    change_t *change;

    if (!str_eq(old_field->name, new_field->name) && !is_renamed_with_arg(before, after, old_field, new_field)) {
        change = change_add(diff, CHANGE_MEMBER_RENAMED, of_field(before, old_field, old_field->name),
                            of_field(after, new_field, new_field->name));
        change->text =
            arena_printf(diff->arena, "JSON member renamed: '%.*s' -> '%.*s'", STR_ARG(old_field->name), STR_ARG(new_field->name));
    }
    compare_shown(diff, before, after, old_field, new_field);
    if (ir_is_lifted(old_field) && !str_eq(old_field->path->path, new_field->path->path)) {
        change = change_add(diff, CHANGE_MEMBER_SOURCE, of_field(before, old_field, old_field->path->path),
                            of_field(after, new_field, new_field->path->path));
        change->text = arena_printf(diff->arena, "JSON member '%.*s' read from: '%.*s' -> '%.*s'", STR_ARG(new_field->name),
                                    STR_ARG(change->before.text), STR_ARG(change->after.text));
    }
}

/* an argument that comes or goes takes its own member with it */
static void compare_members(diff_t *diff, const side_probe_t *before, const side_probe_t *after)
{
    for (unsigned i = 0; i < before->ir->num_fields; ++i) {
        if (before->field_partners[i] == -1 && ir_is_lifted(before->ir->fields + i))
            add_member(diff, before, after, before->ir->fields + i, NULL);
    }
    for (unsigned i = 0; i < after->ir->num_fields; ++i) {
        const ir_field_t *field = after->ir->fields + i;
        if (after->field_partners[i] != -1)
            compare_member(diff, before, after, before->ir->fields + after->field_partners[i], field);
        else if (ir_is_lifted(field))
            add_member(diff, before, after, NULL, field);
    }
}

/* ---- entry ---- */

static void add_layout(diff_t *diff, const side_probe_t *before, const side_probe_t *after)
{
    change_t *change = change_add(diff, CHANGE_RECORD_LAYOUT, diff_no_part_of(before), diff_no_part_of(after));

    change->text = STR("record laid out otherwise");
}

void diff_compare_members(diff_t *diff, side_probe_t *before, side_probe_t *after, change_t *const *first)
{
    pair_fields(before, after);
    compare_members(diff, before, after);
    if (side_has_record(before) && side_has_record(after) && diff_layout_changes(before, after) && !diff_explains_layout(*first))
        add_layout(diff, before, after);
}
