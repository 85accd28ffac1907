#ifndef T_UNIT_LAB_H
#define T_UNIT_LAB_H

/*
 * A directory of its own for a unit test, in which it builds small programs and runs them. The programs print what they know about
 * themselves and then wait until their standard input ends, so no test needs to sleep. All is removed at exit.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tap.h"

#define LAB_TIMEOUT 30000 /* ms; for what takes a few */

static char lab_dir[512];
static pid_t lab_owner;

static inline void lab_remove(void)
{
    char command[600];

    if (getpid() != lab_owner)
        return;
    snprintf(command, sizeof(command), "rm -rf '%s'", lab_dir);
    if (system(command) != 0)
        diag("cannot remove %s", lab_dir);
}

static inline void lab_init(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(lab_dir, sizeof(lab_dir), "%s/h2otrace-unit-XXXXXX", tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
    if (mkdtemp(lab_dir) == NULL || chmod(lab_dir, 0755) != 0)
        bail_out("cannot make a directory");
    lab_owner = getpid();
    atexit(lab_remove);
    signal(SIGPIPE, SIG_IGN);
}

/* path of a file in the directory; valid until it was called 8 times more */
static inline __attribute__((format(printf, 1, 2))) const char *lab_path(const char *fmt, ...)
{
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8];
    int len = snprintf(path, sizeof(paths[0]), "%s/", lab_dir);
    va_list args;

    va_start(args, fmt);
    vsnprintf(path + len, sizeof(paths[0]) - (size_t)len, fmt, args);
    va_end(args);
    return path;
}

static inline void lab_write(const char *name, const char *text)
{
    FILE *fp = fopen(lab_path("%s", name), "w");

    if (fp == NULL || fputs(text, fp) == EOF || fclose(fp) != 0)
        bail_out("cannot write a file");
}

/* Runs a shell command in the directory; its output becomes comments when it fails. Returns 1 for success. */
static inline __attribute__((format(printf, 1, 2))) int lab_run(const char *fmt, ...)
{
    char command[4096], line[512];
    va_list args;
    FILE *fp;
    int len = snprintf(command, sizeof(command), "cd '%s' && (", lab_dir);

    va_start(args, fmt);
    len += vsnprintf(command + len, sizeof(command) - (size_t)len, fmt, args);
    va_end(args);
    snprintf(command + len, sizeof(command) - (size_t)len, ") > run.log 2>&1");
    if (system(command) == 0)
        return 1;
    diag("failed: %s", command);
    if ((fp = fopen(lab_path("run.log"), "r")) != NULL) {
        while (fgets(line, sizeof(line), fp) != NULL)
            printf("#   %s", line);
        fclose(fp);
    }
    return 0;
}

/* Like lab_run(), but failure is an answer too ("is there a 32-bit compiler?"). */
static inline int lab_can(const char *command)
{
    char line[4096];

    snprintf(line, sizeof(line), "cd '%s' && (%s) > /dev/null 2>&1", lab_dir, command);
    return system(line) == 0;
}

/* What a command prints. The caller frees it. */
static inline __attribute__((format(printf, 1, 2))) char *lab_output(const char *fmt, ...)
{
    char command[4096], *text = NULL;
    size_t size = 0;
    va_list args;
    FILE *fp, *to;
    int c, len = snprintf(command, sizeof(command), "cd '%s' && ", lab_dir);

    va_start(args, fmt);
    vsnprintf(command + len, sizeof(command) - (size_t)len, fmt, args);
    va_end(args);
    if ((fp = popen(command, "r")) == NULL || (to = open_memstream(&text, &size)) == NULL)
        bail_out("cannot run a command");
    while ((c = getc(fp)) != EOF)
        putc(c, to);
    if (fclose(to) != 0 || pclose(fp) == -1)
        bail_out("cannot run a command");
    return text;
}

typedef struct st_lab_process_t {
    pid_t pid;
    int to;     /* closing it ends the process */
    char *said; /* all that it said before the line "ready" */
} lab_process_t;

/* Reads up to the line "ready"; NULL if it does not come in time. */
static inline char *lab_listen(int fd)
{
    char *text = calloc(1, 1 << 20);
    size_t len = 0;

    for (;;) {
        struct pollfd pfd = {.fd = fd, .events = POLLIN};
        ssize_t n;
        char *ready;
        if (text == NULL || len == (1 << 20) - 1 || poll(&pfd, 1, LAB_TIMEOUT) != 1 ||
            (n = read(fd, text + len, (1 << 20) - 1 - len)) <= 0) {
            free(text);
            return NULL;
        }
        text[len += (size_t)n] = '\0';
        if ((ready = strstr(text, "ready\n")) != NULL) {
            *ready = '\0';
            return text;
        }
    }
}

/* Starts a program of the directory. Returns 1, or 0 if it does not become ready. */
static inline int lab_start(lab_process_t *process, const char *path, const char *arg)
{
    int to[2], from[2];

    *process = (lab_process_t){.pid = -1, .to = -1};
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        bail_out("no pipe");
    fflush(stdout);
    if ((process->pid = fork()) == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        execl(path, path, arg, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    process->to = to[1];
    process->said = process->pid != -1 ? lab_listen(from[0]) : NULL;
    close(from[0]);
    return process->said != NULL;
}

static inline void lab_end(lab_process_t *process)
{
    if (process->to != -1)
        close(process->to);
    if (process->pid > 0) {
        kill(process->pid, SIGKILL);
        while (waitpid(process->pid, NULL, 0) == -1 && errno == EINTR)
            ;
    }
    free(process->said);
    *process = (lab_process_t){.pid = -1, .to = -1};
}

/* @return the text of a file of the lab, until the next call; NULL: it cannot be read */
static inline char *lab_contents(const char *name)
{
    static char text[1 << 20];
    FILE *fp = fopen(lab_path("%s", name), "r");

    if (fp == NULL)
        return NULL;
    text[fread(text, 1, sizeof(text) - 1, fp)] = '\0';
    fclose(fp);
    return text;
}

/* Runs a function in a child whose stderr goes into a file of the lab. @return what waitpid() says */
static inline int lab_child(const char *log, void (*run)(void))
{
    fflush(stdout);
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        int fd = open(lab_path("%s", log), O_WRONLY | O_CREAT | O_TRUNC, 0644);
        dup2(fd, STDERR_FILENO);
        alarm(30);
        run();
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        bail_out("fork");
    return status;
}

#endif
