#ifndef RUNTIME_OUTPUT_ROTATE_H
#define RUNTIME_OUTPUT_ROTATE_H

#include <stdint.h>
#include "common/reason.h"
#include "output/file.h"

/**
 * Files of limited size or time. The events come into the file that has the name that was asked for; when it is full, it is called
 * NAME-20260702T093015.250Z, after the time (UTC) when that happened, and the next one takes its place. So names sort by time.
 */
typedef struct st_rotation_t {
    uint64_t size;    /* of a file in bytes, from which on it is full; 0: any */
    uint32_t seconds; /* a file has the events from one multiple of that on the clock to the next; 0: any time */
    uint32_t keep;    /* how many full ones are kept; 0: all */
} rotation_t;

/**
 * Moves a full file away, and opens the next one: with the same owner and mode. What has the name but is another file is left as it
 * is, and gone on with.
 * @param ending of the name, ".gz" or "": it stays at its end
 * @param last   the time that is in the name of the file before (ms), which this one's comes after; the new one
 * @return 0, or -1 with a reason: the file is as it was, but may have another name
 */
int rotate_file(outfile_t *file, const char *ending, uint64_t *last, reason_t *reason);
/** Removes the oldest full files until no more than `keep` of them are left. What else is in the folder stays. */
void rotate_remove_old(const char *path, const char *ending, uint32_t keep);

#endif
