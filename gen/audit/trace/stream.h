#ifndef GEN_AUDIT_TRACE_STREAM_H
#define GEN_AUDIT_TRACE_STREAM_H

#include <stdint.h>
#include "base/arena.h"

/**
 * The lines of a file, decompressed if its first bytes, whatever its name, are those of gzip (RFC 1952) or zstd (RFC 8878). Members
 * or frames that follow each other are one stream, even of both kinds. Memory is bounded, whatever the file says: a line, 200 KB,
 * and for zstd the window that its frames ask for, up to 128 MB, the limit of zstd(1).
 */

/**
 * A line that is longer, with its newline, cannot be had. An event of a tracer has half of it at most: eight strings of 32 KB, of
 * which each byte is escaped, and repeated in hex.
 */
#define STREAM_MAX_LINE (4 * 1024 * 1024)

typedef enum en_line_kind_t {
    LINE_NONE, /* the stream has ended */
    LINE_WHOLE,
    LINE_UNFINISHED, /* the last one, which has no newline */
    LINE_TOO_LONG    /* its text is not there */
} line_kind_t;

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
    char *lines;
    char *line, *searched, *lines_end; /* line: the first that was not returned; no newline is before searched */
    int is_ended;                      /* nothing comes after lines_end */
} stream_t;

/** Opens a file; "-" is standard input. @return 0, or -1: stream->error says why; nothing has to be closed then */
int stream_open(stream_t *stream, const char *path);
/**
 * The next line, without its newline, valid until the next call. In memory, a newline follows each line, also an unfinished one.
 * After the last one, stream->error or stream->is_damaged say whether there would be more.
 */
line_kind_t stream_next_line(stream_t *stream, str_t *line);
void stream_close(stream_t *stream);

#endif
