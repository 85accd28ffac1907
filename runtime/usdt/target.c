/*
 * A process: what it is, and which files it executes code from. All of it comes from /proc, see proc(5), in three steps: what the
 * process is (check_process(), check_program()), the mapped files, each once (read_mappings()), and for those with executable code
 * a path that opens them (take_modules()).
 *
 * Which process. It can end, and its pid can be given to another one, between any two reads. So the pidfd is opened first and
 * polled last: if the process has not ended by then, all that was read in between is of this one process.
 *
 * Which file. A name in /proc/PID/maps is not enough: the file may have been replaced or deleted since, or the target may be in
 * another mount namespace, where the name leads elsewhere. /proc/PID/map_files/A-B opens the mapped file itself, but not without
 * privileges; the other paths are taken only if they lead to a file with the inode of the mapping.
 */
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
#include "common/grow.h"
#include "common/regular.h"
#include "usdt/target.h"

/* A file that is mapped, or one line of /proc/PID/maps: what is known of it before all its mappings are. */
typedef struct st_candidate_t {
    module_t module;     /* of the first mapping */
    uint64_t end, inode; /* of the first mapping; of the file */
    unsigned major, minor;
    int is_executable; /* a mapping is */
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

    snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    return fopen(path, "re");
}

static int check_process(pid_t pid, reason_t *reason)
{
    char line[256], state = '\0';
    FILE *fp = open_proc(pid, "status");
    int tgid = pid, has_memory = 0;

    if (fp == NULL && errno != ENOENT && errno != ESRCH)
        return reason_set(reason, "cannot look at process %d: %s", pid, strerror(errno));
    while (fp != NULL && fgets(line, sizeof(line), fp) != NULL) {
        sscanf(line, "State: %c", &state);
        sscanf(line, "Tgid: %d", &tgid);
        has_memory |= strncmp(line, "VmSize:", 7) == 0;
    }
    if (fp != NULL)
        fclose(fp);
    if (state == '\0')
        return reason_set(reason, "no such process: %d", pid);
    if (tgid != pid)
        return reason_set(reason, "%d is a thread of process %d", pid, tgid);
    if (state == 'Z' || state == 'X')
        return reason_set(reason, "process %d has ended (it is a zombie)", pid);
    if (!has_memory)
        return reason_set(reason, "process %d is a kernel thread", pid);
    return 0;
}

static int has_ended(int pidfd)
{
    struct pollfd pfd = {.fd = pidfd, .events = POLLIN};

    return poll(&pfd, 1, 0) != 0;
}

/* ---- what it has mapped ---- */

/* /proc/PID/maps writes a newline in a name as \012; it escapes nothing else. */
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

/* Fails for what is no mapping of a file. The name points into the line. */
static int parse_mapping(char *line, candidate_t *mapping)
{
    module_t *module = &mapping->module;
    char perms[5];
    int name_at = 0;

    *mapping = (candidate_t){.module.path = NULL};
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &module->start, &mapping->end, perms,
               &module->offset, &mapping->major, &mapping->minor, &mapping->inode, &name_at) < 7 ||
        name_at == 0 || mapping->inode == 0 || line[name_at] != '/')
        return -1;
    mapping->is_executable = strchr(perms, 'x') != NULL;
    module->name = line + name_at;
    unescape(module->name);
    return 0;
}

static int add_mapping(candidates_t *candidates, const candidate_t *mapping)
{
    /* the mappings of a file follow each other, so the last is the most likely */
    for (size_t i = candidates->num; i-- != 0;) {
        candidate_t *known = candidates->list + i;
        if (known->inode == mapping->inode && known->major == mapping->major && known->minor == mapping->minor) {
            known->is_executable |= mapping->is_executable;
            return 0;
        }
    }
    candidate_t *list = grow_list(candidates->list, &candidates->capacity, candidates->num, sizeof(*list));
    if (list == NULL)
        return -1;
    candidates->list = list;
    list[candidates->num] = *mapping;
    if ((list[candidates->num].module.name = strdup(mapping->module.name)) == NULL)
        return -1;
    ++candidates->num;
    return 0;
}

static int read_mappings(pid_t pid, candidates_t *candidates, reason_t *reason)
{
    FILE *fp = open_proc(pid, "maps");
    char *line = NULL;
    size_t line_size = 0;
    int failed = fp == NULL;

    while (!failed && getline(&line, &line_size, fp) != -1) {
        candidate_t mapping;
        failed = parse_mapping(line, &mapping) == 0 && add_mapping(candidates, &mapping) != 0;
    }
    if (failed || ferror(fp)) {
        failed = 1;
        reason_set(reason, "cannot read the memory map of process %d: %s", pid, strerror(errno));
    }
    free(line);
    if (fp != NULL)
        fclose(fp);
    return failed ? -1 : 0;
}

/* ---- the files that are mapped ---- */

/* Whether the path opens a regular file with that inode (0: with any). The device is not compared: on btrfs and overlayfs the one
 * in /proc/PID/maps is not the one of stat(). */
static int is_file(const char *path, uint64_t inode)
{
    struct stat st;
    int fd = regular_open(-1, path), ret;

    if (fd == -1)
        return 0;
    ret = fstat(fd, &st) == 0 && (inode == 0 || st.st_ino == inode);
    close(fd);
    return ret;
}

/* The inode alone is not enough: files of other devices can have the same. */
static int is_program(const candidate_t *candidate, const program_t *program)
{
    return candidate->inode == program->inode && strcmp(candidate->module.name, program->name) == 0;
}

/* Sets module.path: to map_files, which needs CAP_CHECKPOINT_RESTORE (or CAP_SYS_ADMIN); else to a path of the same file, if there
 * is one. It stays NULL for what is no regular file. */
static int find_path(pid_t pid, candidate_t *candidate, const program_t *program)
{
    const char *name = candidate->module.name;
    char map_file[128], exe[64], by_name[sizeof("/proc/2147483647/root") + strlen(name)], *found;
    struct stat st;

    snprintf(map_file, sizeof(map_file), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, candidate->module.start, candidate->end);
    snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
    snprintf(by_name, sizeof(by_name), "/proc/%d/root%s", pid, name);
    if (is_file(map_file, 0))
        found = map_file;
    else if (is_program(candidate, program) && is_file(exe, candidate->inode))
        found = exe;
    else if (is_file(by_name, candidate->inode))
        found = by_name;
    else if (stat(map_file, &st) == 0 && !S_ISREG(st.st_mode))
        return 0;
    else
        found = map_file; /* it is listed all the same: whoever opens it will report why that fails */
    return (candidate->module.path = strdup(found)) != NULL ? 0 : -1;
}

/* Moves what is executable from the candidates to the target; the program itself comes first. */
static int take_modules(target_t *target, candidates_t *candidates, const program_t *program, reason_t *reason)
{
    if ((target->modules = calloc(candidates->num + 1, sizeof(*target->modules))) == NULL)
        return reason_set(reason, "out of memory");
    for (size_t i = 0; i < candidates->num; ++i) {
        candidate_t *candidate = candidates->list + i;
        size_t to = target->num_modules;
        if (!candidate->is_executable)
            continue;
        if (find_path(target->pid, candidate, program) != 0)
            return reason_set(reason, "out of memory");
        if (candidate->module.path == NULL)
            continue;
        if (is_program(candidate, program)) {
            memmove(target->modules + 1, target->modules, target->num_modules * sizeof(*target->modules));
            to = 0;
        }
        target->modules[to] = candidate->module;
        candidate->module = (module_t){0};
        ++target->num_modules;
    }
    return 0;
}

/* Refuses programs whose registers and pointers are not 64 bits wide. */
static int check_program(pid_t pid, program_t *program, reason_t *reason)
{
    unsigned char ident[EI_NIDENT];
    char path[64];
    struct stat st;
    ssize_t name_len;
    int fd, failed;

    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    failed = (fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 || fstat(fd, &st) != 0 ||
             pread(fd, ident, sizeof(ident), 0) != (ssize_t)sizeof(ident) ||
             (name_len = readlink(path, program->name, sizeof(program->name) - 1)) == -1;
    if (failed)
        reason_set(reason, "cannot open the program of process %d: %s", pid, strerror(errno));
    if (fd != -1)
        close(fd);
    if (failed)
        return -1;
    if (memcmp(ident, ELFMAG, SELFMAG) == 0 && ident[EI_CLASS] == ELFCLASS32)
        return reason_set(reason, "process %d is a 32-bit program", pid);
    program->inode = st.st_ino;
    program->name[name_len] = '\0';
    return 0;
}

/* ---- public ---- */

static int look_at(target_t *target, candidates_t *candidates, reason_t *reason)
{
    program_t program;
    pid_t pid = target->pid;

    if (pid <= 0)
        return reason_set(reason, "no such process: %d", pid);
    target->pidfd = syscall(SYS_pidfd_open, pid, 0);
    int error = errno;
    if (check_process(pid, reason) != 0)
        return -1;
    if (target->pidfd == -1)
        return reason_set(reason, "cannot watch process %d: %s", pid, strerror(error));
    if (check_program(pid, &program, reason) != 0 || read_mappings(pid, candidates, reason) != 0 ||
        take_modules(target, candidates, &program, reason) != 0)
        return -1;
    if (has_ended(target->pidfd))
        return reason_set(reason, "process %d has ended", pid);
    if (target->num_modules == 0)
        return reason_set(reason, "process %d executes no file", pid);
    return 0;
}

int target_open(target_t *target, pid_t pid, reason_t *reason)
{
    candidates_t candidates = {0};
    int ret;

    *target = (target_t){.pid = pid, .pidfd = -1};
    ret = look_at(target, &candidates, reason);
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
