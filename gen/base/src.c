#include <stdlib.h>
#include <string.h>
#include "base/src.h"
#include "common/utf8.h"

src_t *src_from_memory(arena_t *arena, const char *path, const char *text, uint32_t len)
{
    src_t *src = arena_alloc(arena, sizeof(*src));

    *src = (src_t){.path = path, .text = text, .len = len, .arena = arena};
    return src;
}

/* where a line of preprocessed text comes from */
typedef struct st_src_origin_t {
    const char *path;
    uint32_t line;
} src_origin_t;

/* The file name of a line marker: a C string. @return NULL when it has no end */
static const char *read_file_name(arena_t *arena, const char *p)
{
    const char *end = strpbrk(p, "\"\n");
    char *name, *to;

    while (end != NULL && *end == '"' && end[-1] == '\\')
        end = strpbrk(end + 1, "\"\n");
    if (end == NULL || *end != '"')
        return NULL;
    name = to = arena_alloc(arena, (size_t)(end - p) + 1);
    while (p != end) {
        p += *p == '\\' && p + 1 != end;
        *to++ = *p++;
    }
    return name;
}

/* Whether a line is a marker; if so, it says where the next line comes from. */
static int read_marker(arena_t *arena, const char *p, src_origin_t *next)
{
    const char *path;
    char *end;

    if (p[0] != '#' || p[1] != ' ' || p[2] < '0' || p[2] > '9')
        return 0;
    unsigned long line = strtoul(p + 2, &end, 10);
    if (line > UINT32_MAX || end[0] != ' ' || end[1] != '"' || (path = read_file_name(arena, end + 2)) == NULL)
        return 0;
    *next = (src_origin_t){path, (uint32_t)line};
    return 1;
}

static void find_origins(src_t *src)
{
    src_origin_t next = {src->path, 1};

    src->origins = arena_alloc(src->arena, src->num_lines * sizeof(src->origins[0]));
    for (uint32_t i = 0; i < src->num_lines; ++i) {
        src->origins[i] = next;
        if (!read_marker(src->arena, src->text + src->line_starts[i], &next))
            ++next.line;
    }
}

static void find_lines(src_t *src)
{
    const char *end = src->text + src->len, *p = src->text;
    uint32_t num = 1;

    for (; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; ++p)
        ++num;
    src->line_starts = arena_alloc(src->arena, num * sizeof(src->line_starts[0]));
    src->line_starts[0] = (uint32_t)utf8_bom(src->text, src->len);
    src->num_lines = 1;
    for (p = src->text; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; ++p)
        src->line_starts[src->num_lines++] = (uint32_t)(p - src->text) + 1;
    if (src->is_preprocessed)
        find_origins(src);
}

/* The last line that starts at the offset or before it, from 0. */
static uint32_t find_line(src_t *src, uint32_t offset)
{
    uint32_t low = 0, high;

    if (src->line_starts == NULL)
        find_lines(src);
    for (high = src->num_lines; high - low > 1;) {
        uint32_t middle = low + (high - low) / 2;
        if (src->line_starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

position_t src_position(src_t *src, uint32_t offset)
{
    uint32_t line = find_line(src, offset), start = src->line_starts[line];
    position_t at = {src->path, line + 1, (offset > start ? offset - start : 0) + 1};

    if (src->origins != NULL) {
        at.path = src->origins[line].path;
        at.line = src->origins[line].line;
    }
    return at;
}

str_t src_line(src_t *src, uint32_t offset)
{
    uint32_t line = find_line(src, offset);
    const char *p = src->text + src->line_starts[line], *end = src->text + src->len, *newline = memchr(p, '\n', (size_t)(end - p));
    size_t n = (size_t)((newline != NULL ? newline : end) - p);

    if (n != 0 && p[n - 1] == '\r')
        --n;
    return (str_t){p, n};
}

str_t span_text(span_t span)
{
    if (span.src == NULL)
        return (str_t){NULL, 0};
    return (str_t){span.src->text + span.start, span.end - span.start};
}
