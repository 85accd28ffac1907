/*
 * The system calls of a trace, from when it has attached to its end. What is not here fails with EPERM. That does not end the
 * tracer, as it could: a tracer that is killed while it detaches by perf events leaves breakpoints in its target, and another
 * version of the C library may make a call that it can do without. Who has taken over the process is no further with an error.
 *
 * No file can be read that is not open already, no memory be made executable, no process or socket be made, nothing be traced.
 *
 * A call that fails in this way: `dmesg | grep 'type=1326'` has its number, `scmp_sys_resolver NUMBER` its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "common/say.h"
#include "common/worker.h"
#include "rights/filter.h"

#define MAX_SECONDS 10

/* ---- the calls ---- */

/* whatever their arguments are */
static const int calls[] = {
    /* what is open */
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek), SCMP_SYS(ftruncate), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
    SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(lstat), SCMP_SYS(stat), SCMP_SYS(dup), SCMP_SYS(dup2),
    SCMP_SYS(dup3), SCMP_SYS(close),
    /* waiting */
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(futex), SCMP_SYS(restart_syscall),
    /* time: the calls of clocks that have no page of the kernel to look at */
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime), SCMP_SYS(alarm), SCMP_SYS(setitimer),
    /* signals */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(signalfd4),
    /* memory */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(getrandom),
    /* who we are */
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
    /* the end */
    SCMP_SYS(exit), SCMP_SYS(exit_group)};

/* a file in place of the one that is written */
static const int calls_of_files[] = {SCMP_SYS(access),    SCMP_SYS(faccessat),  SCMP_SYS(faccessat2), SCMP_SYS(fchmod),
                                     SCMP_SYS(fchown),    SCMP_SYS(getdents64), SCMP_SYS(rename),     SCMP_SYS(renameat),
                                     SCMP_SYS(renameat2), SCMP_SYS(unlink),     SCMP_SYS(unlinkat)};

/* where one argument decides: (its value & mask) == value */
typedef struct st_decided_t {
    int call;
    unsigned arg;
    uint64_t mask, value;
} decided_t;

static const decided_t decided[] = {
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS},           /* isatty() */
    {SCMP_SYS(ioctl), 1, 0xffff, _IOC(0, 0xff, 11, 0)}, /* PIDFD_GET_INFO, of any size: how the target has ended */
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFD},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFD},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFL},
    {SCMP_SYS(bpf), 0, UINT32_MAX, BPF_OBJ_GET_INFO_BY_FD},
};

static const decided_t decided_of_files[] = {
    {SCMP_SYS(openat), 2, O_ACCMODE, O_WRONLY},
    {SCMP_SYS(openat), 2, O_ACCMODE | O_DIRECTORY, O_RDONLY | O_DIRECTORY}, /* which others there are */
};

/* all elements of a map at once: none can be changed, and no map or program be opened by its number */
static const decided_t decided_of_maps[] = {{SCMP_SYS(bpf), 0, UINT32_MAX, BPF_MAP_LOOKUP_BATCH}};

static const decided_t decided_of_screens[] = {{SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCGWINSZ}};

/* ---- the filter ---- */

static int allow(scmp_filter_ctx filter, const int *list, size_t num)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < num; ++i)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, list[i], 0);
    return error;
}

static int allow_decided(scmp_filter_ctx filter, const decided_t *list, size_t num)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < num; ++i)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, list[i].call, 1,
                                 SCMP_CMP64(list[i].arg, SCMP_CMP_MASKED_EQ, list[i].mask, list[i].value));
    return error;
}

#define NUM_OF(list) (sizeof(list) / sizeof((list)[0]))

/* @return 0, or a negative errno */
static int fill(scmp_filter_ctx filter, unsigned more)
{
    int error = allow(filter, calls, NUM_OF(calls));

    if (error == 0)
        error = allow_decided(filter, decided, NUM_OF(decided));
    /* abort(); the worker makes it for who has started it */
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)getppid()));
    if (error == 0 && (more & FILTER_OPENS))
        error = allow(filter, calls_of_files, NUM_OF(calls_of_files));
    if (error == 0 && (more & FILTER_OPENS))
        error = allow_decided(filter, decided_of_files, NUM_OF(decided_of_files));
    if (error == 0 && (more & FILTER_READS_MAPS))
        error = allow_decided(filter, decided_of_maps, NUM_OF(decided_of_maps));
    if (error == 0 && (more & FILTER_SCREEN))
        error = allow_decided(filter, decided_of_screens, NUM_OF(decided_of_screens));
    return error;
}

/* What the kernel makes of a call without arguments; only the instructions that such filters have. */
static uint32_t play(const filter_t *filter, const struct seccomp_data *data)
{
    uint32_t a = 0;

    for (unsigned at = 0; at < filter->num; ++at) {
        const struct sock_filter *insn = filter->insns + at;
        int is_true = 0;
        switch (insn->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            if (insn->k > sizeof(*data) - sizeof(a))
                return SECCOMP_RET_KILL_PROCESS;
            memcpy(&a, (const char *)data + insn->k, sizeof(a));
            continue;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= insn->k;
            continue;
        case BPF_JMP | BPF_JA:
            at += insn->k;
            continue;
        case BPF_JMP | BPF_JEQ | BPF_K:
            is_true = a == insn->k;
            break;
        case BPF_JMP | BPF_JGT | BPF_K:
            is_true = a > insn->k;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            is_true = a >= insn->k;
            break;
        case BPF_RET | BPF_K:
            return insn->k;
        default:
            return SECCOMP_RET_KILL_PROCESS;
        }
        at += is_true ? insn->jt : insn->jf;
    }
    return SECCOMP_RET_KILL_PROCESS;
}

/* Whether it lets through what it was made of. When memory is short, libseccomp 2.5 may leave out calls, and tell nobody. */
static int is_whole(const filter_t *filter)
{
    struct seccomp_data data = {.arch = seccomp_arch_native()};

    for (size_t i = 0; i < NUM_OF(calls); ++i) {
        data.nr = calls[i];
        if (calls[i] >= 0 && play(filter, &data) != SECCOMP_RET_ALLOW) /* below 0: this machine has no such call */
            return 0;
    }
    return 1;
}

/* In a worker: libseccomp 2.5 crashes when memory is short, and it takes about a thousand pieces of it. */
static void make(FILE *answer, void *more)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

    if (filter == NULL || fill(filter, *(const unsigned *)more) != 0 || seccomp_export_bpf(filter, fileno(answer)) != 0)
        _exit(1);
    seccomp_release(filter);
}

int filter_make(filter_t *filter, unsigned more, reason_t *reason)
{
    filter->num = 0;
#ifndef __SANITIZE_ADDRESS__ /* which, at the end, looks for leaks in a process of its own that traces this one */
    worker_t worker;

    if (worker_start(&worker, MAX_SECONDS, MAX_SECONDS, make, &more) != 0)
        return reason_set(reason, "cannot start a process: %s", strerror(errno));
    size_t num = fread(filter->insns, sizeof(filter->insns[0]), FILTER_MAX_INSNS, worker.answer);
    filter->num = (unsigned short)num;
    if (worker_end(&worker) != WORKER_DONE || num == 0 || num == FILTER_MAX_INSNS || !is_whole(filter))
        return reason_set(reason, "cannot make a filter of system calls; memory may be short");
#else
    (void)make;
    (void)is_whole;
    (void)more;
    (void)reason;
#endif
    return 0;
}

void filter_load(const filter_t *filter)
{
    const struct sock_fprog program = {.len = filter->num, .filter = (struct sock_filter *)filter->insns};

    if (filter->num != 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program) != 0)
        tracer_say("the kernel takes no filter of system calls (%s): tracing goes on without", strerror(errno));
}
