#ifndef RUNTIME_REPLAY_H
#define RUNTIME_REPLAY_H

#include "options/options.h"

/** Shows what was recorded as if it happened now. @param is_selected by index in the catalog @return exit status */
int replay_run(const tracer_options_t *options, const char *is_selected);

#endif
