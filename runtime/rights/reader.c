#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "rights/capability.h"
#include "rights/reader.h"
#include "rights/user.h"

static const cap_value_t to_read = CAP_DAC_READ_SEARCH;

/* By a descriptor that is open: what it leads to is not asked for once more. If it cannot be opened, it cannot be later either. */
static void hold(char *root, size_t size)
{
    int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd != -1)
        snprintf(root, size, "/proc/self/fd/%d", fd);
}

/* In a user namespace there may be no such user; then only the capabilities go. */
static void become_nobody(void)
{
    static const user_t nobody = {.is_other = 1, .uid = USER_NOBODY, .gid = USER_NOBODY};

    if (prctl(PR_SET_KEEPCAPS, 1L) == 0)
        user_become(&nobody);
}

static int drop_capabilities(int can_read)
{
    cap_t set = cap_init();
    int failed = set == NULL;

    if (!failed && can_read)
        failed = cap_set_flag(set, CAP_PERMITTED, 1, &to_read, CAP_SET) != 0 ||
                 cap_set_flag(set, CAP_EFFECTIVE, 1, &to_read, CAP_SET) != 0;
    failed = failed || cap_reset_ambient() != 0 || cap_set_proc(set) != 0;
    cap_free(set);
    return failed ? -1 : 0;
}

int reader_drop(char *root, size_t size)
{
    pid_t parent = getppid();
    int can_read = capability_has(to_read);

    if (root[0] != '\0')
        hold(root, size);
    /* what root owns and nobody else can read is to be read, too */
    if (geteuid() == 0 && can_read)
        become_nobody();
    if (drop_capabilities(can_read) != 0 || prctl(PR_SET_DUMPABLE, 0L) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0)
        return -1;
    /* another user: the kernel has forgotten that we are to end with our parent */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return -1;
    errno = ESRCH;
    return getppid() == parent ? 0 : -1;
}
