#ifndef RUNTIME_OUTPUT_COMPRESS_H
#define RUNTIME_OUTPUT_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

/**
 * A format of compressed files, chosen by how their names end. What is written at a time is a frame of its own: a file that has
 * frames one after the other is one that every program for the format reads, to where the last of them ends.
 */
typedef struct st_compressor_t {
    const char *ending; /* ".gz" */
    const char *magic;  /* what every frame begins with */
    /** @return bytes that `size` bytes need at most */
    size_t (*bound)(size_t size);
    /** Makes a frame. @param room what bound() said @return its size; 0: out of memory */
    size_t (*compress)(char *to, size_t room, const char *from, size_t size);
    /**
     * How much of a file is whole frames: what is appended to more than that can be read by nobody. @param fd open to be read
     * @return bytes from its beginning; -1 with errno set: it cannot be read
     */
    int64_t (*whole)(int fd, uint64_t size);
} compressor_t;

/** @return how a file of that name is compressed; NULL: not at all */
const compressor_t *compressor_for(const char *path);

#endif
