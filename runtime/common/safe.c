#include <stdlib.h>
#include <string.h>
#include "common/safe.h"
#include "common/utf8.h"

/* What goes out with one call, so that lines of several programs do not mix on an unbuffered stream. */
typedef struct st_chunk_t {
    FILE *out;
    size_t n;
    char bytes[4096];
} chunk_t;

static void flush(chunk_t *chunk)
{
    fwrite(chunk->bytes, 1, chunk->n, chunk->out);
    chunk->n = 0;
}

static void put(chunk_t *chunk, const char *bytes, size_t n)
{
    if (sizeof(chunk->bytes) - chunk->n < n)
        flush(chunk);
    memcpy(chunk->bytes + chunk->n, bytes, n);
    chunk->n += n;
}

static void put_safely(chunk_t *chunk, const char *text, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    int is_safe;

    for (size_t i = 0, len; i < n; i += len) {
        len = utf8_next(text + i, n - i, &is_safe);
        if (is_safe) {
            put(chunk, text + i, len);
            continue;
        }
        for (size_t j = 0; j < len; ++j) {
            unsigned char c = (unsigned char)text[i + j];
            put(chunk, (const char[]){'\\', 'x', digits[c >> 4], digits[c & 15]}, 4);
        }
    }
}

void safe_print(FILE *out, const char *text, size_t n)
{
    chunk_t chunk = {.out = out, .n = 0};

    put_safely(&chunk, text, n);
    flush(&chunk);
}

void safe_vsay(FILE *out, const char *who, const char *fmt, va_list args)
{
    chunk_t chunk = {.out = out, .n = 0};
    char cut[1024], *text = cut;
    va_list again;

    va_copy(again, args);
    int size = vsnprintf(cut, sizeof(cut), fmt, args);
    size_t n = size > 0 ? (size_t)size : 0;
    if (n >= sizeof(cut)) {
        if ((text = malloc(n + 1)) != NULL) {
            vsnprintf(text, n + 1, fmt, again);
        } else {
            text = cut;
            n = sizeof(cut) - 1;
        }
    }
    va_end(again);
    for (; *who != '\0'; ++who)
        put(&chunk, who, 1);
    put(&chunk, ": ", 2);
    put_safely(&chunk, text, n);
    put(&chunk, "\n", 1);
    flush(&chunk);
    if (text != cut)
        free(text);
}

void safe_say(FILE *out, const char *who, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    safe_vsay(out, who, fmt, args);
    va_end(args);
}
