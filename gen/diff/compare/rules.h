#ifndef GEN_DIFF_COMPARE_RULES_H
#define GEN_DIFF_COMPARE_RULES_H

#include "diff/compare/change.h"

/** Sets the effects of all changes, and counts them. */
void diff_judge(diff_t *diff);
/** Whether the record of the probe, read as it was on the old side, is something else now. Both sides have to have it. */
int diff_layout_changes(const side_probe_t *before, const side_probe_t *after);
/** Whether one of the changes of a probe, a list, says why that is so. */
int diff_explains_layout(const change_t *changes);

#endif
