#include "base/text.h"

void text_put(text_t *text, const char *p, size_t n)
{
    if (n == 0)
        return;
    text->p = arena_grow(text->arena, text->p, &text->capacity, text->n + n - 1, 1);
    memcpy(text->p + text->n, p, n);
    text->n += n;
}
