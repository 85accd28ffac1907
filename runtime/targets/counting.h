#ifndef RUNTIME_TARGETS_COUNTING_H
#define RUNTIME_TARGETS_COUNTING_H

#include "assemble/assemble.h"
#include "options/options.h"
#include "stat/wish.h"
#include "survey/survey.h"

/**
 * Has sites count instead of making records: they need less then, most of the time nothing.
 * @param sites of the survey @param counts_fd the counters
 * @return what the sites refer to, for free(); NULL: out of memory
 */
assemble_count_t *counting_describe(assemble_site_t *sites, const survey_t *survey, const stat_wish_t *wish, int counts_fd);
/** Whether members of structs have to be found. */
int counting_needs_fields(const stat_wish_t *wish);
/** By index in the catalog: bits of the arguments that are counted by, or that decide whether an event is counted; for free().
 * NULL: out of memory */
uint32_t *counting_reads(const tracer_options_t *options);

#endif
