#include <stdlib.h>
#include <string.h>
#include "audit/trace/linereader.h"

/** bytes that are read at once: they are still in the processor's cache when their lines are looked at */
#define CHUNK (128 * 1024)

int linereader_init(linereader_t *reader, stream_t *stream)
{
    *reader = (linereader_t){.stream = stream, .buffer = malloc(LINEREADER_MAX + 1)};
    reader->p = reader->searched = reader->end = reader->buffer;
    return reader->buffer != NULL ? 0 : -1;
}

void linereader_dispose(linereader_t *reader)
{
    free(reader->buffer);
    reader->buffer = NULL;
}

/* Reads more, after what is there; lines that were returned make room. */
static void refill(linereader_t *reader)
{
    size_t n = (size_t)(reader->end - reader->p), room = LINEREADER_MAX - n;

    if (reader->p != reader->buffer)
        memmove(reader->buffer, reader->p, n);
    reader->p = reader->buffer;
    reader->searched = reader->end = reader->p + n;
    n = stream_read(reader->stream, reader->end, room < CHUNK ? room : CHUNK);
    reader->end += n;
    reader->is_ended = n == 0;
}

/* @return the next newline; NULL when there is none before the end or in LINEREADER_MAX bytes */
static char *find_newline(linereader_t *reader)
{
    char *newline;

    while ((newline = memchr(reader->searched, '\n', (size_t)(reader->end - reader->searched))) == NULL) {
        reader->searched = reader->end;
        if (reader->is_ended || reader->end - reader->p == LINEREADER_MAX)
            return NULL;
        refill(reader);
    }
    reader->searched = newline + 1;
    return newline;
}

line_kind_t linereader_next(linereader_t *reader, str_t *line)
{
    char *newline = find_newline(reader), *p = reader->p;

    if (newline != NULL) {
        *line = (str_t){p, (size_t)(newline - p)};
        reader->p = newline + 1;
        return LINE_WHOLE;
    }
    *line = (str_t){p, (size_t)(reader->end - p)};
    if (reader->is_ended) {
        reader->p = reader->searched = reader->end;
        *reader->end = '\n';
        return line->n != 0 ? LINE_UNFINISHED : LINE_NONE;
    }
    do {
        reader->p = reader->searched = reader->end;
    } while ((newline = find_newline(reader)) == NULL && !reader->is_ended);
    reader->p = reader->searched = newline != NULL ? newline + 1 : reader->end;
    return LINE_TOO_LONG;
}
