/*
 * ASSERTION: a pattern matches what a plain search by hand finds, star by star; all 63 places work, and more are refused; of long
 * texts the first bytes decide.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "choose/pattern.h"
#include "tap.h"

/* The witness: no escapes. */
static int glob(const char *p, const char *pend, const char *s, const char *send, unsigned flags)
{
    if (p == pend)
        return s == send;
    if ((flags & PATTERN_GLOB) && *p == '*')
        return glob(p + 1, pend, s, send, flags) || (s != send && glob(p, pend, s + 1, send, flags));
    if (s == send)
        return 0;
    int is_same = *p == *s || ((flags & PATTERN_IGNORE_CASE) && tolower((unsigned char)*p) == tolower((unsigned char)*s));
    return (is_same || ((flags & PATTERN_GLOB) && *p == '?')) && glob(p + 1, pend, s + 1, send, flags);
}

/* @return 1 or 0; -1: refused */
static int match(const char *text, unsigned flags, const char *bytes, size_t n)
{
    struct pg_pattern pattern;
    reason_t reason;
    size_t at;

    return pattern_make(&pattern, text, strlen(text), flags, &at, &reason) == 0 ? pattern_matches(&pattern, bytes, n, 0) : -1;
}

static void matches(const char *text, unsigned flags, const char *bytes, int expected)
{
    char what[128];

    snprintf(what, sizeof(what), "%.40s with flags %u, %.40s", text, flags, bytes);
    is_int(match(text, flags, bytes, strlen(bytes)), expected, what);
}

static void test_forms(void)
{
    matches("abc", 0, "abc", 1);
    matches("abc", 0, "abcd", 0);
    matches("abc", 0, "ab", 0);
    matches("", 0, "", 1);
    matches("", 0, "a", 0);
    matches("*", 0, "a", 0);
    matches("*", 0, "*", 1);
    matches("*", PATTERN_GLOB, "", 1);
    matches("a*", PATTERN_GLOB, "abc", 1);
    matches("*c", PATTERN_GLOB, "abc", 1);
    matches("a*b?*c", PATTERN_GLOB, "abbbxc", 1);
    matches("a**", PATTERN_GLOB, "a", 1);
    matches("??", PATTERN_GLOB, "a", 0);
    matches("\\*a", PATTERN_GLOB, "*a", 1);
    matches("\\*a", PATTERN_GLOB, "ba", 0);
    matches("a\\\"b", 0, "a\"b", 1);
    matches("a\\", 0, "a\\", 1);
    matches("a\\b", PATTERN_PLAIN, "a\\b", 1);
    matches("Set-Cookie", PATTERN_IGNORE_CASE, "set-cOOKIE", 1);
    matches("[\\]^@`{", PATTERN_IGNORE_CASE | PATTERN_PLAIN, "[\\]^@`{", 1);
    matches("@", PATTERN_IGNORE_CASE, "`", 0);
    matches("[", PATTERN_IGNORE_CASE, "{", 0);
    matches("*.Example.com", PATTERN_IGNORE_CASE | PATTERN_GLOB, "WWW.example.COM", 1);
    matches("00fF?a*", PATTERN_HEX | PATTERN_GLOB, "", -1);
    matches("4142", PATTERN_HEX, "AB", 1);
    matches("41?43", PATTERN_HEX | PATTERN_GLOB, "AxC", 1);
    matches("4", PATTERN_HEX, "A", -1);
    matches("4g", PATTERN_HEX, "A", -1);
    matches("\xff\x80", 0, "\xff\x80", 1);
}

static void test_sizes(void)
{
    char text[80], bytes[600];

    for (size_t n = 0; n <= 64; ++n) {
        memset(text, 'a', n);
        text[n] = '\0';
        is_int(match(text, 0, text, n), n <= PATTERN_MAX_PLACES ? 1 : -1, "as long as it can be");
    }
    memset(text, '?', 63);
    strcpy(text + 63, "*");
    memset(bytes, 'x', sizeof(bytes));
    is_int(match(text, PATTERN_GLOB, bytes, 62), 0, "63 places and a star: too short");
    is_int(match(text, PATTERN_GLOB, bytes, 63), 1, "... just long enough");
    is_int(match(text, PATTERN_GLOB, bytes, 255), 1, "... longer");
    is_int(match(text, PATTERN_GLOB, bytes, 600), 1, "... of any length");
    is_int(match("*x", PATTERN_GLOB, bytes, PG_MATCH_LIMIT - 1), 1, "the end of a text that is looked at as a whole");
    is_int(match("*x", PATTERN_GLOB, bytes, PG_MATCH_LIMIT), 0, "one that is longer has no end");
    bytes[PG_MATCH_LIMIT - 1] = 'y';
    bytes[PG_MATCH_LIMIT] = 'z';
    is_int(match("*y*", PATTERN_GLOB, bytes, 600), 1, "the last byte that is looked at");
    is_int(match("*z*", PATTERN_GLOB, bytes, 600), 0, "the first one that is not");
    bytes[0] = '\0';
    is_int(match("?x*", PATTERN_GLOB, bytes, 600), 1, "a NUL is a byte");
}

static void test_random(void)
{
    unsigned num_wrong = 0, num_matches = 0;

    srandom(1);
    for (int i = 0; i < 200000; ++i) {
        char text[12], bytes[16];
        size_t n = (size_t)random() % sizeof(text), len = (size_t)random() % sizeof(bytes);
        unsigned flags = (unsigned)random() % 4 & (PATTERN_GLOB | PATTERN_IGNORE_CASE);
        for (size_t j = 0; j < n; ++j)
            text[j] = "abA*?"[random() % 5];
        for (size_t j = 0; j < len; ++j)
            bytes[j] = "abAB"[random() % 4];
        struct pg_pattern pattern;
        reason_t reason;
        size_t at;
        if (pattern_make(&pattern, text, n, flags, &at, &reason) != 0)
            ++num_wrong;
        int is_match = pattern_matches(&pattern, bytes, len, 0);
        num_wrong += is_match != glob(text, text + n, bytes, bytes + len, flags);
        num_matches += (unsigned)is_match;
    }
    is_int(num_wrong, 0, "200000 patterns and texts: as the witness says");
    ok(num_matches > 1000, "... and %u of them match", num_matches);
}

int main(void)
{
    test_forms();
    test_sizes();
    test_random();
    return done_testing();
}
