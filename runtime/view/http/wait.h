#ifndef RUNTIME_VIEW_HTTP_WAIT_H
#define RUNTIME_VIEW_HTTP_WAIT_H

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
    handles_t handles;
    group_t *responding; /* requests whose response's headers may come yet */
    screen_t screen;     /* of one block */
    uint64_t now;        /* ns, CLOCK_MONOTONIC: the latest time that is known */
    unsigned tick;       /* how many there were */
} http_log_t;

/* How long is waited for what comes of requests and connections; what is not waited for any longer is printed, and gone then. */

/** All headers of its response are there: it is complete, if no end is to come. */
void wait_end_headers(http_log_t *log, group_t *request);
/** Its end has come. @param why it is incomplete all the same; NULL: it is not, as far as is known here */
void wait_finish_request(http_log_t *log, group_t *request, const char *why);
/** What comes of it will not be waited for. @param why it is incomplete, if it is */
void wait_give_up(http_log_t *log, group_t *request, const char *why);
/** The same of all requests of a connection. */
void wait_give_up_requests(http_log_t *log, group_t *connection, const char *why);
/** @param why its end was not waited for; NULL: it has come */
void wait_finish_connection(http_log_t *log, group_t *connection, const char *why);
/**
 * Another connection has what events knew it by: it has ended unseen. If it had no requests, it has become that other one, and has
 * no block. @return when that has begun, then; 0: not known
 */
uint64_t wait_replace_connection(http_log_t *log, group_t *connection);
/** Removes it, and what events knew it by. */
void wait_forget_connection(http_log_t *log, group_t *connection);
/** Time has come so far: ns, CLOCK_MONOTONIC. */
void wait_keep_time(http_log_t *log, uint64_t time);
/** Keeps number and memory of what is waited for in bounds. */
void wait_keep_bounds(http_log_t *log);
/** An event is one of a group. */
void wait_count(http_log_t *log, group_t *group, const http_event_t *event);
void wait_run_out_of_memory(http_log_t *log);

#endif
