/*
 * What is in the tracer while it traces comes from the target and from everybody who sends it requests. Should a mistake of ours be
 * there for them to use, it is to be worth nothing.
 *
 * The order: a process may take capabilities out of its bounding set, and change its user, only while it has the capabilities for
 * that. Changing from root to another user takes all capabilities away, unless it is told to keep those that are permitted, of
 * which then only the wanted ones stay. The filter comes last, since it forbids all of that.
 *
 * Who is not root but was given capabilities may not change the bounding set: it only counts when a program is executed, which can
 * add nothing after no_new_privs.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include "rights/capability.h"
#include "rights/drop.h"

/* all that attaching may take, see rights/capability.h */
static const cap_value_t to_attach[] = {
    CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_CHECKPOINT_RESTORE, CAP_DAC_OVERRIDE};
static const cap_value_t to_ask[] = {CAP_BPF};

/* Adds those to a set that this process has. */
static int keep_those(cap_t set, const cap_value_t *numbers, int num)
{
    for (int i = 0; i < num; ++i) {
        if (capability_has(numbers[i]) && (cap_set_flag(set, CAP_PERMITTED, 1, numbers + i, CAP_SET) != 0 ||
                                           cap_set_flag(set, CAP_EFFECTIVE, 1, numbers + i, CAP_SET) != 0))
            return -1;
    }
    return 0;
}

/* @return what stays, to be freed by cap_free(); NULL with errno set */
static cap_t what_stays(unsigned keep)
{
    cap_t set = cap_init();

    if (set == NULL || ((keep & RIGHTS_TO_ATTACH) && keep_those(set, to_attach, sizeof(to_attach) / sizeof(to_attach[0])) != 0) ||
        ((keep & RIGHTS_TO_ASK) && keep_those(set, to_ask, 1) != 0)) {
        cap_free(set);
        return NULL;
    }
    return set;
}

/* Nothing but what stays. */
static int drop_bounds(cap_t stays)
{
    for (cap_value_t i = 0; i < cap_max_bits(); ++i) {
        cap_flag_value_t value;
        if (cap_get_flag(stays, i, CAP_PERMITTED, &value) == 0 && value == CAP_CLEAR && cap_get_bound(i) == 1 &&
            cap_drop_bound(i) != 0)
            return -1;
    }
    return 0;
}

static int drop(const rights_t *rights)
{
    return (!rights->can_drop_bounds || drop_bounds(rights->stays) == 0) && prctl(PR_SET_KEEPCAPS, 1L) == 0 &&
                   user_become(rights->user) == 0 && cap_reset_ambient() == 0 && cap_set_proc(rights->stays) == 0 &&
                   prctl(PR_SET_KEEPCAPS, 0L) == 0 &&
                   /* other processes of that user are not to look into this one */
                   prctl(PR_SET_DUMPABLE, 0L) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0
               ? 0
               : -1;
}

int rights_prepare(rights_t *rights, const user_t *user, unsigned keep, reason_t *reason)
{
    *rights = (rights_t){.user = user};
    if (user->keeps_root)
        return 0;
    if ((rights->stays = what_stays(keep)) == NULL)
        return reason_set(reason, "out of memory");
    rights->can_drop_bounds = capability_has(CAP_SETPCAP);
    return keep & RIGHTS_TO_ATTACH
               ? 0
               : filter_make(&rights->filter,
                             (keep & RIGHTS_TO_REOPEN ? FILTER_OPENS : 0) | (keep & RIGHTS_TO_READ_MAPS ? FILTER_READS_MAPS : 0) |
                                 (keep & RIGHTS_TO_SCREEN ? FILTER_SCREEN : 0),
                             reason);
}

int rights_drop(const rights_t *rights, reason_t *reason)
{
    if (rights->user->keeps_root)
        return 0;
    if (drop(rights) != 0)
        return reason_set(reason, "cannot give up the rights that tracing does not need: %s", strerror(errno));
    filter_load(&rights->filter);
    return 0;
}

void rights_dispose(rights_t *rights)
{
    cap_free(rights->stays);
    rights->stays = NULL;
}
