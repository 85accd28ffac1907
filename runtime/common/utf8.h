#ifndef RUNTIME_COMMON_UTF8_H
#define RUNTIME_COMMON_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * Length of the well-formed UTF-8 sequence (RFC 3629) that the bytes begin with: 1 to 4, or 0 when they begin with none.
 */
static inline size_t utf8_length(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned char low = 0x80, high = 0xbf; /* bounds of the second byte: neither overlong forms nor surrogates nor above U+10FFFF */
    size_t len;

    if (n == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        len = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        len = 3;
        if (p[0] == 0xe0)
            low = 0xa0;
        else if (p[0] == 0xed)
            high = 0x9f;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        len = 4;
        if (p[0] == 0xf0)
            low = 0x90;
        else if (p[0] == 0xf4)
            high = 0x8f;
    } else {
        return 0;
    }
    if (n < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; ++i) {
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    }
    return len;
}

/** The character of a well-formed sequence of n bytes. */
static inline uint32_t utf8_code_point(const char *p, size_t n)
{
    uint32_t code = n == 1 ? (unsigned char)p[0] : (unsigned char)p[0] & (0x7f >> n);

    for (size_t i = 1; i < n; ++i)
        code = code << 6 | ((unsigned char)p[i] & 0x3f);
    return code;
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

#endif
