/*
 * A trace has some hundred bytes for each of tens of millions of events, and nothing of it has to be kept. Libraries build a
 * document of each line, or call back for each token, and cost 0.7 (yajl) to 3.6 (jansson) microseconds for it, on a machine where
 * this takes 0.3, all counting included. simdjson would not be slower, but it is C++ and wants a large part of the file in memory.
 * Here nothing is built: there is one pass over the bytes of a line, up to the first one that RFC 8259 does not allow.
 *
 * Nothing compares with the line's end: a newline stands there, which is part of no token.
 * Strings, which are most of a line, are passed eight bytes at a time as long as nothing in them ends them, has a backslash, or is
 * no ASCII.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include "audit/trace/jsonline.h"
#include "base/chars.h"
#include "common/utf8.h"

static const char *skip_space(const char *p)
{
    while (char_is_blank(*p))
        ++p;
    return p;
}

/* ---- strings ---- */

#define EACH_BYTE(c) (0x0101010101010101ull * (c))

/* bytes that are 0: exact in its lowest one, and none if there is none (S. E. Anderson, Bit Twiddling Hacks) */
static uint64_t zero_bytes(uint64_t x)
{
    return (x - EACH_BYTE(0x01)) & ~x & EACH_BYTE(0x80);
}

/*
 * Index of the first of eight bytes that is a quote, a backslash, a control character or no ASCII; 8: there is none. Each of the
 * tests may be wrong above a byte that it has found, not below.
 */
static size_t find_special8(const char *p)
{
    uint64_t x;

    memcpy(&x, p, 8);
    x = le64toh(x);
    uint64_t is_control = (x - EACH_BYTE(0x20)) & ~x;
    uint64_t special = ((is_control | x) & EACH_BYTE(0x80)) | zero_bytes(x ^ EACH_BYTE('"')) | zero_bytes(x ^ EACH_BYTE('\\'));
    return special != 0 ? (size_t)__builtin_ctzll(special) / 8 : 8;
}

static size_t is_plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '\\';
}

/* @param p after a backslash */
static const char *scan_escape(const char *p)
{
    switch (*p) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 1;
    case 'u':
        return chars_hex4(p + 1) >= 0 ? p + 5 : NULL;
    default:
        return NULL;
    }
}

/* @return the end of an escape, or of a character that is no ASCII; NULL if it is neither */
static __attribute__((noinline)) const char *pass_special(const char *p, int *is_escaped)
{
    if (*p == '\\') {
        *is_escaped = 1;
        return scan_escape(p + 1);
    }
    size_t n = (unsigned char)*p >= 0x80 ? utf8_length(p, 4) : 0; /* which stops at the newline */
    return n != 0 ? p + n : NULL;
}

/* @param p after the first quote @return the other one; NULL if it is no string */
static const char *scan_string(const char *p, const char *end, int *is_escaped)
{
    *is_escaped = 0;
    while (p != NULL && *p != '"') {
        size_t n = end - p >= 8 ? find_special8(p) : is_plain(*p);
        p = n != 0 ? p + n : pass_special(p, is_escaped);
    }
    return p;
}

/* ---- other values ---- */

/* @param p at a digit or minus @return the number's end; NULL if it is none */
static const char *scan_number(const char *p)
{
    if (*p == '-')
        ++p;
    if (!char_is_digit(*p))
        return NULL;
    if (*p++ != '0') {
        while (char_is_digit(*p))
            ++p;
    }
    if (*p == '.') {
        if (!char_is_digit(*++p))
            return NULL;
        while (char_is_digit(*p))
            ++p;
    }
    if (*p == 'e' || *p == 'E') {
        ++p;
        if (*p == '+' || *p == '-')
            ++p;
        if (!char_is_digit(*p))
            return NULL;
        while (char_is_digit(*p))
            ++p;
    }
    return p;
}

static const char *scan_word(const char *p, const char *end, const char *word, size_t n)
{
    return (size_t)(end - p) >= n && memcmp(p, word, n) == 0 ? p + n : NULL;
}

/* a value that is no object and no array */
static const char *scan_scalar(const char *p, const char *end, jsonline_kind_t *kind, int *is_escaped)
{
    switch (*p) {
    case '"':
        *kind = JSONLINE_STRING;
        return (p = scan_string(p + 1, end, is_escaped)) != NULL ? p + 1 : NULL;
    case 't':
        *kind = JSONLINE_BOOL;
        return scan_word(p, end, "true", 4);
    case 'f':
        *kind = JSONLINE_BOOL;
        return scan_word(p, end, "false", 5);
    case 'n':
        *kind = JSONLINE_NULL;
        return scan_word(p, end, "null", 4);
    default:
        *kind = JSONLINE_NUMBER;
        return scan_number(p);
    }
}

/* "key": @return the value's first byte */
static const char *scan_key(const char *p, const char *end, str_t *key, int *is_escaped)
{
    const char *quote;

    if (*p != '"' || (quote = scan_string(p + 1, end, is_escaped)) == NULL)
        return NULL;
    *key = (str_t){p + 1, (size_t)(quote - (p + 1))};
    p = skip_space(quote + 1);
    return *p == ':' ? skip_space(p + 1) : NULL;
}

/* ---- objects and arrays inside ---- */

/*
 * @param p at the beginning of a value
 * @param depth objects and arrays that it is in
 * @return what follows it
 */
static const char *scan_inner(const char *p, const char *end, unsigned depth)
{
    char closing = *p == '{' ? '}' : ']';
    jsonline_kind_t kind;
    str_t key;
    int is_escaped;

    if (*p != '{' && *p != '[')
        return scan_scalar(p, end, &kind, &is_escaped);
    if (depth == JSONLINE_MAX_DEPTH)
        return NULL;
    p = skip_space(p + 1);
    if (*p == closing)
        return p + 1;
    while (1) {
        if ((closing == '}' && (p = scan_key(p, end, &key, &is_escaped)) == NULL) || (p = scan_inner(p, end, depth + 1)) == NULL)
            return NULL;
        p = skip_space(p);
        if (*p == closing)
            return p + 1;
        if (*p != ',')
            return NULL;
        p = skip_space(p + 1);
    }
}

/* ---- members ---- */

static const char *scan_value(const char *p, const char *end, jsonline_member_t *member)
{
    const char *begin = p;

    member->is_value_escaped = 0;
    if (*p == '{' || *p == '[') {
        member->kind = *p == '{' ? JSONLINE_OBJECT : JSONLINE_ARRAY;
        p = scan_inner(p, end, 1);
    } else {
        p = scan_scalar(p, end, &member->kind, &member->is_value_escaped);
    }
    if (p == NULL)
        return NULL;
    member->value = (str_t){begin, (size_t)(p - begin)};
    if (member->kind == JSONLINE_STRING)
        member->value = (str_t){begin + 1, member->value.n - 2};
    return p;
}

int jsonline_next(jsonline_t *json, jsonline_member_t *member)
{
    const char *p = skip_space(json->p);
    char opener = json->is_begun ? ',' : '{';

    if (*p == opener) {
        p = skip_space(p + 1);
        if (json->is_begun || *p != '}') {
            json->is_begun = 1;
            if ((p = scan_key(p, json->end, &member->key, &member->is_key_escaped)) == NULL ||
                (p = scan_value(p, json->end, member)) == NULL)
                return -1;
            json->p = p;
            return 1;
        }
    } else if (!json->is_begun) {
        return -1;
    }
    return *p == '}' && skip_space(p + 1) >= json->end ? 0 : -1;
}

/* ---- what values mean ---- */

/* @param p at the u of \uXXXX, which may be the first half of a pair @return its end */
static const char *decode_unicode(const char *p, const char *end, unsigned *c)
{
    *c = (unsigned)chars_hex4(p + 1);
    p += 5;
    if (*c < 0xd800 || *c > 0xdfff)
        return p;
    if (*c <= 0xdbff && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        unsigned low = (unsigned)chars_hex4(p + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
            return p + 6;
        }
    }
    *c = 0xfffd;
    return p;
}

str_t jsonline_decode(str_t text, char *decoded)
{
    static const char letters[128] = {['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'};
    const char *p = text.p, *end = text.p + text.n;
    char *out = decoded;

    while (p != end) {
        if (*p != '\\') {
            *out++ = *p++;
        } else if (*++p == 'u') {
            unsigned c;
            p = decode_unicode(p, end, &c);
            out += utf8_encode(out, c);
        } else {
            char c = letters[(unsigned char)*p & 0x7f];
            *out++ = c != 0 ? c : *p;
            ++p;
        }
    }
    return (str_t){decoded, (size_t)(out - decoded)};
}

double jsonline_double(str_t text)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    const uint64_t limit = 1ull << 53; /* up to here, numbers and their quotients by such a power are exact or rounded once */
    uint64_t mantissa = 0;
    size_t i = 0, num_decimals = 0;

    for (; i < text.n && char_is_digit(text.p[i]) && mantissa < limit / 10; ++i)
        mantissa = mantissa * 10 + (uint64_t)(text.p[i] - '0');
    if (i + 1 < text.n && text.p[i] == '.') {
        for (++i; i < text.n && char_is_digit(text.p[i]) && mantissa < limit / 10 && num_decimals < 9; ++i, ++num_decimals)
            mantissa = mantissa * 10 + (uint64_t)(text.p[i] - '0');
    }
    if (i == text.n)
        return (double)mantissa / powers[num_decimals];
    return strtod(text.p, NULL); /* it ends where the number ends; the locale is C */
}

int64_t jsonline_count(str_t text)
{
    int64_t count = 0;

    for (size_t i = 0; i < text.n; ++i) {
        if (!char_is_digit(text.p[i]) || count > (INT64_MAX - 9) / 10)
            return -1;
        count = count * 10 + (text.p[i] - '0');
    }
    return count;
}
