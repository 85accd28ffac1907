#ifndef RUNTIME_STAT_STAT_H
#define RUNTIME_STAT_STAT_H

/* Events are counted in the kernel instead of being shown. The counts are looked at in intervals, and printed in one of some
 * formats. */

#include "stat/wish.h"
#include "view/view.h"

/** The last one has no name. */
extern const stat_format_t stat_formats[];

extern const view_t view_stat;

#endif
