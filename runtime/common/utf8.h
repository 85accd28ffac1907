#ifndef RUNTIME_COMMON_UTF8_H
#define RUNTIME_COMMON_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** U+FFFD, which stands for what is not UTF-8 */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/**
 * Looks for a well-formed UTF-8 sequence (RFC 3629) at the start of `n` bytes.
 * @return its length, 1 to 4; 0: there is none; -1: only its first part is there
 */
static inline int utf8_scan(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned char low = 0x80, high = 0xbf; /* bounds of the second byte */
    size_t len, i;

    if (n == 0)
        return 0;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        len = 2;
    else if (p[0] >= 0xe0 && p[0] <= 0xef)
        len = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        len = 4;
    else
        return p[0] < 0x80;
    if (p[0] == 0xe0)
        low = 0xa0; /* else it would be overlong */
    else if (p[0] == 0xed)
        high = 0x9f; /* surrogates */
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f; /* above U+10FFFF */
    for (i = 1; i < len && i < n; ++i) {
        if (p[i] < low || p[i] > high)
            return 0;
        low = 0x80;
        high = 0xbf;
    }
    return i == len ? (int)len : -1;
}

/** Length of the well-formed sequence that the bytes begin with: 1 to 4, or 0 when they begin with none. */
static inline size_t utf8_length(const char *text, size_t n)
{
    int len = utf8_scan(text, n);

    return len > 0 ? (size_t)len : 0;
}

/** The character of a well-formed sequence of n bytes. */
static inline uint32_t utf8_code_point(const char *p, size_t n)
{
    uint32_t code = n == 1 ? (unsigned char)p[0] : (unsigned char)p[0] & (0x7f >> n);

    for (size_t i = 1; i < n; ++i)
        code = code << 6 | ((unsigned char)p[i] & 0x3f);
    return code;
}

/** Writes a character, up to 4 bytes. @return number of bytes */
static inline size_t utf8_encode(char *p, uint32_t code)
{
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i != 0; --i, code >>= 6)
        p[i] = (char)(0x80 | (code & 0x3f));
    p[0] = (char)(n == 1 ? code : (0xf00u >> n & 0xf0) | code);
    return n;
}

/** How much of a text of n bytes remains when it is cut to at most `most`, but not within a character. */
static inline size_t utf8_cut(const char *text, size_t n, size_t most)
{
    if (n <= most)
        return n;
    while (most != 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        --most;
    return most;
}

/** Size of the byte order mark that some editors put in front of a text: 3, or 0 when there is none. */
static inline size_t utf8_bom(const char *text, size_t n)
{
    return n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/**
 * Whether a character does something to what shows it: control characters, ends of lines in JavaScript, what changes the direction
 * of text, and the two that XML does not allow.
 */
static inline int utf8_is_unsafe(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || (code >= 0x200e && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff || code == 0xfffe ||
           code == 0xffff;
}

/**
 * The next character of n > 0 bytes that somebody shows.
 * @param is_safe whether it may be shown as it is; if not, each of its bytes has to be escaped
 * @return its length; what is not UTF-8 is one byte
 */
static inline size_t utf8_next(const char *text, size_t n, int *is_safe)
{
    size_t len = utf8_length(text, n);

    *is_safe = len != 0 && !utf8_is_unsafe(utf8_code_point(text, len));
    return len != 0 ? len : 1;
}

#endif
