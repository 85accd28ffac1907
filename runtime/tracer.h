#ifndef RUNTIME_TRACER_H
#define RUNTIME_TRACER_H

#include "options/options.h"

/**
 * Traces processes until all have ended, a signal comes (SIGINT, SIGTERM, SIGHUP) or the wanted number of events was printed; then
 * everything that is in the ring is printed, and the sums on standard error. With tracer_options_t.list, it lists their sites.
 * Signals end it in an orderly way from when the first uprobe is set; before that they end the program as usual.
 * @param is_selected probes by index in the catalog; stays the caller's
 * @param started when the program started: a time of clock_now()
 * @return an exit status; what went wrong is on standard error by then
 */
int tracer_run(const tracer_options_t *options, const char *is_selected, double started);

#endif
