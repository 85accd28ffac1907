#include <stdlib.h>
#include <string.h>
#include "print/escape.h"
#include "base/chars.h"
#include "base/text.h"
#include "common/safe.h"
#include "common/utf8.h"

/* What a format prints instead of an ASCII character, NULL: the character itself. It gets its place, since some depend on what is
 * around it. */
typedef const char *(*substitute_t)(str_t text, size_t i);

static void print_escaped(FILE *out, str_t text, substitute_t substitute, const char *backslash)
{
    int is_safe;

    for (size_t i = 0; i < text.n;) {
        size_t n = utf8_next(text.p + i, text.n - i, &is_safe);
        const char *other = (unsigned char)text.p[i] < 0x80 ? substitute(text, i) : NULL;
        if (other != NULL) {
            fputs(other, out);
        } else if (!is_safe) {
            for (size_t j = 0; j < n; ++j)
                fprintf(out, "%sx%02x", backslash, (unsigned char)text.p[i + j]);
        } else {
            fwrite(text.p + i, 1, n, out);
        }
        i += n;
    }
}

void print_safely(FILE *out, str_t text)
{
    safe_print(out, text.p, text.n);
}

/* ends of lines and tabs as references, since parsers make blanks of them in attributes */
static const char *const references[128] = {
    ['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;", ['\''] = "&#39;", ['\n'] = "&#10;", ['\t'] = "&#9;"};

static const char *for_xml(str_t text, size_t i)
{
    return references[(unsigned char)text.p[i]];
}

void print_xml(FILE *out, str_t text)
{
    print_escaped(out, text, for_xml, "\\");
}

static const char *for_html(str_t text, size_t i)
{
    return text.p[i] == '\n' ? "\n" : text.p[i] == '\t' ? " " : for_xml(text, i);
}

void print_html(FILE *out, str_t text)
{
    print_escaped(out, text, for_html, "\\");
}

static int is_word(str_t text, size_t i)
{
    return i < text.n && char_is_alnum(text.p[i]);
}

/*
 * A comment after @ and # keeps GitHub from making a mention or a reference of what follows, which an escape would not: it looks
 * for them in the text that was rendered. "://" and "www." would become links.
 */
static const char *for_markdown(str_t text, size_t i)
{
    static const char *const substitutes[128] = {
        ['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['\n'] = " ",  ['\t'] = " ",  ['\\'] = "\\\\", ['`'] = "\\`",
        ['*'] = "\\*",  ['_'] = "\\_",  ['~'] = "\\~",   ['|'] = "\\|", ['['] = "\\[", [']'] = "\\]",   ['$'] = "\\$"};

    switch (text.p[i]) {
    case '@':
        return is_word(text, i + 1) ? "@<!-- -->" : NULL;
    case '#':
        return is_word(text, i + 1) ? "#<!-- -->" : "\\#";
    case ':':
        return i + 1 < text.n && text.p[i + 1] == '/' ? "\\:" : NULL;
    case '.':
        return i != 0 && (text.p[i - 1] | 0x20) == 'w' ? "\\." : NULL;
    default:
        return substitutes[(unsigned char)text.p[i]];
    }
}

void print_markdown(FILE *out, str_t text)
{
    print_escaped(out, text, for_markdown, "\\\\");
}

const char *escaped_text(arena_t *arena, void (*print)(FILE *out, str_t text), str_t text)
{
    text_stream_t copy;

    text_stream_begin(&copy);
    print(copy.out, text);
    text_stream_end(&copy);
    str_t kept = arena_strdup(arena, (str_t){copy.p, copy.n});
    free(copy.p);
    return kept.p;
}

/* ---- URIs ---- */

static int is_of_uris(char c)
{
    return char_is_alnum(c) || (c != '\0' && strchr("-._~/", c) != NULL);
}

str_t uri_of_path(arena_t *arena, str_t path)
{
    static const char digits[] = "0123456789ABCDEF";
    text_t uri = {.arena = arena};

    while (path.n > 2 && path.p[0] == '.' && path.p[1] == '/')
        path = (str_t){path.p + 2, path.n - 2};
    if (path.n != 0 && path.p[0] == '/')
        text_put(&uri, "file://", 7);
    for (size_t i = 0; i < path.n; ++i) {
        unsigned char c = (unsigned char)path.p[i];
        if (is_of_uris(path.p[i]))
            text_put(&uri, path.p + i, 1);
        else
            text_put(&uri, (const char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
    }
    return (str_t){uri.p, uri.n};
}
