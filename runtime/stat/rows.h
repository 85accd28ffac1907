#ifndef RUNTIME_STAT_ROWS_H
#define RUNTIME_STAT_ROWS_H

#include "stat/counts.h"

/** What rows are sorted by, as keys name it. */
typedef enum en_rows_order_t { ROWS_BY_NAME = 'n', ROWS_BY_COUNT = 'c', ROWS_BY_RATE = 'r' } rows_order_t;

/** A probe, or a value of a field. */
typedef struct st_row_t {
    unsigned probe;
    const counted_value_t *value; /* NULL: all events of the probe */
    uint64_t count, gained;       /* in all; in the interval */
    counter_t filtered;           /* of a probe: events that were not wanted */
} row_t;

/** The counts, sorted. All zero is an empty list. */
typedef struct st_rows_t {
    row_t *probes, *values; /* with events */
    size_t num_probes, num_values;
    uint64_t count, gained; /* of all probes */
    counter_t filtered;
    uint64_t others, others_gained; /* of events whose value had no room */
} rows_t;

/** @return 0, or -1 when out of memory. @param fields see by_find(); NULL: there are no values */
int rows_make(rows_t *rows, const counts_t *counts, const catalog_field_t *const *fields);
void rows_sort(rows_t *rows, const catalog_field_t *const *fields, rows_order_t order);
void rows_dispose(rows_t *rows);

#endif
