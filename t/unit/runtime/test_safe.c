/*
 * ASSERTION: whatever the bytes of a text are, what a terminal gets of it is a line that does nothing: no control character, no
 * change of direction, no end of line but our own, always UTF-8; all other text is as it was. A message is whole at any length.
 */

#include "common/safe.h"
#include "common/utf8.h"
#include "tap.h"

static char buffer[1 << 16];

static const char *shown(const char *text, size_t n)
{
    FILE *out = fmemopen(buffer, sizeof(buffer), "w");

    if (out == NULL)
        bail_out("out of memory");
    safe_print(out, text, n);
    fputc('\0', out);
    fclose(out);
    return buffer;
}

static void test_table(void)
{
    static const struct {
        const char *what, *text, *expected;
    } cases[] = {
        {"nothing", "", ""},
        {"a path", "/usr/lib/x y-1.so", "/usr/lib/x y-1.so"},
        {"other scripts", "Straße \u5e97 \u0645\u0631 \U0001f3ea", "Straße \u5e97 \u0645\u0631 \U0001f3ea"},
        {"a colour", "\x1b[31mred", "\\x1b[31mred"},
        {"the title of a window", "\x1b]0;x\a", "\\x1b]0;x\\x07"},
        {"an end of line, a return, a tab", "a\nb\rc\td", "a\\x0ab\\x0dc\\x09d"},
        {"DEL", "a\x7f", "a\\x7f"},
        {"CSI of two bytes",
         "\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"},
        {"CSI of one byte",
         "\x9b"
         "31m",
         "\\x9b31m"},
        {"no control character", "\xc2\xa0", "\xc2\xa0"},
        {"directions", "\u061c\u200e\u200f\u202a\u202e\u2066\u2069",
         "\\xd8\\x9c\\xe2\\x80\\x8e\\xe2\\x80\\x8f\\xe2\\x80\\xaa\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xe2\\x81\\xa9"},
        {"separators", "\u2028\u2029", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9"},
        {"half a character", "a\xe2\x82", "a\\xe2\\x82"},
        {"overlong, surrogates, too large", "\xc0\x8a\xed\xa0\x80\xf4\x90\x80\x80",
         "\\xc0\\x8a\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i)
        is_str(shown(cases[i].text, strlen(cases[i].text)), cases[i].expected, cases[i].what);
    is_str(shown("a\0b", 3), "a\\x00b", "NUL");
}

/* by a table of its own: general categories Cc, Zl, Zp, bidirectional controls, and what XML or a text's beginning has not */
static int is_treacherous(uint32_t code)
{
    static const uint32_t ranges[][2] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200e, 0x200f}, {0x2028, 0x2029},
                                         {0x202a, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xfffe, 0xffff}};

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); ++i) {
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return 1;
    }
    return 0;
}

static void test_all_characters(void)
{
    unsigned num_wrong = 0;

    for (uint32_t code = 0; code < 0x110000; code += code == 0xd7ff ? 0x801 : 1) {
        char text[8], expected[32] = "";
        size_t n = utf8_encode(text, code);
        for (size_t i = 0; i < n && is_treacherous(code); ++i)
            sprintf(expected + 4 * i, "\\x%02x", (unsigned char)text[i]);
        if (!is_treacherous(code))
            memcpy(expected, text, n), expected[n] = '\0';
        if (strcmp(shown(text, n), expected) != 0 && num_wrong++ < 10)
            diag("U+%04X became %s", (unsigned)code, buffer);
    }
    is_int(num_wrong, 0, "every character of Unicode");
}

static void test_all_bytes(void)
{
    unsigned num_wrong = 0;

    for (unsigned pair = 0; pair < 0x10000; ++pair) {
        const char text[] = {'a', (char)(pair >> 8), (char)pair, 'z'};
        const char *got = shown(text, sizeof(text));
        size_t n = strlen(got);
        num_wrong += got[0] != 'a' || got[n - 1] != 'z';
        for (size_t i = 0, len; i < n; i += len) {
            len = utf8_length(got + i, n - i);
            num_wrong += len == 0 || is_treacherous(utf8_code_point(got + i, len));
            len += len == 0;
        }
    }
    is_int(num_wrong, 0, "every pair of bytes");
}

static void test_messages(void)
{
    static const size_t lengths[] = {0, 1, 1000, 1023, 1024, 1025, 4090, 5000, 12000};
    static char text[12001];

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); ++i) {
        FILE *out = fmemopen(buffer, sizeof(buffer), "w");
        size_t n = lengths[i];
        memset(text, '\x1b', n);
        text[n] = '\0';
        if (out == NULL)
            bail_out("out of memory");
        safe_say(out, "name", "%s, %d", text, 7);
        fclose(out);
        size_t num = 0;
        for (const char *p = buffer; (p = strstr(p, "\\x1b")) != NULL; p += 4)
            ++num;
        ok(num == n && strncmp(buffer, "name: ", 6) == 0 && strcmp(buffer + 6 + 4 * n, ", 7\n") == 0,
           "a message of %zu bytes is whole, a line, and escaped", n);
    }
}

int main(void)
{
    test_table();
    test_all_characters();
    test_all_bytes();
    test_messages();
    return done_testing();
}
