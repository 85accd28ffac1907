/*
 * What changed in a probe when one of the sides, or both, is a binary: how many arguments there are, and in which ways they are
 * passed. They have no names, so they are compared by number.
 */
#include "diff/compare/parts.h"

static change_end_t of_arg(const side_probe_t *probe, unsigned arg, str_t text)
{
    return (change_end_t){.provider = probe->provider, .probe = probe, .arg = arg < probe->num_args ? (int)arg : -1, .text = text};
}

static void add_change(diff_t *diff, const side_probe_t *before, const side_probe_t *after, unsigned arg)
{
    int is_gone = arg >= after->num_args, is_new = arg >= before->num_args;
    str_t old_text = is_new ? STR("") : side_ways_text(diff->arena, before->ways[arg]),
          new_text = is_gone ? STR("") : side_ways_text(diff->arena, after->ways[arg]);
    change_t *change = change_add(diff,
                                  is_gone  ? CHANGE_ARG_REMOVED
                                  : is_new ? CHANGE_ARG_ADDED
                                           : CHANGE_ARG_WAYS,
                                  of_arg(before, arg, old_text), of_arg(after, arg, new_text));

    if (is_gone)
        change->text = arena_printf(diff->arena, "arg%u removed: %.*s", arg, STR_ARG(old_text));
    else if (is_new)
        change->text = arena_printf(diff->arena, "arg%u added: %.*s", arg, STR_ARG(new_text));
    else
        change->text = arena_printf(diff->arena, "arg%u passed in %.*s -> %.*s", arg, STR_ARG(old_text), STR_ARG(new_text));
}

void diff_compare_ways(diff_t *diff, side_probe_t *before, side_probe_t *after)
{
    for (unsigned i = 0; i < before->num_args || i < after->num_args; ++i) {
        if (i >= before->num_args || i >= after->num_args || before->ways[i] != after->ways[i])
            add_change(diff, before, after, i);
    }
}
