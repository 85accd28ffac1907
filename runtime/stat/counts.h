#ifndef RUNTIME_STAT_COUNTS_H
#define RUNTIME_STAT_COUNTS_H

#include "common/catalog.h"
#include "output/account.h"

/** Different values that events are counted by at once, of all probes together. What comes when there are so many is counted as
 * others. */
#define COUNTS_MAX_VALUES 65536

/** The map of counters has these groups, each with one for each probe of the catalog. */
enum { COUNTS_FIRED, COUNTS_OTHERS /* whose value had no room */, COUNTS_GROUPS };
/** Beside them, from a map of its own: events that were not wanted, which are not among those that fired. */
enum { COUNTS_FILTERED = COUNTS_GROUPS, COUNTS_ALL };

/** A number that grows, and what it was when the interval began. */
typedef struct st_counter_t {
    uint64_t now, before;
} counter_t;

/** Events of a probe with a value of its field. */
typedef struct st_counted_value_t {
    struct pg_value key;
    counter_t count;
} counted_value_t;

/** What has been counted, as it was when somebody looked. */
typedef struct st_counts_t {
    const volatile uint64_t *kernel; /* the map of counters */
    const account_t *account;        /* has those that were not wanted */
    int values_fd;                   /* the map of values; -1: there is none */
    counter_t *probes[COUNTS_ALL];
    counted_value_t *values; /* in the order in which they were found */
    size_t num_values;
    uint32_t *index; /* of them, by hash: 1 + number; 0: empty */
    char *keys;      /* room for what the kernel tells */
    uint64_t *numbers;
} counts_t;

static inline uint64_t counter_gained(const counter_t *counter)
{
    return counter->now - counter->before;
}

/** Bytes of the map of counters. */
size_t counts_size(void);
/** The number of the first counter of a histogram in it, that of a probe's first duration; those of its others follow. */
uint32_t counts_histogram(unsigned probe);
/** How many durations the events of a probe have. */
unsigned counts_num_durations(const catalog_probe_t *probe);
/** @return 0, or -1 when out of memory; counts_dispose() is needed in any case. @param values_fd -1: nothing is counted by values
 */
int counts_open(counts_t *counts, const volatile uint64_t *kernel, const account_t *account, int values_fd);
/** Looks at the counters of probes only: that costs nothing worth mentioning. */
void counts_look(counts_t *counts);
/** Looks at values, too. @return 0, or -1 with errno set: the kernel does not tell them */
int counts_look_at_values(counts_t *counts);
/** From now on `before` is what is now. */
void counts_begin_interval(counts_t *counts);
void counts_dispose(counts_t *counts);

#endif
