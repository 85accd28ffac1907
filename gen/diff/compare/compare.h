#ifndef GEN_DIFF_COMPARE_COMPARE_H
#define GEN_DIFF_COMPARE_COMPARE_H

#include "diff/compare/change.h"

/** Finds all changes between the two sides. */
void diff_compare(diff_t *diff);

/* ---- the parts of it, for a probe that both sides have ---- */

/** Changes of its arguments; sets who is whose partner. */
void diff_compare_args(diff_t *diff, side_probe_t *before, side_probe_t *after);
/**
 * Changes of the members of its events, which both sides have to have.
 * @param first the first change of this probe
 */
void diff_compare_members(diff_t *diff, side_probe_t *before, side_probe_t *after, change_t *const *first);
/** Changes of its arguments when a binary is compared. */
void diff_compare_ways(diff_t *diff, side_probe_t *before, side_probe_t *after);

int diff_is_same_type(const type_t *a, const type_t *b);
/** Index of the field that is an argument itself; -1: there is none. */
int diff_own_field(const side_probe_t *probe, int arg);
/** The end of a change on the side where what it is about is not there, though the probe is. */
change_end_t diff_no_part_of(const side_probe_t *probe);
/** "arg2 'name'" */
str_t diff_arg_name(arena_t *arena, const side_probe_t *probe, int arg);

#endif
