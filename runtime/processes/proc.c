#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/ioctl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "processes/proc.h"
#include "usdt/target.h"

/* inode of the initial pid namespace: PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h */
#define INITIAL_PIDNS 0xeffffffcu

/* of linux/pidfd.h of Linux 6.13 (the ioctl) and 6.15 (what it tells of the end): struct pidfd_info as it was first */
struct pidfd_info_first {
    uint64_t mask, cgroup;
    uint32_t pids[3], ids[8];
    int32_t exit_code;
};
#define GET_PIDFD_INFO _IOWR(0xff, 11, struct pidfd_info_first)
#define PIDFD_INFO_HAS_END (1u << 3)
/* for who has started a process to wait for it */
#define MAX_WAIT_MS 100

static FILE *open_proc(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

/* ---- which there are ---- */

/* The entries of a folder that are numbers. */
static void each_number(const char *path, proc_pid_fn *fn, void *data)
{
    const struct dirent *entry;
    DIR *dir = opendir(path);

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int pid = atoi(entry->d_name);
        if (pid > 0)
            fn(data, pid);
    }
    if (dir != NULL)
        closedir(dir);
}

void proc_each(proc_pid_fn *fn, void *data)
{
    each_number("/proc", fn, data);
}

/* Whose children are wanted, and what is done with them. */
typedef struct st_children_t {
    pid_t parent;
    int is_told; /* the kernel has lists of children */
    proc_pid_fn *fn;
    void *data;
} children_t;

static void each_child_of_thread(void *data, pid_t tid)
{
    children_t *children = data;
    char path[64];
    int child;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)children->parent, (int)tid);
    FILE *fp = fopen(path, "re");
    if (fp == NULL)
        return;
    children->is_told = 1;
    while (fscanf(fp, "%d", &child) == 1)
        children->fn(children->data, child);
    fclose(fp);
}

static void call_if_child(void *data, pid_t pid)
{
    const children_t *children = data;
    FILE *fp = open_proc(pid, "status");
    char line[256];
    int parent = 0;

    while (fp != NULL && parent == 0 && fgets(line, sizeof(line), fp) != NULL)
        sscanf(line, "PPid: %d", &parent);
    if (fp != NULL)
        fclose(fp);
    if (parent == children->parent)
        children->fn(children->data, pid);
}

void proc_each_child(pid_t pid, proc_pid_fn *fn, void *data)
{
    children_t children = {.parent = pid, .fn = fn, .data = data};
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    each_number(path, each_child_of_thread, &children);
    if (!children.is_told) /* a kernel without CONFIG_PROC_CHILDREN */
        proc_each(call_if_child, &children);
}

/* ---- what one is ---- */

void proc_name(pid_t pid, char name[PROC_NAME_SIZE])
{
    char path[64], program[PATH_MAX];

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)target_view(pid));
    ssize_t len = readlink(path, program, sizeof(program) - 1);
    if (len > 0) {
        program[len] = '\0';
        const char *from = len < PROC_NAME_SIZE ? program : program + len - PROC_NAME_SIZE + 1;
        memcpy(name, from, strlen(from) + 1);
        return;
    }
    FILE *fp = open_proc(pid, "comm");
    if (fp == NULL || fgets(name, PROC_NAME_SIZE, fp) == NULL)
        strcpy(name, "?");
    name[strcspn(name, "\n")] = '\0';
    if (fp != NULL)
        fclose(fp);
}

static int program_of(pid_t view, struct stat *st)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)view);
    return stat(path, st);
}

int proc_program(pid_t pid, struct stat *st)
{
    return program_of(target_view(pid), st);
}

int proc_code_open(pid_t pid)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/status", (int)target_view(pid));
    return open(path, O_RDONLY | O_CLOEXEC);
}

int proc_code(int fd, uint64_t *program, uint64_t *libraries)
{
    char text[4096];
    ssize_t len = lseek(fd, 0, SEEK_SET) == 0 ? read(fd, text, sizeof(text) - 1) : -1;

    text[len > 0 ? len : 0] = '\0';
    const char *exe = strstr(text, "\nVmExe:"), *lib = strstr(text, "\nVmLib:");
    return exe != NULL && lib != NULL && sscanf(exe, " VmExe: %" SCNu64, program) == 1 &&
                   sscanf(lib, " VmLib: %" SCNu64, libraries) == 1
               ? 0
               : -1;
}

uint64_t proc_uprobe_code(FILE *maps)
{
    char line[512];
    uint64_t size = 0, begin, end;

    rewind(maps);
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (strstr(line, " [uprobes") != NULL && sscanf(line, "%" SCNx64 "-%" SCNx64, &begin, &end) == 2)
            size += (end - begin) / 1024;
    }
    return size;
}

uint64_t proc_signature(pid_t pid)
{
    uint64_t program = 0, libraries = 0;
    pid_t view = target_view(pid);
    int fd = view != 0 ? proc_code_open(pid) : -1, failed;
    struct stat st;

    if (fd == -1)
        return 0;
    failed = proc_code(fd, &program, &libraries) != 0 || program_of(view, &st) != 0;
    close(fd);
    if (failed)
        return 0;
    /* whatever mixes them well: a product with an odd number loses nothing */
    return 1 | (((st.st_ino * 0x9e3779b97f4a7c15 + st.st_dev) * 0x9e3779b97f4a7c15 + program) * 0x9e3779b97f4a7c15 + libraries)
                   << 1;
}

/* ---- its end ---- */

/* Whoever may not look at a process reads a status of 0, however it ended. */
static int is_hidden(pid_t pid)
{
    char path[64], link[1];

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    return readlink(path, link, sizeof(link)) == -1 && (errno == EACCES || errno == EPERM);
}

/* Of one that its parent has not waited for, if we may look at it. */
static int end_of_zombie(pid_t pid, int *status)
{
    FILE *fp = open_proc(pid, "stat");
    char line[2048], *p;
    int num = 0;

    if (fp == NULL)
        return -1;
    p = fgets(line, sizeof(line), fp) != NULL ? strrchr(line, ')') : NULL; /* before that is a name with anything in it */
    fclose(fp);
    if (p == NULL || (p[2] != 'Z' && p[2] != 'X') || is_hidden(pid))
        return -1;
    /* the state is field 3, the status field 52, the last one */
    for (num = 2; p != NULL && num != 52; ++num)
        p = strchr(p + 1, ' ');
    return p != NULL && sscanf(p, "%d", status) == 1 ? 0 : -1;
}

/* @return 0: *status has it; 1: not yet; -1: the kernel does not tell */
static int ask_end(int pidfd, int *status)
{
    struct pidfd_info_first info = {.mask = PIDFD_INFO_HAS_END};

    if (ioctl(pidfd, GET_PIDFD_INFO, &info) != 0)
        return -1;
    if (!(info.mask & PIDFD_INFO_HAS_END))
        return 1;
    *status = info.exit_code;
    return 0;
}

int proc_end(pid_t pid, int pidfd, int *status)
{
    struct pollfd waited_for = {.fd = pidfd}; /* POLLHUP */
    int is_zombie = end_of_zombie(pid, status) == 0;

    /* if somebody has waited for it by now, that may have been another one of this number, and the kernel tells how ours ended. A
     * zombie of another user is not for us: that is known as soon as it is none any more */
    int result = ask_end(pidfd, status);
    if (result == 1 && !is_zombie) {
        poll(&waited_for, 1, MAX_WAIT_MS);
        result = ask_end(pidfd, status);
    }
    return result == 0 || is_zombie ? 0 : -1;
}

void proc_own_namespace(uint64_t *dev, uint64_t *ino)
{
    struct stat st;

    *dev = *ino = 0;
    if (stat("/proc/self/ns/pid", &st) != 0 || st.st_ino == INITIAL_PIDNS)
        return;
    *dev = st.st_dev;
    *ino = st.st_ino;
}
