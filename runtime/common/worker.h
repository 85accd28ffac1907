#ifndef RUNTIME_COMMON_WORKER_H
#define RUNTIME_COMMON_WORKER_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/**
 * A function of ours that runs in a process of its own, for work on hostile input that may crash, never end, or take all memory.
 * The process is a fork, so it knows all that we know, but what it finds comes back through a pipe, and has to be checked like any
 * other input. It ends with us.
 */
typedef struct st_worker_t {
    pid_t pid;
    FILE *answer; /* what it writes; its end is that of the work, or of the process */
} worker_t;

typedef enum en_worker_end_t { WORKER_DONE, WORKER_CRASHED, WORKER_TOO_LONG } worker_end_t;

/**
 * @param work writes to `answer`; when it returns, the process ends. It prints nothing to standard error.
 * @return 0; -1 with errno set
 */
int worker_start(worker_t *worker, unsigned max_cpu_seconds, unsigned max_seconds, void (*work)(FILE *answer, void *arg),
                 void *arg);
/** In the worker: it may take so many bytes of memory more than it has now. Files that are mapped to be read do not count. */
void worker_limit_memory(uint64_t size);
/** In the worker: it may take so many seconds more, of its own time and of anybody's, if it was not to end before that anyhow. */
void worker_limit_time(unsigned seconds);
/** Ends the process, if it has not ended, and `answer`. */
worker_end_t worker_end(worker_t *worker);

#endif
