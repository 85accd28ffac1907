#ifndef RUNTIME_VIEW_HTTP_LOG_H
#define RUNTIME_VIEW_HTTP_LOG_H

#include "view/http/block.h"
#include "view/http/event.h"
#include "view/view.h"

/**
 * Requests and connections that are being put together of events. When one is complete, or cannot be waited for any longer, its
 * block comes into the output.
 */
typedef struct st_http_log_t {
    view_run_t *run;
    groups_t requests, connections;
    group_t *responding; /* requests whose response's headers may come yet */
    screen_t screen;     /* of one block */
    uint64_t now;        /* ns, CLOCK_MONOTONIC: the latest time that is known */
    unsigned tick;       /* how many there were */
} http_log_t;

void log_take(http_log_t *log, const http_event_t *event);
/** Some times a second. @param time ns, CLOCK_MONOTONIC */
void log_tick(http_log_t *log, uint64_t time);
/** Events were lost. */
void log_lose(http_log_t *log, uint64_t num);
/** Prints all that there is. */
void log_end(http_log_t *log);
/** Writes what is in `screen` into the output. */
void log_write(http_log_t *log);
void log_dispose(http_log_t *log);

#endif
