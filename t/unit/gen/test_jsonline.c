/*
 * ASSERTION: a line is walked through to its end only if it is a JSON object (RFC 8259) and nothing else, whatever follows it in
 * memory, and its keys, strings and numbers are what they mean. Python is the witness for that, on thousands of lines changed at
 * random.
 */

#include <math.h>
#include <sys/mman.h>
#include <unistd.h>
#include "audit/trace/jsonline.h"
#include "lab.h"
#include "tap.h"

#define MAX_LINE 4096

/*
 * Lines stand at the end of a page with nothing after it but their newline, so that reading too far is a crash with or without
 * sanitizers.
 */
static char *line_end;

static void init_guard(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (MAX_LINE + page) / page * page;
    char *p = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED || mprotect(p + whole, page, PROT_NONE) != 0)
        bail_out("mmap");
    line_end = p + whole - 1;
    *line_end = '\n';
}

static str_t guarded(const void *text, size_t n)
{
    memcpy(line_end - n, text, n);
    return (str_t){line_end - n, n};
}

/* @return the number of members; -1: it is no object */
static int num_members(const void *text, size_t n)
{
    jsonline_t json = jsonline_begin(guarded(text, n));
    jsonline_member_t member;
    int num = 0, status;

    while ((status = jsonline_next(&json, &member)) > 0)
        ++num;
    return status < 0 ? -1 : num;
}

static void is_object(const char *text, int expected)
{
    int got = num_members(text, strlen(text));

    if (!ok(got == expected, "%.60s%s is %s", text, strlen(text) > 60 ? "..." : "", expected < 0 ? "no object" : "an object"))
        diag("got %d members, expected %d", got, expected);
}

/* ---- the grammar, rule by rule ---- */

/* a value as the only member, and within an array and an object */
static void is_value(const char *value, int expected)
{
    char text[3][MAX_LINE];

    snprintf(text[0], sizeof(text[0]), "{\"a\":%s}", value);
    snprintf(text[1], sizeof(text[1]), "{\"a\":[%s],\"b\":1}", value);
    snprintf(text[2], sizeof(text[2]), "{ \"a\" : { \"b\" : %s , \"c\" : [ 1 , %s ] } }", value, value);
    is_object(text[0], expected ? 1 : -1);
    is_object(text[1], expected ? 2 : -1);
    is_object(text[2], expected ? 1 : -1);
}

static void test_structure(void)
{
    static const char *const broken[] = {
        "",
        " ",
        "[]",
        "[{}]",
        "1",
        "null",
        "\"a\"",
        "{",
        "}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\" 1}",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{,}",
        "{,\"a\":1}",
        "{\"a\":1,,\"b\":2}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1}}",
        "{}{}",
        "{} x",
        "{}\v",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{null:1}",
        "{\"a\":1:2}",
        "{\"a\"::1}",
        "{\"a\",1}",
        "{\"a\":[}",
        "{\"a\":[1}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1 2]}",
        "{\"a\":{]}",
        "{\"a\":{\"b\"}}",
        "{\"a\":{\"b\":1,}}",
        "{\"a\":[1:2]}",
        "{\"a\":{\"b\":1]}",
        "{\"a\":[\"b\":1]}",
        "{\"a\":1}//",
        "{/**/}",
        "\xef\xbb\xbf{}",
        "{\"a\":[]]}",
        "{\"a\":{}}}",
    };

    is_object("{}", 0);
    is_object(" \t\r{ \t\r} \t\r", 0);
    is_object("{\"a\":1}", 1);
    is_object("{\"\":1}", 1);
    is_object("{\"a\":1,\"a\":2 , \"b\" :\t3\r}\r", 3);
    is_object("{\"a\":[],\"b\":{},\"c\":[[],{}],\"d\":{\"e\":[],\"f\":{}}}", 4);
    is_object("{\"a\":[1,\"x\",null,true,false,{\"b\":[1,2,{\"c\":[]}]},[[[]]]],\"d\":-1}", 2);
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); ++i)
        is_object(broken[i], -1);
    is_int(num_members("{}\0", 3), -1, "NUL after an object");
    is_int(num_members("{\0}", 3), -1, "NUL within an object");
    is_int(num_members("{\"a\":\"\0\"}", 9), -1, "NUL within a string");
    is_int(num_members("{\"a\":1\n}", 8), -1, "a newline is no space within a line");
}

static const char *const right_values[] = {"0",
                                           "-0",
                                           "1",
                                           "-1",
                                           "10",
                                           "1234567890123456789012345678901234567890",
                                           "0.0",
                                           "-0.1",
                                           "1.5",
                                           "1e5",
                                           "1E5",
                                           "1e+5",
                                           "1e-5",
                                           "0e0",
                                           "-0.0E-0",
                                           "1.25e300",
                                           "1e999",
                                           "null",
                                           "true",
                                           "false",
                                           "\"\"",
                                           "\"a\"",
                                           "\"\x7f\"",
                                           "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                                           "\"\\u0000\\u001f\\uABCD\\uabcd\"",
                                           "\"\\ud83d\\ude00\"",
                                           "\"\\ud800\"",
                                           "\"\\udc00\\ud800\"",
                                           "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"",
                                           "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
                                           "\"12345678\"",
                                           "\"1234567\xc3\xa4\"",
                                           "\"12345678901234567890\\\"1234567\""};
static const char *const wrong_values[] = {"+1",
                                           "01",
                                           "-",
                                           "-a",
                                           "00",
                                           "-01",
                                           "1.",
                                           ".5",
                                           "1.e5",
                                           "1e",
                                           "1e+",
                                           "1ee5",
                                           "1.5.5",
                                           "0x10",
                                           "1a",
                                           "- 1",
                                           "1 1",
                                           "NaN",
                                           "-NaN",
                                           "Infinity",
                                           "-Infinity",
                                           "nul",
                                           "nulll",
                                           "NULL",
                                           "True",
                                           "tru",
                                           "falsee",
                                           "undefined",
                                           "'a'",
                                           "\"",
                                           "\"a",
                                           "a\"",
                                           "\"\\\"",
                                           "\"\\x41\"",
                                           "\"\\a\"",
                                           "\"\\'\"",
                                           "\"\\u\"",
                                           "\"\\u123\"",
                                           "\"\\u123g\"",
                                           "\"\\U0041\"",
                                           "\"\\u 123\"",
                                           "\"\x01\"",
                                           "\"\x1f\"",
                                           "\"\t\"",
                                           "\"\r\"",
                                           "\"\x80\"",
                                           "\"\xbf\"",
                                           "\"\xc0\x80\"",
                                           "\"\xc1\xbf\"",
                                           "\"\xc3\"",
                                           "\"\xc3(\"",
                                           "\"\xe0\x9f\xbf\"",
                                           "\"\xe2\x82\"",
                                           "\"\xed\xa0\x80\"",
                                           "\"\xf0\x8f\xbf\xbf\"",
                                           "\"\xf4\x90\x80\x80\"",
                                           "\"\xf0\x9f\x98\"",
                                           "\"\xf5\x80\x80\x80\"",
                                           "\"\xff\"",
                                           "\"\xfe\"",
                                           "\"1234567\xff"
                                           "1234567\"",
                                           "\"12345678\x01\""};

static void test_values(void)
{
    for (size_t i = 0; i < sizeof(right_values) / sizeof(right_values[0]); ++i)
        is_value(right_values[i], 1);
    for (size_t i = 0; i < sizeof(wrong_values) / sizeof(wrong_values[0]); ++i)
        is_value(wrong_values[i], 0);
}

/* `depth` containers in each other, the outermost is the line */
static int num_members_of_depth(int depth, int is_array, int is_closed)
{
    char text[MAX_LINE], *p = text;

    p = stpcpy(p, "{\"a\":");
    for (int i = 1; i < depth; ++i)
        p = stpcpy(p, is_array ? "[" : "{\"b\":");
    *p++ = '1';
    for (int i = 1; i < depth && is_closed; ++i)
        *p++ = is_array ? ']' : '}';
    *p++ = '}';
    return num_members(text, (size_t)(p - text));
}

static void test_depth(void)
{
    for (int is_array = 0; is_array < 2; ++is_array) {
        const char *what = is_array ? "arrays" : "objects";
        is_int(num_members_of_depth(JSONLINE_MAX_DEPTH, is_array, 1), 1, what);
        is_int(num_members_of_depth(JSONLINE_MAX_DEPTH, is_array, 0), -1, "... that are not closed");
        is_int(num_members_of_depth(JSONLINE_MAX_DEPTH + 1, is_array, 1), -1, "... and one too many");
    }
}

/* ---- what is found ---- */

static jsonline_member_t only_member(const char *text)
{
    jsonline_t json = jsonline_begin(guarded(text, strlen(text)));
    jsonline_member_t member = {0};

    if (jsonline_next(&json, &member) != 1)
        bail_out("no member");
    return member;
}

static void test_members(void)
{
    static const struct {
        const char *value, *text;
        jsonline_kind_t kind;
        int is_escaped;
    } cases[] = {{"null", "null", JSONLINE_NULL, 0},          {"true", "true", JSONLINE_BOOL, 0},
                 {"-1.5e3", "-1.5e3", JSONLINE_NUMBER, 0},    {"\"\"", "", JSONLINE_STRING, 0},
                 {"\"abc\"", "abc", JSONLINE_STRING, 0},      {"\"a\\\"bcdefghijk\"", "a\\\"bcdefghijk", JSONLINE_STRING, 1},
                 {"[1, [2]]", "[1, [2]]", JSONLINE_ARRAY, 0}, {"{\"b\":\"}\\n\"}", "{\"b\":\"}\\n\"}", JSONLINE_OBJECT, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        char text[200];
        snprintf(text, sizeof(text), " { \"key\" : %s } ", cases[i].value);
        jsonline_member_t member = only_member(text);
        ok(str_is(member.key, "key") && !member.is_key_escaped, "the key of %s", text);
        ok(str_is(member.value, cases[i].text) && member.kind == cases[i].kind && member.is_value_escaped == cases[i].is_escaped,
           "... and the value");
    }
    jsonline_member_t member = only_member("{\"k\\u0065y\":1}");
    ok(str_is(member.key, "k\\u0065y") && member.is_key_escaped, "an escaped key is as it is written");

    jsonline_t json = jsonline_begin(only_member("{\"a\":{\"b\":1,\"c\":{\"d\":2}},\"e\":3}").value);
    ok(jsonline_next(&json, &member) == 1 && str_is(member.key, "b"), "an object within the line is walked through");
    ok(jsonline_next(&json, &member) == 1 && str_is(member.key, "c"), "... in the same way");
    is_int(jsonline_next(&json, &member), 0, "... to its end");
}

static void is_decoded(const char *text, const char *expected)
{
    char decoded[200];
    str_t got = jsonline_decode((str_t){text, strlen(text)}, decoded);

    if (!ok(str_is(got, expected), "'%s' is decoded", text))
        diag("got '%.*s'", STR_ARG(got));
}

static void test_decode(void)
{
    is_decoded("", "");
    is_decoded("plain", "plain");
    is_decoded("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t");
    is_decoded("modul\\u0065", "module");
    is_decoded("\\u007f\\u0080\\u07FF\\u0800\\uffff", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
    is_decoded("\\ud83d\\ude00\\ud800\\udc00\\udbff\\udfff", "\xf0\x9f\x98\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
    is_decoded("\\ud800", "\xef\xbf\xbd");
    is_decoded("\\ud800x\\udc00\\ud800\\ud800\\udc00", "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd\xf0\x90\x80\x80");
    is_decoded("\\ud800\\n\xc3\xa4", "\xef\xbf\xbd\n\xc3\xa4");
}

static void is_double(const char *text, double expected)
{
    double got = jsonline_double(guarded(text, strlen(text)));

    if (!ok(memcmp(&got, &expected, sizeof(got)) == 0, "%s as a number", text))
        diag("got %.17g, expected %.17g", got, expected);
}

static void test_numbers(void)
{
    static const char *const texts[] = {"0",
                                        "1",
                                        "1795364222938.463",
                                        "1795364222938.999",
                                        "9007199254740993",
                                        "9007199254740992",
                                        "900719925474099.1",
                                        "0.1",
                                        "0.123456789",
                                        "0.1234567891",
                                        "123456789.123456789",
                                        "-1.5",
                                        "-0",
                                        "1e3",
                                        "1.5E-3",
                                        "12345678901234567890123",
                                        "4.9e-324",
                                        "2.2250738585072011e-308",
                                        "0.000000000000000000001",
                                        "1795364222938.46312345",
                                        "99999999999999.5",
                                        "1e22",
                                        "1e23"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); ++i)
        is_double(texts[i], strtod(texts[i], NULL));
    ok(isinf(jsonline_double(guarded("1e999", 5))), "too large a number is infinite");
    char digits[MAX_LINE];
    memset(digits, '7', sizeof(digits));
    digits[1] = '.';
    ok(fabs(jsonline_double(guarded(digits, sizeof(digits) - 1)) - 70.0 / 9) < 1e-15 * 10, "many digits");

    is_int(jsonline_count(STR("0")), 0, "no count");
    is_int(jsonline_count(STR("12")), 12, "a count");
    is_int(jsonline_count(STR("900000000000000000")), 900000000000000000, "a large count");
    is_int(jsonline_count(STR("99999999999999999999")), -1, "too large a count");
    is_int(jsonline_count(STR("18446744073709551616")), -1, "... that is 0 in 64 bits");
    is_int(jsonline_count(STR("-1")), -1, "a count that is negative");
    is_int(jsonline_count(STR("1.0")), -1, "... with a point");
    is_int(jsonline_count(STR("1e3")), -1, "... with an exponent");
}

/* ---- lines changed at random, against Python ---- */

static uint32_t seed = 20260701;

static unsigned roll(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % n;
}

static size_t mutate(char *text, size_t n)
{
    static const char *const tokens[] = {"\"",
                                         "\\",
                                         ",",
                                         ":",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         "null",
                                         "true",
                                         "-",
                                         "0",
                                         "1.5",
                                         "e5",
                                         " ",
                                         "\t",
                                         "\r",
                                         "\\u00e4",
                                         "\\ud83d\\ude00",
                                         "\\ud800",
                                         "\xc3\xa4",
                                         "\xf0\x9f\x98\x80",
                                         "\xff",
                                         "\x01",
                                         "\x7f",
                                         "\"\"",
                                         "\"a\":",
                                         "[1,2]",
                                         "{\"b\":{}}",
                                         "12345678",
                                         "\\n",
                                         "'",
                                         "01",
                                         "NaN"};
    unsigned num_changes = roll(4);

    for (unsigned i = 0; i < num_changes && n != 0; ++i) {
        size_t at = roll((unsigned)n + 1), len = roll(6);
        const char *token = tokens[roll(sizeof(tokens) / sizeof(tokens[0]))];
        switch (roll(5)) {
        case 0:
            if (at < n)
                text[at] = (char)roll(256);
            break;
        case 1:
            len = len < n - at ? len : n - at;
            memmove(text + at, text + at + len, n - at - len);
            n -= len;
            break;
        case 2:
            n = at;
            break;
        default:
            memmove(text + at + strlen(token), text + at, n - at);
            memcpy(text + at, token, strlen(token));
            n += strlen(token);
            break;
        }
    }
    for (size_t i = 0; i < n; ++i) {
        if (text[i] == '\n')
            text[i] = ' ';
    }
    return n;
}

/* LINE-IN-HEX, then for each member its key, kind and (of strings) value, decoded, in hex; or "-" */
static void show_line(FILE *out, str_t line)
{
    static char decoded[MAX_LINE];
    jsonline_t json = jsonline_begin(line);
    jsonline_member_t member;
    char *shown = NULL;
    size_t n;
    FILE *members = open_memstream(&shown, &n);
    int status;

    while ((status = jsonline_next(&json, &member)) > 0) {
        str_t key = jsonline_decode(member.key, decoded);
        fputc(' ', members);
        for (size_t i = 0; i < key.n; ++i)
            fprintf(members, "%02x", (unsigned char)key.p[i]);
        fprintf(members, ":%d:", member.kind);
        str_t value = member.kind == JSONLINE_STRING ? jsonline_decode(member.value, decoded) : member.value;
        for (size_t i = 0; i < value.n; ++i)
            fprintf(members, "%02x", (unsigned char)value.p[i]);
        if (member.kind == JSONLINE_NUMBER)
            fprintf(members, ":%.17g", jsonline_double(member.value));
    }
    fclose(members);
    for (size_t i = 0; i < line.n; ++i)
        fprintf(out, "%02x", (unsigned char)line.p[i]);
    fprintf(out, "%s\n", status == 0 ? shown : " -");
    free(shown);
}

static void test_random(void)
{
    static const char *const lines[] = {
        "{}",
        "{\"module\":\"m\",\"type\":\"t\",\"tid\":1,\"time\":1795364222938.463,\"conn_id\":2}",
        "{\"module\":\"app\",\"type\":\"reply\",\"tid\":4711,\"time\":1795364222938.463,\"conn\":\"0x55b00ac428d0\",\"text\":"
        "\"a\\u00e4\\n\xc3\xa4\",\"none\":"
        "null,\"ok\":true,\"hex\":{\"text\":\"61\"},\"truncated\":{\"text\":5000,\"other\":null}}",
        "{ \"a\" : [ 1 , -2.5 , 1e5 , \"x\" , { } , [ ] ] , \"stats\" : { \"b\" : { \"c\" : [ true , false , null ] } } , \"\" : "
        "\"\" }",
        "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\ud83d\\ude00\xf0\x9f\x98\x80\",\"\\u0061\":0,\"a\":-0.0}",
    };
    char *here = getenv("PROBEGEN_ROOT"), witness_path[1024], command[3000], text[MAX_LINE];
    FILE *out = fopen(lab_path("lines"), "w");

    if (out == NULL)
        bail_out("cannot write a file");
    for (unsigned i = 0; i < 60000; ++i) {
        const char *line = lines[i % (sizeof(lines) / sizeof(lines[0]))];
        strcpy(text, line);
        show_line(out, guarded(text, mutate(text, strlen(line))));
    }
    if (fclose(out) != 0)
        bail_out("cannot write a file");
    snprintf(witness_path, sizeof(witness_path), "%s/t/unit/gen/jsonline_witness.py", here != NULL ? here : ".");
    snprintf(command, sizeof(command), "python3 '%s' < '%s'", witness_path, lab_path("lines"));
    fflush(stdout);
    is_int(system(command), 0, "Python finds the same lines right, and the same members in them");
}

int main(void)
{
    lab_init();
    init_guard();
    test_structure();
    test_values();
    test_depth();
    test_members();
    test_decode();
    test_numbers();
    test_random();
    return done_testing();
}
