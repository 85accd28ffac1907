#ifndef RUNTIME_OUTPUT_FILE_H
#define RUNTIME_OUTPUT_FILE_H

#include <stdint.h>
#include "common/reason.h"

/** What events are written to: a file that has a name, or standard output. */
typedef struct st_outfile_t {
    int fd;
    const char *path; /* NULL: standard output */
    int is_private;   /* nobody else may read it */
    int is_regular;
    int may_wait;   /* a write to it may wait for a reader */
    int is_pipe;    /* or a socket: its reader may end */
    int is_new;     /* it was not there before */
    int is_exposed; /* others than its owner can read it */
    uint64_t size;  /* of a regular one in bytes: where the next one comes */
} outfile_t;

/**
 * Opens it to append; until outfile_begin() a file that is there stays as it is. A new one can be read by its owner alone. A
 * symbolic link of somebody else is not followed. Until a FIFO has a reader, this waits, and says so.
 * @param path       stays the caller's; NULL: standard output
 * @param is_private what is to be written is not for others: a file that they can read is refused, but not standard output
 * @return 0, or -1 with a reason
 */
int outfile_open(outfile_t *file, const char *path, int is_private, reason_t *reason);
/** To be called before the first byte is written. @param truncates whether what is in it goes @return 0, or -1 with errno set */
int outfile_begin(outfile_t *file, int truncates);
/** @return a descriptor of the same file that can be read, or -1 with errno set */
int outfile_open_to_read(const outfile_t *file);
/** Whether the line before the next byte has no end: who wrote it was killed. */
int outfile_is_in_line(const outfile_t *file);
/**
 * Opens the file that has the name by now, and closes the other one. Does not wait. @return 0, or -1 with a reason: all stays as it
 * was
 */
int outfile_reopen(outfile_t *file, reason_t *reason);
/** @return 0, or -1 with errno set */
int outfile_close(outfile_t *file);
/** Closes it instead of outfile_begin(): a new file goes. */
void outfile_abandon(outfile_t *file);

#endif
