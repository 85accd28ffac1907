#ifndef GEN_AUDIT_TRACE_LINEREADER_H
#define GEN_AUDIT_TRACE_LINEREADER_H

#include "base/arena.h"
#include "audit/trace/stream.h"

/**
 * A line that is longer, with its newline, cannot be had. An event of a tracer has half of it at most: eight strings of 32 KB, of
 * which each byte is escaped, and repeated in hex.
 */
#define LINEREADER_MAX (4 * 1024 * 1024)

typedef enum en_line_kind_t {
    LINE_NONE, /* the stream has ended */
    LINE_WHOLE,
    LINE_UNFINISHED, /* the last one, which has no newline */
    LINE_TOO_LONG    /* its text is not there */
} line_kind_t;

/** The lines of a stream. */
typedef struct st_linereader_t {
    stream_t *stream;
    char *buffer;
    char *p, *searched, *end; /* p: of the first line that was not returned; no newline is before searched */
    int is_ended;
} linereader_t;

/** @param stream open; it stays the caller's. @return 0, or -1: out of memory */
int linereader_init(linereader_t *reader, stream_t *stream);
void linereader_dispose(linereader_t *reader);
/**
 * The next line, without its newline, valid until the next call. In memory, a newline follows each line, also an unfinished one.
 */
line_kind_t linereader_next(linereader_t *reader, str_t *line);

#endif
