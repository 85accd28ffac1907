#ifndef RUNTIME_VIEW_RING_H
#define RUNTIME_VIEW_RING_H

/* A flight recorder: the last records, in memory, until something makes them worth being shown. */

#include "common/reason.h"
#include "output/account.h"
#include "output/json.h"
#include "view/view.h"

#define RING_DEFAULT_SIZE (64ull * 1024 * 1024)

/** How much is kept. */
typedef struct st_ring_wish_t {
    uint64_t size; /* bytes of records; 0: RING_DEFAULT_SIZE */
    uint64_t ns;   /* what is older than the newest by more than that goes; 0: nothing does */
} ring_wish_t;

typedef struct st_ring_t {
    ring_wish_t wish;
    char *bytes;       /* NULL: there is no ring, or it has been shown */
    size_t begin, end; /* of what is in it; it goes on at 0 after `limit` if begin > end */
    size_t limit;
    uint64_t num;        /* of items in it */
    uint64_t num_pushed; /* records that there was no room for, though they were new enough */
} ring_t;

/** @return 0, or -1 with a reason */
int ring_open(ring_t *ring, const ring_wish_t *wish, reason_t *reason);
/** Keeps a record. @param epoch json_t.epoch as of now */
void ring_keep(ring_t *ring, uint64_t epoch, const struct pg_head *record, size_t size);
/** Keeps losses that were not told of; they are, then. @param time ns, CLOCK_MONOTONIC */
void ring_keep_losses(ring_t *ring, uint64_t epoch, account_t *account, uint64_t time);
/** Gives all that is there to a view, the oldest first, and counts it as printed; the ring ends. */
void ring_show(ring_t *ring, const view_t *view, view_run_t *run);
void ring_close(ring_t *ring);

#endif
