/*
 * A command is started in two steps. First there is a child that waits, so that its pid is known, and uprobes are set in the file
 * that it will execute, and in the libraries that its dynamic linker will load, which is asked for them (ld.so --list). Then it
 * executes the program, and has the uprobes from the first instruction on.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/regular.h"
#include "processes/launch.h"

/* ---- the program ---- */

static int is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* As execvp(3) finds it. NULL: it is not found, or memory is out. */
static char *find_program(const char *name)
{
    const char *folders = getenv("PATH");
    char *path = NULL;

    if (strchr(name, '/') != NULL)
        return strdup(name);
    for (const char *p = folders != NULL ? folders : "/bin:/usr/bin"; path == NULL; ++p) {
        size_t n = strcspn(p, ":");
        if (asprintf(&path, "%.*s%s%s", (int)n, p, n != 0 ? "/" : "", name) < 0)
            return NULL;
        if (!is_program(path)) {
            free(path);
            path = NULL;
        }
        p += n;
        if (*p == '\0')
            break;
    }
    return path;
}

/* ---- the child ---- */

static _Noreturn void wait_and_execute(const launch_t *launch, int go_fd, int error_fd)
{
    char go;

    if (read(go_fd, &go, 1) != 1)
        _exit(127);
    execv(launch->path, launch->argv);
    int error = errno;
    if (write(error_fd, &error, sizeof(error)) != sizeof(error))
        _exit(126);
    _exit(127);
}

int launch_start(launch_t *launch, char **argv, reason_t *reason)
{
    int go[2], errors[2];

    *launch = (launch_t){.argv = argv, .release_fd = -1, .error_fd = -1, .path = find_program(argv[0])};
    if (launch->path == NULL)
        return reason_set(reason, "cannot execute %s: it is not found in $PATH", argv[0]);
    if (!is_program(launch->path))
        return reason_set(reason, "cannot execute %s: %s", launch->path, errno != 0 ? strerror(errno) : "it is no program");
    if (pipe2(go, O_CLOEXEC) != 0)
        return reason_set(reason, "cannot start %s: %s", launch->path, strerror(errno));
    launch->release_fd = go[1];
    if (pipe2(errors, O_CLOEXEC) == 0) {
        launch->error_fd = errors[0];
        if ((launch->pid = fork()) == 0) {
            close(go[1]);
            wait_and_execute(launch, go[0], errors[1]);
        }
        close(errors[1]);
    }
    int error = errno, has_failed = launch->error_fd == -1 || launch->pid == -1;
    close(go[0]);
    return has_failed ? reason_set(reason, "cannot start %s: %s", launch->path, strerror(error)) : 0;
}

int launch_release(launch_t *launch, reason_t *reason)
{
    int error = 0, has_gone = write(launch->release_fd, "", 1) == 1;

    /* execve() closes the other end */
    if (!has_gone || read(launch->error_fd, &error, sizeof(error)) > 0)
        return reason_set(reason, "cannot execute %s: %s", launch->path, has_gone ? strerror(error) : "it was killed");
    return 0;
}

void launch_close(launch_t *launch)
{
    if (launch->path != NULL && launch->release_fd != -1)
        close(launch->release_fd);
    if (launch->path != NULL && launch->error_fd != -1)
        close(launch->error_fd);
    free(launch->path);
    *launch = (launch_t){0};
}

/* ---- its libraries ---- */

/* The dynamic linker that a program asks for, if it is one of glibc or musl, which know --list. To be freed by the caller. */
static char *find_linker(const char *path)
{
    int fd = regular_open(-1, path);
    Elf *elf = NULL;
    GElf_Phdr header;
    char linker[256] = "";
    size_t num = 0;

    elf_version(EV_CURRENT);
    if (fd != -1 && (elf = elf_begin(fd, ELF_C_READ, NULL)) != NULL && elf_getphdrnum(elf, &num) != 0)
        num = 0;
    for (size_t i = 0; i < num; ++i) {
        if (gelf_getphdr(elf, (int)i, &header) == NULL || header.p_type != PT_INTERP || header.p_filesz >= sizeof(linker))
            continue;
        if (pread(fd, linker, header.p_filesz, (off_t)header.p_offset) != (ssize_t)header.p_filesz)
            linker[0] = '\0';
    }
    if (elf != NULL)
        elf_end(elf);
    if (fd != -1)
        close(fd);
    const char *name = strrchr(linker, '/');
    int is_known = name != NULL &&
                   (strncmp(name, "/ld-linux", 9) == 0 || strncmp(name, "/ld.so", 6) == 0 || strncmp(name, "/ld-musl", 8) == 0);
    return is_known ? strdup(linker) : NULL;
}

/* @return what it prints; NULL: it cannot be asked */
static FILE *ask_linker(const char *linker, const char *path, pid_t *pid)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return NULL;
    if ((*pid = fork()) == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(fds[1], STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        execl(linker, linker, "--list", path, (char *)NULL);
        _exit(127);
    }
    close(fds[1]);
    FILE *answer = *pid != -1 ? fdopen(fds[0], "r") : NULL;
    if (answer == NULL)
        close(fds[0]);
    return answer;
}

void launch_each_library(const launch_t *launch, launch_library_fn *fn, void *data)
{
    char *linker = find_linker(launch->path), *line = NULL;
    size_t size = 0;
    pid_t pid = -1;
    FILE *answer = linker != NULL ? ask_linker(linker, launch->path, &pid) : NULL;

    /* "\tlibc.so.6 => /lib/libc.so.6 (0x00007f…)" */
    while (answer != NULL && getline(&line, &size, answer) != -1) {
        char *path = strstr(line, " => /"), *end = strrchr(line, '(');
        if (path == NULL || end == NULL || end <= path + 4)
            continue;
        end[-1] = '\0';
        fn(data, path + 4);
    }
    if (answer != NULL)
        fclose(answer);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    free(line);
    free(linker);
}
