/*
 * ASSERTION: a source is read with all branches of its conditionals but those that a number excludes; each token is under the
 * conditions that the preprocessor would ask for it, and each directive is handed on.
 */

#include "audit/calls/reader.h"
#include "tap.h"

static char out[1 << 20];
static size_t num_out;

static __attribute__((format(printf, 1, 2))) void put(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    num_out += (size_t)vsnprintf(out + num_out, sizeof(out) - num_out, fmt, args);
    va_end(args);
    if (num_out >= sizeof(out))
        bail_out("too much output");
}

static ctext_t text_of(const char *p)
{
    ctext_t text = {.p = strdup(p), .n = strlen(p)};

    if (text.p == NULL)
        bail_out("malloc");
    ctext_join_lines(&text);
    return text;
}

static arena_t *arena;
static ctexts_t texts;

static void put_event(reader_t *reader, reader_event_t event, const ctoken_t *token)
{
    static const char *const names[] = {[READER_DEFINE] = "define:", [READER_UNDEF] = "undef:", [READER_INCLUDE] = "include:"};
    const str_t *condition = reader_condition(reader);

    put(" %s%.*s", event != READER_TOKEN ? names[event] : "", (int)token->n, token->p);
    if (event == READER_INCLUDE && token->p[-1] == '<')
        put(":system");
    if (event == READER_TOKEN && condition->n != 0)
        put("[%.*s]", (int)condition->n, condition->p);
}

/* All tokens and directives; a token's condition stands after it in [], unless it has none. */
static void read_all(const char *source)
{
    ctext_t text = text_of(source);
    reader_t reader;
    reader_event_t event;
    ctoken_t token;

    num_out = 0;
    out[0] = '\0';
    reader_init(&reader, &text, &texts);
    while ((event = reader_next(&reader, &token)) != READER_END)
        put_event(&reader, event, &token);
    ctext_dispose(&text);
}

static const struct {
    const char *what, *source, *expected;
} cases[] = {
    {"no directive", "a\nb", " a b"},
    {"defined", "#define A 1\n#define B(x) x\n#undef A\na", " define:A define:B undef:A a"},
    {"no name to define", "#define\n#define 1\n#undef\n#undef (\na", " a"},
    {"includes", "#include \"a/b.h\"\n#include <c.h> // d\n#include_next \"e.h\"\n#import \"f.h\"\n#include G\na",
     " include:a/b.h include:c.h:system include:e.h include:f.h a"},
    {"other directives", "#pragma once\n#error don't\n#line 5\n#\n#7 \"x\"\n#warning \"\n#ifx A\na", " a"},

    {"#if", "#if A > 1\na\n#endif\nb", " a[A > 1] b"},
    {"#ifdef", "#ifdef A\na\n#endif", " a[defined(A)]"},
    {"#ifndef", "#ifndef A\na\n#endif", " a[!defined(A)]"},
    {"#else", "#if A > 1\na\n#else\nb\n#endif", " a[A > 1] b[!(A > 1)]"},
    {"#else of #ifdef", "#ifdef A\n#else\nb\n#endif", " b[!defined(A)]"},
    {"#else of #ifndef", "#ifndef A\n#else\nb\n#endif", " b[defined(A)]"},
    {"#elif", "#if A\na\n#elif B\nb\n#elif C || D\nc\n#else\nd\n#endif",
     " a[A] b[!(A) && B] c[!(A) && !(B) && (C || D)] d[!(A) && !(B) && !(C || D)]"},
    {"#elifdef", "#ifdef A\n#elifdef B\nb\n#elifndef C\nc\n#endif",
     " b[!defined(A) && defined(B)] c[!defined(A) && !defined(B) && !defined(C)]"},
    {"within each other", "#if A || B\n#ifdef C\na\n#endif\nb\n#endif\nc", " a[(A || B) && defined(C)] b[(A || B)] c"},
    {"a choice", "#if A ? B : C\n#if D\na\n#endif\n#endif", " a[(A ? B : C) && D]"},
    {"comments and blanks", "#if  A /* x\n */ &&\tB // c\na\n#endif", " a[A && B]"},
    {"a continued condition", "#if A && \\\n B\na\n#endif", " a[A && B]"},
    {"directives under conditions", "#if A\n#define B\n#include \"b.h\"\n#else\n#undef B\n#endif", " define:B include:b.h undef:B"},

    {"#if 0", "#if 0\na\n#define A\n#include \"a.h\"\n#endif\nb", " b"},
    {"#else of #if 0", "#if 0\na\n#else\nb\n#endif", " b"},
    {"#else of #if 1", "#if 1\na\n#else\nb\n#endif", " a"},
    {"#elif of #if 0", "#if 0\n#elif A\na\n#else\nb\n#endif", " a[A] b[!(A)]"},
    {"#elif 0", "#if A\na\n#elif 0\nb\n#elif B\nc\n#endif", " a[A] c[!(A) && B]"},
    {"#elif 1", "#if A\na\n#elif 1\nb\n#else\nc\n#endif", " a[A] b[!(A)]"},
    {"numbers", "#if (2)\na\n#endif\n#if 0x0\nb\n#endif\n#if 00L\nc\n#endif\n#if 0x10u\nd\n#endif", " a d"},
    {"what is no number alone", "#if 0 + A\na\n#endif\n#if !0\nb\n#endif", " a[0 + A] b[!0]"},
    {"within what is not built", "#if 0\n#if A\na\n#else\nb\n#endif\nc\n#endif\nd", " d"},

    {"no condition", "#if\na\n#endif", " a"},
    {"an open conditional", "#if A\na", " a[A]"},
    {"closed too often", "#endif\n#else\n#elif A\na\n#if B\nb\n#endif\n#endif\nc", " a b[B] c"},
    {"#else twice", "#if A\n#else\na\n#else\nb\n#endif\nc", " a[!(A)] b[!(A)] c"},
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        read_all(cases[i].source);
        is_str(out, cases[i].expected, cases[i].what);
    }
}

/* ---- include guards ---- */

static void test_guards(void)
{
    static const struct {
        const char *source;
        int is_guard;
    } guards[] = {
        {"#ifndef A\n#define A\n", 1},
        {"/* a */\n#ifndef A\n/* a */\n#define A 1\n#if B\n#else\n#endif\n", 1},
        {"#pragma once\n#if !defined(A)\n#define A\n", 1},
        {"#if !defined A\n#pragma once\n#define A\n", 1},
        {"#ifndef A\n#define A\n#else\n", 1},
        {"#ifndef A\n#define B\n", 0},
        {"#ifndef A\na\n#define A\n", 0},
        {"#ifndef A\n#include \"b.h\"\n#define A\n", 0},
        {"a\n#ifndef A\n#define A\n", 0},
        {"#include \"b.h\"\n#ifndef A\n#define A\n", 0},
        {"#ifdef A\n#define A\n", 0},
        {"#if !defined(A) && B\n#define A\n", 0},
    };

    for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); ++i) {
        char source[100];
        snprintf(source, sizeof(source), "%sx\n#endif\ny", guards[i].source);
        read_all(source);
        ok((strstr(out, " x y") != NULL) == guards[i].is_guard, "%s", source);
    }
    read_all("#ifndef A\n#define A\na\n#ifdef B\nb\n#endif\n#endif\n#ifndef A\n#define A\nc\n#endif");
    is_str(out, " define:A a b[defined(B)] define:A c[!defined(A)]", "a guard is no condition, a later one is none");
}

/* ---- lists of arguments ---- */

/* Reads to the "(" of a macro, and from there to the end in arguments. */
static void test_arguments(void)
{
    ctext_t text =
        text_of("#if A\nf(\n#if B\nb\n#elif C\nc\n#else\nd\n#endif\ne\n#else\ng\n#endif\n)\n#if D\nh\n#else\ni\n#endif\n");
    reader_t reader;
    ctoken_t token;

    num_out = 0;
    reader_init(&reader, &text, &texts);
    while (reader_next(&reader, &token) != READER_END) {
        put(" %.*s", (int)token.n, token.p);
        if (ctoken_is(&token, '(')) {
            ++reader.num_arguments;
            ++reader.num_arguments;
            --reader.num_arguments;
        } else if (ctoken_is(&token, ')')) {
            --reader.num_arguments;
        }
    }
    is_str(out, " f ( b e ) h i", "of what begins or ends in arguments, the first branch is read");
    ctext_dispose(&text);
}

static void test_directives(void)
{
    ctext_t text = text_of("a\n#define B c\n\n#undef C x\nd e\n#if X\nf\n#define E\n");
    reader_t reader;
    reader_event_t event;
    ctoken_t token;

    num_out = 0;
    reader_init(&reader, &text, &texts);
    while ((event = reader_next(&reader, &token)) != READER_END) {
        put_event(&reader, event, &token);
        if (event == READER_TOKEN && reader.has_directive)
            put("!");
    }
    is_str(out, " a define:B undef:C d! e f[X]! define:E", "a token knows whether a directive stands before it");
    ok(reader_next(&reader, &token) == READER_END && reader_next(&reader, &token) == READER_END, "the end stays the end");
    ctext_dispose(&text);
}

/* ---- places ---- */

static void test_places(void)
{
    ctext_t text = text_of("{ a\n#if A\n{ b\n#ifdef X\nc }\n#endif\n#else\n{ d }\n#endif\n} } e\n");
    reader_t reader;
    ctoken_t token;

    num_out = 0;
    reader_init(&reader, &text, &texts);
    while (reader_next(&reader, &token) != READER_END) {
        uint32_t start = reader_branch_start(&reader), line = 0;
        for (uint32_t i = 0; i < start; ++i)
            line += text.p[i] == '\n';
        if (token.kind == CTOKEN_NAME)
            put(" %.*s:%u%s", (int)token.n, token.p, line, reader_asks_for(&reader, STR("X")) ? ":X" : "");
    }
    is_str(out, " a:0 b:2 c:4:X d:7 e:0", "lines before the branch, and the name in its #ifdef");
    ctext_dispose(&text);
}

static void test_texts(void)
{
    ctexts_t kept = {.arena = arena, .table.arena = arena};
    const str_t *first = ctexts_keep(&kept, STR("a b"));

    ok(first == ctexts_keep(&kept, STR("a b")) && str_is(*first, "a b"), "a text is kept once");
    kept.num_bytes = (size_t)64 << 20;
    ok(str_is(*ctexts_keep(&kept, STR("c")), "...") && first == ctexts_keep(&kept, STR("a b")), "... and not too many of them");
    ok(ctexts_keep(&kept, (str_t){NULL, 0})->n == 0, "... none is none");
}

/* ---- limits ---- */

/* Reads a text of a beginning, `num` times a piece, a middle, `num` times another piece, and an end. */
static void read_many(const char *begin, size_t num, const char *before, const char *middle, const char *after, const char *end)
{
    size_t size = strlen(begin) + num * (strlen(before) + strlen(after)) + strlen(middle) + strlen(end) + 1;
    char *source = malloc(size), *p = source;

    if (source == NULL)
        bail_out("malloc");
    p = stpcpy(p, begin);
    for (size_t i = 0; i < num; ++i)
        p = stpcpy(p, before);
    p = stpcpy(p, middle);
    for (size_t i = 0; i < num; ++i)
        p = stpcpy(p, after);
    stpcpy(p, end);
    read_all(source);
    free(source);
}

static void test_limits(void)
{
    read_many("", 100000, "#if A\n", "a\n", "#endif\n", "b\n#if B\nc\n#endif\n");
    ok(num_out > 400 && num_out < 440, "a hundred thousand conditionals in each other");
    is_str(strstr(out, " ...]"), " ...] b c[B]", "... whose condition is cut end where they end");
    read_many("#if A\n", 1000, "#elif B\na\n", "#else\nc\n#endif\nd", "", "");
    ok(strncmp(out, " a[!(A) && B] a[!(A) && !(B) && B]", 34) == 0, "a thousand branches");
    is_str(out + num_out - 2, " d", "... end where they end");
    read_many("#if x", 500, "\xc3\xa4\xc3\xa4 ", "\na\n#endif", "", "");
    ok(num_out < 430 && strcmp(out + num_out - 7, "\xc3\xa4 ...]") == 0, "a long condition is cut between characters");
}

int main(void)
{
    arena = arena_create();
    texts = (ctexts_t){.arena = arena, .table.arena = arena};
    test_cases();
    test_guards();
    test_arguments();
    test_directives();
    test_places();
    test_texts();
    test_limits();
    arena_destroy(arena);
    return done_testing();
}
