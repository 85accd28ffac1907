/*
 * Items of any size, one after the other, around in a block of memory that is taken once. The oldest go when there is no room for
 * a new one, or when they are too old.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "common/say.h"
#include "view/ring.h"

/* What follows begins with its time: a record, or losses. */
typedef struct st_ring_item_t {
    uint64_t epoch;
    uint32_t size;
    uint32_t is_lost;
} ring_item_t;

typedef struct st_ring_lost_t {
    uint64_t time;
    uint64_t counts[]; /* by probe */
} ring_lost_t;

int ring_open(ring_t *ring, const ring_wish_t *wish, reason_t *reason)
{
    *ring = (ring_t){.wish = *wish};
    if (ring->wish.size == 0)
        ring->wish.size = RING_DEFAULT_SIZE;
    ring->bytes = malloc(ring->wish.size);
    return ring->bytes != NULL ? 0 : reason_set(reason, "--ring: out of memory");
}

void ring_close(ring_t *ring)
{
    free(ring->bytes);
    ring->bytes = NULL;
}

static const ring_item_t *oldest(const ring_t *ring)
{
    return (const ring_item_t *)(ring->bytes + ring->begin);
}

static uint64_t time_of(const ring_item_t *item)
{
    uint64_t time;

    memcpy(&time, item + 1, sizeof(time));
    return time;
}

static void drop(ring_t *ring)
{
    ring->begin += sizeof(ring_item_t) + oldest(ring)->size;
    --ring->num;
    if (ring->num == 0)
        ring->begin = ring->end = 0;
    else if (ring->begin > ring->end && ring->begin == ring->limit)
        ring->begin = 0;
}

/* Whether so many bytes are free in one piece; then they are at `end`. */
static int has_room(ring_t *ring, size_t size)
{
    int is_around = ring->num != 0 && ring->begin >= ring->end;

    if (is_around)
        return ring->begin - ring->end >= size;
    if (ring->wish.size - ring->end >= size)
        return 1;
    if (ring->begin < size)
        return 0;
    ring->limit = ring->end;
    ring->end = 0;
    return 1;
}

/* @param size a multiple of 8 @return where what is kept goes; NULL: it is larger than the ring */
static void *put(ring_t *ring, uint64_t epoch, uint64_t time, size_t size, int is_lost)
{
    size_t whole = sizeof(ring_item_t) + size;

    if (whole > ring->wish.size)
        return NULL;
    while (ring->wish.ns != 0 && ring->num != 0 && time > ring->wish.ns && time_of(oldest(ring)) < time - ring->wish.ns)
        drop(ring);
    while (!has_room(ring, whole)) {
        ++ring->num_pushed;
        drop(ring);
    }
    ring_item_t *item = (ring_item_t *)(ring->bytes + ring->end);
    *item = (ring_item_t){.epoch = epoch, .size = (uint32_t)size, .is_lost = (uint32_t)is_lost};
    ring->end += whole;
    ++ring->num;
    return item + 1;
}

void ring_keep(ring_t *ring, uint64_t epoch, const struct pg_head *record, size_t size)
{
    void *to = put(ring, epoch, record->time, (size + 7) & ~(size_t)7, 0);

    if (to != NULL)
        memcpy(to, record, size);
}

void ring_keep_losses(ring_t *ring, uint64_t epoch, account_t *account, uint64_t time)
{
    ring_lost_t *lost = put(ring, epoch, time, sizeof(*lost) + catalog.num_probes * sizeof(lost->counts[0]), 1);

    if (lost == NULL)
        return;
    lost->time = time;
    for (unsigned i = 0; i < catalog.num_probes; ++i)
        lost->counts[i] = account_gain(account, i);
}

/* ---- showing ---- */

/* @param counters stand for those of the BPF program, which go on meanwhile */
static void show_item(const ring_item_t *item, uint64_t *counters, const view_t *view, view_run_t *run)
{
    const struct pg_head *record = (const struct pg_head *)(item + 1);
    const ring_lost_t *lost = (const ring_lost_t *)(item + 1);

    run->json.epoch = item->epoch;
    if (!item->is_lost && record->probe == PG_TOLD) {
        if (view->told != NULL)
            view->told(run, (const struct pg_told *)record);
        return;
    }
    if (!item->is_lost) {
        run->account->last = record->time;
        view->event(run, record, item->size);
        ++run->account->printed[record->probe];
        ++run->account->num_printed;
        return;
    }
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        counters[1 + i] += lost->counts[i];
        counters[0] += lost->counts[i];
    }
    if (view->lost != NULL)
        view->lost(run, lost->time);
}

static void show_all(ring_t *ring, uint64_t *counters, const view_t *view, view_run_t *run)
{
    account_t *account = run->account;
    const volatile uint64_t *kernel = account->kernel, *sum = account->sum;
    uint64_t epoch = run->json.epoch;

    account->kernel = account->sum = counters;
    memset(account->reported, 0, (catalog.num_probes + 1) * sizeof(*account->reported));
    while (ring->num != 0 && run->output->error == 0) {
        show_item(oldest(ring), counters, view, run);
        drop(ring);
    }
    account->kernel = kernel;
    account->sum = sum;
    run->json.epoch = epoch;
}

void ring_show(ring_t *ring, const view_t *view, view_run_t *run)
{
    uint64_t *counters = calloc(catalog.num_probes + 1, sizeof(*counters)),
             *reported = calloc(catalog.num_probes + 1, sizeof(*reported));

    if (ring->wish.ns != 0 && ring->num_pushed != 0)
        tracer_note("--ring: %llu MB of memory were not enough for all of that time", (unsigned long long)ring->wish.size >> 20);
    if (counters == NULL || reported == NULL) {
        run->output->error = ENOMEM;
    } else {
        memcpy(reported, run->account->reported, (catalog.num_probes + 1) * sizeof(*reported));
        show_all(ring, counters, view, run);
        memcpy(run->account->reported, reported, (catalog.num_probes + 1) * sizeof(*reported));
    }
    free(counters);
    free(reported);
    ring_close(ring);
}
