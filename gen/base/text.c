#include <string.h>
#include "base/text.h"

void text_put(text_t *text, const char *p, size_t n)
{
    if (text->capacity - text->n < n) {
        size_t capacity = (text->n + n) * 2 < 64 ? 64 : (text->n + n) * 2;
        char *larger = arena_alloc(text->arena, capacity);
        if (text->n != 0)
            memcpy(larger, text->p, text->n);
        text->p = larger;
        text->capacity = capacity;
    }
    if (n != 0)
        memcpy(text->p + text->n, p, n);
    text->n += n;
}
