#ifndef RUNTIME_PROCESSES_LAUNCH_H
#define RUNTIME_PROCESSES_LAUNCH_H

#include <sys/types.h>
#include "common/reason.h"

/** A command that is to be traced from its first instruction on. All zero is none. */
typedef struct st_launch_t {
    char **argv;    /* the caller's */
    char *path;     /* what will be executed */
    pid_t pid;      /* our child, which waits */
    int release_fd; /* until this is written to; if it is closed, it ends */
    int error_fd;   /* errno of an execve() that has failed */
} launch_t;

/**
 * Finds the program as a shell does, and starts a child that waits. It has the environment, the user and the open files of its
 * parent.
 * @return 0, or -1 with a reason; launch_close() is needed in any case
 */
int launch_start(launch_t *launch, char **argv, reason_t *reason);
/** Lets it execute the program. @return 0, or -1 with a reason */
int launch_release(launch_t *launch, reason_t *reason);
/** If it was not released, it ends. */
void launch_close(launch_t *launch);

typedef void launch_library_fn(void *data, const char *path);
/** Calls the function for the libraries that the program will be linked with when it starts, as far as that is known before. */
void launch_each_library(const launch_t *launch, launch_library_fn *fn, void *data);

#endif
