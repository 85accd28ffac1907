#ifndef RUNTIME_PROCESSES_PROCESSES_H
#define RUNTIME_PROCESSES_PROCESSES_H

#include "common/reason.h"
#include "processes/proc.h"

/** A process whose firings are events. */
typedef struct st_process_t {
    pid_t pid;
    int pidfd;
    int is_told;        /* it was named to the user: so is its end */
    int is_known;       /* its files were looked at */
    int has_sites;      /* one of them has some */
    uint64_t signature; /* proc_signature() when that was done */
    char name[PROC_NAME_SIZE];
} process_t;

/** The processes that are traced. */
typedef struct st_processes_t {
    process_t **list;
    size_t num, capacity;
    int epoll_fd; /* readable when one of them has ended */
    int map_fd;   /* pg_processes of the BPF program has them, too; -1: it does not */
} processes_t;

/** @return 0, or -1 with a reason; processes_close() is needed in any case */
int processes_open(processes_t *processes, reason_t *reason);
void processes_close(processes_t *processes);
/** From then on their firings are events. @return 0, or -1 with a reason */
int processes_use_map(processes_t *processes, int map_fd, reason_t *reason);
/** Adds a process. @return NULL: it cannot be watched, or it is there already, which leaves errno 0 */
process_t *processes_add(processes_t *processes, pid_t pid);
/** @return NULL: it is none of them */
process_t *processes_find(const processes_t *processes, pid_t pid);
/**
 * Takes out one that has ended.
 * @param ended  a copy of what it was, without its pidfd
 * @param status as proc_end(); -1: it is not known
 * @return whether there was one
 */
int processes_take_ended(processes_t *processes, process_t *ended, int *status);

#endif
