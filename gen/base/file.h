#ifndef GEN_BASE_FILE_H
#define GEN_BASE_FILE_H

#include "base/diag.h"

/**
 * Reads an open file, from where it stands to its end; pipes and files that are being written, too.
 * @param text     in and out: NULL or what an earlier call left there, to be freed by the caller; may move
 * @param n        out: number of bytes, which a NUL follows
 * @param capacity in and out: of *text
 * @param most     bytes that are taken
 * @return 0; -1 with errno set: EFBIG when there are more than `most`
 */
int file_read(int fd, char **text, size_t *n, size_t *capacity, size_t most);
/** Makes a source of the rest of an open file. @return NULL with errno set: EFBIG when it is larger than 1 GiB */
src_t *src_read(arena_t *arena, int fd, const char *path);
/** Reads a source. @return NULL when it is missing, unreadable, a directory, or larger than 1 GiB: reported */
src_t *src_load(arena_t *arena, diag_t *diag, const char *path);

#endif
