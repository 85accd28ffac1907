#ifndef RUNTIME_STAT_HISTOGRAM_H
#define RUNTIME_STAT_HISTOGRAM_H

/* How long things took: durations are counted by how many bits their ns need, so in powers of two. */

#include <stdio.h>
#include "assemble/assemble.h"
#include "stat/counts.h"

/** Of the events of a probe that end something; its counters are in the order of COUNT_* of assemble.h. */
typedef struct st_histogram_t {
    unsigned probe;
    const catalog_field_t *field;
    uint32_t first; /* number of its first counter in the map of counters */
    counter_t counters[COUNT_HISTOGRAM];
} histogram_t;

typedef struct st_histograms_t {
    histogram_t *list;
    size_t num;
} histograms_t;

/** Of all durations of the probes that are selected. @return 0, or -1 when out of memory; histograms_dispose() is needed in any
 * case */
int histograms_open(histograms_t *histograms, const char *is_selected);
/** What there is by now; what was there at the last look is where the interval began. @param kernel the map of counters */
void histograms_look(histograms_t *histograms, const volatile uint64_t *kernel);
/** A counter: all of it, or what came in the interval. */
uint64_t histogram_value(const histogram_t *histogram, unsigned counter, int is_all);
/** How many durations were known: the sum of all of its counts. */
uint64_t histogram_count(const histogram_t *histogram, int is_all);
/** ns from which on durations are in a bucket; it ends where the next one begins. */
uint64_t histogram_from(unsigned bucket);
void histograms_dispose(histograms_t *histograms);

#endif
