#ifndef RUNTIME_SURVEY_SELECT_H
#define RUNTIME_SURVEY_SELECT_H

#include <stddef.h>
#include "common/reason.h"

/**
 * Which probes of the catalog patterns select: those that one of them matches, or all if there are only such that exclude; without
 * those that a pattern excludes, wherever it stands.
 * @param lists of patterns, with commas between them: "PROVIDER:PROBE", "PROBE" of any provider or "PROVIDER", with *, ? and [ ];
 * after a `!`: what is not wanted. Names are as the definitions spell them or as dtrace(1) shows them. What nothing matches so is
 * tried without regard to case
 * @return flags by index, to be freed; NULL: there are no such probes, with a reason that names what may have been meant, or
 * memory is short, with an empty reason
 */
char *select_probes(const char *const *lists, size_t num_lists, reason_t *reason);

#endif
