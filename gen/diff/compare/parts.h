#ifndef GEN_DIFF_COMPARE_PARTS_H
#define GEN_DIFF_COMPARE_PARTS_H

#include "diff/compare/change.h"

/* How a probe that both sides have is compared: one file for each kind of change, and what these files share. */

/* ---- args.c ---- */

/** Changes of its arguments; sets who is whose partner. */
void diff_compare_args(diff_t *diff, side_probe_t *before, side_probe_t *after);
int diff_is_same_type(const type_t *a, const type_t *b);
/** Index of the field that is an argument itself; -1: there is none. */
int diff_own_field(const side_probe_t *probe, int arg);
/** The end of a change on the side that has the probe, but not the part of it that the change is about. */
change_end_t diff_no_part_of(const side_probe_t *probe);
/** "arg2 'name'" */
str_t diff_arg_name(arena_t *arena, const side_probe_t *probe, int arg);

/* ---- members.c ---- */

/**
 * Changes of the members of its events, which both sides have to have; after diff_compare_args().
 * @param first the first change of this probe
 */
void diff_compare_members(diff_t *diff, side_probe_t *before, side_probe_t *after, change_t *const *first);

/* ---- ways.c ---- */

/** Changes of its arguments when a binary is compared. */
void diff_compare_ways(diff_t *diff, side_probe_t *before, side_probe_t *after);

#endif
