/*
 * Lines are joined before anything else, in place, since a backslash may stand in the middle of a name. Where they were joined is
 * kept in a list that the scanner walks along, so that each token knows the line that it stands in.
 */
#include <stdlib.h>
#include <string.h>
#include "audit/calls/ctoken.h"
#include "base/grow.h"
#include "common/utf8.h"

/* [lex.string]: a delimiter is no longer */
#define MAX_DELIMITER 16
/* after so many raw strings without an end, there are none any more: each search goes through the rest of the file */
#define MAX_UNCLOSED 8

enum { CLASS_OTHER, CLASS_SPACE, CLASS_NEWLINE, CLASS_NAME, CLASS_DIGIT, CLASS_QUOTE, CLASS_SLASH, CLASS_DOT, CLASS_HASH };

/* bytes of UTF-8 and $ may be part of names, as gcc does */
static const uint8_t classes[256] = {
    [0] = CLASS_SPACE,           [' '] = CLASS_SPACE,  ['\t'] = CLASS_SPACE,   ['\v'] = CLASS_SPACE,
    ['\f'] = CLASS_SPACE,        ['\r'] = CLASS_SPACE, ['\n'] = CLASS_NEWLINE, ['a' ... 'z'] = CLASS_NAME,
    ['A' ... 'Z'] = CLASS_NAME,  ['_'] = CLASS_NAME,   ['$'] = CLASS_NAME,     [0x80 ... 0xff] = CLASS_NAME,
    ['0' ... '9'] = CLASS_DIGIT, ['"'] = CLASS_QUOTE,  ['\''] = CLASS_QUOTE,   ['/'] = CLASS_SLASH,
    ['.'] = CLASS_DOT,           ['#'] = CLASS_HASH};

static int class_of(char c)
{
    return classes[(unsigned char)c];
}

/* ---- joining lines ---- */

/* @return what follows the newline that continues the line, or NULL */
static const char *end_of_joint(const char *backslash, const char *end)
{
    const char *p = backslash + 1;

    while (p != end && class_of(*p) == CLASS_SPACE && *p != '\0')
        ++p;
    return p != end && *p == '\n' ? p + 1 : NULL;
}

void ctext_join_lines(ctext_t *text)
{
    const char *from = text->p, *end = text->p + text->n, *p = from, *backslash;
    char *to = text->p;

    text->num_joints = 0;
    p = from += utf8_bom(from, text->n);
    while ((backslash = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        const char *next = end_of_joint(backslash, end);
        p = backslash + 1;
        if (next == NULL)
            continue;
        memmove(to, from, (size_t)(backslash - from));
        to += backslash - from;
        text->joints = grow(text->joints, &text->joints_capacity, text->num_joints, sizeof(*text->joints));
        text->joints[text->num_joints++] = (uint32_t)(to - text->p);
        p = from = next;
    }
    memmove(to, from, (size_t)(end - from));
    to += end - from;
    *to = '\0';
    text->n = (size_t)(to - text->p);
}

void ctext_dispose(ctext_t *text)
{
    free(text->p);
    free(text->joints);
    *text = (ctext_t){0};
}

/* ---- scanning ---- */

void cscan_init(cscanner_t *scanner, const ctext_t *text)
{
    *scanner = (cscanner_t){.start = text->p,
                            .p = text->p,
                            .end = text->p + text->n,
                            .line = 1,
                            .joint = text->joints,
                            .joints_end = text->num_joints != 0 ? text->joints + text->num_joints : text->joints,
                            .is_line_start = 1,
                            .has_patterns = text->has_patterns,
                            .alone_end = text->p};
}

void cscan_init_part(cscanner_t *scanner, str_t part)
{
    *scanner = (cscanner_t){.start = part.p, .p = part.p, .end = part.p + part.n, .line = 1, .in_directive = 1};
}

static void skip_comment(cscanner_t *scanner)
{
    const char *p = scanner->p + 2, *end = scanner->end;

    if (scanner->p[1] == '/') {
        p = memchr(p, '\n', (size_t)(end - p));
        scanner->p = p != NULL ? p : end;
        return;
    }
    for (; p != end; ++p) {
        if (*p == '\n') {
            ++scanner->line;
        } else if (*p == '*' && end - p > 1 && p[1] == '/') {
            scanner->p = p + 2;
            return;
        }
    }
    scanner->p = end;
}

/* @return 0 at the end of a directive */
static int skip_space(cscanner_t *scanner)
{
    while (scanner->p != scanner->end) {
        switch (class_of(*scanner->p)) {
        case CLASS_SPACE:
            ++scanner->p;
            break;
        case CLASS_NEWLINE:
            ++scanner->p;
            ++scanner->line;
            scanner->is_line_start = 1;
            if (scanner->in_directive)
                return 0;
            break;
        case CLASS_SLASH:
            if (scanner->end - scanner->p < 2 || (scanner->p[1] != '/' && scanner->p[1] != '*'))
                return 1;
            skip_comment(scanner);
            break;
        default:
            return 1;
        }
    }
    return !scanner->in_directive;
}

/* From a quote to the next one of its kind, or the end of the line. */
static const char *skip_quoted(const char *p, const char *end)
{
    char quote = *p++;

    for (; p != end && *p != '\n'; ++p) {
        if (*p == quote)
            return p + 1;
        if (*p == '\\' && end - p > 1 && p[1] != '\n')
            ++p;
    }
    return p;
}

/* A quote in a file for lex may stand alone, in a pattern. */
static const char *skip_pattern(cscanner_t *scanner)
{
    const char *p = scanner->p, *end = p < scanner->alone_end ? p : skip_quoted(p, scanner->end);

    if (end - p > 1 && end[-1] == *p)
        return end;
    if (scanner->alone_end < end)
        scanner->alone_end = end;
    return p + 1;
}

/* C11 6.4.8: characters of names, dots, signs after an exponent's letter; and quotes between digits (C++14, C23). */
static const char *skip_number(const char *p, const char *end)
{
    while (++p != end) {
        int class = class_of(*p);
        if (class == CLASS_NAME || class == CLASS_DIGIT || class == CLASS_DOT)
            continue;
        if ((*p == '+' || *p == '-') && strchr("eEpP", p[-1]) != NULL)
            continue;
        if (*p != '\'' || end - p < 2 || (class_of(p[1]) != CLASS_NAME && class_of(p[1]) != CLASS_DIGIT))
            break;
    }
    return p;
}

static int is_raw_prefix(const char *p, size_t n)
{
    return p[n - 1] == 'R' && (n == 1 || (n == 2 && strchr("LuU", p[0]) != NULL) || (n == 3 && memcmp(p, "u8", 2) == 0));
}

/**
 * A raw string, from its opening quote.
 * @return its end, or NULL when it is none: it is an ordinary string then
 */
static const char *skip_raw_string(cscanner_t *scanner, const char *quote)
{
    const char *end = scanner->end, *p = quote + 1;
    char closing[MAX_DELIMITER + 2] = ")";
    size_t n = 1;

    for (; p != end && *p != '('; ++p) {
        if (n > MAX_DELIMITER || *p == ')' || *p == '\\' || *p == '"' || class_of(*p) == CLASS_SPACE || *p == '\n')
            return NULL;
        closing[n++] = *p;
    }
    if (p == end || scanner->num_unclosed == MAX_UNCLOSED)
        return NULL;
    closing[n++] = '"';
    const char *found = memmem(p, (size_t)(end - p), closing, n);
    if (found == NULL) {
        ++scanner->num_unclosed;
        return NULL;
    }
    for (; p != found; ++p)
        scanner->line += *p == '\n';
    return found + n;
}

/* @return the end of the name, or of the raw string that it is the beginning of */
static const char *scan_name(cscanner_t *scanner, ctoken_t *token)
{
    const char *p = scanner->p, *end = scanner->end;
    int class;

    do {
        ++p;
    } while (p != end && ((class = class_of(*p)) == CLASS_NAME || class == CLASS_DIGIT));
    token->kind = CTOKEN_NAME;
    if (p != end && *p == '"' && is_raw_prefix(scanner->p, (size_t)(p - scanner->p))) {
        const char *raw_end = skip_raw_string(scanner, p);
        token->kind = CTOKEN_STRING;
        p = raw_end != NULL ? raw_end : skip_quoted(p, end);
    }
    return p;
}

static const char *scan_hash(cscanner_t *scanner, ctoken_t *token)
{
    const char *p = scanner->p;

    if (scanner->end - p > 1 && p[1] == '#') {
        token->kind = CTOKEN_PASTE;
        return p + 2;
    }
    token->kind = CTOKEN_HASH;
    if (scanner->is_line_start && !scanner->in_directive) {
        token->kind = CTOKEN_DIRECTIVE;
        scanner->in_directive = 1;
    }
    return p + 1;
}

static const char *scan(cscanner_t *scanner, ctoken_t *token)
{
    const char *p = scanner->p, *end = scanner->end;

    token->kind = CTOKEN_PUNCT;
    switch (class_of(*p)) {
    case CLASS_NAME:
        return scan_name(scanner, token);
    case CLASS_DIGIT:
        token->kind = CTOKEN_NUMBER;
        return skip_number(p, end);
    case CLASS_QUOTE:
        token->kind = CTOKEN_STRING;
        return scanner->has_patterns ? skip_pattern(scanner) : skip_quoted(p, end);
    case CLASS_HASH:
        return scan_hash(scanner, token);
    case CLASS_DOT:
        if (end - p > 1 && class_of(p[1]) == CLASS_DIGIT) {
            token->kind = CTOKEN_NUMBER;
            return skip_number(p, end);
        }
        return p + (end - p > 2 && p[1] == '.' && p[2] == '.' ? 3 : 1);
    default:
        return p + 1;
    }
}

void cscan_next(cscanner_t *scanner, ctoken_t *token)
{
    int is_inside = skip_space(scanner);

    while (scanner->joint != scanner->joints_end && *scanner->joint <= (uint32_t)(scanner->p - scanner->start)) {
        ++scanner->line;
        ++scanner->joint;
    }
    token->p = scanner->p;
    token->n = 0;
    token->line = scanner->line;
    if (!is_inside) {
        scanner->in_directive = 0;
        token->kind = CTOKEN_NEWLINE;
    } else if (scanner->p == scanner->end) {
        token->kind = CTOKEN_END;
    } else {
        const char *end = scan(scanner, token);
        token->n = (uint32_t)(end - scanner->p);
        scanner->p = end;
        scanner->is_line_start = 0;
    }
}

str_t cscan_header_name(cscanner_t *scanner)
{
    const char *p = scanner->p, *end = scanner->end, *name;

    while (p != end && class_of(*p) == CLASS_SPACE)
        ++p;
    if (p == end || (*p != '"' && *p != '<'))
        return (str_t){NULL, 0};
    char closing = *p == '"' ? '"' : '>';
    for (name = ++p; p != end && *p != '\n' && *p != closing; ++p)
        ;
    scanner->p = p != end && *p == closing ? p + 1 : p;
    return (str_t){name, (size_t)(p - name)};
}
