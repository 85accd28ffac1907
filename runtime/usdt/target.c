/*
 * A process: what it is, and which files it executes code from. All of it comes from /proc, see proc(5), in three steps: what the
 * process is (find_view(), check_program()), the mapped files, each once (read_mappings()), of which those with executable
 * code are opened (take_modules()).
 *
 * Which process. It can end, and its pid can be given to another one, between any two reads. So the pidfd is opened first and
 * polled last: if the process has not ended by then, all that was read in between is of this one process. Its main thread can end
 * before others do, which go on with the memory map that it has not any more: so /proc is asked by one of those (find_view()).
 *
 * Which file. A name in /proc/PID/maps is not enough: the file may have been replaced or deleted since, or the target may be in
 * another mount namespace, where the name leads elsewhere. /proc/PID/map_files/A-B opens the mapped file itself, but not without
 * privileges; the other paths are taken only if they lead to a file with the inode of the mapping. All of these paths are the
 * target's to change: what it maps there in the next moment is another file. So each file is opened once, and what is read of it,
 * and what the kernel puts uprobes into, is what that descriptor holds.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "common/grow.h"
#include "common/regular.h"
#include "usdt/target.h"

/* One line of /proc/PID/maps: a mapping of a file. */
typedef struct st_candidate_t {
    module_t module;
    uint64_t end;      /* of the mapping */
    int is_executable; /* of a file: a mapping of it is */
} candidate_t;

typedef struct st_candidates_t {
    candidate_t *list;
    size_t num, capacity;
} candidates_t;

/* Which files are opened. */
typedef struct st_wish_t {
    target_skip_fn *skip; /* NULL: all of them */
    void *data;
} wish_t;

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

/* What /proc/ID/status says of a process or thread. */
typedef struct st_status_t {
    char state; /* '\0': there is no such thing */
    int tgid, has_memory;
} status_t;

/* @return 0, or -1 with errno set */
static int read_status(pid_t id, status_t *status)
{
    char line[256];
    FILE *fp = open_proc(id, "status");

    *status = (status_t){.tgid = id};
    if (fp == NULL)
        return errno == ENOENT || errno == ESRCH ? 0 : -1;
    while (fgets(line, sizeof(line), fp) != NULL) {
        sscanf(line, "State: %c", &status->state);
        sscanf(line, "Tgid: %d", &status->tgid);
        status->has_memory |= strncmp(line, "VmSize:", 7) == 0;
    }
    fclose(fp);
    return 0;
}

/* A thread that has the memory map of the process; 0: none has it. */
static pid_t find_thread_with_memory(pid_t pid)
{
    char path[64];
    pid_t found = 0;
    const struct dirent *entry;
    status_t status;

    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    while (dir != NULL && found == 0 && (entry = readdir(dir)) != NULL) {
        pid_t tid = atoi(entry->d_name);
        if (tid > 0 && read_status(tid, &status) == 0 && status.has_memory)
            found = tid;
    }
    if (dir != NULL)
        closedir(dir);
    return found;
}

/* What the process is, and through which of its threads it can be looked at. */
static int find_view(pid_t pid, pid_t *view, reason_t *reason)
{
    status_t status;

    if (read_status(pid, &status) != 0)
        return reason_set(reason, "cannot look at process %d: %s", pid, strerror(errno));
    if (status.state == '\0')
        return reason_set(reason, "no such process: %d", pid);
    if (status.tgid != pid)
        return reason_set(reason, "%d is a thread of process %d", pid, status.tgid);
    if ((*view = status.has_memory ? pid : find_thread_with_memory(pid)) != 0)
        return 0;
    if (status.state == 'Z' || status.state == 'X')
        return reason_set(reason, "process %d has ended (it is a zombie)", pid);
    return reason_set(reason, "process %d is a kernel thread", pid);
}

pid_t target_view(pid_t pid)
{
    status_t status;

    return read_status(pid, &status) == 0 && status.has_memory ? pid : find_thread_with_memory(pid);
}

int target_has_ended(const target_t *target)
{
    struct pollfd pfd = {.fd = target->pidfd, .events = POLLIN};

    return poll(&pfd, 1, 0) != 0;
}

int target_executes(const module_t *module, uint64_t offset)
{
    for (size_t i = 0; i < module->num_text; ++i) {
        if (offset >= module->text[i].begin && offset < module->text[i].end)
            return 1;
    }
    return 0;
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

    *mapping = (candidate_t){.end = 0};
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &module->start, &mapping->end, perms,
               &module->offset, &module->file.major, &module->file.minor, &module->file.inode, &name_at) < 7 ||
        name_at == 0 || module->file.inode == 0 || line[name_at] != '/')
        return -1;
    mapping->is_executable = strchr(perms, 'x') != NULL;
    module->name = line + name_at;
    unescape(module->name);
    return 0;
}

static int add_mapping(candidates_t *candidates, const candidate_t *mapping)
{
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

#define COMPARE(a, b) ((a) < (b) ? -1 : (a) > (b))

static int compare_files(const candidate_t *a, const candidate_t *b)
{
    const mapped_file_t *x = &a->module.file, *y = &b->module.file;
    int by_inode = COMPARE(x->inode, y->inode), by_major = COMPARE(x->major, y->major);

    return by_inode != 0 ? by_inode : by_major != 0 ? by_major : COMPARE(x->minor, y->minor);
}

static int by_file(const void *a, const void *b)
{
    const candidate_t *x = a, *y = b;
    int result = compare_files(x, y);

    return result != 0 ? result : COMPARE(x->module.start, y->module.start);
}

static int by_address(const void *a, const void *b)
{
    return COMPARE(((const candidate_t *)a)->module.start, ((const candidate_t *)b)->module.start);
}

static int add_text(module_t *module, const candidate_t *mapping)
{
    file_part_t *text = realloc(module->text, (module->num_text + 1) * sizeof(*text));
    uint64_t begin = mapping->module.offset;

    if (text == NULL)
        return -1;
    module->text = text;
    text[module->num_text++] = (file_part_t){begin, begin + (mapping->end - mapping->module.start)};
    return 0;
}

/* Leaves of each file the first mapping. @return 0, or -1 when out of memory */
static int unite_mappings(candidates_t *candidates)
{
    size_t num = 0;
    int failed = 0;

    if (candidates->num != 0)
        qsort(candidates->list, candidates->num, sizeof(*candidates->list), by_file);
    for (size_t i = 0; i < candidates->num; ++i) {
        candidate_t *mapping = candidates->list + i, copy = *mapping, *first = num != 0 ? candidates->list + num - 1 : NULL;
        int is_executable = mapping->is_executable;
        if (first != NULL && compare_files(first, mapping) == 0) {
            first->is_executable |= mapping->is_executable;
            free(mapping->module.name);
        } else {
            first = candidates->list + num++;
            *first = *mapping;
        }
        if (is_executable)
            failed |= add_text(&first->module, &copy);
    }
    candidates->num = num;
    if (num != 0)
        qsort(candidates->list, num, sizeof(*candidates->list), by_address);
    return failed;
}

static int read_mappings(const target_t *target, candidates_t *candidates, reason_t *reason)
{
    FILE *fp = open_proc(target->view, "maps");
    char *line = NULL;
    size_t line_size = 0;
    int failed = fp == NULL;

    while (!failed && getline(&line, &line_size, fp) != -1) {
        candidate_t mapping;
        failed = parse_mapping(line, &mapping) == 0 && add_mapping(candidates, &mapping) != 0;
    }
    if (failed || ferror(fp)) {
        failed = 1;
        reason_set(reason, "cannot read the memory map of process %d: %s", target->pid, strerror(errno));
    }
    free(line);
    if (fp != NULL)
        fclose(fp);
    if (unite_mappings(candidates) != 0 && !failed)
        failed = reason_set(reason, "out of memory");
    return failed ? -1 : 0;
}

/* ---- the files that are mapped ---- */

/* Opens a regular file with that inode (0: with any). The device is not compared: on btrfs and overlayfs the one in /proc/PID/maps
 * is not the one of stat(). */
static int open_file(const char *path, uint64_t inode)
{
    struct stat st;
    int fd = regular_open(-1, path);

    if (fd != -1 && inode != 0 && (fstat(fd, &st) != 0 || st.st_ino != inode)) {
        close(fd);
        fd = -1;
        errno = ENOENT;
    }
    return fd;
}

/* The inode alone is not enough: files of other devices can have the same. */
static int is_program(const candidate_t *candidate, const program_t *program)
{
    return candidate->module.file.inode == program->inode && strcmp(candidate->module.name, program->name) == 0;
}

/* By map_files, which needs CAP_CHECKPOINT_RESTORE (or CAP_SYS_ADMIN); else by a path of the same file, if there is one. Fails for
 * what is no regular file. */
static int open_module(pid_t view, candidate_t *candidate, const program_t *program)
{
    module_t *module = &candidate->module;
    char map_file[128], exe[64], by_name[sizeof("/proc/2147483647/root") + strlen(module->name)];
    struct stat st;

    snprintf(map_file, sizeof(map_file), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, view, module->start, candidate->end);
    snprintf(exe, sizeof(exe), "/proc/%d/exe", view);
    snprintf(by_name, sizeof(by_name), "/proc/%d/root%s", view, module->name);
    module->fd = open_file(map_file, 0);
    module->error = errno;
    if (module->fd == -1 && is_program(candidate, program))
        module->fd = open_file(exe, module->file.inode);
    if (module->fd == -1)
        module->fd = open_file(by_name, module->file.inode);
    snprintf(module->path, sizeof(module->path), "/proc/self/fd/%d", module->fd);
    return module->fd == -1 && stat(map_file, &st) == 0 && !S_ISREG(st.st_mode) ? -1 : 0;
}

/* Each module has a descriptor; the usual limit of 1024 is there for select(2), which nobody uses here. */
static void raise_fd_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Moves what is executable, and wanted, from the candidates to the target; the program itself comes first. */
static int take_modules(target_t *target, candidates_t *candidates, const program_t *program, const wish_t *wish, reason_t *reason)
{
    if ((target->modules = calloc(candidates->num + 1, sizeof(*target->modules))) == NULL)
        return reason_set(reason, "out of memory");
    raise_fd_limit();
    for (size_t i = 0; i < candidates->num; ++i) {
        candidate_t *candidate = candidates->list + i;
        size_t to = target->num_modules;
        /* a program that has moved all of its code to anonymous memory is still that program: what cannot fire is said */
        if ((!candidate->is_executable && !is_program(candidate, program)) ||
            (wish->skip != NULL && wish->skip(wish->data, &candidate->module.file)) ||
            open_module(target->view, candidate, program) != 0)
            continue;
        if (is_program(candidate, program)) {
            memmove(target->modules + 1, target->modules, target->num_modules * sizeof(*target->modules));
            to = 0;
        }
        target->modules[to] = candidate->module;
        candidate->module.name = NULL;
        candidate->module.text = NULL;
        ++target->num_modules;
    }
    return 0;
}

/* Refuses programs whose registers and pointers are not 64 bits wide. */
static int check_program(const target_t *target, program_t *program, reason_t *reason)
{
    pid_t pid = target->pid;
    unsigned char ident[EI_NIDENT];
    char path[64];
    struct stat st;
    ssize_t name_len;
    int fd, failed;

    snprintf(path, sizeof(path), "/proc/%d/exe", target->view);
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

static int look_at(target_t *target, candidates_t *candidates, const wish_t *wish, reason_t *reason)
{
    program_t program;
    pid_t pid = target->pid;

    if (pid <= 0)
        return reason_set(reason, "no such process: %d", pid);
    target->pidfd = syscall(SYS_pidfd_open, pid, 0);
    int error = errno;
    if (find_view(pid, &target->view, reason) != 0)
        return -1;
    snprintf(target->root, sizeof(target->root), "/proc/%d/root", (int)target->view);
    if (target->pidfd == -1)
        return reason_set(reason, "cannot watch process %d: %s", pid,
                          error == ESRCH ? "there is none of that number in this pid namespace, whatever /proc shows"
                                         : strerror(error));
    if (check_program(target, &program, reason) != 0 || read_mappings(target, candidates, reason) != 0 ||
        take_modules(target, candidates, &program, wish, reason) != 0)
        return -1;
    if ((target->name = strdup(program.name)) == NULL)
        return reason_set(reason, "out of memory");
    target->is_part = target->num_modules == 0 || strcmp(target->modules[0].name, target->name) != 0;
    if (target_has_ended(target))
        return reason_set(reason, "process %d has ended", pid);
    if (target->num_modules == 0 && wish->skip == NULL)
        return reason_set(reason, "process %d executes no file", pid);
    return 0;
}

int target_open_some(target_t *target, pid_t pid, target_skip_fn *skip, void *data, reason_t *reason)
{
    candidates_t candidates = {0};
    int ret;

    *target = (target_t){.pid = pid, .view = pid, .pidfd = -1};
    ret = look_at(target, &candidates, &(wish_t){skip, data}, reason);
    for (size_t i = 0; i < candidates.num; ++i) {
        free(candidates.list[i].module.name);
        free(candidates.list[i].module.text);
    }
    free(candidates.list);
    if (ret != 0)
        target_close(target);
    return ret;
}

int target_open(target_t *target, pid_t pid, reason_t *reason)
{
    return target_open_some(target, pid, NULL, NULL, reason);
}

int target_open_file(target_t *target, const char *path, reason_t *reason)
{
    struct stat st;

    *target = (target_t){.pidfd = -1, .name = realpath(path, NULL), .modules = calloc(1, sizeof(*target->modules))};
    module_t *module = target->modules;
    if (target->name == NULL || module == NULL || (module->name = strdup(target->name)) == NULL) {
        reason_set(reason, "cannot open %s: %s", path, strerror(errno));
        target_close(target);
        return -1;
    }
    target->num_modules = 1;
    if ((module->fd = regular_open(-1, path)) == -1 || fstat(module->fd, &st) != 0) {
        reason_set(reason, "cannot open %s: %s", path, strerror(errno));
        target_close(target);
        return -1;
    }
    snprintf(module->path, sizeof(module->path), "/proc/self/fd/%d", module->fd);
    module->file = (mapped_file_t){st.st_ino, major(st.st_dev), minor(st.st_dev)};
    return 0;
}

void target_close(target_t *target)
{
    for (size_t i = 0; i < target->num_modules; ++i) {
        free(target->modules[i].name);
        free(target->modules[i].text);
        if (target->modules[i].fd != -1)
            close(target->modules[i].fd);
    }
    free(target->modules);
    free(target->name);
    if (target->pidfd != -1)
        close(target->pidfd);
    *target = (target_t){.pidfd = -1};
}
