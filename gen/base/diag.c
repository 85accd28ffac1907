/*
 * A message is built in memory and written with one call, so that the messages of several runs under `make -j` do not mix.
 *
 * The source line is printed as it is, tabs included; the line under it repeats each tab and puts a blank for every other
 * character, so the caret stands under its character whatever the terminal's tab width. What a terminal would not show as one cell
 * (control characters, what changes the direction of text, bytes that are not UTF-8: utf8_next()) is printed as \xNN, four columns
 * a byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/diag.h"
#include "common/grow.h"
#include "common/utf8.h"

/* a source line longer than this many bytes is cut to a window around the caret */
#define MAX_LINE 180
#define WINDOW_BEFORE 80

static const char *const tag_names[] = {
#define DIAG(tag, what) #tag,
#include "base/diag.def"
#undef DIAG
};

typedef struct st_message_t {
    char *p;
    size_t n, capacity;
} message_t;

/* where a message is built when there is no memory */
static char reserve[1024];

static void put(message_t *text, const char *p, size_t n)
{
    if (n == 0)
        return;
    char *larger = text->p != reserve ? grow_list(text->p, &text->capacity, text->n + n - 1, 1) : NULL;

    /* a message cut short is better than none */
    if (larger == NULL && text->p == NULL)
        text->p = reserve;
    if (larger != NULL)
        text->p = larger;
    else if (text->p != reserve)
        return;
    else if (n > sizeof(reserve) - text->n)
        n = sizeof(reserve) - text->n;
    memcpy(text->p + text->n, p, n);
    text->n += n;
}

static void put_str(message_t *text, const char *s)
{
    put(text, s, strlen(s));
}

static void put_repeated(message_t *text, char c, size_t n)
{
    while (n-- != 0)
        put(text, &c, 1);
}

/**
 * The character that the bytes begin with.
 * @param columns that it takes: one, or those of its bytes in hex
 * @return number of bytes
 */
static size_t measure_cell(const char *p, size_t n, size_t *columns)
{
    int is_safe;
    size_t len = utf8_next(p, n, &is_safe);

    *columns = is_safe ? 1 : 4 * len;
    return len;
}

static size_t put_cell(message_t *text, const char *p, size_t n)
{
    size_t columns, len = measure_cell(p, n, &columns);
    char escaped[8];

    if (columns == 1) {
        put(text, p, len);
        return len;
    }
    for (size_t i = 0; i < len; ++i) {
        snprintf(escaped, sizeof(escaped), "\\x%02x", (unsigned char)p[i]);
        put_str(text, escaped);
    }
    return len;
}

static void put_escaped(message_t *text, const char *p, size_t n)
{
    for (size_t i = 0; i < n;)
        i += put_cell(text, p + i, n - i);
}

/* What is shown of a source line: bytes from `low` to `high`, and what is marked: from `caret` to `end`. */
typedef struct st_excerpt_t {
    str_t line;
    size_t low, high, caret, end;
} excerpt_t;

static excerpt_t find_excerpt(span_t at)
{
    excerpt_t x = {.line = src_line(at.src, at.start), .caret = src_position(at.src, at.start).col - 1};

    x.high = x.line.n;
    if (x.caret > x.line.n)
        x.caret = x.line.n;
    x.end = x.caret + (at.end > at.start ? at.end - at.start : 1);
    if (x.line.n > MAX_LINE) {
        x.low = utf8_cut(x.line.p, x.line.n, x.caret > WINDOW_BEFORE ? x.caret - WINDOW_BEFORE : 0);
        x.high = utf8_cut(x.line.p, x.line.n, x.low + MAX_LINE);
    }
    return x;
}

static void put_line(message_t *text, const excerpt_t *x)
{
    put_str(text, x->low > 0 ? "..." : "");
    for (size_t i = x->low; i < x->high;) {
        if (x->line.p[i] == '\t')
            put(text, &x->line.p[i++], 1);
        else
            i += put_cell(text, x->line.p + i, x->line.n - i);
    }
    put_str(text, x->high < x->line.n ? "...\n" : "\n");
}

static void put_caret(message_t *text, const excerpt_t *x)
{
    size_t i = x->low, n;

    put_str(text, x->low > 0 ? "   " : "");
    while (i < x->caret) {
        char c = x->line.p[i];
        i += measure_cell(x->line.p + i, x->line.n - i, &n);
        if (c == '\t')
            put(text, "\t", 1);
        else
            put_repeated(text, ' ', n);
    }
    size_t columns = x->caret < x->high ? 0 : 1;
    while (i < x->high && i < x->end) {
        char c = x->line.p[i];
        i += measure_cell(x->line.p + i, x->line.n - i, &n);
        columns += c == '\t' ? 1 : n;
    }
    put(text, "^", 1);
    put_repeated(text, '~', columns - 1);
    put(text, "\n", 1);
}

static void put_source(message_t *text, span_t at)
{
    excerpt_t x = find_excerpt(at);

    if (x.line.n != 0) {
        put_line(text, &x);
        put_caret(text, &x);
    }
}

static void write_all(const message_t *text)
{
    for (size_t done = 0; done < text->n;) {
        ssize_t n = write(STDERR_FILENO, text->p + done, text->n - done);
        if (n <= 0)
            break; /* there is nowhere left to complain */
        done += (size_t)n;
    }
}

static void print_message(span_t at, const char *kind, const char *tag, const char *message)
{
    message_t text = {0};
    char head[64];

    if (at.src != NULL) {
        position_t pos = src_position(at.src, at.start);
        put_escaped(&text, pos.path, strlen(pos.path));
        snprintf(head, sizeof(head), ":%u:%u: %s: ", pos.line, pos.col, kind);
    } else {
        snprintf(head, sizeof(head), "probegen: ");
    }
    put_str(&text, head);
    put_escaped(&text, message, strlen(message));
    if (tag != NULL) {
        put_str(&text, " [");
        put_str(&text, tag);
        put(&text, "]", 1);
    }
    put(&text, "\n", 1);
    if (at.src != NULL)
        put_source(&text, at);
    fflush(stdout); /* a dump and the messages about it, in order */
    write_all(&text);
    if (text.p != reserve)
        free(text.p);
}

/* The notes of the last one would stand below the closing line. */
static void close_messages(diag_t *diag, const char *closing)
{
    write_all(&(message_t){.p = (char *)closing, .n = strlen(closing)});
    diag->is_muted = 1;
}

void diag_report(diag_t *diag, diag_tag_t tag, span_t at, const char *fmt, ...)
{
    int is_mild = (diag->mild >> tag & 1) != 0, is_strict = (diag->strict >> tag & 1) != 0;
    int is_error = is_strict || (tag_names[tag][0] == 'E' && !is_mild);
    char *message;
    va_list args;

    va_start(args, fmt);
    if (vasprintf(&message, fmt, args) == -1)
        message = NULL;
    va_end(args);
    const char *text = message != NULL ? message : "out of memory";
    if (diag->take != NULL && diag->take(diag->taker, tag, at, text)) {
        diag->is_muted = 1;
        goto Exit;
    }

    diag->num_mild += is_mild;
    diag->is_muted = diag_is_full(diag) || diag->num_mild > DIAG_MAX_ERRORS;
    diag->num_file_errors += tag == E_FILE;
    if (is_error)
        ++diag->num_errors;
    else
        ++diag->num_warnings;
    if (diag->is_muted)
        goto Exit;
    print_message(at, is_error ? "error" : "warning", tag_names[tag], text);
    if (is_error && diag_is_full(diag))
        close_messages(diag, "probegen: too many errors, the rest is not shown\n");
    if (is_mild && diag->num_mild == DIAG_MAX_ERRORS)
        close_messages(diag, "probegen: too many warnings of this kind, the rest is not shown\n");

Exit:
    free(message);
}

void diag_note(diag_t *diag, span_t at, const char *fmt, ...)
{
    char *message;
    va_list args;

    if (diag->is_muted)
        return;
    va_start(args, fmt);
    if (vasprintf(&message, fmt, args) != -1) {
        print_message(at, "note", NULL, message);
        free(message);
    }
    va_end(args);
}

const char *diag_tag_name(diag_tag_t tag)
{
    return tag_names[tag];
}
