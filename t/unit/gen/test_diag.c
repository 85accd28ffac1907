/*
 * ASSERTION: a message names the place, shows its line and stands under the right characters, whatever the line consists of: tabs,
 * UTF-8, bytes that are not, control characters, thousands of characters. Notes go with their report; after a number of errors
 * there is silence; a taker gets what it asks for. Places are found in every kind of text.
 */

#include <sys/mman.h>
#include <unistd.h>
#include "base/diag.h"
#include "base/text.h"
#include "tap.h"

static arena_t *arena;
static int captured; /* a file that standard error goes to */

/* What was printed to standard error since the last call. */
static const char *printed(void)
{
    static char text[1 << 16];
    ssize_t n = pread(captured, text, sizeof(text) - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    if (ftruncate(captured, 0) != 0 || lseek(captured, 0, SEEK_SET) != 0)
        bail_out("cannot empty a file");
    return text;
}

static src_t *source(const char *text, size_t n)
{
    char *copy = memcpy(arena_alloc(arena, n + 2), text, n);

    return src_from_memory(arena, "x.d", copy, (uint32_t)n);
}

/* ---- the line and what stands under it ---- */

static void test_carets(void)
{
    static const struct {
        const char *what, *text;
        uint32_t start, end;
        const char *expected;
    } cases[] = {
        {"one character", "probe a;\n", 6, 7, ":1:7: error: bad [E_SYNTAX]\nprobe a;\n      ^\n"},
        {"a word", "probe a;\n", 0, 5, ":1:1: error: bad [E_SYNTAX]\nprobe a;\n^~~~~\n"},
        {"an empty span", "probe a;\n", 6, 6, ":1:7: error: bad [E_SYNTAX]\nprobe a;\n      ^\n"},
        {"a span of two lines: up to the end of the first", "ab cd\nef\n", 3, 8, ":1:4: error: bad [E_SYNTAX]\nab cd\n   ^~\n"},
        {"the end of a line", "ab\ncd\n", 2, 3, ":1:3: error: bad [E_SYNTAX]\nab\n  ^\n"},
        {"the end of the file, without a newline", "ab\ncd", 5, 5, ":2:3: error: bad [E_SYNTAX]\ncd\n  ^\n"},
        {"the end of the file, on an empty line: nothing to show", "ab\n", 3, 3, ":2:1: error: bad [E_SYNTAX]\n"},
        {"an empty line", "ab\n\ncd\n", 3, 4, ":2:1: error: bad [E_SYNTAX]\n"},
        {"CR LF", "ab\r\ncd\r\n", 5, 6, ":2:2: error: bad [E_SYNTAX]\ncd\n ^\n"},
        {"tabs before it stand before the caret, too", "\ta\tb\n", 3, 4, ":1:4: error: bad [E_SYNTAX]\n\ta\tb\n\t \t^\n"},
        {"a tab in the span is one column", "a\tb\n", 0, 3, ":1:1: error: bad [E_SYNTAX]\na\tb\n^~~\n"},
        {"columns are bytes, a character is a cell", "é €😀x\n", 10, 11,
         ":1:11: error: bad [E_SYNTAX]\n"
         "é €😀x\n    ^\n"},
        {"characters in the span", "é€😀\n", 0, 9, ":1:1: error: bad [E_SYNTAX]\né€😀\n^~~\n"},
        {"no UTF-8 takes four cells a byte", "a\xff\xe2\x82 b\n", 5, 6,
         ":1:6: error: bad [E_SYNTAX]\na\\xff\\xe2\\x82 b\n"
         "              ^\n"},
        {"... in the span, too", "a\xff", 0, 2, ":1:1: error: bad [E_SYNTAX]\na\\xff\n^~~~~\n"},
        {"control characters", "\x1b[1m\x7f!\n", 5, 6, ":1:6: error: bad [E_SYNTAX]\n\\x1b[1m\\x7f!\n           ^\n"},
        {"control characters of two bytes", "\xc2\x85!\n", 2, 3, ":1:3: error: bad [E_SYNTAX]\n\\xc2\\x85!\n        ^\n"},
        {"what changes the direction of text", "a\u202eb!\n", 5, 6,
         ":1:6: error: bad [E_SYNTAX]\na\\xe2\\x80\\xaeb!\n              ^\n"},
        {"... in the span", "a\u2066!\n", 0, 4, ":1:1: error: bad [E_SYNTAX]\na\\xe2\\x81\\xa6!\n^~~~~~~~~~~~~\n"},
        {"a byte order mark is not part of the line", "\xef\xbb\xbfzb\n", 4, 5, ":1:2: error: bad [E_SYNTAX]\nzb\n ^\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        diag_t diag = {0};
        src_t *src = source(cases[i].text, strlen(cases[i].text));
        diag_report(&diag, E_SYNTAX, (span_t){src, cases[i].start, cases[i].end}, "bad");
        is_str(printed(), arena_printf(arena, "x.d%s", cases[i].expected).p, cases[i].what);
    }
}

static const char *repeated(const char *s, size_t num)
{
    text_t text = {.arena = arena};

    while (num-- != 0)
        text_put(&text, s, strlen(s));
    text_put(&text, "", 1);
    return text.p;
}

/* A line of `before` characters, a mark, and `after` characters. What is shown of it: `shown_before`, the mark, `shown_after`. */
static void check_long(const char *c, size_t before, size_t after, size_t shown_before, size_t shown_after)
{
    diag_t diag = {0};
    str_t line = arena_printf(arena, "%s!%s\n", repeated(c, before), repeated(c, after));
    uint32_t at = (uint32_t)(before * strlen(c));
    const char *lead = shown_before < before ? "..." : "";

    diag_report(&diag, E_SYNTAX, (span_t){source(line.p, line.n), at, at + 1}, "bad");
    is_str(printed(),
           arena_printf(arena, "x.d:1:%u: error: bad [E_SYNTAX]\n%s%s!%s%s\n%s^\n", at + 1, lead, repeated(c, shown_before),
                        repeated(c, shown_after), shown_after < after ? "..." : "", repeated(" ", strlen(lead) + shown_before))
               .p,
           arena_printf(arena, "a mark after %zu '%s' and before %zu", before, c, after).p);
}

static void test_long_lines(void)
{
    check_long("a", 100, 79, 100, 79); /* 180 bytes */
    check_long("a", 80, 200, 80, 99);
    check_long("a", 81, 200, 80, 99);
    check_long("a", 5000, 5000, 80, 99);
    check_long("a", 5000, 0, 80, 0);
    check_long("a", 0, 5000, 0, 179);
    check_long("é", 500, 500, 40, 49); /* not half a character, neither at the beginning nor at the end */
    check_long("€", 500, 500, 27, 32);
    check_long("\t", 0, 500, 0, 179);
}

/* ---- what is said ---- */

static void test_texts(void)
{
    diag_t diag = {0};
    src_t *src = source("a\n", 2);

    diag_report(&diag, E_FILE, (span_t){.src = NULL}, "cannot read '%s'", "y");
    is_str(printed(), "probegen: cannot read 'y' [E_FILE]\n", "an error without a place");
    diag_report(&diag, W_TYPE, (span_t){src, 0, 1}, "odd");
    is_str(printed(), "x.d:1:1: warning: odd [W_TYPE]\na\n^\n", "a warning");
    diag_note(&diag, (span_t){src, 0, 1}, "here");
    is_str(printed(), "x.d:1:1: note: here\na\n^\n", "a note has no tag");
    src->path = "\x1b[2Jé.d";
    diag_report(&diag, E_TYPE, (span_t){src, 0, 1}, "a %s b", "\a\xff\u200f");
    is_str(printed(), "\\x1b[2Jé.d:1:1: error: a \\x07\\xff\\xe2\\x80\\x8f b [E_TYPE]\na\n^\n",
           "nothing in a path or text does anything");
    is_int(diag.num_errors, 2, "errors are counted");
    is_int(diag.num_file_errors, 1, "... those about files, too");
    is_int(diag.num_warnings, 1, "... warnings for themselves");
    is_str(diag_tag_name(E_SYNTAX), "E_SYNTAX", "the name of a tag");
}

static void test_limit(void)
{
    diag_t diag = {0};
    src_t *src = source("a\n", 2);
    span_t at = {src, 0, 1};

    for (int i = 1; i < DIAG_MAX_ERRORS; ++i)
        diag_report(&diag, E_TYPE, at, "bad");
    diag_note(&diag, at, "here");
    const char *text = printed();
    int num = 0;
    for (const char *p = text; (p = strstr(p, "bad [")) != NULL; ++p)
        ++num;
    ok(num == DIAG_MAX_ERRORS - 1 && strstr(text, "note: here") != NULL, "all errors but the last, and a note");
    ok(!diag_is_full(&diag), "... and there may be more");
    diag_report(&diag, E_TYPE, at, "last");
    is_str(printed(), "x.d:1:1: error: last [E_TYPE]\na\n^\nprobegen: too many errors, the rest is not shown\n", "the last one");
    ok(diag_is_full(&diag), "... after which it is not worth going on");
    diag_note(&diag, at, "of the last");
    diag_report(&diag, E_TYPE, at, "one more");
    diag_report(&diag, W_TYPE, at, "a warning");
    diag_note(&diag, at, "of the warning");
    is_str(printed(), "", "then there is silence");
    is_int(diag.num_errors, DIAG_MAX_ERRORS + 1, "... but everything is counted");
    is_int(diag.num_warnings, 1, "... warnings, too");
}

static int take_types(void *taker, diag_tag_t tag, span_t at, const char *text)
{
    (void)at;
    if (tag != E_TYPE)
        return 0;
    *(str_t *)taker = arena_strdup(arena, str_of(text));
    return 1;
}

static void test_taker(void)
{
    str_t taken = {NULL, 0};
    diag_t diag = {.take = take_types, .taker = &taken};
    span_t at = {source("a\n", 2), 0, 1};

    diag_report(&diag, E_TYPE, at, "for the taker %d", 7);
    diag_note(&diag, at, "with a note");
    is_str(printed(), "", "what is taken is not printed, and no note of it");
    is_str(taken.p, "for the taker 7", "... but given to the taker");
    is_int(diag.num_errors, 0, "... and not counted");
    diag_report(&diag, E_SYNTAX, at, "for us");
    diag_note(&diag, at, "with a note");
    is_str(printed(), "x.d:1:1: error: for us [E_SYNTAX]\na\n^\nx.d:1:1: note: with a note\na\n^\n", "the rest is printed");
}

/* ---- places ---- */

static void check_place(src_t *src, uint32_t offset, const char *place, const char *line)
{
    position_t at = src_position(src, offset);
    str_t text = src_line(src, offset);

    is_str(arena_printf(arena, "%s:%u:%u %.*s", at.path, at.line, at.col, STR_ARG(text)).p,
           arena_printf(arena, "%s %s", place, line).p, arena_printf(arena, "offset %u", offset).p);
}

static void test_places(void)
{
    src_t *src = source("\xef\xbb\xbfone\n\ntwo\r\nlast", 16);

    check_place(src, 0, "x.d:1:1", "one"); /* within the mark */
    check_place(src, 3, "x.d:1:1", "one");
    check_place(src, 6, "x.d:1:4", "one");
    check_place(src, 7, "x.d:2:1", "");
    check_place(src, 8, "x.d:3:1", "two");
    check_place(src, 12, "x.d:3:5", "two");
    check_place(src, 13, "x.d:4:1", "las");
    check_place(src, 16, "x.d:4:4", "las");
    check_place(source("", 0), 0, "x.d:1:1", "");
    is_str(arena_strdup(arena, span_text((span_t){src, 8, 11})).p, "two", "the text of a span");
    is_int(span_text((span_t){.src = NULL}).n, 0, "... which is empty for what is absent");
}

static void test_preprocessed(void)
{
    static const char text[] = "own\n# 7 \"a.h\" 1 3\nseven\neight\n# 40 \"dir/b\\\"c\\\\.h\"\nforty\n# 9 \"open\nx\n#define A\n"
                               "# 99999999999 \"far\"\ny\n";
    src_t *src = source(text, sizeof(text) - 1);

    src->is_preprocessed = 1;
    check_place(src, 0, "x.d:1:1", "own");
    check_place(src, (uint32_t)(strstr(text, "even") - text), "a.h:7:2", "seven");
    check_place(src, (uint32_t)(strstr(text, "eight") - text), "a.h:8:1", "eight");
    check_place(src, (uint32_t)(strstr(text, "forty") - text), "dir/b\"c\\.h:40:1", "forty");
    check_place(src, (uint32_t)(strstr(text, "x\n#") - text), "dir/b\"c\\.h:42:1", "x");
    check_place(src, (uint32_t)(strrchr(text, 'y') - text), "dir/b\"c\\.h:45:1", "y");
}

int main(void)
{
    arena = arena_create();
    captured = memfd_create("stderr", MFD_CLOEXEC);
    int terminal = dup(STDERR_FILENO);
    if (captured == -1 || terminal == -1 || dup2(captured, STDERR_FILENO) == -1)
        bail_out("standard error cannot be redirected");
    test_carets();
    test_long_lines();
    test_texts();
    test_limit();
    test_taker();
    test_places();
    test_preprocessed();
    dup2(terminal, STDERR_FILENO); /* for sanitizers */
    arena_destroy(arena);
    return done_testing();
}
