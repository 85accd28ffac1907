#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/chars.h"
#include "base/exit.h"
#include "syntax/scan.h"
#include "common/safe.h"
#include "common/utf8.h"

static int check_bytes(diag_t *diag, src_t *src)
{
    const unsigned char *text = (const unsigned char *)src->text;

    if (src->len >= 2 && ((text[0] == 0xff && text[1] == 0xfe) || (text[0] == 0xfe && text[1] == 0xff))) {
        diag_report(diag, E_BYTES, (span_t){src, 0, 2}, "the file is in UTF-16: save it as UTF-8");
        return 0;
    }
    for (uint32_t i = 0; i < src->len; ++i) {
        if ((text[i] < 0x20 && !(text[i] >= '\t' && text[i] <= '\r')) || text[i] == 0x7f) {
            diag_report(diag, E_BYTES, (span_t){src, i, i + 1}, "%s: this is no text file, or it is damaged",
                        text[i] == 0 ? "NUL byte" : "control character");
            return 0;
        }
    }
    return 1;
}

/* of git: "=======", which stands between the sides, may be a ruler in a comment */
static int check_conflicts(diag_t *diag, src_t *src)
{
    static const char *const markers[] = {"<<<<<<<", ">>>>>>>"};

    for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); ++i) {
        for (const char *p = src->text; (p = strstr(p, markers[i])) != NULL; p += 7) {
            uint32_t at = (uint32_t)(p - src->text);
            if ((at == 0 || p[-1] == '\n') && (p[7] == ' ' || p[7] == '\n' || p[7] == '\r')) {
                diag_report(diag, E_CONFLICT, (span_t){src, at, at + 7}, "merge-conflict marker: resolve the conflict first");
                return 0;
            }
        }
    }
    return 1;
}

int scan_check_file(diag_t *diag, src_t *src)
{
    return check_bytes(diag, src) && check_conflicts(diag, src);
}

/* @return the length of a backslash and the end of its line; 0: there is none */
static size_t splice_length(const char *p)
{
    return p[0] != '\\' ? 0 : p[1] == '\n' ? 2 : p[1] == '\r' && p[2] == '\n' ? 3 : 0;
}

/*
 * A line may be continued in the midst of a word, too. There the rest of the word comes before the backslash, in a copy of the
 * text: all words are whole then, and every line is still the same line.
 */
void scan_join_words(arena_t *arena, src_t *src)
{
    char *copy;
    size_t n, to = 0, from = 0, pending = 0; /* bytes of splices that wait for the end of the word, before `from` */

    if (strstr(src->text, "\\\n") == NULL && strstr(src->text, "\\\r\n") == NULL)
        return;
    copy = arena_alloc(arena, (size_t)src->len + 2);
    char *splices = arena_alloc(arena, src->len);
    while (from < src->len) {
        if ((n = splice_length(src->text + from)) != 0 && (pending != 0 || (to != 0 && !char_is_space(copy[to - 1])))) {
            memcpy(splices + pending, src->text + from, n);
            pending += n;
            from += n;
            continue;
        }
        if (char_is_space(src->text[from])) {
            memcpy(copy + to, splices, pending);
            to += pending;
            pending = 0;
        }
        copy[to++] = src->text[from++];
    }
    memcpy(copy + to, splices, pending);
    src->text = copy;
}

uint32_t scan_start(const src_t *src)
{
    return (uint32_t)utf8_bom(src->text, src->len);
}

/* no-break spaces and curly quotes come with text that is copied from a web page */
int scan_check_word(diag_t *diag, span_t word)
{
    const char *text = word.src->text;

    for (uint32_t i = word.start; i < word.end; ++i) {
        if ((text[i] & 0x80) == 0)
            continue;
        size_t n = utf8_length(text + i, word.end - i);
        if (n != 0)
            diag_report(diag, E_BYTES, (span_t){word.src, i, i + (uint32_t)n},
                        "U+%04" PRIX32 " cannot stand here: use ASCII outside of comments", utf8_code_point(text + i, n));
        else
            diag_report(diag, E_BYTES, (span_t){word.src, i, i + 1}, "byte 0x%02x cannot stand here: use ASCII outside of comments",
                        (unsigned char)text[i]);
        return 1;
    }
    return 0;
}

void scan_dump_token(FILE *out, const char *kind, span_t token)
{
    position_t at = src_position(token.src, token.start);
    str_t text = span_text(token);

    fprintf(out, "%u:%u %s ", at.line, at.col, kind);
    safe_print(out, text.p, text.n);
    fputc('\n', out);
}

str_t scan_shown(arena_t *arena, span_t span)
{
    str_t text = span_text(span);

    if (text.n <= 40)
        return text;
    return arena_printf(arena, "%.*s...", (int)utf8_cut(text.p, text.n, 37), text.p);
}

span_t scan_after(span_t span)
{
    return (span_t){span.src, span.end, span.end};
}

void scan_fail(const char *why)
{
    if (strstr(why, "memory") != NULL)
        out_of_memory();
    fprintf(stderr, "probegen: cannot read a definition or map: %s\n", why);
    exit(EXIT_FILE);
}
