#ifndef RUNTIME_PROCESSES_COMMAND_H
#define RUNTIME_PROCESSES_COMMAND_H

#include <sys/types.h>
#include "common/reason.h"

/** A command that is to be traced from its first instruction on. All zero is none. */
typedef struct st_command_t {
    char **argv;    /* the caller's */
    char *path;     /* what will be executed */
    pid_t pid;      /* our child, which waits */
    int release_fd; /* until this is written to; if it is closed, it ends */
    int error_fd;   /* errno of an execve() that has failed */
} command_t;

/**
 * Finds the program as a shell does, and starts a child that waits. It has the environment, the user and the open files of its
 * parent.
 * @return 0, or -1 with a reason; command_close() is needed in any case
 */
int command_start(command_t *command, char **argv, reason_t *reason);
/** Lets it execute the program. @return 0, or -1 with a reason */
int command_release(command_t *command, reason_t *reason);
/** If it was not released, it ends. */
void command_close(command_t *command);

typedef void command_library_fn(void *data, const char *path);
/** Calls the function for the libraries that the program will be linked with when it starts, as far as that is known before. */
void command_each_library(const command_t *command, command_library_fn *fn, void *data);

#endif
