#ifndef GEN_BASE_CHILD_H
#define GEN_BASE_CHILD_H

#include <sys/types.h>
#include "base/arena.h"
#include "base/diag.h"

/** The words of a command: a list that grows, and ends with NULL for exec. Zero-initialise it with `arena` set. */
typedef struct st_command_t {
    arena_t *arena;
    char **words;
    size_t num, capacity;
} command_t;

void command_add(command_t *command, const char *word);
/** Adds the path of a file, with "./" before one that a program would take for an option, or (`@`) for a file with options. */
void command_add_path(command_t *command, const char *path);
/**
 * Adds the words of a text, split at blanks and unquoted as a shell does ('', "" and backslash), but nothing is expanded.
 * @return 0; -1 when a quote has no end
 */
int command_split(command_t *command, const char *text);
/**
 * Begins a command with the words of an environment variable; if it is not set or empty, with `fallback`.
 * @return 0; -1 when it cannot be understood: reported then
 */
int command_begin(command_t *command, diag_t *diag, const char *variable, const char *fallback);
/** Adds the words of an environment variable, if it is set. @return as command_begin() */
int command_add_variable(command_t *command, diag_t *diag, const char *variable);

/**
 * Starts a program. It is told to end (SIGTERM) when we end, however we do.
 * @param words its name, which is looked for in $PATH, and its arguments; the last is NULL
 * @param in    what it reads from standard input; -1: nothing
 * @param out   where its standard output goes, and `err` its standard error; -1: to ours
 * @return 0, or an errno
 */
int child_start(pid_t *pid, char *const *words, int in, int out, int err);
/** Waits for its end. @return its status as of waitpid(2); -1 when it is no child of ours */
int child_wait(pid_t pid);
/**
 * Runs a command to its end.
 * @param in  what it reads from standard input; -1: nothing
 * @param out where its standard output goes; -1: to our own
 * @return 0 when it ended with status 0; else it has been reported
 */
int child_run(diag_t *diag, const command_t *command, int in, int out);

#endif
