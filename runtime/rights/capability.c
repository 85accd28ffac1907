#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>
#include "rights/capability.h"

/* inode of the first user namespace: USER_NS_INIT_INO of linux/nsfs.h, which older headers do not have */
#define FIRST_USER_NAMESPACE 0xEFFFFFFDu

#define MAX_NAMES 128

typedef struct st_capability_t {
    int number;
    const char *name;
} capability_t;

#define CAPABILITY(name)                                                                                                           \
    {                                                                                                                              \
        name, #name                                                                                                                \
    }

int capability_is_real(void)
{
    struct stat st;

    return stat("/proc/self/ns/user", &st) != 0 || st.st_ino == FIRST_USER_NAMESPACE;
}

int capability_has(int number)
{
    cap_t set = cap_get_proc();
    cap_flag_value_t value = CAP_CLEAR;

    if (set != NULL && cap_get_flag(set, number, CAP_EFFECTIVE, &value) != 0)
        value = CAP_CLEAR; /* an older kernel does not know it */
    cap_free(set);
    return value == CAP_SET;
}

/* @param what that takes these capabilities: "tracing" */
static int need(const char *what, const capability_t *list, size_t num, reason_t *reason)
{
    char names[MAX_NAMES] = "";

    if (!capability_is_real())
        return reason_set(
            reason,
            "%s is not for processes of a user namespace, as of a container: what they have in there does not count. Run "
            "it outside of that",
            what);
    for (size_t i = 0; i < num; ++i) {
        size_t used = strlen(names);
        if (!capability_has(list[i].number))
            snprintf(names + used, MAX_NAMES - used, "%s%s", used != 0 ? " and " : "", list[i].name);
    }
    if (names[0] == '\0')
        return 0;
    return reason_set(reason, "%s needs %s, which this process does not have: %s", what, names,
                      geteuid() == 0 ? "it is root, but was not given everything, as in a container; give it that, too"
                                     : "run it as root, or give it what the man page lists under RIGHTS");
}

int capability_may_trace(reason_t *reason)
{
    static const capability_t list[] = {CAPABILITY(CAP_BPF), CAPABILITY(CAP_PERFMON)};

    return capability_has(CAP_SYS_ADMIN) && capability_is_real() ? 0 : need("tracing", list, 2, reason);
}

int capability_may_use_perf(reason_t *reason)
{
    static const capability_t admin = CAPABILITY(CAP_SYS_ADMIN);

    return need("attaching without uprobe_multi links (Linux 6.6 has them)", &admin, 1, reason);
}

static int is_denied(int failed)
{
    return failed && (errno == EACCES || errno == EPERM);
}

/* What the link says takes the right to look at the process; what it leads to, a file that may be read. */
int capability_may_look(pid_t pid, reason_t *reason)
{
    static const capability_t ptrace = CAPABILITY(CAP_SYS_PTRACE), search = CAPABILITY(CAP_DAC_READ_SEARCH);
    char path[64], what[64], link[1];

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    if (is_denied(readlink(path, link, sizeof(link)) == -1)) {
        snprintf(what, sizeof(what), "looking at process %d", (int)pid);
        if (need(what, &ptrace, 1, reason) == 0)
            reason_set(reason, "process %d may not be looked at, in spite of CAP_SYS_PTRACE: a security module may forbid it",
                       (int)pid);
        return -1;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (is_denied(fd == -1)) {
        snprintf(what, sizeof(what), "reading the program of process %d", (int)pid);
        if (need(what, &search, 1, reason) == 0)
            reason_set(reason,
                       "the program of process %d may not be read, in spite of CAP_DAC_READ_SEARCH: its file system or a "
                       "security module forbids it",
                       (int)pid);
        return -1;
    }
    if (fd != -1)
        close(fd);
    return 0;
}
