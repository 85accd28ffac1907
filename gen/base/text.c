#include <errno.h>
#include <string.h>
#include "base/text.h"
#include "common/grow.h"

void text_put(text_t *text, const char *p, size_t n)
{
    if (n == 0)
        return;
    text->p = arena_grow(text->arena, text->p, &text->capacity, text->n + n - 1, 1);
    memcpy(text->p + text->n, p, n);
    text->n += n;
}

/* It does not end the program here: that would flush the stream again. */
static ssize_t take(void *cookie, const char *p, size_t n)
{
    text_stream_t *stream = cookie;
    char *larger = stream->is_cut ? NULL : grow_list(stream->p, &stream->capacity, stream->n + n, 1);

    if (larger == NULL) {
        stream->is_cut = 1;
        return 0;
    }
    stream->p = larger;
    memcpy(stream->p + stream->n, p, n);
    stream->n += n;
    stream->p[stream->n] = '\0';
    return (ssize_t)n;
}

/* ftell() asks where it stands; it goes nowhere else */
static int tell(void *cookie, off64_t *position, int whence)
{
    const text_stream_t *stream = cookie;

    if (whence == SEEK_SET ? *position != (off64_t)stream->n : *position != 0) {
        errno = ESPIPE;
        return -1;
    }
    *position = (off64_t)stream->n;
    return 0;
}

void text_stream_begin(text_stream_t *stream)
{
    *stream = (text_stream_t){.capacity = 0};
    take(stream, "", 0); /* also an empty text ends with a NUL */
    if (stream->is_cut || (stream->out = fopencookie(stream, "w", (cookie_io_functions_t){.write = take, .seek = tell})) == NULL)
        out_of_memory();
}

void text_stream_end(text_stream_t *stream)
{
    int is_lost = ferror(stream->out) != 0;

    if (fclose(stream->out) != 0 || is_lost || stream->is_cut)
        out_of_memory();
}
