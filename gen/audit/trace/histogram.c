/*
 * All probes share one axis, which has to be there before the first and the last time are known: traces are streamed, and the
 * events of merged traces are in no order. So buckets are a microsecond wide at first, and when an event falls outside of the axis,
 * they become twice as wide until all fit. Buckets begin at multiples of their width, so that two of them make one of the next
 * width exactly, and nothing is ever put into the wrong one. Widths are powers of two: from a microsecond to the year 10000 it
 * takes 52 such steps.
 */
#include <string.h>
#include "audit/trace/histogram.h"

/* number of the bucket since 1970 */
static int64_t bucket_of(double time, unsigned shift)
{
    return (int64_t)(time * 1000 + 0.5) >> shift;
}

static void move_buckets(uint64_t *buckets, const audit_time_t *from, const audit_time_t *to)
{
    uint64_t moved[AUDIT_NUM_BUCKETS] = {0};

    for (int64_t i = 0; i < AUDIT_NUM_BUCKETS; ++i) {
        if (buckets[i] != 0)
            moved[((from->first_bucket + i) >> (to->shift - from->shift)) - to->first_bucket] += buckets[i];
    }
    memcpy(buckets, moved, sizeof(moved));
}

static void set_axis(audit_t *audit, unsigned shift, int64_t first_bucket)
{
    audit_time_t before = audit->time, *axis = &audit->time;

    axis->shift = shift;
    axis->first_bucket = first_bucket;
    /* rounded once, as times in JSON are */
    axis->bucket_size = (double)(1ull << shift) / 1000;
    axis->start = (double)((uint64_t)first_bucket << shift) / 1000;
    for (unsigned i = 0; i < audit->num_rows; ++i) {
        if (audit->rows[i]->seen != NULL)
            move_buckets(audit->rows[i]->seen->buckets, &before, axis);
    }
}

/* Makes room for all times from axis->first to axis->last. */
static void widen(audit_t *audit, int is_earlier)
{
    const audit_time_t *axis = &audit->time;
    unsigned shift = axis->shift;

    while (bucket_of(axis->last, shift) - bucket_of(axis->first, shift) >= AUDIT_NUM_BUCKETS)
        ++shift;
    int64_t first = bucket_of(axis->first, shift), last = bucket_of(axis->last, shift);
    /* there is room where more may come; otherwise events that go back in time would move the axis for each bucket */
    if (is_earlier)
        first = last >= AUDIT_NUM_BUCKETS ? last - AUDIT_NUM_BUCKETS + 1 : 0;
    set_axis(audit, shift, first);
}

void histogram_add(audit_t *audit, audit_seen_t *seen, double time)
{
    audit_time_t *axis = &audit->time;
    int is_first = axis->first > axis->last, is_earlier = !is_first && time < axis->first;

    if (is_first || is_earlier)
        axis->first = time;
    if (is_first || time > axis->last)
        axis->last = time;
    /* the difference is negative, so it is a large one here, if the time is before the axis */
    if (is_first || (uint64_t)(bucket_of(time, axis->shift) - axis->first_bucket) >= AUDIT_NUM_BUCKETS)
        widen(audit, is_earlier);
    ++seen->buckets[bucket_of(time, axis->shift) - axis->first_bucket];
}

void histogram_settle(audit_t *audit)
{
    if (audit->time.first <= audit->time.last)
        set_axis(audit, audit->time.shift, bucket_of(audit->time.first, audit->time.shift));
}
