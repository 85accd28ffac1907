#ifndef GEN_BASE_CHARS_H
#define GEN_BASE_CHARS_H

/** Kinds of characters, in ASCII and whatever the locale. */

/** A blank within a line; a carriage return stands before the end of some lines. */
static inline int char_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/** What C calls white space: blanks and ends of lines and pages. */
static inline int char_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline int char_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline int char_is_alnum(char c)
{
    return char_is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/** Whether it can be part of a name in C. */
static inline int char_is_word(char c)
{
    return char_is_alnum(c) || c == '_' || c == '$';
}

/** @return the value of four hexadecimal digits, as they stand after \u in JSON; -1 when they are none */
static inline int chars_hex4(const char *p)
{
    int value = 0;

    for (int i = 0; i < 4; ++i) {
        char c = p[i];
        int digit = char_is_digit(c) ? c - '0' : (c |= 0x20, c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
        if (digit == -1)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

#endif
