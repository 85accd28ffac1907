#ifndef RUNTIME_RIGHTS_CAPABILITY_H
#define RUNTIME_RIGHTS_CAPABILITY_H

#include <sys/types.h>
#include "common/reason.h"

/*
 * What this process may do, by the capabilities that it has (numbers of linux/capability.h), whatever its user is. What tracing
 * takes was found by trying, and t/93rights.t tries it again:
 *
 *   BPF and uprobe_multi links               CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN
 *   attaching by perf events (before 6.6)    CAP_SYS_ADMIN
 *   a process of another user, or one that
 *   has changed its user or has more rights  CAP_SYS_PTRACE
 *   a program that only others can read      CAP_DAC_READ_SEARCH
 *   a library that was replaced or deleted   CAP_CHECKPOINT_RESTORE
 */

/** Whether capabilities count: outside of the first user namespace, those of a process are good for nothing of this. */
int capability_is_real(void);
/** Whether this process has a capability now. */
int capability_has(int number);

/** Whether this process may load BPF programs and attach by links. @return 0, or -1 with a reason that names what is missing */
int capability_may_trace(reason_t *reason);
/** Whether it may attach by perf events. @return as capability_may_trace() */
int capability_may_use_perf(reason_t *reason);
/** Whether it may look at a process, if there is such a one. @return as capability_may_trace() */
int capability_may_look(pid_t pid, reason_t *reason);

#endif
