#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/chars.h"
#include "base/child.h"
#include "base/text.h"

void command_add(command_t *command, const char *word)
{
    command->words = arena_grow(command->arena, command->words, &command->capacity, command->num + 1, sizeof(command->words[0]));
    command->words[command->num++] = (char *)word;
    command->words[command->num] = NULL;
}

void command_add_path(command_t *command, const char *path)
{
    command_add(command, path[0] == '-' || path[0] == '@' ? arena_printf(command->arena, "./%s", path).p : path);
}

/* Adds what stands between quotes. @return what follows the closing quote; NULL when there is none */
static const char *put_quoted(text_t *word, const char *p, char quote)
{
    for (; *p != quote; ++p) {
        if (*p == '\\' && quote == '"' && (p[1] == '"' || p[1] == '\\'))
            ++p;
        if (*p == '\0')
            return NULL;
        text_put(word, p, 1);
    }
    return p + 1;
}

int command_split(command_t *command, const char *text)
{
    const char *p = text;

    while (1) {
        while (char_is_space(*p) || (*p == '\\' && (p[1] == '\n' || p[1] == '\r')))
            p += *p == '\\' ? 2 : 1;
        if (*p == '\0')
            return 0;
        text_t word = {.arena = command->arena};
        while (*p != '\0' && !char_is_space(*p)) {
            if (*p == '\'' || *p == '"') {
                if ((p = put_quoted(&word, p + 1, *p)) == NULL)
                    return -1;
                continue;
            }
            if (*p == '\\' && *++p == '\0')
                return -1;
            text_put(&word, p++, 1);
        }
        command_add(command, arena_strdup(command->arena, (str_t){word.p, word.n}).p);
    }
}

int command_add_variable(command_t *command, diag_t *diag, const char *variable)
{
    const char *text = getenv(variable);

    if (text == NULL || command_split(command, text) == 0)
        return 0;
    diag_report(diag, E_FILE, (span_t){.src = NULL}, "environment variable %s has a quote or backslash without end", variable);
    return -1;
}

int command_begin(command_t *command, diag_t *diag, const char *variable, const char *fallback)
{
    if (command_add_variable(command, diag, variable) != 0)
        return -1;
    if (command->num == 0)
        command_add(command, fallback);
    return 0;
}

/* In the child, which has our memory until it runs the program, so it returns only when that fails: an errno. */
static int become(char *const *words, const int fds[3], pid_t parent)
{
    int null = fds[0] == -1 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;

    if (fds[0] == -1 && null == -1)
        return errno;
    for (int i = 0; i < 3; ++i) {
        int fd = i == 0 && fds[0] == -1 ? null : fds[i];
        if (fd != -1 && (fd == i ? fcntl(fd, F_SETFD, 0) : dup2(fd, i)) == -1)
            return errno;
    }
    signal(SIGPIPE, SIG_DFL); /* we may ignore it */
    /* also when a signal comes to us alone */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        return errno;
    if (getppid() != parent)
        return ESRCH;
    execvp(words[0], words);
    return errno;
}

int child_start(pid_t *pid, char *const *words, int in, int out, int err)
{
    const int fds[] = {in, out, err};
    pid_t parent = getpid();
    volatile int error = 0;

    if ((*pid = vfork()) == -1)
        return errno;
    if (*pid == 0) {
        error = become(words, fds, parent);
        _exit(127);
    }
    if (error != 0)
        child_wait(*pid);
    return error;
}

int child_wait(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1) {
        if (errno != EINTR)
            return -1;
    }
    return status;
}

int child_run(diag_t *diag, const command_t *command, int in, int out)
{
    const char *name = command->words[0];
    pid_t pid;
    int error = child_start(&pid, command->words, in, out, -1), status;

    if (error != 0)
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "cannot run '%s': %s", name, strerror(error));
    else if ((status = child_wait(pid)) == 0)
        return 0;
    else if (WIFSIGNALED(status))
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "'%s' was ended by signal %d", name, WTERMSIG(status));
    else
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "'%s' failed with status %d", name, WEXITSTATUS(status));
    return -1;
}
