#ifndef GEN_AUDIT_TRACE_LINEREADER_H
#define GEN_AUDIT_TRACE_LINEREADER_H

#include "base/arena.h"
#include "audit/trace/stream.h"

/**
 * Lines that are longer, with their newlines, are not kept. An event of a tracer can have half of it: eight strings of 32 KB, of
 * which each byte is escaped, and repeated in hex.
 */
#define LINEREADER_MAX (4 * 1024 * 1024)

typedef enum en_line_kind_t {
    LINE_NONE, /* the stream has ended */
    LINE_WHOLE,
    LINE_UNFINISHED, /* the last one, which has no newline */
    LINE_TOO_LONG    /* the line cannot be had */
} line_kind_t;

/** The lines of a stream. */
typedef struct st_linereader_t {
    stream_t *stream;
    char *buffer, *p, *searched, *end; /* p: the first that was not returned; no newline before searched */
    int is_ended;
} linereader_t;

/** @return 0, or -1: out of memory */
int linereader_init(linereader_t *reader, stream_t *stream);
void linereader_dispose(linereader_t *reader);
/**
 * The next line, without its newline, in memory that is valid until the next call. Behind each line, also an unfinished one, there
 * is a newline in memory.
 */
line_kind_t linereader_next(linereader_t *reader, str_t *line);

#endif
