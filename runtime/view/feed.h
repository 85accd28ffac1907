#ifndef RUNTIME_VIEW_FEED_H
#define RUNTIME_VIEW_FEED_H

#include "choose/choose.h"
#include "view/keylog.h"
#include "view/ring.h"
#include "view/view.h"

/** Records on their way to the output, wherever they come from: counted, and shown by a view. */
typedef struct st_feed_t {
    const view_t *view;
    view_run_t run;
    output_t output;
    account_t account;
    keylog_t *keylog;      /* takes the same records; NULL: there is none */
    uint64_t count;        /* of events that are wanted; 0: all */
    int is_done;           /* they were printed, one was found that is waited for, or the view wants no more */
    ring_t ring;           /* has what is not shown yet */
    const choose_t *until; /* what the last event is like; NULL: there is no such */
    int is_found;          /* it has come */
    int has_begun;         /* to write */
    int describes;         /* the output says something of itself */
} feed_t;

/** @param view and account's counters are the caller's. @return 0, or -1 with a reason; feed_close() is needed in any case */
int feed_open(feed_t *feed, const view_t *view, reason_t *reason);
/**
 * Begins to write; what is already written goes on with another beginning. @param describes whether the output says something of
 * itself @return 0, or -1 with a reason
 */
int feed_begin(feed_t *feed, const describe_start_t *start, int describes, reason_t *reason);
/** Takes a record, of an event or a struct pg_told. @return whether more are wanted: neither was it the last one, nor has the
 * output failed */
int feed_take(feed_t *feed, const struct pg_head *record, size_t size);
/** Tells of events that were lost, if there are any that were not told of. @param time ns, CLOCK_MONOTONIC */
void feed_tell_losses(feed_t *feed, uint64_t time);
/** Time goes on, and the output is none of its business. @param time ns, CLOCK_MONOTONIC */
void feed_pass(feed_t *feed, uint64_t time);
/** Shows what was kept so far. From then on, all is shown at once. */
void feed_show_ring(feed_t *feed);
/** Some times a second: what has waited long enough is written. @param time the same */
void feed_tick(feed_t *feed, uint64_t time);
/** There is no event more: what the view has not decided on is decided. @param why as in describe_end_t; NULL: not known */
void feed_flush(feed_t *feed, const char *why);
/** Writes what comes after the last event. The output is still open then. */
void feed_end(feed_t *feed, const describe_end_t *end);
void feed_close(feed_t *feed);

#endif
