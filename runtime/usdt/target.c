#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "usdt/target.h"

/*
 * All of it comes from /proc, see proc(5). A process can end, and its pid can be given to another one, between any two reads; the
 * pidfd is taken first and asked last, so that what was read in between is known to be of one process.
 */

#define KERNEL_THREAD 0x00200000 /* PF_KTHREAD of the kernel's include/linux/sched.h, in the flags of /proc/PID/stat */

/* One line of /proc/PID/maps. */
typedef struct st_mapping_t {
    uint64_t start, end, offset, inode;
    unsigned major, minor;
    int is_executable;
    char *name;
} mapping_t;

/* A file that is mapped, before it is known whether any of its mappings is executable. */
typedef struct st_candidate_t {
    module_t module;
    uint64_t end, inode; /* of the first mapping; of the file */
    unsigned major, minor;
    int is_executable;
} candidate_t;

typedef struct st_candidates_t {
    candidate_t *list;
    size_t num, capacity;
} candidates_t;

/* What /proc/PID/exe leads to. */
typedef struct st_program_t {
    uint64_t inode;
    char name[PATH_MAX];
} program_t;

/* ---- what the process is ---- */

static FILE *open_proc(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

/* State and flags; the name in between may contain anything. Returns -1 with errno. */
static int read_stat(pid_t pid, char *state, unsigned *flags)
{
    char line[1024], *p;
    FILE *fp = open_proc(pid, "stat");
    size_t len;
    int ret = -1;

    if (fp == NULL)
        return -1;
    len = fread(line, 1, sizeof(line) - 1, fp);
    line[len] = '\0';
    if ((p = strrchr(line, ')')) != NULL && sscanf(p + 1, " %c %*d %*d %*d %*d %*d %u", state, flags) == 2) {
        ret = 0;
    } else {
        errno = ESRCH; /* it ended while it was read */
    }
    fclose(fp);
    return ret;
}

/* The process that a thread belongs to, or -1. */
static pid_t read_tgid(pid_t pid)
{
    char line[256];
    FILE *fp = open_proc(pid, "status");
    int tgid = -1;

    if (fp == NULL)
        return -1;
    while (fgets(line, sizeof(line), fp) != NULL && sscanf(line, "Tgid: %d", &tgid) != 1)
        ;
    fclose(fp);
    return tgid;
}

static int check_process(pid_t pid, char *err, size_t err_size)
{
    char state;
    unsigned flags;
    pid_t tgid;

    if (read_stat(pid, &state, &flags) != 0) {
        if (errno == ENOENT || errno == ESRCH) {
            snprintf(err, err_size, "no such process: %d", (int)pid);
        } else {
            snprintf(err, err_size, "cannot look at process %d: %s", (int)pid, strerror(errno));
        }
        return -1;
    }
    if ((tgid = read_tgid(pid)) != pid && tgid != -1) {
        snprintf(err, err_size, "%d is a thread of process %d", (int)pid, (int)tgid);
        return -1;
    }
    if (flags & KERNEL_THREAD) {
        snprintf(err, err_size, "process %d is a kernel thread", (int)pid);
        return -1;
    }
    if (state == 'Z' || state == 'X') {
        snprintf(err, err_size, "process %d has ended (it is a zombie)", (int)pid);
        return -1;
    }
    return 0;
}

static int open_pidfd(pid_t pid, char *err, size_t err_size)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd == -1)
        snprintf(err, err_size, "cannot watch process %d: %s", (int)pid, strerror(errno));
    return fd;
}

static int has_ended(int pidfd)
{
    struct pollfd pfd = {.fd = pidfd, .events = POLLIN};

    return poll(&pfd, 1, 0) != 0;
}

/* ---- what it has mapped ---- */

/* /proc/PID/maps writes a newline in a name as \012 and nothing else in such a way. */
static void unescape(char *name)
{
    char *to = name;

    for (const char *from = name; *from != '\0'; ++to) {
        if (strncmp(from, "\\012", 4) == 0) {
            *to = '\n';
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* Returns 0 for what is no mapping of a file. `name` points into the line. */
static int parse_mapping(char *line, mapping_t *mapping)
{
    char perms[5];
    int name_at = 0;

    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &mapping->start, &mapping->end, perms,
               &mapping->offset, &mapping->major, &mapping->minor, &mapping->inode, &name_at) < 7 ||
        name_at == 0 || mapping->inode == 0 || line[name_at] != '/')
        return 0;
    mapping->is_executable = strchr(perms, 'x') != NULL;
    mapping->name = line + name_at;
    unescape(mapping->name);
    return 1;
}

static candidate_t *find_candidate(const candidates_t *candidates, const mapping_t *mapping)
{
    /* the mappings of a file follow each other, so the last is the most likely */
    for (size_t i = candidates->num; i-- != 0;) {
        candidate_t *candidate = &candidates->list[i];
        if (candidate->inode == mapping->inode && candidate->major == mapping->major && candidate->minor == mapping->minor)
            return candidate;
    }
    return NULL;
}

static int add_mapping(candidates_t *candidates, const mapping_t *mapping)
{
    candidate_t *candidate = find_candidate(candidates, mapping);

    if (candidate == NULL) {
        if (candidates->num == candidates->capacity) {
            size_t capacity = candidates->capacity != 0 ? candidates->capacity * 2 : 32;
            candidate_t *list = reallocarray(candidates->list, capacity, sizeof(list[0]));
            if (list == NULL)
                return -1;
            candidates->list = list;
            candidates->capacity = capacity;
        }
        candidate = &candidates->list[candidates->num];
        *candidate = (candidate_t){.end = mapping->end, .inode = mapping->inode, .major = mapping->major, .minor = mapping->minor};
        candidate->module.start = mapping->start;
        candidate->module.offset = mapping->offset;
        if ((candidate->module.name = strdup(mapping->name)) == NULL)
            return -1;
        ++candidates->num;
    }
    candidate->is_executable |= mapping->is_executable;
    return 0;
}

static int read_mappings(pid_t pid, candidates_t *candidates, char *err, size_t err_size)
{
    FILE *fp = open_proc(pid, "maps");
    char *line = NULL;
    size_t line_size = 0;
    int ret = -1;

    if (fp == NULL)
        goto Error;
    errno = 0;
    while (getline(&line, &line_size, fp) != -1) {
        mapping_t mapping;
        if (parse_mapping(line, &mapping) && add_mapping(candidates, &mapping) != 0) {
            errno = ENOMEM;
            goto Error;
        }
        errno = 0;
    }
    if (ferror(fp))
        goto Error;
    ret = 0;
    goto Exit;

Error:
    snprintf(err, err_size, "cannot read the memory map of process %d: %s", (int)pid, strerror(errno));
Exit:
    free(line);
    if (fp != NULL)
        fclose(fp);
    return ret;
}

/* ---- the files behind it ---- */

/* Can the path be opened for reading, and is it a regular file, of that inode (0: of any)? The device is not compared: on btrfs and
 * overlayfs the one in /proc/PID/maps is not the one of stat(). */
static int is_file(const char *path, uint64_t inode)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret;

    if (fd == -1)
        return 0;
    ret = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (inode == 0 || st.st_ino == inode);
    close(fd);
    return ret;
}

/* The inode alone is not enough: files of other devices can have the same. */
static int is_program(const candidate_t *candidate, const program_t *program)
{
    return candidate->inode == program->inode && strcmp(candidate->module.name, program->name) == 0;
}

/* Sets module.path: to map_files, which needs CAP_CHECKPOINT_RESTORE (or CAP_SYS_ADMIN); else to the path as the target sees it, if
 * the same file is still there. Sets *usable to 0 for what is no regular file. */
static int find_path(pid_t pid, candidate_t *candidate, const program_t *program, int *usable)
{
    char *map_file = NULL, *by_name = NULL, *exe = NULL;
    struct stat st;
    int ret = -1;

    *usable = 1;
    if (asprintf(&map_file, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, (int)pid, candidate->module.start, candidate->end) == -1) {
        map_file = NULL;
        goto Exit;
    }
    if (asprintf(&by_name, "/proc/%d/root%s", (int)pid, candidate->module.name) == -1) {
        by_name = NULL;
        goto Exit;
    }
    if (asprintf(&exe, "/proc/%d/exe", (int)pid) == -1) {
        exe = NULL;
        goto Exit;
    }
    ret = 0;
    if (is_file(map_file, 0)) {
        candidate->module.path = map_file;
        map_file = NULL;
    } else if (is_program(candidate, program) && is_file(exe, candidate->inode)) {
        candidate->module.path = exe;
        exe = NULL;
    } else if (is_file(by_name, candidate->inode)) {
        candidate->module.path = by_name;
        by_name = NULL;
    } else if (stat(map_file, &st) == 0 && !S_ISREG(st.st_mode)) {
        *usable = 0;
    } else {
        /* it is listed all the same: whoever opens it reports why it cannot be */
        candidate->module.path = map_file;
        map_file = NULL;
    }

Exit:
    free(map_file);
    free(by_name);
    free(exe);
    return ret;
}

/* Moves what is executable from the candidates to the target; the program itself comes first. */
static int take_modules(target_t *target, candidates_t *candidates, const program_t *program, char *err, size_t err_size)
{
    if ((target->modules = calloc(candidates->num + 1, sizeof(target->modules[0]))) == NULL)
        goto NoMemory;
    for (size_t i = 0; i < candidates->num; ++i) {
        candidate_t *candidate = &candidates->list[i];
        size_t to = target->num_modules;
        int usable;
        if (!candidate->is_executable)
            continue;
        if (find_path(target->pid, candidate, program, &usable) != 0)
            goto NoMemory;
        if (!usable)
            continue;
        if (is_program(candidate, program)) {
            memmove(target->modules + 1, target->modules, target->num_modules * sizeof(target->modules[0]));
            to = 0;
        }
        target->modules[to] = candidate->module;
        candidate->module = (module_t){.path = NULL};
        ++target->num_modules;
    }
    return 0;

NoMemory:
    snprintf(err, err_size, "out of memory");
    return -1;
}

/* Refuses programs whose registers and pointers are not 64 bits wide. */
static int check_program(pid_t pid, program_t *program, char *err, size_t err_size)
{
    unsigned char ident[EI_NIDENT];
    char path[64];
    struct stat st;
    ssize_t name_len;
    int fd, ret = -1;

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 || fstat(fd, &st) != 0 ||
        pread(fd, ident, sizeof(ident), 0) != (ssize_t)sizeof(ident) ||
        (name_len = readlink(path, program->name, sizeof(program->name) - 1)) == -1) {
        snprintf(err, err_size, "cannot open the program of process %d: %s", (int)pid, strerror(errno));
        goto Exit;
    }
    if (memcmp(ident, ELFMAG, SELFMAG) == 0 && ident[EI_CLASS] == ELFCLASS32) {
        snprintf(err, err_size, "process %d is a 32-bit program", (int)pid);
        goto Exit;
    }
    program->inode = st.st_ino;
    program->name[name_len] = '\0';
    ret = 0;

Exit:
    if (fd != -1)
        close(fd);
    return ret;
}

/* ---- public ---- */

int target_open(target_t *target, pid_t pid, char *err, size_t err_size)
{
    candidates_t candidates = {.num = 0};
    program_t program;
    int ret = -1;

    *target = (target_t){.pid = pid, .pidfd = -1};
    if (pid <= 0) {
        snprintf(err, err_size, "no such process: %d", (int)pid);
        goto Exit;
    }
    if (check_process(pid, err, err_size) != 0 || (target->pidfd = open_pidfd(pid, err, err_size)) == -1 ||
        check_process(pid, err, err_size) != 0)
        goto Exit;
    if (check_program(pid, &program, err, err_size) != 0 || read_mappings(pid, &candidates, err, err_size) != 0 ||
        take_modules(target, &candidates, &program, err, err_size) != 0)
        goto Exit;
    if (has_ended(target->pidfd)) {
        snprintf(err, err_size, "process %d has ended", (int)pid);
        goto Exit;
    }
    if (target->num_modules == 0) {
        snprintf(err, err_size, "process %d executes no file", (int)pid);
        goto Exit;
    }
    ret = 0;

Exit:
    for (size_t i = 0; i < candidates.num; ++i)
        free(candidates.list[i].module.name);
    free(candidates.list);
    if (ret != 0)
        target_close(target);
    return ret;
}

void target_close(target_t *target)
{
    for (size_t i = 0; i < target->num_modules; ++i) {
        free(target->modules[i].name);
        free(target->modules[i].path);
    }
    free(target->modules);
    if (target->pidfd != -1)
        close(target->pidfd);
    *target = (target_t){.pidfd = -1};
}
