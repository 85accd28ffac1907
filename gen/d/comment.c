/*
 * Comments are no tokens. They are collected, and the next token decides what they are about: those that stand directly before
 * a probe or a provider document it; one that ends the line of a probe is a remark about that probe. A comment with @appdata is
 * data for probegen and documents nothing.
 */
#include <string.h>
#include "base/chars.h"
#include "d/front.h"
#include "d/parse.h"
#include "common/utf8.h"

/** @return the text after `@appdata` in a comment, NULL when there is none */
static const char *find_appdata(const char *p, const char *end)
{
    static const char word[] = "@appdata";
    const size_t n = sizeof(word) - 1;

    while ((p = memmem(p, (size_t)(end - p), word, n)) != NULL) {
        p += n;
        if (!char_is_alnum(*p) && *p != '_')
            return p;
    }
    return NULL;
}

/** whether nothing but marks and blanks stands between the start of a comment and the word */
static int is_first_word(const char *p, const char *word)
{
    while (p != word && (char_is_space(*p) || *p == '/' || *p == '*' || *p == '!'))
        ++p;
    return p == word;
}

/**
 * A comment with `@appdata` and an object after it is a block to be read: a list that is passed over would show what must not be
 * shown. Without an object it is prose, and no mistake in a definition; where a block may be meant that is told.
 */
static void read_appdata(d_state_t *st, uint32_t start, uint32_t end)
{
    const char *text = st->src->text, *p = find_appdata(text + start, text + end);
    uint32_t content_end = text[start + 1] == '*' ? end - 2 : end;

    if (p == NULL)
        return;
    uint32_t value = (uint32_t)(p - text), word = value - (uint32_t)sizeof("@appdata") + 1;
    while (value < content_end && (char_is_space(text[value]) || text[value] == '*'))
        ++value;
    if (value < content_end && text[value] == '{')
        d_appdata(st, (uint32_t)(p - text), content_end);
    else if (is_first_word(text + start, text + word))
        diag_report(st->diag, W_APPDATA, (span_t){st->src, word, (uint32_t)(p - text)},
                    "no JSON object follows @appdata: nothing is marked; write @appdata {\"probe\": [\"argument\"]}");
}

void d_comment(d_state_t *st, uint32_t start, uint32_t end)
{
    d_comments_t *comments = &st->comments;

    comments->list = arena_grow(st->arena, comments->list, &comments->capacity, comments->num, sizeof(comments->list[0]));
    comments->list[comments->num++] = (d_comment_t){start, end};
    read_appdata(st, start, end);
}

/* rulers (`----`, `====`) and empty lines, which carry nothing at the start and at the end of a text */
static int is_empty_line(const char *p, const char *end)
{
    for (; p != end; ++p) {
        if (char_is_alnum(*p) || (*p & 0x80) != 0)
            return 0;
    }
    return 1;
}

static void put_line(text_t *text, const char *p, const char *end, size_t *useful)
{
    while (end != p && char_is_space(end[-1]))
        --end;
    int is_empty = is_empty_line(p, end);
    if (is_empty && text->n == 0)
        return;
    if (text->n != 0)
        text_put(text, "\n", 1);
    while (p != end) {
        size_t n = utf8_length(p, (size_t)(end - p));
        if (n != 0)
            text_put(text, p, n);
        else
            /* an old file in Latin-1: what is printed is UTF-8 all the same */
            text_put(text, UTF8_REPLACEMENT, sizeof(UTF8_REPLACEMENT) - 1);
        p += n != 0 ? n : 1;
    }
    if (!is_empty)
        *useful = text->n;
}

static const char *skip(const char *p, const char *end, const char *set)
{
    while (p != end && strchr(set, *p) != NULL)
        ++p;
    return p;
}

/** Whether every line after the first begins with a star: then the stars are decoration, otherwise they are bullets of a list. */
static int is_starred(const char *p, const char *end)
{
    while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        p = skip(p, end, " \t\r\n\f\v");
        if (p != end && *p != '*')
            return 0;
    }
    return 1;
}

static void put_comment(text_t *text, const char *p, const char *end, size_t *useful)
{
    int is_block = p[1] == '*';

    p += 2;
    if (!is_block) {
        p = skip(p, end, "/!");
        put_line(text, p != end && *p == ' ' ? p + 1 : p, end, useful);
        return;
    }
    end -= 2;
    p = skip(p, end, "*!");
    while (end != p && end[-1] == '*')
        --end;
    int has_stars = is_starred(p, end);
    for (int is_first = 1; p != end; is_first = 0) {
        const char *line_end = memchr(p, '\n', (size_t)(end - p));
        if (line_end == NULL)
            line_end = end;
        p = skip(p, line_end, " \t\r\f\v");
        if (has_stars && !is_first && p != line_end && *p == '*') {
            p = skip(p, line_end, "*");
            if (p != line_end && *p == ' ')
                ++p;
        }
        put_line(text, p, line_end, useful);
        p = line_end != end ? line_end + 1 : end;
    }
}

static str_t clean(d_state_t *st, const d_comment_t *comments, size_t num)
{
    text_t *text = &st->comments.text;
    size_t useful = 0;

    for (size_t i = 0; i < num; ++i)
        put_comment(text, st->src->text + comments[i].start, st->src->text + comments[i].end, &useful);
    text->n = 0;
    return useful != 0 ? arena_strdup(st->arena, (str_t){text->p, useful}) : (str_t){NULL, 0};
}

/** number of line ends between two places; -1 when there is more than blanks (a `#` line) */
static int count_lines(d_state_t *st, uint32_t from, uint32_t to)
{
    int num = 0;

    for (const char *p = st->src->text + from, *end = st->src->text + to; p != end; ++p) {
        if (!char_is_space(*p))
            return -1;
        num += *p == '\n';
    }
    return num;
}

/** Whether the first comment stands on the line of the token before and ends that line: then it is a remark about what is before
 * it. */
static int is_remark(d_state_t *st, const d_token_t *token)
{
    uint32_t next = st->comments.num > 1 ? st->comments.list[1].start : token->span.start;

    if (st->scanned.span.src == NULL || count_lines(st, st->scanned.span.end, st->comments.list[0].start) != 0)
        return 0;
    return token->kind == 0 || token->kind == '}' || count_lines(st, st->comments.list[0].end, next) != 0;
}

str_t d_take_comments(d_state_t *st, const d_token_t *token)
{
    const char *text = st->src->text;
    size_t num = st->comments.num, first = 0, i = num;
    uint32_t next = token->span.start;

    if (is_remark(st, token)) {
        const d_comment_t *remark = &st->comments.list[first++];
        if (st->comments.last_probe != NULL && st->comments.last_probe_end == st->scanned.span.end &&
            st->comments.last_probe->doc.n == 0 && find_appdata(text + remark->start, text + remark->end) == NULL)
            st->comments.last_probe->doc = clean(st, remark, 1);
    }
    st->comments.num = 0;
    if (token->kind != PROBE && token->kind != PROVIDER)
        return (str_t){NULL, 0};
    for (; i > first; --i) {
        const d_comment_t *comment = &st->comments.list[i - 1];
        int lines = count_lines(st, comment->end, next);
        if (lines == -1 || lines > 1 || find_appdata(text + comment->start, text + comment->end) != NULL)
            break;
        next = comment->start;
    }
    return clean(st, st->comments.list + i, num - i);
}
