#ifndef RUNTIME_TARGETS_PAIRS_H
#define RUNTIME_TARGETS_PAIRS_H

#include "assemble/assemble.h"
#include "options/options.h"
#include "survey/survey.h"

/** What of one pair has begun and not ended at once; older ones are forgotten. */
#define PAIRS_MAX_BEGUN 32768

/**
 * Has sites find out how long things take. Those of probes that are not shown do nothing else.
 * @param sites of the survey @param begun_fds by number of a pair: see maps_t
 * @return what the sites refer to, for free(); NULL: out of memory
 */
assemble_pairs_t *pairs_describe(assemble_site_t *sites, const survey_t *survey, const tracer_options_t *options,
                                 const int *begun_fds);
/** Says what is attached to only for that, and which durations will be null. @param has_probe by index: whether it is attached */
void pairs_say(const tracer_options_t *options, const char *has_probe, say_fn note, say_fn say);

#endif
