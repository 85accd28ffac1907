#ifndef RUNTIME_RECORD_WRITE_H
#define RUNTIME_RECORD_WRITE_H

/* The blocks of a recording that are no records: see format.h. */

#include "output/account.h"
#include "output/describe.h"
#include "output/json.h"

/** Bytes that grow; all zero: none. */
typedef struct st_record_bytes_t {
    char *p; /* of malloc(3) */
    size_t n, capacity;
    int has_failed; /* memory was short: something is missing */
} record_bytes_t;

void record_add(record_bytes_t *to, const void *bytes, size_t size);
/** Adds the magic, and what is known from the beginning. @param last when: ns, CLOCK_MONOTONIC */
void record_add_begin(record_bytes_t *to, const describe_start_t *start, uint64_t last, const json_t *json);
/** Adds layouts of files from number `first` on, and the state. */
void record_add_state(record_bytes_t *to, const json_t *json, unsigned first);
/** Adds losses that were not told of, which they are then; nothing if there are none. @param time ns, CLOCK_MONOTONIC */
void record_add_lost(record_bytes_t *to, account_t *account, uint64_t time);
void record_add_end(record_bytes_t *to, const describe_end_t *end, const account_t *account);

#endif
