/*
 * The JSON of an @appdata block: an object that has, for each probe, the list of the arguments that carry application data. Nothing
 * else is taken, so there is no nesting and no recursion. The first mistake ends the reading of a block; it is reported where it
 * is.
 */
#include "d/front.h"
#include "base/chars.h"
#include "base/table.h"
#include "common/utf8.h"

typedef struct st_block_t {
    d_state_t *st;
    const char *text; /* the whole file */
    uint32_t at, end;
} block_t;

static span_t here(const block_t *in)
{
    return (span_t){in->st->src, in->at, in->at < in->end ? in->at + 1 : in->at};
}

/* so that `goto` and `return` need no second line */
#define FAIL(in, span, ...) (diag_report((in)->st->diag, E_APPDATA, span, __VA_ARGS__), 0)

static int fail_expected(const block_t *in, const char *what)
{
    if (in->at >= in->end)
        return FAIL(in, here(in), "the @appdata block ends here, but %s was expected", what);
    return FAIL(in, here(in), "%s was expected in the @appdata block, not '%c'", what, in->text[in->at]);
}

/** blanks, and the star that many put in front of the lines of a comment */
static void skip_blanks(block_t *in)
{
    int at_line_start = 0;

    for (; in->at < in->end; ++in->at) {
        char c = in->text[in->at];
        if (c == '\n')
            at_line_start = 1;
        else if (c == '*' && at_line_start)
            at_line_start = 0;
        else if (!char_is_blank(c))
            break;
    }
}

static int take(block_t *in, char c)
{
    skip_blanks(in);
    if (in->at >= in->end || in->text[in->at] != c)
        return 0;
    ++in->at;
    return 1;
}

/** The digits after `\u`. @return their value; -1 when they are none */
static int read_hex4(block_t *in)
{
    int value = in->end - in->at >= 4 ? chars_hex4(in->text + in->at) : -1;

    in->at += value != -1 ? 4 : 0;
    return value;
}

/** RFC 8259, 7: after `\u` */
static int read_unicode(block_t *in, uint32_t start)
{
    span_t at = {in->st->src, start, start + 2};
    int c = read_hex4(in);

    if (c == -1)
        return FAIL(in, at, "four hexadecimal digits were expected after '\\u'");
    if (c >= 0xd800 && c < 0xdc00) {
        int low = -1;
        if (in->end - in->at >= 6 && in->text[in->at] == '\\' && in->text[in->at + 1] == 'u') {
            in->at += 2;
            low = read_hex4(in);
        }
        if (low < 0xdc00 || low > 0xdfff)
            return FAIL(in, at, "the second half of a surrogate pair is missing");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    } else if (c >= 0xdc00 && c < 0xe000) {
        return FAIL(in, at, "the first half of a surrogate pair is missing");
    }
    char bytes[4];
    text_put(&in->st->comments.text, bytes, utf8_encode(bytes, (uint32_t)c));
    return 1;
}

static int read_escape(block_t *in)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint32_t start = in->at++; /* the backslash */
    char c = in->at < in->end ? in->text[in->at] : '\0';

    for (int i = 0; letters[i] != '\0'; ++i) {
        if (c == letters[i]) {
            text_put(&in->st->comments.text, &values[i], 1);
            ++in->at;
            return 1;
        }
    }
    if (c != 'u')
        return FAIL(in, ((span_t){in->st->src, start, start + 1}),
                    "unknown escape sequence in a string: write '\\\\' for a backslash");
    ++in->at;
    return read_unicode(in, start);
}

/** @param span what is between the quotes */
static int read_string(block_t *in, const char *what, str_t *value, span_t *span)
{
    text_t *text = &in->st->comments.text;

    skip_blanks(in);
    if (in->at >= in->end || in->text[in->at] != '"')
        return fail_expected(in, what);
    *span = (span_t){in->st->src, ++in->at, 0};
    text->n = 0;
    while (1) {
        if (in->at >= in->end || in->text[in->at] == '\n')
            return FAIL(in, ((span_t){in->st->src, span->start - 1, span->start}),
                        "string without end on its line: close it with '\"'");
        char c = in->text[in->at];
        if (c == '"')
            break;
        if ((unsigned char)c < 0x20)
            return FAIL(in, here(in), "control character in a string: write it as '\\u%04x'", (unsigned)c);
        if (c == '\\') {
            if (!read_escape(in))
                return 0;
        } else {
            text_put(text, &c, 1);
            ++in->at;
        }
    }
    span->end = in->at++;
    *value = arena_strdup(in->st->arena, (str_t){text->p, text->n});
    text->n = 0;
    return 1;
}

static int read_arguments(block_t *in, ast_appdata_t *entry)
{
    struct st_ast_appdata_arg_t **next = &entry->args;

    if (!take(in, '['))
        return fail_expected(in, "a list '[...]' of arguments");
    if (take(in, ']'))
        return 1;
    do {
        struct st_ast_appdata_arg_t *arg = arena_alloc(in->st->arena, sizeof(*arg));
        if (!read_string(in, "the name of an argument in quotes", &arg->name, &arg->span))
            return 0;
        *next = arg;
        next = &arg->next;
    } while (take(in, ','));
    if (!take(in, ']'))
        return fail_expected(in, "',' or ']'");
    return 1;
}

static int read_entry(block_t *in, table_t *entries)
{
    ast_appdata_t *entry = arena_alloc(in->st->arena, sizeof(*entry)), *earlier;

    if (!read_string(in, "the name of a probe in quotes", &entry->probe, &entry->probe_span))
        return 0;
    if ((earlier = table_put(entries, entry->probe, entry)) != NULL) {
        diag_report(in->st->diag, E_APPDATA, entry->probe_span, "'%.*s' is listed twice: join the lists", STR_ARG(entry->probe));
        diag_note(in->st->diag, earlier->probe_span, "it is listed here first");
        return 0;
    }
    if (!take(in, ':'))
        return fail_expected(in, "':'");
    if (!read_arguments(in, entry))
        return 0;
    *in->st->tree.next_appdata = entry;
    in->st->tree.next_appdata = &entry->next;
    return 1;
}

void d_appdata(d_state_t *st, uint32_t start, uint32_t end)
{
    block_t in = {st, st->src->text, start, end};
    table_t entries = {.arena = st->arena};

    if (!take(&in, '{')) {
        fail_expected(&in, "'{'");
        return;
    }
    if (!take(&in, '}')) {
        do {
            if (!read_entry(&in, &entries))
                return;
        } while (take(&in, ','));
        if (!take(&in, '}')) {
            fail_expected(&in, "',' or '}'");
            return;
        }
    }
    skip_blanks(&in);
    if (in.at < in.end)
        fail_expected(&in, "the end of the comment");
}
