/*
 * uprobes on the sites. libbcc has no call for either way, so this speaks to the kernel itself.
 *
 * The first way is one link for all sites of a file (BPF_LINK_CREATE with BPF_TRACE_UPROBE_MULTI, kernel 6.6). The kernel raises
 * the semaphores (ref_ctr_offsets) and lowers them when the link goes, even if the tracer was killed. With the link's pid filter,
 * other processes of the same binary do not pay for the breakpoints. At first (before 6.10) it compared threads, not processes:
 * there it is not set, and the BPF program alone looks at the pid.
 *
 * The second way is a perf event for each site, with the semaphore in the upper half of its config and the cookie on a link of its
 * own (kernel 5.15). From 6.0 on the program may sleep there too. Detaching takes the kernel long, for each of them.
 *
 * Which of them this kernel knows is asked in bpf/kernel.c.
 *
 * Sites that the kernel refuses. A place in a file has one uprobe, shared by all who attach, and it has one semaphore or none: who
 * comes with another one gets EINVAL (ftrace, perf and bpftrace -e 'uprobe:' come with none). A link is refused as a whole, without
 * saying for which site, so its sites are halved until the refused ones are alone. If other sites with the same semaphore could be
 * attached to, they raise it, and the refused one does without.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/attach.h"
#include "bpf/link.h"

/* @param fd what the kernel returned: -1 is a failure here, too */
static int add_fd(attach_t *attach, int fd)
{
    if (fd < 0)
        return -1;
    int *fds = realloc(attach->fds, (attach->num_fds + 1) * sizeof(*fds));
    if (fds == NULL) {
        close(fd);
        errno = ENOMEM;
        return -1;
    }
    attach->fds = fds;
    attach->fds[attach->num_fds++] = fd;
    return 0;
}

/* Attaches to the sites from `first` up to `end`. Returns 0, or -1 with errno set, and may have attached to some of them then. */
typedef int (*attach_fn)(attach_t *attach, int prog_fd, const attach_sites_t *sites, size_t first, size_t end, pid_t pid);

static int attach_link(attach_t *attach, int prog_fd, const attach_sites_t *sites, size_t first, size_t end, pid_t pid)
{
    struct link_create attr = {.prog_fd = prog_fd, .attach_type = LINK_UPROBE_MULTI};
    int has_semaphores = 0;

    for (size_t i = first; i < end; ++i)
        has_semaphores |= sites->semaphores[i] != 0;
    attr.multi.path = (uintptr_t)sites->path;
    attr.multi.offsets = (uintptr_t)(sites->offsets + first);
    attr.multi.ref_ctr_offsets = has_semaphores ? (uintptr_t)(sites->semaphores + first) : 0;
    attr.multi.cookies = (uintptr_t)(sites->cookies + first);
    attr.multi.cnt = end - first;
    attr.multi.pid = pid;
    return add_fd(attach, link_create(&attr));
}

/* Errors that are of the place: another one may do. */
static int is_of_site(int error)
{
    return error == EINVAL || error == EIO || error == EOPNOTSUPP || error == ATTACH_ENOTSUPP || error == ENOEXEC;
}

static int is_stopped(const attach_t *attach)
{
    struct pollfd pfd = {.fd = attach->stop_fd != NULL ? *attach->stop_fd : -1, .events = POLLIN};

    return poll(&pfd, 1, 0) > 0;
}

/* All or none. */
static int attach_whole(attach_fn fn, attach_t *attach, int prog_fd, const attach_sites_t *sites, size_t first, size_t end,
                        pid_t pid)
{
    size_t num_fds = attach->num_fds;

    if (is_stopped(attach)) {
        errno = EINTR;
        return -1;
    }
    if (fn(attach, prog_fd, sites, first, end, pid) == 0)
        return 0;
    int error = errno;
    while (attach->num_fds > num_fds)
        close(attach->fds[--attach->num_fds]);
    errno = error;
    return -1;
}

static int attach_range(attach_fn fn, attach_t *attach, int prog_fd, attach_sites_t *sites, size_t first, size_t end, pid_t pid)
{
    if (first == end || attach_whole(fn, attach, prog_fd, sites, first, end, pid) == 0)
        return 0;
    if (!is_of_site(errno))
        return -1;
    if (end - first == 1) {
        sites->errors[first] = errno;
        return 0;
    }
    size_t middle = first + (end - first) / 2;
    return attach_range(fn, attach, prog_fd, sites, first, middle, pid) == 0 &&
                   attach_range(fn, attach, prog_fd, sites, middle, end, pid) == 0
               ? 0
               : -1;
}

static int is_raised_elsewhere(const attach_sites_t *sites, uint64_t semaphore)
{
    for (size_t i = 0; i < sites->num; ++i) {
        if (sites->errors[i] == 0 && sites->semaphores[i] == semaphore)
            return 1;
    }
    return 0;
}

/* Tries what was refused without its semaphore, if that is raised anyhow. */
static void attach_without_semaphores(attach_fn fn, attach_t *attach, int prog_fd, attach_sites_t *sites, pid_t pid)
{
    for (size_t i = 0; i < sites->num; ++i) {
        uint64_t semaphore = sites->semaphores[i];
        if (sites->errors[i] != EINVAL || semaphore == 0 || !is_raised_elsewhere(sites, semaphore))
            continue;
        sites->semaphores[i] = 0;
        if (attach_whole(fn, attach, prog_fd, sites, i, i + 1, pid) == 0)
            sites->errors[i] = 0;
        else
            sites->semaphores[i] = semaphore;
    }
}

/* Attaches to all of them, at most `at_once` with one call. */
static int attach_all(attach_fn fn, size_t at_once, attach_t *attach, int prog_fd, attach_sites_t *sites, pid_t pid)
{
    for (size_t first = 0, end; first < sites->num; first = end) {
        end = sites->num - first > at_once ? first + at_once : sites->num;
        if (attach_range(fn, attach, prog_fd, sites, first, end, pid) != 0)
            return -1;
    }
    attach_without_semaphores(fn, attach, prog_fd, sites, pid);
    return 0;
}

int attach_multi(attach_t *attach, int prog_fd, attach_sites_t *sites, pid_t pid)
{
    return attach_all(attach_link, SIZE_MAX, attach, prog_fd, sites, pid);
}

unsigned attach_event_type(void)
{
    static unsigned type;
    FILE *fp;

    if (type != 0 || (fp = fopen(ATTACH_EVENT_TYPE, "re")) == NULL)
        return type;
    if (fscanf(fp, "%u", &type) != 1)
        type = 0;
    fclose(fp);
    return type;
}

/* One site, two file descriptors. */
static int attach_event(attach_t *attach, int prog_fd, const attach_sites_t *sites, size_t i, size_t end, pid_t pid)
{
    struct perf_event_attr event = {.type = attach_event_type(), .size = sizeof(event)};
    struct link_create attr = {.prog_fd = prog_fd, .attach_type = LINK_PERF_EVENT};
    int fd;

    (void)end;
    event.config = (uint64_t)sites->semaphores[i] << 32; /* format/ref_ctr_offset of the event source: config:32-63 */
    event.config1 = (uintptr_t)sites->path;              /* uprobe_path */
    event.config2 = sites->offsets[i];                   /* probe_offset */
    /* the program of an event of all processes runs on every processor, whichever the event is said to be on */
    fd = syscall(__NR_perf_event_open, &event, pid != 0 ? pid : -1, pid != 0 ? -1 : 0, -1, PERF_FLAG_FD_CLOEXEC);
    if (add_fd(attach, fd) != 0)
        return -1;
    attr.target_fd = fd;
    attr.perf.bpf_cookie = sites->cookies[i];
    return add_fd(attach, link_create(&attr));
}

int attach_perf(attach_t *attach, int prog_fd, attach_sites_t *sites, pid_t pid)
{
    return attach_all(attach_event, 1, attach, prog_fd, sites, pid);
}

/* Where the kernel does not tell, links do not compare the process by a thread either (before 6.10). */
static int is_link_orphaned(int fd)
{
    struct link_info info = {0};

    return link_ask(fd, &info) == 0 && info.pid == 0;
}

static int is_event_orphaned(int fd)
{
    struct pollfd pfd = {.fd = fd};

    return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP) != 0;
}

int attach_is_orphaned(const attach_t *attach, int is_multi)
{
    for (size_t i = 0; i < attach->num_fds; i += is_multi ? 1 : ATTACH_FDS_PER_EVENT) {
        if (is_multi ? is_link_orphaned(attach->fds[i]) : is_event_orphaned(attach->fds[i]))
            return 1;
    }
    return 0;
}

int attach_undo_one(attach_t *attach)
{
    if (attach->num_fds == 0)
        return 0;
    close(attach->fds[--attach->num_fds]);
    return 1;
}

void attach_dispose(attach_t *attach)
{
    while (attach_undo_one(attach))
        ;
    free(attach->fds);
    *attach = (attach_t){0};
}
