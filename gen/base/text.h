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
/**
 * Adds one token of a C type in the spelling that types have in the AST: "const char **", "char [16]", "void (*)(int, char *)".
 */
void text_put_type_token(text_t *text, str_t token);
/** Whether a word in a C type says nothing of what it is: a qualifier in any spelling, or a storage class. */
int text_is_qualifier(str_t word);

#endif
