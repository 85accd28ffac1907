#ifndef RUNTIME_RECORD_INPUT_H
#define RUNTIME_RECORD_INPUT_H

#include <stddef.h>
#include "common/reason.h"

/** Bytes of a file, decompressed if it begins as a file of gzip or zstd does. */
typedef struct st_input_t {
    int fd;
    const char *name;        /* for messages */
    int is_ended;            /* nothing more comes from the file */
    int is_cut;              /* its compressed data end early: what came before was handed out */
    const char *damage;      /* what is wrong with them, in the decompressor's words, after the same; NULL: nothing */
    int is_in_frame;         /* of compressed data */
    struct z_stream_s *zlib; /* NULL: it is not gzip */
    struct ZSTD_DCtx_s *zstd;
    char *bytes; /* as they are in the file */
    size_t pos, end;
} input_t;

/** @param path stays the caller's; "-": standard input @return 0, or -1 with a reason; input_close() is needed in any case */
int input_open(input_t *input, const char *path, reason_t *reason);
/** Reads its first bytes, before all others, and finds out what it is. @return 0, or -1 with a reason */
int input_begin(input_t *input, reason_t *reason);
/** Waits until there are some. @return how many there are, at most `size`; 0: there are no more; -1 with a reason */
ssize_t input_read(input_t *input, char *to, size_t size, reason_t *reason);
void input_close(input_t *input);

#endif
