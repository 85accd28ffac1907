#ifndef GEN_DIFF_COMPARE_PARTS_H
#define GEN_DIFF_COMPARE_PARTS_H

#include "diff/compare/change.h"

/* How a probe that both sides have is compared: one file for each kind of change, and what these files share. */

/* ---- args.c ---- */

/** Changes of its arguments. Of two definitions, it sets who is whose partner. */
void diff_compare_args(diff_t *diff, side_probe_t *before, side_probe_t *after);
int diff_is_same_type(const type_t *a, const type_t *b);
/** "arg2 'name'" */
const char *diff_arg_name(arena_t *arena, const side_probe_t *probe, int arg);

/* ---- members.c ---- */

/**
 * Changes of the members of its events, which both sides have to have; after diff_compare_args().
 * @param first the first change of this probe
 */
void diff_compare_members(diff_t *diff, side_probe_t *before, side_probe_t *after, change_t *const *first);

/* ---- rules.c ---- */

/** Whether the record of the probe, read as it was on the old side, is something else now. Both sides have to have it. */
int diff_layout_changes(const side_probe_t *before, const side_probe_t *after);
/** Whether one of a list of changes breaks readers of records. */
int diff_breaks_records(const change_t *changes);

#endif
