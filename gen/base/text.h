#ifndef GEN_BASE_TEXT_H
#define GEN_BASE_TEXT_H

#include <stdio.h>
#include "base/arena.h"

/** A text that grows, in the arena; zero-initialise it with `arena` set. Emptying it (n = 0) keeps its memory. */
typedef struct st_text_t {
    arena_t *arena;
    char *p;
    size_t n, capacity;
} text_t;

void text_put(text_t *text, const char *p, size_t n);

/** A text that is printed to, on the heap. It is all there, or the program ends with a message: open_memstream() drops what it
 * has no memory for, and neither ferror() nor fclose() says so. ftell() works. */
typedef struct st_text_stream_t {
    FILE *out;
    char *p; /* after text_stream_end(): ends with a NUL that is not counted; the caller frees it */
    size_t n, capacity;
    int is_cut;
} text_stream_t;

/** The structure must stay where it is until text_stream_end(). Ends the program when there is no memory, as that does. */
void text_stream_begin(text_stream_t *stream);
void text_stream_end(text_stream_t *stream);

#endif
