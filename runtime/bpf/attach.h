#ifndef RUNTIME_BPF_ATTACH_H
#define RUNTIME_BPF_ATTACH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** ENOTSUPP of the kernel's include/linux/errno.h, which lets it out: the instruction cannot have a breakpoint. */
#define ATTACH_ENOTSUPP 524

/** Where to attach: sites of one ELF file, by ascending offset. The arrays have `num` elements each. */
typedef struct st_attach_sites_t {
    const char *path; /* of the file */
    size_t num;
    uint64_t *offsets;    /* file offsets of the sites */
    uint64_t *semaphores; /* file offsets of their semaphores, 0: none */
    uint64_t *cookies;    /* what the program gets from bpf_get_attach_cookie() */
    int *errors;          /* in: 0; out: the errno of a site that the kernel refuses, 0 for one that is attached to */
} attach_sites_t;

/** What holds the program at its sites: file descriptors; closing them detaches. attach_perf() needs two for each site. */
#define ATTACH_FDS_PER_EVENT 2
typedef struct st_attach_t {
    int *fds;
    size_t num_fds;
    const int *stop_fd; /* when that is readable, attaching ends with EINTR; NULL: nothing ends it */
} attach_t;

/**
 * Attaches through one uprobe_multi link. Sites that the kernel refuses, as it does where somebody else has a uprobe
 * with another semaphore, are left out: their errors say why. Then the others need more links than one.
 * @param pid a process; 0: all
 * @return 0, also if all are left out; -1 with errno set if it is not a matter of sites. attach_dispose() is needed in any case
 */
int attach_multi(attach_t *attach, int prog_fd, attach_sites_t *sites, pid_t pid);
/** What a uprobe is among the kernel's sources of events; 0: it has none, says the file. */
#define ATTACH_EVENT_TYPE "/sys/bus/event_source/devices/uprobe/type"
unsigned attach_event_type(void);
/** Attaches through a perf event for every site, if the kernel has such events. The same otherwise. */
int attach_perf(attach_t *attach, int prog_fd, attach_sites_t *sites, pid_t pid);
/**
 * Whether something that was attached with a `pid` has nobody to fire it any more: the kernel goes by the main thread, and that is
 * another one since one of the process's other threads has executed a program.
 * @param is_multi by attach_multi(); else by attach_perf()
 */
int attach_is_orphaned(const attach_t *attach, int is_multi);
/** Closes one more of its file descriptors, as long as there is one. @return whether there was */
int attach_undo_one(attach_t *attach);
/** Detaches from all sites. When it returns, no program runs any more. */
void attach_dispose(attach_t *attach);

#endif
