#ifndef RUNTIME_OUTPUT_OUTPUT_H
#define RUNTIME_OUTPUT_OUTPUT_H

#include <stddef.h>
#include "common/reason.h"

/**
 * The signals that end a trace (SIGINT, SIGTERM, SIGHUP). They never end the program by themselves: the first one ends the trace in
 * an orderly way, a second one gives up an output that is stuck. Either way the program detaches before it exits; a process that is
 * killed while it detaches during its exit, by one more signal, can leave breakpoints in the target.
 */
typedef struct st_interrupt_t {
    int fd;       /* readable when a signal has come that is not taken yet */
    int has_come; /* at least one was taken */
} interrupt_t;

/** Holds the signals back. @return 0, or -1 with errno set */
int interrupt_open(interrupt_t *interrupt);
/** Whether one has come, taken or not. */
int interrupt_has_come(const interrupt_t *interrupt);
/** Whether there is one to take. */
int interrupt_is_pending(const interrupt_t *interrupt);
void interrupt_close(interrupt_t *interrupt);
/** Takes the signals that have come so far; several at once are one. */
void interrupt_take(interrupt_t *interrupt);

/** A buffer in front of a file descriptor. Lines are written whole: a write ends where a line ends. */
typedef struct st_output_t {
    int fd;
    int error;              /* errno of the first write that failed; nothing is written after it */
    const char *path;       /* NULL: standard output */
    int is_file;            /* a regular file: writes to it do not wait for a reader */
    int is_new;             /* it was not there before */
    int is_exposed;         /* others than its owner can read it */
    interrupt_t *interrupt; /* NULL: none; at the second signal, output that is stuck is given up (error is EINTR) */
    char *buffer;
    size_t used, capacity;
} output_t;

/**
 * Opens the output; until output_begin(), a file that is there stays as it is. A new one can be read by its owner alone. A symbolic
 * link of somebody else is not followed.
 * @param path       file to create or overwrite; NULL: standard output
 * @param is_private nobody else may read what comes: a file that others can read is refused, but not standard output
 * @param interrupt  stays the caller's; NULL: none
 * @return 0, or -1 with a reason; if our user may not open it, errno is EACCES
 */
int output_open(output_t *output, const char *path, int is_private, interrupt_t *interrupt, reason_t *reason);
/** Empties the file. */
void output_begin(output_t *output);
/** Closes the output instead of output_begin(): a new file goes. */
void output_abandon(output_t *output);
/** Makes room for at least `size` bytes, by a flush if need be. @return where to write; the new end is for output_advance(). NULL:
 * out of memory, which is an error of the output */
char *output_room(output_t *output, size_t size);
static inline void output_advance(output_t *output, char *end)
{
    output->used = end - output->buffer;
}
/** @return 0, or -1 if something could not be written since output_open(): see output->error */
int output_flush(output_t *output);
/** Flushes and closes. @return as output_flush() */
int output_close(output_t *output);

#endif
