/*
 * ASSERTION: the tokens of a C or C++ source are those of the standards as far as calls can be told by them, each in its line,
 * whatever is continued, unfinished or malformed; and the tokenizer reads nothing outside of the text.
 */

#include "audit/calls/ctoken.h"
#include "tap.h"

/* A copy of exactly its size, so that a sanitizer sees what is read outside; it has room for the NUL. */
static ctext_t text_of(const char *p, size_t n, int has_patterns)
{
    ctext_t text = {.p = malloc(n + 1), .n = n, .capacity = n + 1, .has_patterns = has_patterns};

    if (text.p == NULL)
        bail_out("malloc");
    memcpy(text.p, p, n);
    return text;
}

/*
 * All tokens, separated by blanks: a name or number as it is, a string in <>, other characters as they are; {…} is around a
 * directive. "2>" stands before the first token of line 2, if the token before it is in another line.
 */
static const char *tokens_of(const char *p, int has_patterns)
{
    static char out[4096];
    size_t n = 0;
    uint32_t line = 1;
    ctext_t text = text_of(p, strlen(p), has_patterns);
    cscanner_t scanner;
    ctoken_t token;

    ctext_join_lines(&text);
    cscan_init(&scanner, &text);
    out[0] = '\0';
    for (cscan_next(&scanner, &token); token.kind != CTOKEN_END; cscan_next(&scanner, &token)) {
        if (n + token.n + 32 >= sizeof(out))
            bail_out("too many tokens");
        n += (size_t)sprintf(out + n, "%s", n != 0 ? " " : "");
        if (token.line != line && token.kind != CTOKEN_NEWLINE)
            n += (size_t)sprintf(out + n, "%u>", line = token.line);
        n += (size_t)sprintf(out + n, token.kind == CTOKEN_STRING ? "<%.*s>" : "%.*s", (int)token.n, token.p);
        if (token.kind == CTOKEN_DIRECTIVE || token.kind == CTOKEN_NEWLINE) {
            n -= token.n;
            n += (size_t)sprintf(out + n, token.kind == CTOKEN_DIRECTIVE ? "{" : "}");
        }
    }
    cscan_next(&scanner, &token);
    if (token.kind != CTOKEN_END)
        n += (size_t)sprintf(out + n, " goes on after its end");
    ctext_dispose(&text);
    return out;
}

static const struct {
    const char *what, *text, *tokens;
} cases[] = {
    {"nothing", "", ""},
    {"only blanks", " \t\v\f\r\n \n", ""},
    {"a call", "APP_ONE(a, 1);", "APP_ONE ( a , 1 ) ;"},
    {"names", "a _b $c d1 \xc3\xa4\xc3\xb6 a\xc3\xa4z", "a _b $c d1 \xc3\xa4\xc3\xb6 a\xc3\xa4z"},
    {"operators are characters", "a->b<<=c++", "a - > b < < = c + +"},
    {"but for ...", "a::b ... a.b .. :", "a : : b ... a . b . . :"},
    {"lines", "a\nb\n\n\nc d\n", "a 2>b 5>c d"},

    {"a comment is a blank", "a/**/b/* x */c", "a b c"},
    {"... of several lines", "a/* \n \n */b\nc", "a 3>b 4>c"},
    {"... which does not nest", "/* /* */ a */", "a * /"},
    {"... and ends where it can", "/*/ a */ b /***/ c", "b c"},
    {"a comment of a line", "a // b /* c\nd", "a 2>d"},
    {"... which a backslash continues", "a // b \\\n c\nd", "a 3>d"},
    {"a comment without end", "a /* b\n c * /", "a"},
    {"a slash", "a / b /", "a / b /"},
    {"no comment in a string", "\"/*\" a '//' b", "<\"/*\"> a <'//'> b"},
    {"no string in a comment", "/* \" */ a // '\nb", "a 2>b"},

    {"a continued line", "a \\\n b", "a 2>b"},
    {"a name that is continued", "AP\\\nP_ONE(", "APP_ONE 2>("},
    {"a name that is continued often", "A\\\n\\\nB\\\nC d\ne", "ABC 4>d 5>e"},
    {"blanks after the backslash", "a\\ \t\nb", "ab"},
    {"a backslash and a carriage return", "a\\\r\nb c", "ab 2>c"},
    {"a backslash elsewhere", "a \\ b\nc", "a \\ b 2>c"},
    {"a backslash at the end", "a\\", "a \\"},
    {"a directive that is continued", "#define A \\\n b\nc", "{ define A 2>b } 3>c"},
    {"a comment's beginning that is continued", "/\\\n* a */ b", "2>b"},
    {"a string that is continued", "\"a\\\nb\" c", "<\"ab\"> 2>c"},

    {"strings", "\"a b\" \"\" \"\\\"\" \"\\\\\" a", "<\"a b\"> <\"\"> <\"\\\"\"> <\"\\\\\"> a"},
    {"strings beside each other", "\"a\"\"b\"'c'", "<\"a\"> <\"b\"> <'c'>"},
    {"strings with prefixes", "L\"a\" u8\"b\" U'c'", "L <\"a\"> u8 <\"b\"> U <'c'>"},
    {"character constants", "'a' '\\'' '\"' '\\\\' b", "<'a'> <'\\''> <'\"'> <'\\\\'> b"},
    {"a string without end ends with its line", "\"a b\nc\"", "<\"a b> 2>c <\">"},
    {"a string without end at the end", "a \"b", "a <\"b>"},
    {"a string that ends in a backslash", "\"a\\", "<\"a\\>"},
    {"an apostrophe", "don't\nb", "don <'t> 2>b"},

    {"a raw string", "R\"(a\"b)\" c", "<R\"(a\"b)\"> c"},
    {"a raw string of several lines", "R\"(a\n\")\n)\" c\nd", "<R\"(a\n\")\n)\"> 3>c 4>d"},
    {"a raw string with a delimiter", "R\"x(a)\"b)x\" c", "<R\"x(a)\"b)x\"> c"},
    {"raw strings with prefixes", "LR\"(a)\" u8R\"(b)\" uR\"(c)\" UR\"(d)\"", "<LR\"(a)\"> <u8R\"(b)\"> <uR\"(c)\"> <UR\"(d)\">"},
    {"no raw string", "xR\"(a\" b", "xR <\"(a\"> b"},
    {"a delimiter that is none", "R\"a b(c\" d", "<R\"a b(c\"> d"},
    {"a delimiter that is too long", "R\"12345678901234567(a\" b", "<R\"12345678901234567(a\"> b"},
    {"a raw string without end is a string", "R\"(a b\nc", "<R\"(a b> 2>c"},

    {"numbers", "0 12 0x1F 1.5 .5 1. 1e5 1u 0b1", "0 12 0x1F 1.5 .5 1. 1e5 1u 0b1"},
    {"signs in exponents", "1e+5 1E-5 0x1p+3 1+2 0xe+1", "1e+5 1E-5 0x1p+3 1 + 2 0xe+1"},
    {"quotes in numbers", "1'000'000 0x1'f '1' 1'", "1'000'000 0x1'f <'1'> 1 <'>"},
    {"what is no number but is one token", "1abc 1.2.3 1..2", "1abc 1.2.3 1..2"},

    {"a directive", "#if A\nb", "{ if A } 2>b"},
    {"... after blanks and comments", "  /* */ # /* */ if A // b\nc", "{ if A } 2>c"},
    {"... that is empty", "#\na", "{ } 2>a"},
    {"... at the end of the file", "#if A", "{ if A }"},
    {"... whose comment goes on", "#if A /*\n*/ B\nc", "{ if A 2>B } 3>c"},
    {"# elsewhere", "a # b", "a # b"},
    {"# and ## in a directive", "#define A #b ## c\n", "{ define A # b ## c }"},
    {"% alone", "a % b %= c %", "a % b % = c %"},
    {"other digraphs are their characters", "<: <%", "< : < %"},
    {"trigraphs are not replaced", "?\?=define", "? ? = define"},
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i)
        is_str(tokens_of(cases[i].text, 0), cases[i].tokens, cases[i].what);
}

/* In a pattern of lex a quote may stand alone. */
static void test_patterns(void)
{
    is_str(tokens_of("[\"] { A(); }\n\"a\" b", 1), "[ <\"> ] { A ( ) ; } 2><\"a\"> b",
           "lex: a quote that its line does not close stands alone");
    is_str(tokens_of("['\"]+ A(\"x\");", 1), "[ <'> <\"> ] + A ( <\"> x <\"> ) ;", "lex: ... and so do all after it");
    is_str(tokens_of("' ' ' a", 1), "<' '> <'> a", "lex: ... but not those before it");
}

static void test_joining(void)
{
    static const char with_mark[] = "\xef\xbb\xbf#if A\\\n\nb";
    static const char with_nul[] = "a\0b\\\0\nc";
    ctext_t text = text_of(with_mark, sizeof(with_mark) - 1, 0);

    ctext_join_lines(&text);
    is_str(text.p, "#if A\nb", "a byte order mark and a joint are taken away");
    ok(text.n == 7 && text.num_joints == 1 && text.joints[0] == 5, "... and the joint is known");
    ctext_dispose(&text);
    text = text_of(with_nul, sizeof(with_nul) - 1, 0);
    ctext_join_lines(&text);
    ok(text.n == sizeof(with_nul) - 1 && text.num_joints == 0, "NUL is no blank that may follow a backslash");
    ctext_dispose(&text);
}

/* Parts of a directive that was read already. */
static void test_parts(void)
{
    cscanner_t scanner;
    ctoken_t token;
    int num = 0;

    cscan_init_part(&scanner, STR("(a, ##b)"));
    do {
        cscan_next(&scanner, &token);
        ++num;
    } while (token.kind != CTOKEN_NEWLINE && num < 10);
    ok(num == 7, "a part of a directive ends like one");
    cscan_next(&scanner, &token);
    ok(token.kind == CTOKEN_END, "... and then is at its end");
}

static void test_header_names(void)
{
    static const struct {
        const char *text, *name;
    } names[] = {{" \"a/b.h\" c", "a/b.h"},
                 {"<sys/sdt.h>\n", "sys/sdt.h"},
                 {"\"a'>\"", "a'>"},
                 {"<a\"b>", "a\"b"},
                 {"HEADER\n", ""},
                 {"\"a.h\n", "a.h"},
                 {"<>", ""},
                 {"", ""}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        ctext_t text = text_of(names[i].text, strlen(names[i].text), 0);
        cscanner_t scanner;
        ctext_join_lines(&text);
        cscan_init(&scanner, &text);
        str_t name = cscan_header_name(&scanner);
        ok(name.n == strlen(names[i].name) && (name.n == 0 || memcmp(name.p, names[i].name, name.n) == 0),
           "the name in '%s' is '%s'", names[i].text, names[i].name);
        ctext_dispose(&text);
    }
}

/* Work in proportion to the file: each of these would take hours if every opening were searched for its end. */
static void test_unclosed(void)
{
    static const char *const pieces[] = {"R\"(", "R\"a(b)a ", "\"", "'", "/ *", "\\\n", "#"};
    enum { NUM = 300000 };

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); ++i) {
        size_t n = strlen(pieces[i]), num = 0;
        for (int has_patterns = 0; has_patterns < 2; ++has_patterns) {
            ctext_t text = {.p = malloc(NUM * n + 1), .n = NUM * n, .has_patterns = has_patterns};
            cscanner_t scanner;
            ctoken_t token;
            if (text.p == NULL)
                bail_out("malloc");
            for (size_t j = 0; j < NUM; ++j)
                memcpy(text.p + j * n, pieces[i], n);
            ctext_join_lines(&text);
            cscan_init(&scanner, &text);
            do {
                cscan_next(&scanner, &token);
                ++num;
            } while (token.kind != CTOKEN_END && num <= 2 * NUM * n + 4);
            ok(token.kind == CTOKEN_END, "%d times the beginning of what does not end, number %zu", NUM, i);
            ctext_dispose(&text);
        }
    }
}

int main(void)
{
    test_cases();
    test_patterns();
    test_joining();
    test_parts();
    test_header_names();
    test_unclosed();
    return done_testing();
}
