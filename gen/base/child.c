#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
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

int child_start(pid_t *pid, char *const *words, int in, int out, int err)
{
    const int fds[] = {in, out, err};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t defaults;
    int error = 0;

    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); /* we may ignore it */
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigdefault(&attr, &defaults);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    if (in == -1)
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    for (int i = 0; i < 3 && error == 0; ++i) {
        if (fds[i] != -1)
            error = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
    }
    if (error == 0)
        error = posix_spawnp(pid, words[0], &actions, &attr, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
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
