/*
 * What this kernel can do, found out by trying.
 *
 * A program of two instructions is loaded, and links of it are asked for that cannot be: to a folder, or to no file at all. Who
 * does not know such a link says EINVAL, as to anything unknown; who does looks at the file, and says EBADF. So nothing comes into
 * being. A program for uprobe_multi links says nothing of perf events, since new kernels do not mix them: that one is loaded when
 * it is needed.
 */
#include <errno.h>
#include <string.h>
#include "bpf/attach.h"
#include "bpf/kernel.h"
#include "bpf/link.h"
#include "bpf/refusal.h"

/* Loads a program that asks which uprobe fired: BPF_FUNC_get_attach_cookie, kernel 5.15. */
static int load(uint32_t attach_type, uint32_t flags)
{
    const struct bpf_insn insns[] = {{.code = BPF_JMP | BPF_CALL, .imm = 174}, {.code = BPF_JMP | BPF_EXIT}};
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.prog_type = BPF_PROG_TYPE_KPROBE;
    attr.insns = (uintptr_t)insns;
    attr.insn_cnt = sizeof(insns) / sizeof(insns[0]);
    attr.license = (uintptr_t) "GPL";
    attr.expected_attach_type = attach_type;
    attr.prog_flags = flags;
    return (int)syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* The errno of a link that cannot be; 0 if it can, against all expectation: it goes again. */
static int error_of_link(const struct link_create *attr)
{
    int fd = link_create(attr);

    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

/* A uprobe_multi link to a folder. */
static int error_of_multi(int prog_fd, uint32_t pid)
{
    const uint64_t offset = 0;
    struct link_create attr = {.prog_fd = prog_fd, .attach_type = LINK_UPROBE_MULTI};

    attr.multi.path = (uintptr_t) "/";
    attr.multi.offsets = (uintptr_t)&offset;
    attr.multi.cnt = 1;
    attr.multi.pid = pid;
    return error_of_link(&attr);
}

/* A link with a cookie to a perf event that is none. */
static int error_of_perf(int prog_fd)
{
    struct link_create attr = {.prog_fd = prog_fd, .target_fd = -1u, .attach_type = LINK_PERF_EVENT};

    attr.perf.bpf_cookie = 1;
    return error_of_link(&attr);
}

/* @return file descriptor of a program, or -1 with errno set; it sleeps if it may, and kernel->can_sleep says so */
static int load_sleepable(kernel_t *kernel, uint32_t attach_type, int as_old)
{
    int fd = as_old ? -1 : load(attach_type, BPF_F_SLEEPABLE);

    kernel->can_sleep = fd >= 0;
    return fd >= 0 ? fd : load(attach_type, 0);
}

/* @return whether there are such links */
static int ask_multi(kernel_t *kernel)
{
    int fd = load_sleepable(kernel, LINK_UPROBE_MULTI, 0);

    if (fd < 0)
        return 0;
    kernel->has_multi = error_of_multi(fd, 0) == EBADF;
    /* of processes there is none with a negative number; of threads the kernel did not mind, and went on to the file */
    kernel->has_pid_filter = kernel->has_multi && error_of_multi(fd, -1u) == EINVAL;
    close(fd);
    return kernel->has_multi;
}

static int refuse(int error, reason_t *reason)
{
    if (error == EINVAL)
        return reason_set(reason,
                          "this kernel is too old: its BPF programs are not told which uprobe fired (Linux 5.15 tells them, and "
                          "tracing works best from 6.6 on)");
    if (error == ENOSYS)
        return reason_set(reason, "this kernel has no BPF");
    return reason_set(reason, "the kernel refuses BPF programs at uprobes: %s%s", strerror(error), refusal_denied(error));
}

/* @return 0, or -1 with a reason */
static int ask_perf(kernel_t *kernel, int as_old, reason_t *reason)
{
    int fd = load_sleepable(kernel, 0, as_old), error = fd < 0 ? errno : error_of_perf(fd);

    if (fd >= 0)
        close(fd);
    if (error != EBADF)
        return refuse(error, reason);
    if (attach_event_type() == 0)
        return reason_set(reason, "this kernel has no uprobes: %s cannot be read", ATTACH_EVENT_TYPE);
    return 0;
}

int kernel_ask(kernel_t *kernel, int as_old, reason_t *reason)
{
    static kernel_t answer;
    static int has_answer;

    if (!has_answer) {
        answer = (kernel_t){0};
        if ((as_old || !ask_multi(&answer)) && ask_perf(&answer, as_old, reason) != 0)
            return -1;
        has_answer = 1;
    }
    *kernel = answer;
    return 0;
}
