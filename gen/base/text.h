#ifndef GEN_BASE_TEXT_H
#define GEN_BASE_TEXT_H

#include "base/arena.h"

/** A text that grows, in the arena; zero-initialise it with `arena` set. Emptying it (n = 0) keeps its memory. */
typedef struct st_text_t {
    arena_t *arena;
    char *p;
    size_t n, capacity;
} text_t;

void text_put(text_t *text, const char *p, size_t n);

#endif
