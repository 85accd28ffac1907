#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/exit.h"
#include "base/out.h"
#include "base/text.h"
#include "print/print.h"

void print_wrapped(FILE *out, str_t text, int column, int width)
{
    int indent = column;

    while (text.n != 0) {
        const char *blank = memchr(text.p, ' ', text.n);
        str_t word = {text.p, blank != NULL ? (size_t)(blank - text.p) : text.n};
        if (column != indent && column + 1 + word.n <= (size_t)width) {
            column += fprintf(out, " ");
        } else if (column != indent) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        }
        print_safely(out, word);
        column += (int)word.n;
        size_t taken = word.n + (blank != NULL);
        text = (str_t){text.p + taken, text.n - taken};
    }
}

int print_has_color(const char *path)
{
    const char *no_color = getenv("NO_COLOR");

    return path == NULL && isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0');
}

int finish_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_OK;
    fprintf(stderr, "probegen: cannot write to standard output: %s\n", strerror(errno));
    return EXIT_FILE;
}

static int write_text(arena_t *arena, diag_t *diag, const char *path, const char *text, size_t n)
{
    const char *slash;
    outdir_t *dir;

    if (path == NULL) {
        fwrite(text, 1, n, stdout);
        return finish_stdout();
    }
    slash = strrchr(path, '/');
    str_t parent = slash == NULL ? STR(".") : slash == path ? STR("/") : (str_t){path, (size_t)(slash - path)};
    if ((dir = outdir_open(arena, diag, arena_strdup(arena, parent).p)) == NULL)
        return EXIT_FILE;
    out_bytes(out_begin(dir, slash == NULL ? path : slash + 1), text, n);
    return out_commit(dir) == 0 ? EXIT_OK : EXIT_FILE;
}

int print_report(arena_t *arena, diag_t *diag, const char *path, void (*print)(const void *report, FILE *out), const void *report)
{
    text_stream_t text;

    text_stream_begin(&text);
    print(report, text.out);
    text_stream_end(&text);
    int status = write_text(arena, diag, path, text.p, text.n);
    free(text.p);
    return status;
}

/* ---- progress ---- */

#define INTERVAL_MS 100

static int is_progress_shown;

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
    is_progress_shown = 1;
    fprintf(stderr, "\r\033[K%s: %" PRIu64, what, done);
    if (total != 0)
        fprintf(stderr, " of %" PRIu64 " %s, %" PRIu64 " %%", total, unit, done < total ? (uint64_t)(100.0 * done / total) : 100);
    else
        fprintf(stderr, " %s", unit);
}

void progress_end(void)
{
    if (is_progress_shown)
        fputs("\r\033[K", stderr);
    is_progress_shown = 0;
}
