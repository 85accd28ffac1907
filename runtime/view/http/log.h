#ifndef RUNTIME_VIEW_HTTP_LOG_H
#define RUNTIME_VIEW_HTTP_LOG_H

#include "view/http/wait.h"

/** An event. */
void log_take(http_log_t *log, const http_event_t *event);
/** Whose connection the next event of a thread is of. */
void log_tell(http_log_t *log, const struct pg_told *told);
/** Some times a second. @param time ns, CLOCK_MONOTONIC */
void log_tick(http_log_t *log, uint64_t time);
/** Events were lost. */
void log_lose(http_log_t *log, uint64_t num);
/** Prints all that there is. Events that come then are of another trace: with another clock, of other connections. */
void log_end(http_log_t *log);
void log_dispose(http_log_t *log);

#endif
