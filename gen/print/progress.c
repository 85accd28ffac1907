#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "print/progress.h"

#define INTERVAL_MS 100

static int is_shown;

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_show(const char *what, uint64_t done, uint64_t total, const char *unit)
{
    static int is_terminal = -1;
    static int64_t next;
    int64_t now;

    if (is_terminal == -1) {
        is_terminal = isatty(STDERR_FILENO);
        next = now_ms() + INTERVAL_MS; /* what takes no longer needs no line */
    }
    if (!is_terminal || (now = now_ms()) < next)
        return;
    next = now + INTERVAL_MS;
    is_shown = 1;
    fprintf(stderr, "\r\033[K%s: %" PRIu64, what, done);
    if (total != 0)
        fprintf(stderr, " of %" PRIu64 " %s, %" PRIu64 " %%", total, unit, done < total ? (uint64_t)(100.0 * done / total) : 100);
    else
        fprintf(stderr, " %s", unit);
}

void progress_end(void)
{
    if (is_shown)
        fputs("\r\033[K", stderr);
    is_shown = 0;
}
