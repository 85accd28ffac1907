#ifndef GEN_AUDIT_TRACE_STREAM_H
#define GEN_AUDIT_TRACE_STREAM_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/**
 * The bytes of a file, decompressed if its first bytes, whatever its name, are those of gzip (RFC 1952) or zstd (RFC 8878). Members
 * or frames that follow each other are one stream, even of both kinds. Memory is bounded, whatever the file says: 200 KB, and for
 * zstd the window that its frames ask for, up to 128 MB, the limit of zstd(1).
 */

#define STREAM_ROOM (128 * 1024)

typedef enum en_stream_kind_t { STREAM_PLAIN, STREAM_GZIP, STREAM_ZSTD } stream_kind_t;

typedef struct st_stream_t {
    uint64_t num_read, size; /* bytes of the file, as it is stored; size 0: not known */
    char error[160];         /* why it cannot be read to its end; "": it can */
    int is_damaged;          /* its compressed data end early, or are malformed: the stream ends there */
    int fd;
    int is_eof;
    stream_kind_t kind; /* of the member that is being read */
    int is_between;     /* members */
    struct z_stream_s *zlib;
    struct ZSTD_DCtx_s *zstd;
    size_t zstd_wants; /* bytes to the end of the block */
    size_t pos, end;   /* in input */
    char *input;
} stream_t;

/** Opens a file; "-" is standard input. @return 0, or -1: stream->error says why; nothing has to be closed then */
int stream_open(stream_t *stream, const char *path);
/**
 * Reads some bytes, at most n.
 * @return how many; 0 at the end, or where stream->error or stream->is_damaged say that it cannot be read further
 */
size_t stream_read(stream_t *stream, char *p, size_t n);
void stream_close(stream_t *stream);

#endif
