#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "common/grow.h"
#include "common/utf8.h"
#include "output/json.h"
#include "view/http/screen.h"

#define LABEL_WIDTH 10

/* @return whether there is room for so many more */
static int reserve(screen_t *screen, size_t n)
{
    char *p;

    if (screen->capacity - screen->n >= n)
        return 1;
    if ((p = grow_list(screen->p, &screen->capacity, screen->n + n, 1)) == NULL) {
        screen->has_failed = 1;
        return 0;
    }
    screen->p = p;
    return 1;
}

void screen_put(screen_t *screen, const char *bytes, size_t n)
{
    if (n == 0 || !reserve(screen, n))
        return;
    memcpy(screen->p + screen->n, bytes, n);
    screen->n += n;
}

void screen_printf(screen_t *screen, const char *fmt, ...)
{
    char line[256];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    if (n > 0)
        screen_put(screen, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

void screen_label(screen_t *screen, const char *label)
{
    screen_printf(screen, "%-*s ", LABEL_WIDTH, label);
}

static void put_bytes(screen_t *screen, const char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; ++i) {
        unsigned char c = (unsigned char)bytes[i];
        screen_put(screen, (const char[]){'\\', 'x', digits[c >> 4], digits[c & 15]}, 4);
    }
}

void screen_value(screen_t *screen, const value_text_t *value, int is_word)
{
    size_t plain = 0; /* where what can be copied as it is begins */

    if (value == NULL) {
        screen_put(screen, "-", 1);
        return;
    }
    for (size_t i = 0, len; i < value->n; i += len) {
        const char *p = value->bytes + i;
        int is_safe;
        len = utf8_next(p, value->n - i, &is_safe);
        if (is_safe && *p != '\\' && !(is_word && *p == ' '))
            continue;
        screen_put(screen, value->bytes + plain, i - plain);
        plain = i + len;
        if (*p == '\\')
            screen_put(screen, "\\\\", 2);
        else
            put_bytes(screen, p, len);
    }
    screen_put(screen, value->bytes + plain, value->n - plain);
    if (value->is_cut)
        screen_put(screen, "\\...", 4);
}

void screen_address(screen_t *screen, const struct pg_address *address)
{
    char quoted[JSON_MAX_ADDRESS], *end = json_address(quoted, address);

    screen_put(screen, quoted + 1, (size_t)(end - quoted) - 2);
}

void screen_host(screen_t *screen, const struct pg_address *address)
{
    char quoted[JSON_MAX_ADDRESS], *end = json_address(quoted, address), *begin = quoted + 1; /* "127.0.0.1:0", "[::1]:0" */
    int has_brackets = *begin == '[';

    while (end > begin && *end != ':')
        --end;
    screen_put(screen, begin + has_brackets, (size_t)(end - begin) - 2 * (size_t)has_brackets);
}

void screen_time(screen_t *screen, uint64_t time)
{
    time_t seconds = (time_t)(time / 1000000000);
    struct tm tm;
    char date[64];

    if (gmtime_r(&seconds, &tm) == NULL || strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        return;
    screen_printf(screen, "%s.%06" PRIu64 "Z", date, time / 1000 % 1000000);
}

void screen_duration(screen_t *screen, uint64_t duration)
{
    screen_printf(screen, "%" PRIu64 ".%03" PRIu64 " ms", duration / 1000000, duration / 1000 % 1000);
}

void screen_write(screen_t *screen, output_t *output)
{
    char *p = screen->n != 0 && !screen->has_failed ? output_room(output, screen->n) : NULL;

    if (p != NULL)
        output_advance(output, (char *)memcpy(p, screen->p, screen->n) + screen->n);
    if (screen->has_failed && output->error == 0)
        output->error = ENOMEM;
    screen->n = 0;
}

void screen_dispose(screen_t *screen)
{
    free(screen->p);
    *screen = (screen_t){0};
}
