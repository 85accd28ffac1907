#ifndef RUNTIME_TRACER_H
#define RUNTIME_TRACER_H

#include "options.h"
#include "sites.h"

/**
 * Traces a process until it ends, a signal comes (SIGINT, SIGTERM, SIGHUP) or the wanted number of events was printed; then
 * everything that is in the ring is printed, and the sums on standard error.
 * @param started when the program started: a time of tracer_now()
 * @return an exit status; what went wrong is on standard error by then
 */
int tracer_run(const tracer_options_t *options, const target_t *target, const sites_t *sites, double started);

/** seconds on the monotonic clock */
double tracer_now(void);

#endif
