/*
 * What changed in the arguments of a probe that both sides have.
 *
 * Arguments are the same if they have the same name. One that is gone and one that is new are taken for one that was renamed if
 * they have the same type and stand at the same place: as many arguments before it, and after it, up to the next one that both
 * sides have.
 *
 * Loops over pairs of arguments are harmless: there are SIDE_MAX_ARGS at most.
 */
#include "diff/compare/order.h"
#include "diff/compare/parts.h"

static const ir_arg_t *arg_of(const side_probe_t *probe, int i)
{
    return probe->ir->args + i;
}

/* ---- what members of the probe need, too ---- */

int diff_is_same_type(const type_t *a, const type_t *b)
{
    return a->scalar == b->scalar && a->size == b->size && str_eq(a->pointee, b->pointee) && str_eq(a->unknown, b->unknown);
}

int diff_own_field(const side_probe_t *probe, int arg)
{
    for (int i = 0; i < (int)probe->ir->num_fields; ++i) {
        if ((int)probe->ir->fields[i].arg == arg && !ir_is_lifted(probe->ir->fields + i))
            return i;
    }
    return -1;
}

change_end_t diff_no_part_of(const side_probe_t *probe)
{
    return (change_end_t){.provider = probe->provider, .probe = probe, .arg = -1};
}

str_t diff_arg_name(arena_t *arena, const side_probe_t *probe, int arg)
{
    str_t name = arg_of(probe, arg)->name;

    return name.n != 0 ? arena_printf(arena, "arg%d '%.*s'", arg, STR_ARG(name)) : arena_printf(arena, "arg%d", arg);
}

/* ---- which is which ---- */

static void make_partners(side_probe_t *before, side_probe_t *after, int i, int j)
{
    before->arg_partners[i] = j;
    after->arg_partners[j] = i;
}

static void pair_by_name(side_probe_t *before, side_probe_t *after)
{
    for (int i = 0; i < (int)before->num_args; ++i) {
        for (int j = 0; j < (int)after->num_args && before->arg_partners[i] == -1; ++j) {
            str_t name = arg_of(before, i)->name;
            if (name.n != 0 && after->arg_partners[j] == -1 && str_eq(name, arg_of(after, j)->name))
                make_partners(before, after, i, j);
        }
    }
}

/* Where an argument without partner stands: between two that have one, named by their indices on the new side, one of `num`. */
typedef struct st_gap_t {
    int previous, next, index, num;
} gap_t;

static gap_t gap_of(const side_probe_t *probe, int i, int is_after)
{
    int first = i, end = i, num_args = (int)probe->num_args;

    while (first > 0 && probe->arg_partners[first - 1] == -1)
        --first;
    while (end < num_args && probe->arg_partners[end] == -1)
        ++end;
    gap_t gap = {.previous = -1, .next = -1, .index = i - first, .num = end - first};
    if (first > 0)
        gap.previous = is_after ? first - 1 : probe->arg_partners[first - 1];
    if (end < num_args)
        gap.next = is_after ? end : probe->arg_partners[end];
    return gap;
}

static int is_same_gap(const gap_t *a, const gap_t *b)
{
    return a->previous == b->previous && a->next == b->next && a->index == b->index && a->num == b->num;
}

static void pair_renamed(side_probe_t *before, side_probe_t *after)
{
    int found[SIDE_MAX_ARGS]; /* pairs are made when all are found, since they close gaps */

    for (int i = 0; i < (int)before->num_args; ++i) {
        found[i] = -1;
        if (before->arg_partners[i] != -1)
            continue;
        gap_t gap = gap_of(before, i, 0);
        for (int j = 0; j < (int)after->num_args; ++j) {
            const ir_arg_t *old_arg = arg_of(before, i), *new_arg = arg_of(after, j);
            if (after->arg_partners[j] != -1)
                continue;
            gap_t other = gap_of(after, j, 1);
            if (is_same_gap(&gap, &other) &&
                (diff_is_same_type(&old_arg->declared, &new_arg->declared) || (old_arg->name.n == 0 && new_arg->name.n == 0)))
                found[i] = j;
        }
    }
    for (int i = 0; i < (int)before->num_args; ++i) {
        if (found[i] != -1)
            make_partners(before, after, i, found[i]);
    }
}

/* ---- ends of changes ---- */

static change_end_t of_arg(const side_probe_t *probe, int arg, str_t text)
{
    int field = diff_own_field(probe, arg);

    return (change_end_t){.provider = probe->provider,
                          .probe = probe,
                          .arg = arg,
                          .field = field != -1 ? probe->ir->fields + field : NULL,
                          .text = text};
}

/* ---- changes of arguments ---- */

static void add_arg_gone(diff_t *diff, const side_probe_t *before, const side_probe_t *after, int i)
{
    str_t text = arg_of(before, i)->declaration;
    change_t *change = change_add(diff, CHANGE_ARG_REMOVED, of_arg(before, i, text), diff_no_part_of(after));

    change->text = arena_printf(diff->arena, "arg%d removed: '%.*s'", i, STR_ARG(text));
}

/* Adds those in [i, end) that have no partner; `to_first` stops at one that has. @return where it stopped */
static int add_args_gone(diff_t *diff, const side_probe_t *before, const side_probe_t *after, int i, int end, int to_first)
{
    for (; i < end; ++i) {
        if (before->arg_partners[i] == -1)
            add_arg_gone(diff, before, after, i);
        else if (to_first)
            break;
    }
    return i;
}

static void add_arg_new(diff_t *diff, const side_probe_t *before, const side_probe_t *after, int j)
{
    str_t text = arg_of(after, j)->declaration;
    change_t *change = change_add(diff, CHANGE_ARG_ADDED, diff_no_part_of(before), of_arg(after, j, text));

    change->text = arena_printf(diff->arena, "arg%d added: '%.*s'", j, STR_ARG(text));
}

static str_t marks_of(const ir_arg_t *arg)
{
    return arg->is_secret && arg->is_appdata ? STR("appdata, secret")
           : arg->is_secret                  ? STR("secret")
           : arg->is_appdata                 ? STR("appdata")
                                             : STR("");
}

static str_t or_none(str_t text)
{
    return text.n != 0 ? text : STR("none");
}

static void compare_marks(diff_t *diff, const side_probe_t *before, const side_probe_t *after, int i, int j)
{
    str_t old_marks = marks_of(arg_of(before, i)), new_marks = marks_of(arg_of(after, j)),
          name = diff_arg_name(diff->arena, after, j);

    if (str_eq(old_marks, new_marks))
        return;
    change_t *change = change_add(diff, CHANGE_ARG_MARKS, of_arg(before, i, old_marks), of_arg(after, j, new_marks));
    change->text = arena_printf(diff->arena, "marks of %.*s: %.*s -> %.*s%s", STR_ARG(name), STR_ARG(or_none(old_marks)),
                                STR_ARG(or_none(new_marks)), new_marks.n == 0 ? ": it is shown to everyone now" : "");
}

static void compare_type(diff_t *diff, const side_probe_t *before, const side_probe_t *after, int i, int j)
{
    const ir_arg_t *old_arg = arg_of(before, i), *new_arg = arg_of(after, j);
    str_t name = diff_arg_name(diff->arena, after, j);
    int is_spelled_same = str_eq(old_arg->type->text, new_arg->type->text);

    if (is_spelled_same && diff_is_same_type(&old_arg->declared, &new_arg->declared))
        return;
    change_t *change =
        change_add(diff, CHANGE_ARG_TYPE, of_arg(before, i, old_arg->type->text), of_arg(after, j, new_arg->type->text));
    change->text = arena_printf(diff->arena, "type of %.*s: '%.*s' -> '%.*s'%s", STR_ARG(name), STR_ARG(old_arg->type->text),
                                STR_ARG(new_arg->type->text), is_spelled_same ? ", which is another type now" : "");
}

static void compare_arg(diff_t *diff, const side_probe_t *before, const side_probe_t *after, int i, int j, int is_moved)
{
    str_t old_name = arg_of(before, i)->name, new_name = arg_of(after, j)->name, name = diff_arg_name(diff->arena, after, j);
    change_t *change;

    if (!str_eq(old_name, new_name)) {
        change = change_add(diff, CHANGE_ARG_RENAMED, of_arg(before, i, old_name), of_arg(after, j, new_name));
        change->text = arena_printf(diff->arena, "%.*s renamed: it was %s%.*s%s", STR_ARG(name),
                                    old_name.n != 0 ? "'" : "without name", STR_ARG(old_name), old_name.n != 0 ? "'" : "");
    }
    if (is_moved) {
        change = change_add(diff, CHANGE_ARG_MOVED, of_arg(before, i, arena_printf(diff->arena, "arg%d", i)),
                            of_arg(after, j, arena_printf(diff->arena, "arg%d", j)));
        change->text = arena_printf(diff->arena, "'%.*s' moved: arg%d -> arg%d", STR_ARG(new_name), i, j);
    }
    compare_type(diff, before, after, i, j);
    compare_marks(diff, before, after, i, j);
}

static void compare_args(diff_t *diff, const side_probe_t *before, const side_probe_t *after)
{
    int places[SIDE_MAX_ARGS] = {0}, new_of_place[SIDE_MAX_ARGS], is_moved[SIDE_MAX_ARGS] = {0}, gone = 0;
    unsigned num = 0;

    for (int i = 0; i < (int)before->num_args; ++i) {
        if (before->arg_partners[i] != -1)
            new_of_place[num] = places[num] = before->arg_partners[i], ++num;
    }
    const char *moved = order_find_moved(diff->arena, places, num);
    for (unsigned i = 0; i < num; ++i)
        is_moved[new_of_place[i]] = moved[i];

    for (int j = 0; j < (int)after->num_args; ++j) {
        int partner = after->arg_partners[j];
        /* those that are gone come before what took their place */
        gone = add_args_gone(diff, before, after, gone, partner != -1 ? partner : (int)before->num_args, partner == -1);
        gone += gone == partner;
        if (partner != -1)
            compare_arg(diff, before, after, partner, j, is_moved[j]);
        else
            add_arg_new(diff, before, after, j);
    }
    add_args_gone(diff, before, after, gone, (int)before->num_args, 0);
}

/* ---- entry ---- */

void diff_compare_args(diff_t *diff, side_probe_t *before, side_probe_t *after)
{
    pair_by_name(before, after);
    pair_renamed(before, after);
    compare_args(diff, before, after);
}
