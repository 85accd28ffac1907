#ifndef RUNTIME_OUTPUT_OUTPUT_H
#define RUNTIME_OUTPUT_OUTPUT_H

#include <stddef.h>
#include <sys/types.h>
#include "common/reason.h"
#include "output/compress.h"
#include "output/file.h"
#include "output/interrupt.h"
#include "output/rotate.h"

/** What is wanted of an output. */
typedef struct st_output_wish_t {
    const char *path; /* of a file; what its name ends with says whether it is compressed. NULL: standard output */
    int is_private;   /* see outfile_open() */
    int truncates;    /* what is in the file goes */
    rotation_t rotation;
    const char *magic; /* what is written is no text, and a file that has something else at its beginning is refused; NULL: lines */
} output_wish_t;

/** Bytes that each file begins with. */
typedef struct st_output_head_t {
    char *bytes; /* of malloc(3); NULL: none */
    size_t size;
} output_head_t;

/** A buffer in front of a file. Lines are written whole, and so is what output_room() was called for: a write ends where one ends.
 */
typedef struct st_output_t {
    outfile_t file;
    int error;              /* errno of the first write that failed; nothing is written after it */
    interrupt_t *interrupt; /* NULL: none; at the second signal, output that is stuck is given up (error is EINTR) */
    double waited;          /* seconds in all, for a reader */
    char *buffer;
    size_t used, capacity;
    const output_head_t *head;      /* the caller's, who may change it at any time; NULL: there is none */
    int is_text;                    /* lines */
    const compressor_t *compressor; /* NULL: none */
    double pending_since;           /* of one that is compressed: when something has come into the buffer; 0: it is empty */
    int truncates;
    off_t broken_at,
        broken_size; /* of a file that is compressed: where the half frame begins that is at its end, and its size then */
    rotation_t rotation;
    int is_fresh;      /* there is nothing in the file yet but its first line */
    uint64_t period;   /* of the clock: which one the file is of */
    uint64_t moved;    /* the time in the name of the last full file: ms */
    double not_before; /* no other try to move the file away before that; see clock_now() */

    /**
     * The caller's, NULL: there is nothing: a part of what there is to do when a signal has come, done while the reader is waited
     * for. @return whether there is more
     */
    int (*meanwhile)(void *arg);
    void *arg;
} output_t;

/**
 * Opens the output: see outfile_open().
 * @param interrupt stays the caller's; NULL: none
 * @return 0, or -1 with a reason; if our user may not open it, errno is EACCES
 */
int output_open(output_t *output, const output_wish_t *wish, interrupt_t *interrupt, reason_t *reason);
/**
 * What is written comes after what is in the file, or takes its place. @param head stays the caller's: what it begins with, and any
 * other file that it goes on in; NULL: nothing
 */
void output_begin(output_t *output, const output_head_t *head);
/** Closes the output instead of output_begin(): a new file goes. */
void output_abandon(output_t *output);
/** Makes room for at least `size` bytes, by a flush if need be. @return where to write; the new end is for output_advance(). NULL:
 * out of memory, which is an error of the output */
char *output_room(output_t *output, size_t size);
static inline void output_advance(output_t *output, char *end)
{
    output->used = end - output->buffer;
}
/** Writes whole lines, or what else is whole. */
void output_put(output_t *output, const char *bytes, size_t size);
/** @return 0, or -1 if something could not be written since output_open(): see output->error */
int output_flush(output_t *output);
/**
 * To be called now and then: flushes, but what is to be compressed only after OUTPUT_SECONDS, since frames of few lines are large.
 * Begins a new file when it is time to.
 */
void output_tick(output_t *output);
#define OUTPUT_SECONDS 1
/** Goes on with the file that has the name by now. If there can be none, that is said, and it goes on as before. */
void output_reopen(output_t *output);
/** Nobody reads the pipe any more: the next write would fail. */
void output_lose_reader(output_t *output);
/**
 * Whether what went wrong is only that the reader wants no more: one of standard output, as `head` does, or one that a signal has
 * ended together with us.
 */
int output_has_lost_reader(const output_t *output);
/** Flushes and closes. @return as output_flush() */
int output_close(output_t *output);

#endif
