#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/exit.h"
#include "base/out.h"
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
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    int status = EXIT_FILE;

    if (out != NULL)
        print(report, out);
    if (out != NULL && fclose(out) == 0)
        status = write_text(arena, diag, path, text, n);
    else
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "out of memory");
    free(text);
    return status;
}
