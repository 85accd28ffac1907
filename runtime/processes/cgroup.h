#ifndef RUNTIME_PROCESSES_CGROUP_H
#define RUNTIME_PROCESSES_CGROUP_H

#include "common/reason.h"
#include "processes/proc.h"

/** A control group of version 2: a unit of systemd, a container. */
typedef struct st_cgroup_t {
    uint64_t id;    /* as the kernel's programs have it; another one if the group was removed and made anew */
    uint32_t level; /* how many groups it is below the root */
} cgroup_t;

/**
 * Finds a control group. @param path absolute, or below where they are mounted
 * @return 0, or -1 with a reason
 */
int cgroup_find(cgroup_t *cgroup, const char *path, reason_t *reason);
/** Calls the function for all processes in the group and those below it. */
void cgroup_each_process(const char *path, proc_pid_fn *fn, void *data);

#endif
