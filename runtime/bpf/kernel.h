#ifndef RUNTIME_BPF_KERNEL_H
#define RUNTIME_BPF_KERNEL_H

#include "common/reason.h"

/** What this kernel can do. Its version does not say: distributions put what is new into old kernels. */
typedef struct st_kernel_t {
    int has_multi;      /* one uprobe_multi link for all sites of a file; else a perf event for each site */
    int has_pid_filter; /* the pid of such a link is a process; before, it was a thread */
    int can_sleep;      /* programs at uprobes may */
} kernel_t;

/**
 * Asks the kernel, by a few calls that leave nothing behind; once, after that the answer is known.
 * @param as_old what is new is not asked for: the answer is that of the oldest kernel that will do
 * @return 0, or -1 with a reason: nothing can be traced here
 */
int kernel_ask(kernel_t *kernel, int as_old, reason_t *reason);

#endif
