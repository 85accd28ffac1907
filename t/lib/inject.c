/*
 * Runs a program in which system calls fail:
 *
 *     inject NAME FIRST LAST ERRNO PROGRAM ARGUMENT...
 *
 * Calls number FIRST to LAST (from 1) of NAME fail with ERRNO, such as ENOSPC, and do nothing; `close` closes, and fails then, as
 * it does when a disk was full. NAME is one of the table below, and stands for all calls that do the same. With 0 as FIRST none
 * fails, and at the end standard error says how many there are of each kind: "inject: 12 calls of write".
 *
 * Calls of the dynamic loader are left alone and not counted, and so is all that the program starts. The exit status, or the signal
 * that ends it, is the program's. Stdio is no different from anything else, since nothing has to be interposed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "how a call is made to fail is known for x86-64 only"
#endif

static const struct st_kind_t {
    const char *name;
    int is_done;     /* and fails nevertheless */
    long numbers[6]; /* ends with 0: read, which stands first where it is meant */
} kinds[] = {
    {"bpf", 0, {SYS_bpf}},
    {"chmod", 0, {SYS_chmod, SYS_fchmod, SYS_fchmodat}},
    {"close", 1, {SYS_close}},
    {"dup", 0, {SYS_dup, SYS_dup2, SYS_dup3}},
    {"epoll", 0, {SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_wait, SYS_epoll_pwait}},
    {"fork", 0, {SYS_fork, SYS_vfork, SYS_clone, SYS_clone3}},
    {"fsync", 0, {SYS_fsync, SYS_fdatasync}},
    {"getdents", 0, {SYS_getdents64}},
    {"ioctl", 0, {SYS_ioctl}},
    {"link", 0, {SYS_link, SYS_linkat}},
    {"lseek", 0, {SYS_lseek}},
    {"memfd", 0, {SYS_memfd_create}},
    {"memory", 0, {SYS_mmap, SYS_mremap}},
    {"mkdir", 0, {SYS_mkdir, SYS_mkdirat}},
    {"open", 0, {SYS_open, SYS_openat, SYS_openat2}},
    {"perf", 0, {SYS_perf_event_open}},
    {"pipe", 0, {SYS_pipe, SYS_pipe2}},
    {"read", 0, {SYS_read, SYS_pread64, SYS_readv}},
    {"rename", 0, {SYS_rename, SYS_renameat, SYS_renameat2}},
    {"signal", 0, {SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_signalfd4}},
    {"socket", 0, {SYS_socket, SYS_socketpair}},
    {"stat", 0, {SYS_stat, SYS_fstat, SYS_lstat, SYS_newfstatat, SYS_statx}},
    {"truncate", 0, {SYS_truncate, SYS_ftruncate}},
    {"unlink", 0, {SYS_unlink, SYS_unlinkat, SYS_rmdir}},
    {"write", 0, {SYS_write, SYS_pwrite64, SYS_writev}},
};

enum { NUM_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static unsigned long num_calls[NUM_KINDS];
static unsigned long loader, loader_end; /* addresses of the dynamic loader's file */

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    exit(125);
}

static int is_one_of(const struct st_kind_t *kind, long number)
{
    for (int i = 0; i < 6 && (i == 0 || kind->numbers[i] != 0); ++i) {
        if (kind->numbers[i] == number)
            return 1;
    }
    return 0;
}

/* What of the program is mapped when it begins: itself and its loader. */
static void find_loader(pid_t pid)
{
    char path[64], line[4600];
    unsigned long entry[2], start, end, inode, loader_inode = 0;
    FILE *fp;

    snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
    if ((fp = fopen(path, "re")) == NULL)
        die(path);
    while (fread(entry, sizeof(entry), 1, fp) == 1) {
        if (entry[0] == AT_BASE)
            loader = entry[1];
    }
    fclose(fp);
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    if ((fp = fopen(path, "re")) == NULL)
        die(path);
    while (fgets(line, sizeof(line), fp) != NULL) {
        if (sscanf(line, "%lx-%lx %*s %*s %*s %lu", &start, &end, &inode) != 3)
            continue;
        if (start == loader)
            loader_inode = inode;
        if (start >= loader && inode != 0 && inode == loader_inode)
            loader_end = end;
    }
    fclose(fp);
}

/* Before a call that fails, and after it. */
static void change_call(pid_t pid, int is_done, int is_after, int error)
{
    struct user_regs_struct regs;

    if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
        die("registers");
    if (is_after)
        regs.rax = (unsigned long long)-error;
    else if (!is_done)
        regs.orig_rax = -1ull; /* no call has this number */
    if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) != 0)
        die("registers");
}

static void count(long number)
{
    for (int i = 0; i < NUM_KINDS; ++i)
        num_calls[i] += is_one_of(kinds + i, number);
}

/* @return how the program ended, as of waitpid(2) */
static int watch(pid_t pid, const struct st_kind_t *kind, unsigned long first, unsigned long last, int error)
{
    const unsigned long *num = num_calls + (kind - kinds);
    int status, is_failing = 0;
    long sent = 0;

    while (ptrace(first != 0 && *num >= last && !is_failing ? PTRACE_CONT : PTRACE_SYSCALL, pid, NULL, sent) == 0 ||
           errno == ESRCH) {
        struct __ptrace_syscall_info info;
        if (waitpid(pid, &status, 0) == -1)
            die("waitpid");
        if (!WIFSTOPPED(status))
            return status;
        sent = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
        if (sent != 0)
            continue;
        if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
            die("system calls");
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY && (info.instruction_pointer < loader || info.instruction_pointer >= loader_end)) {
            count((long)info.entry.nr);
            is_failing = first != 0 && is_one_of(kind, (long)info.entry.nr) && *num >= first && *num <= last;
        }
        if (is_failing)
            change_call(pid, kind->is_done, info.op == PTRACE_SYSCALL_INFO_EXIT, error);
        is_failing &= info.op == PTRACE_SYSCALL_INFO_ENTRY;
    }
    die("it cannot go on");
}

static _Noreturn void end_as(int status)
{
    if (WIFSIGNALED(status)) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    exit(WEXITSTATUS(status));
}

static int error_of(const char *name)
{
    for (int error = 1; error < 200; ++error) {
        if (strerrorname_np(error) != NULL && strcmp(strerrorname_np(error), name) == 0)
            return error;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct st_kind_t *kind = kinds, *end = kinds + NUM_KINDS;
    int status, error = argc > 5 ? error_of(argv[4]) : 0;
    pid_t pid;

    while (argc > 5 && kind != end && strcmp(kind->name, argv[1]) != 0)
        ++kind;
    if (argc <= 5 || error == 0 || kind == end) {
        fprintf(stderr, "usage: inject NAME FIRST LAST ERRNO PROGRAM ARGUMENT...\n");
        return 125;
    }
    unsigned long first = strtoul(argv[2], NULL, 10), last = strtoul(argv[3], NULL, 10);
    if ((pid = fork()) == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            die("ptrace");
        execvp(argv[5], argv + 5);
        die(argv[5]);
    }
    if (pid == -1 || waitpid(pid, &status, 0) == -1)
        die("fork");
    if (!WIFSTOPPED(status))
        end_as(status);
    if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0)
        die("ptrace");
    find_loader(pid);
    status = watch(pid, kind, first, last, error);
    for (int i = 0; first == 0 && i < NUM_KINDS; ++i)
        fprintf(stderr, "inject: %lu calls of %s\n", num_calls[i], kinds[i].name);
    end_as(status);
}
