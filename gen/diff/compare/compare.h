#ifndef GEN_DIFF_COMPARE_COMPARE_H
#define GEN_DIFF_COMPARE_COMPARE_H

#include "diff/compare/change.h"

/** Finds all changes between the two sides. */
void diff_compare(diff_t *diff);
/** Sets the effects of all changes, and counts them: rules.c. */
void diff_judge(diff_t *diff);

#endif
