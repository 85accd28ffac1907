#ifndef RUNTIME_RIGHTS_DROP_H
#define RUNTIME_RIGHTS_DROP_H

#include "common/reason.h"
#include "rights/filter.h"
#include "rights/user.h"

/** What of its rights a tracer needs after it has attached: bits. */
enum {
    /** asking the kernel how often a program was skipped, which kernels before 5.19 tell only who has CAP_BPF */
    RIGHTS_TO_ASK = 1,
    /** attaching to more processes: all that attaching takes, and no filter of system calls, since files have to be read */
    RIGHTS_TO_ATTACH = 2,
    /** opening the file of the output again, or another one beside it */
    RIGHTS_TO_REOPEN = 4,
    /** reading maps that are open by bpf(2); for kernels before 5.19, RIGHTS_TO_ASK as well */
    RIGHTS_TO_READ_MAPS = 8,
    /** asking a terminal for its size */
    RIGHTS_TO_SCREEN = 16,
};

typedef struct st_rights_t {
    const user_t *user;
    void *stays;         /* cap_t: the capabilities */
    int can_drop_bounds; /* this process may change its bounding set */
    filter_t filter;
} rights_t;

/**
 * Makes what rights_drop() needs, which takes memory, and that may be short.
 * @param user stays the caller's
 * @param keep RIGHTS_*
 * @return 0, or -1 with a reason; rights_dispose() is needed in any case
 */
int rights_prepare(rights_t *rights, const user_t *user, unsigned keep, reason_t *reason);
/**
 * Gives up, for good, what is not needed any more: capabilities, root's uid and groups, and system calls; no program that is
 * executed could get them back. Files that are open stay so, uprobes too. Nothing is done if the user keeps root.
 * @return 0, or -1 with a reason; some of it may have been given up then
 */
int rights_drop(const rights_t *rights, reason_t *reason);
void rights_dispose(rights_t *rights);

#endif
