#ifndef RUNTIME_RECORD_READ_H
#define RUNTIME_RECORD_READ_H

/* Reads recordings, of which nothing is believed: format.h. What it hands out is what a live trace of this very program has. */

#include "record/input.h"
#include "record/section.h"

typedef enum en_item_kind_t {
    ITEM_FAILED,  /* it cannot be read on: there is a reason */
    ITEM_NONE,    /* there is nothing more */
    ITEM_SECTION, /* one begins: all is known of it but layouts and clock. Until the next call, the one before is gone already */
    ITEM_STATE,   /* clock or layouts have changed */
    ITEM_TOLD,    /* whose connection an event is of: the record is a struct pg_told */
    ITEM_RECORD,
    ITEM_LOST,
    ITEM_END
} item_kind_t;

/** What comes next. It is valid until the next one is asked for. */
typedef struct st_item_t {
    struct pg_head *record; /* its probe is that of the catalog */
    size_t size;
    uint64_t time;          /* of ITEM_LOST: ns, CLOCK_MONOTONIC */
    record_count_t *counts; /* of ITEM_LOST, ITEM_END: by numbers of the catalog */
    size_t num_counts;
    describe_end_t end;
    int filters;  /* of ITEM_END: events could be filtered */
    char why[16]; /* that `end` points to */
} item_t;

typedef struct st_record_reader_t {
    input_t input;
    section_t section;
    uint32_t show; /* the caller's: what is to be printed; records are checked for that */
    char *buffer;
    size_t pos, end, capacity;
    uint64_t passed;      /* bytes of the recording before the buffer */
    int is_ended;         /* nothing comes after the buffer */
    uint64_t num_damaged; /* bytes that were left out, since another section comes after them */
    uint64_t num_cut;     /* bytes at the end that are no whole block: who wrote it was killed */
    /** The caller's, NULL: nothing is done; called before the file is waited for. @return whether to go on: else it ends there */
    int (*idle)(void *arg);
    /** The caller's: called before a section goes. */
    void (*leave)(void *arg);
    void *arg;
} record_reader_t;

/** @return 0, or -1 with a reason; record_close() is needed in any case */
int record_open(record_reader_t *reader, const char *path, reason_t *reason);
/** Reads its first bytes, which record_open() does not yet. @return 0, or -1 with a reason */
int record_begin(record_reader_t *reader, reason_t *reason);
/** What comes next. */
item_kind_t record_next(record_reader_t *reader, item_t *item, reason_t *reason);
void record_close(record_reader_t *reader);

#endif
