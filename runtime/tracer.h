#ifndef RUNTIME_TRACER_H
#define RUNTIME_TRACER_H

#include "options.h"
#include "sites.h"

/**
 * Traces a process until it ends, a signal comes (SIGINT, SIGTERM, SIGHUP) or the wanted number of events was printed; then
 * everything that is in the ring is printed, and the sums on standard error.
 * @return an exit status; what went wrong has been told on standard error
 */
int tracer_run(const tracer_options_t *options, const target_t *target, const sites_t *sites, double started);

/** A line on standard error, behind the tracer's name. */
void tracer_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** seconds on the monotonic clock */
double tracer_now(void);

#endif
