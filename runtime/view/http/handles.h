#ifndef RUNTIME_VIEW_HTTP_HANDLES_H
#define RUNTIME_VIEW_HTTP_HANDLES_H

#include <stddef.h>
#include <stdint.h>

struct st_group_t;

/**
 * A pointer that events of a connection have, of a process: those that do not have the number of the connection are known by it. It
 * is one of the target's; memory is used again, so it is another connection's from when that is told of.
 */
typedef struct st_handle_t {
    uint64_t pointer;
    uint32_t tgid;
    struct st_handle_t *next_in_bucket, *older, *newer;
    struct st_group_t *connection; /* NULL: its number is not known yet */
    struct st_handle_t **place;    /* where that has it */
    uint64_t begin;                /* when it began: ns, CLOCK_MONOTONIC; 0: before the trace, or that is not told */
    int is_opened;                 /* an event without a number has told of its beginning: of its end, one may tell, too */
} handle_t;

/** By pointer; those that are of no connection so far also in a row. */
typedef struct st_handles_t {
    handle_t *buckets[1024];
    handle_t *oldest, *newest;
    size_t num; /* in the row */
} handles_t;

handle_t *handles_find(const handles_t *handles, uint32_t tgid, uint64_t pointer);
/** The one with that pointer, which is added if there is none. @return NULL: out of memory */
handle_t *handles_take(handles_t *handles, uint32_t tgid, uint64_t pointer);
/** From now on it is that connection's, which has it there. */
void handles_give(handles_t *handles, handle_t *handle, struct st_group_t *connection, handle_t **place);
/** Removes and frees it; its connection does not have it then. */
void handles_remove(handles_t *handles, handle_t *handle);

#endif
