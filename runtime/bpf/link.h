#ifndef RUNTIME_BPF_LINK_H
#define RUNTIME_BPF_LINK_H

/*
 * BPF_LINK_CREATE as the kernel takes it. Debian 12's linux/bpf.h is older than uprobe_multi links, and its libbpf does not know
 * them, so what is used of it is written down here.
 */

#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* of enum bpf_attach_type: BPF_PERF_EVENT (kernel 5.15), BPF_TRACE_UPROBE_MULTI (6.6) */
#define LINK_PERF_EVENT 41
#define LINK_UPROBE_MULTI 48

/** The members of union bpf_attr for BPF_LINK_CREATE that are used here. */
struct link_create {
    uint32_t prog_fd, target_fd, attach_type, flags;
    union {
        struct {
            uint64_t path, offsets, ref_ctr_offsets, cookies;
            uint32_t cnt, flags, pid;
        } multi;
        struct {
            uint64_t bpf_cookie;
        } perf;
    };
};

/** @return file descriptor, or -1 with errno set */
static inline int link_create(const struct link_create *attr)
{
    return (int)syscall(__NR_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));
}

/** What BPF_OBJ_GET_INFO_BY_FD says of a uprobe_multi link (kernel 6.8). */
struct link_info {
    uint32_t type, id, prog_id, pad;
    uint64_t path, offsets, ref_ctr_offsets, cookies;
    uint32_t path_size, count, flags, pid; /* the last: of the process that it compares, 0 if that has no such thread any more */
};

/** @return 0, or -1 with errno set */
static inline int link_ask(int fd, struct link_info *info)
{
    struct {
        uint32_t fd, size;
        uint64_t info;
    } attr = {(uint32_t)fd, sizeof(*info), (uintptr_t)info};

    return (int)syscall(__NR_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

#endif
