#ifndef RUNTIME_BPF_ATTACH_H
#define RUNTIME_BPF_ATTACH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* BPF_TRACE_UPROBE_MULTI of enum bpf_attach_type (linux/bpf.h of kernel 6.6; Debian 12's is older) */
#define ATTACH_UPROBE_MULTI 48

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

/** What holds the program at its sites: file descriptors; closing them detaches. */
typedef struct st_attach_t {
    int *fds;
    size_t num_fds;
    const int *stop_fd; /* when that is readable, attaching ends with EINTR; NULL: nothing ends it */
} attach_t;

/** The best way to attach that this kernel has, by its version. */
typedef enum en_attach_way_t {
    ATTACH_NONE, /* before 5.15, a BPF program does not get to know which uprobe fired */
    ATTACH_PERF, /* a perf event for every site */
    ATTACH_MULTI /* one uprobe_multi link for all sites, 6.6 and later */
} attach_way_t;
attach_way_t attach_best_way(void);
/** Whether the program may sleep, by this kernel's version: 6.0 and later. */
int attach_can_sleep(void);
/**
 * Attaches through one uprobe_multi link (kernel 6.6). Sites that the kernel refuses, as it does where somebody else has a uprobe
 * with another semaphore, are left out: their errors say why. Then the others need more links than one.
 * @return 0, also if all are left out; -1 with errno set if it is not a matter of sites. attach_dispose() is needed in any case
 */
int attach_multi(attach_t *attach, int prog_fd, attach_sites_t *sites, pid_t pid);
/** Attaches through a perf event for every site (kernel 5.15). @return as attach_multi() */
int attach_perf(attach_t *attach, int prog_fd, attach_sites_t *sites, pid_t pid);
/** Detaches from all sites. When it returns, no program runs any more. */
void attach_dispose(attach_t *attach);

#endif
