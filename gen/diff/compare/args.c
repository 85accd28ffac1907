/*
 * What changed in the arguments of a probe that both sides have.
 *
 * Arguments are the same if they have the same name. One that is gone and one that is new are taken for one that was renamed if
 * they have the same type and stand at the same place: as many arguments before it, and after it, up to the next one that both
 * sides have.
 *
 * When one of the sides, or both, is a binary, arguments have no names, and are compared by number: how many there are, and in
 * which ways they are passed.
 *
 * Loops over pairs of arguments are harmless: there are SIDE_MAX_ARGS at most.
 */
#include "diff/compare/order.h"
#include "diff/compare/parts.h"

static const ir_arg_t *arg_of(change_end_t end)
{
    return end.probe->ir->args + end.arg;
}

/* ---- what members of the probe need, too ---- */

int diff_is_same_type(const type_t *a, const type_t *b)
{
    return a->scalar == b->scalar && a->size == b->size && str_eq(a->pointee, b->pointee) && str_eq(a->unknown, b->unknown);
}

const char *diff_arg_name(arena_t *arena, const side_probe_t *probe, int arg)
{
    str_t name = probe->ir->args[arg].name;

    return arena_printf(arena, name.n != 0 ? "arg%d '%.*s'" : "arg%d", arg, STR_ARG(name)).p;
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
            str_t name = before->ir->args[i].name;
            if (name.n != 0 && after->arg_partners[j] == -1 && str_eq(name, after->ir->args[j].name))
                make_partners(before, after, i, j);
        }
    }
}

/* where the arguments that have no partner end */
static int end_of_gap(const side_probe_t *probe, int i)
{
    while (i < (int)probe->num_args && probe->arg_partners[i] == -1)
        ++i;
    return i;
}

static void pair_renamed(side_probe_t *before, side_probe_t *after)
{
    for (int i = 0, end; i < (int)before->num_args; i = end + 1) {
        int j = i != 0 ? before->arg_partners[i - 1] + 1 : 0, new_end = end_of_gap(after, j);
        end = end_of_gap(before, i);
        /* a gap of the other side is the same if it has as many arguments, and the same ones around it */
        if (new_end - j != end - i || new_end != (end < (int)before->num_args ? before->arg_partners[end] : (int)after->num_args))
            continue;
        for (; i < end; ++i, ++j) {
            const ir_arg_t *old_arg = before->ir->args + i, *new_arg = after->ir->args + j;
            if (diff_is_same_type(&old_arg->declared, &new_arg->declared) || (old_arg->name.n == 0 && new_arg->name.n == 0))
                make_partners(before, after, i, j);
        }
    }
}

/* ---- changes ---- */

/* an argument that is on one side only */
static void add_arg(diff_t *diff, const side_probe_t *before, const side_probe_t *after, int arg, int is_new)
{
    const side_probe_t *probe = is_new ? after : before;
    str_t text = diff->has_binary ? side_ways_text(diff->arena, probe->ways[arg]) : probe->ir->args[arg].declaration;
    const char *quote = diff->has_binary ? "" : "'";

    if (is_new)
        change_add(diff, CHANGE_ARG_ADDED, end_of_probe(before), STR(""), end_of_arg(after, arg), text, "arg%d added: %s%.*s%s",
                   arg, quote, STR_ARG(text), quote);
    else
        change_add(diff, CHANGE_ARG_REMOVED, end_of_arg(before, arg), text, end_of_probe(after), STR(""), "arg%d removed: %s%.*s%s",
                   arg, quote, STR_ARG(text), quote);
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

static void compare_marks(diff_t *diff, change_end_t before, change_end_t after)
{
    str_t old_marks = marks_of(arg_of(before)), new_marks = marks_of(arg_of(after));

    if (!str_eq(old_marks, new_marks))
        change_add(diff, CHANGE_ARG_MARKS, before, old_marks, after, new_marks, "marks of %s: %.*s -> %.*s%s",
                   diff_arg_name(diff->arena, after.probe, after.arg), STR_ARG(or_none(old_marks)), STR_ARG(or_none(new_marks)),
                   new_marks.n == 0 ? ": it is shown to everyone now" : "");
}

static void compare_type(diff_t *diff, change_end_t before, change_end_t after)
{
    str_t old_type = arg_of(before)->type->text, new_type = arg_of(after)->type->text;
    int is_spelled_same = str_eq(old_type, new_type);

    if (!is_spelled_same || !diff_is_same_type(&arg_of(before)->declared, &arg_of(after)->declared))
        change_add(diff, CHANGE_ARG_TYPE, before, old_type, after, new_type, "type of %s: '%.*s' -> '%.*s'%s",
                   diff_arg_name(diff->arena, after.probe, after.arg), STR_ARG(old_type), STR_ARG(new_type),
                   is_spelled_same ? ", which is another type now" : "");
}

static void compare_arg(diff_t *diff, change_end_t before, change_end_t after, int is_moved)
{
    str_t old_name = arg_of(before)->name, new_name = arg_of(after)->name;

    if (!str_eq(old_name, new_name))
        change_add(diff, CHANGE_ARG_RENAMED, before, old_name, after, new_name,
                   old_name.n != 0 ? "%s renamed: it was '%.*s'" : "%s renamed: it was without name%.*s",
                   diff_arg_name(diff->arena, after.probe, after.arg), STR_ARG(old_name));
    if (is_moved)
        change_add(diff, CHANGE_ARG_MOVED, before, arena_printf(diff->arena, "arg%d", before.arg), after,
                   arena_printf(diff->arena, "arg%d", after.arg), "'%.*s' moved: arg%d -> arg%d", STR_ARG(new_name), before.arg,
                   after.arg);
    compare_type(diff, before, after);
    compare_marks(diff, before, after);
}

static void compare_args(diff_t *diff, const side_probe_t *before, const side_probe_t *after)
{
    unsigned num;
    const order_pair_t *pairs = order_pairs(diff->arena, before->arg_partners, before->num_args, after->num_args, &num);

    for (unsigned i = 0; i < num; ++i) {
        const order_pair_t *pair = pairs + i;
        if (pair->after == -1)
            add_arg(diff, before, after, pair->before, 0);
        else if (pair->before == -1)
            add_arg(diff, before, after, pair->after, 1);
        else
            compare_arg(diff, end_of_arg(before, pair->before), end_of_arg(after, pair->after), pair->is_moved);
    }
}

static void compare_ways(diff_t *diff, const side_probe_t *before, const side_probe_t *after)
{
    for (int i = 0; i < (int)before->num_args || i < (int)after->num_args; ++i) {
        if (i >= (int)before->num_args || i >= (int)after->num_args) {
            add_arg(diff, before, after, i, i >= (int)before->num_args);
        } else if (before->ways[i] != after->ways[i]) {
            str_t old_text = side_ways_text(diff->arena, before->ways[i]), new_text = side_ways_text(diff->arena, after->ways[i]);
            change_add(diff, CHANGE_ARG_WAYS, end_of_arg(before, i), old_text, end_of_arg(after, i), new_text,
                       "arg%d passed in %.*s -> %.*s", i, STR_ARG(old_text), STR_ARG(new_text));
        }
    }
}

/* ---- entry ---- */

void diff_compare_args(diff_t *diff, side_probe_t *before, side_probe_t *after)
{
    if (diff->has_binary) {
        compare_ways(diff, before, after);
        return;
    }
    pair_by_name(before, after);
    pair_renamed(before, after);
    compare_args(diff, before, after);
}
