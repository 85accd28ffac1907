#ifndef RUNTIME_PROCESSES_FOLLOW_H
#define RUNTIME_PROCESSES_FOLLOW_H

#include "bpf/bcc.h"
#include "assemble/object.h"
#include "common/reason.h"

#define FOLLOW_MAX_FDS 6

/** Gets a struct pg_notice. */
typedef void follow_fn(void *data, const struct pg_notice *notice);

/** The BPF programs that add the children of followed processes to pg_processes, and tell of them. All zero is none. */
typedef struct st_follow_t {
    int fds[FOLLOW_MAX_FDS]; /* programs, events, links */
    size_t num_fds;
    bcc_ring_t *ring;
    int ring_fd; /* readable when there is something to take; valid if `ring` is not NULL */
    follow_fn *fn;
    void *data;
} follow_t;

/**
 * Begins to follow: forks and executions of all processes that are in pg_processes, and of their descendants.
 * @param object  its maps are set
 * @param ring_fd of pg_notices
 * @param fn      called by follow_take(); `follow` stays where it is
 * @return 0, or -1 with a reason: this kernel, or this pid namespace, does not let us. follow_close() is needed in any case
 */
int follow_begin(follow_t *follow, const object_t *object, int ring_fd, follow_fn *fn, void *data, reason_t *reason);
/** Calls the function for each notice that is there. */
void follow_take(follow_t *follow);
void follow_close(follow_t *follow);

#endif
