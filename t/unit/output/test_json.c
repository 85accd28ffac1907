/*
 * ASSERTION: every number, string, address and struct is printed as JSON that reads back as what it was; strings are valid UTF-8
 * whatever bytes they are made of, nothing in them does anything to a terminal, and the event says what was cut or was no UTF-8;
 * nothing is ever longer than json_bound() said.
 */

#include <arpa/inet.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "output/json.h"
#include "lab.h"

static char buffer[1 << 20];

static const char *text_of(char *end)
{
    *end = '\0';
    return buffer;
}

/* ---- numbers, against printf ---- */

static int num_wrong;

static void check(const char *got, const char *expected)
{
    if (strcmp(got, expected) != 0 && num_wrong++ < 10)
        diag("got %s, expected %s", got, expected);
}

static void check_uint(uint64_t x)
{
    char expected[32];

    snprintf(expected, sizeof(expected), "%" PRIu64, x);
    check(text_of(json_uint(buffer, x)), expected);
}

static void check_int(int64_t x)
{
    char expected[32];

    snprintf(expected, sizeof(expected), "%" PRId64, x);
    check(text_of(json_int(buffer, x)), expected);
}

static void check_pointer(uint64_t x)
{
    char expected[32];

    snprintf(expected, sizeof(expected), "\"0x%" PRIx64 "\"", x);
    check(text_of(json_pointer(buffer, x)), expected);
}

/* each number and its neighbours, positive and negative */
static void check_around(uint64_t x)
{
    for (int delta = -2; delta <= 2; ++delta) {
        check_uint(x + delta);
        check_int((int64_t)(x + delta));
        check_int((int64_t) - (x + delta));
        check_pointer(x + delta);
    }
}

static void test_integers(void)
{
    uint64_t power = 1, random = 88172645463325252u;

    num_wrong = 0;
    for (int i = 0; i < 20; ++i, power *= 10)
        check_around(power);
    for (int i = 0; i < 64; ++i)
        check_around((uint64_t)1 << i);
    check_around(0);
    check_around(UINT64_MAX);
    check_around(INT64_MAX);
    is_int(num_wrong, 0, "integers at all powers of ten and two, and at their limits");
    num_wrong = 0;
    for (uint64_t i = 0; i < 20000; ++i)
        check_uint(i);
    for (int i = 0; i < 200000; ++i) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        check_uint(random >> random % 64);
        check_int((int64_t)random >> (random >> 8) % 64);
    }
    is_int(num_wrong, 0, "the first 20000 and 200000 random ones");
    is_str(text_of(json_int(buffer, INT64_MIN)), "-9223372036854775808", "the smallest");
    is_str(text_of(json_uint(buffer, UINT64_MAX)), "18446744073709551615", "the largest");
    is_str(text_of(json_duration(buffer, 0)), "0.000000", "no time");
    is_str(text_of(json_duration(buffer, 1)), "0.000001", "a nanosecond");
    is_str(text_of(json_duration(buffer, 1234567891)), "1234.567891", "more than a second");
    is_str(text_of(json_duration(buffer, UINT64_MAX)), "18446744073709.551615", "the longest");
    is_str(text_of(json_pointer(buffer, 0)), "\"0x0\"", "a null pointer");
    is_str(text_of(json_pointer(buffer, UINT64_MAX)), "\"0xffffffffffffffff\"", "the largest pointer");
    is_str(text_of(json_bool(buffer, 0)), "false", "0 is false");
    is_str(text_of(json_bool(buffer, 1)), "true", "1 is true");
    is_str(text_of(json_bool(buffer, (uint64_t)1 << 63)), "true", "anything else is, too");
    is_str(text_of(json_null(buffer)), "null", "null");
}

/* grammar of RFC 8259: -? (0|[1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)? */
static int is_json_number(const char *p)
{
    p += *p == '-';
    if (*p == '0')
        ++p;
    else if (*p < '1' || *p > '9')
        return 0;
    else
        p += strspn(p, "0123456789");
    if (*p == '.') {
        size_t n = strspn(++p, "0123456789");
        if (n == 0)
            return 0;
        p += n;
    }
    if (*p == 'e' || *p == 'E') {
        ++p;
        p += *p == '+' || *p == '-';
        size_t n = strspn(p, "0123456789");
        if (n == 0)
            return 0;
        p += n;
    }
    return *p == '\0';
}

static void check_double(double x)
{
    uint64_t bits, back;
    char *end;

    memcpy(&bits, &x, sizeof(bits));
    const char *got = text_of(json_float(buffer, bits, 8));
    double y = strtod(got, &end);
    memcpy(&back, &y, sizeof(back));
    if ((!is_json_number(got) || *end != '\0' || back != bits || strlen(got) > JSON_MAX_NUMBER) && num_wrong++ < 10)
        diag("%a became %s", x, got);
}

static void check_float(float x)
{
    uint32_t bits, back;
    uint64_t wide_bits;
    double wide = x;
    char *end;

    memcpy(&bits, &x, sizeof(bits));
    memcpy(&wide_bits, &wide, sizeof(wide_bits));
    const char *got = text_of(json_float(buffer, wide_bits, 4));
    float y = strtof(got, &end);
    memcpy(&back, &y, sizeof(back));
    if ((!is_json_number(got) || *end != '\0' || back != bits || strlen(got) > JSON_MAX_NUMBER) && num_wrong++ < 10)
        diag("%a became %s", x, got);
}

static void test_floats(void)
{
    static const double doubles[] = {0.0,
                                     -0.0,
                                     1.0,
                                     -1.0,
                                     0.1,
                                     1.0 / 3,
                                     1e15,
                                     1e16,
                                     1e17,
                                     1e22,
                                     1e23,
                                     123456789012345678.0,
                                     5e-324,
                                     DBL_MIN,
                                     DBL_MAX,
                                     -DBL_MAX,
                                     DBL_EPSILON,
                                     1e-5,
                                     1e-4,
                                     9007199254740993.0,
                                     2.2250738585072011e-308};
    uint64_t random = 88172645463325252u, bits;

    num_wrong = 0;
    for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); ++i) {
        check_double(doubles[i]);
        if (fabs(doubles[i]) <= FLT_MAX)
            check_float((float)doubles[i]);
    }
    check_float(FLT_MAX), check_float(-FLT_MAX), check_float(FLT_MIN), check_float(1e-45f);
    for (int i = 0; i < 100000; ++i) {
        double x;
        float y;
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        memcpy(&x, &random, sizeof(x));
        memcpy(&y, &random, sizeof(y));
        if (isfinite(x))
            check_double(x);
        if (isfinite(y))
            check_float(y);
    }
    is_int(num_wrong, 0, "floats and doubles read back as the same bits");
    for (unsigned size = 4; size <= 8; size += 4) {
        bits = 0x7ff8000000000000;
        is_str(text_of(json_float(buffer, bits, size)), "\"NaN\"", "not a number");
        bits = 0x7ff0000000000000;
        is_str(text_of(json_float(buffer, bits, size)), "\"Infinity\"", "infinity");
        bits = 0xfff0000000000000;
        is_str(text_of(json_float(buffer, bits, size)), "\"-Infinity\"", "minus infinity");
    }
    memcpy(&bits, &(double){0.1}, sizeof(bits));
    is_str(text_of(json_float(buffer, bits, 4)), "0.10000000000000001", "a double where a float is declared keeps its digits");
    memcpy(&bits, &(double){0.1f}, sizeof(bits));
    is_str(text_of(json_float(buffer, bits, 4)), "0.100000001", "a float has fewer");
    is_str(text_of(json_float(buffer, bits, 8)), "0.10000000149011612", "a float where a double is declared is that number");
}

static void test_head(void)
{
    struct pg_head head = {.time = 5000, .tid = 4294967295u};
    json_t json = {.epoch = 1719830000123456000u};

    is_str(text_of(json_head(buffer, &head, &json)), "4294967295,\"time\":1719830000123.461", "tid and time");
    head = (struct pg_head){.time = 999, .tid = 1};
    json.epoch = 0;
    is_str(text_of(json_head(buffer, &head, &json)), "1,\"time\":0.000", "the beginning of time");
    head.time = 1000000;
    is_str(text_of(json_head(buffer, &head, &json)), "1,\"time\":1.000", "a whole millisecond");
    head.time = 1001000 + 999;
    is_str(text_of(json_head(buffer, &head, &json)), "1,\"time\":1.001", "the µs are decimals, with zeros in front");
    head = (struct pg_head){.time = UINT64_MAX, .tid = UINT32_MAX};
    json.shows_pid = 1;
    head.tgid = 4194304;
    is_str(text_of(json_head(buffer, &head, &json)), "4294967295,\"time\":18446744073709.551,\"pid\":4194304", "tid, time and pid");
    head.tgid = UINT32_MAX;
    ok(json_head(buffer, &head, &json) - buffer <= JSON_MAX_HEAD, "the longest head is within its limit");
}

/* ---- strings, against Python ---- */

/*
 * Input for the witness. The bytes stand at the end of a page with nothing after it, so that reading too far is a crash with or
 * without sanitizers; the output goes before such a page in the same way, with six bytes for each.
 */
typedef struct st_guarded_t {
    char *end;
} guarded_t;

static guarded_t guarded(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page;
    char *p = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED || mprotect(p + whole, page, PROT_NONE) != 0)
        bail_out("mmap");
    return (guarded_t){p + whole};
}

static guarded_t input, output;
static FILE *witness;

static void show_string(const void *bytes, size_t n, int is_text, int is_cut)
{
    char *in = input.end - n, *out = output.end - (6 * n + 2), *end;
    struct pg_span span = {.len = n + (is_cut ? 1000 : 0), .got = (uint32_t)n};
    json_marks_t marks = {0};

    memcpy(in, bytes, n);
    end = json_string(out, &span, in, is_text, 3, &marks);
    for (size_t i = 0; i < n; ++i)
        fprintf(witness, "%02x", (unsigned char)in[i]);
    fprintf(witness, " %d %d %d %d %.*s\n", is_text, is_cut, marks.hex == 1u << 3, marks.truncated == 1u << 3, (int)(end - out),
            out);
}

/* with and without something around it, since eight bytes are looked at in one go */
static void show_all(const void *bytes, size_t n)
{
    for (int is_text = 0; is_text < 2; ++is_text) {
        for (int is_cut = 0; is_cut < 2; ++is_cut)
            show_string(bytes, n, is_text, is_cut);
    }
}

static void show_at(const void *bytes, size_t n, size_t at, size_t behind)
{
    char text[256];

    memset(text, 'x', sizeof(text));
    memcpy(text + at, bytes, n);
    show_string(text, at + n + behind, 0, 0);
    show_string(text, at + n + behind, 0, 1);
}

static void show_strings(void)
{
    static const unsigned char marks[] = {0x00, 0x1f, 0x22, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
                                          0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xfe, 0xff};
    const size_t num = sizeof(marks);
    unsigned char s[4];
    char random[300];
    uint64_t state = 88172645463325252u;

    show_all("", 0);
    for (int a = 0; a < 256; ++a) { /* every byte, at every place of two words */
        s[0] = (unsigned char)a;
        show_all(s, 1);
        for (size_t at = 0; at < 17; ++at)
            show_at(s, 1, at, 16 - at);
    }
    for (int a = 0; a < 256; ++a) { /* every pair of bytes */
        for (int b = 0; b < 256; ++b) {
            s[0] = (unsigned char)a, s[1] = (unsigned char)b;
            show_string(s, 2, 0, 0);
            if (a >= 0xc0 || b >= 0xc0)
                show_string(s, 2, 0, 1);
        }
    }
    for (size_t a = 0; a < num; ++a) { /* three and four of those bytes where the rules of UTF-8 change */
        for (size_t b = 0; b < num; ++b) {
            for (size_t c = 0; c < num; ++c) {
                s[0] = marks[a], s[1] = marks[b], s[2] = marks[c];
                show_string(s, 3, 0, 0);
                show_string(s, 3, 0, 1);
                for (size_t d = (a + b + c) % 10; s[0] >= 0xe0 && d < num; d += 10) {
                    s[3] = marks[d];
                    show_string(s, 4, 0, d & 1);
                }
            }
        }
    }
    for (int a = 0xe0; a <= 0xef; ++a) { /* every character of three bytes, 64 in one string */
        for (int b = 0x80; b <= 0xbf; ++b) {
            for (int c = 0; c < 64; ++c)
                memcpy(random + 3 * c, (const char[]){(char)a, (char)b, (char)(0x80 + c)}, 3);
            show_string(random, 3 * 64, 0, 0);
        }
    }
    for (size_t n = 1; n <= 4; ++n) { /* characters that are cut at each place, after texts of each length */
        static const char *const chars[] = {"\xc3\xa9",         "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                            "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"};
        for (size_t i = 0; i < sizeof(chars) / sizeof(chars[0]); ++i) {
            for (size_t at = 0; at < 10 && n <= strlen(chars[i]); ++at)
                show_at(chars[i], n, at, 0);
        }
    }
    for (int i = 0; i < 1000; ++i) { /* long ones: text with a few other bytes in it, and noise */
        size_t n = 0;
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        size_t len = state % sizeof(random);
        for (; n < len; ++n) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            random[n] = i % 2 == 0 || state % 16 == 0 ? (char)(state >> 20) : (char)('a' + state % 26);
        }
        show_all(random, n);
    }
}

static void test_strings(void)
{
    char *here = getenv("PROBEGEN_ROOT"), witness_path[1024], command[3000];

    snprintf(witness_path, sizeof(witness_path), "%s/t/lib/json_witness.py", here != NULL ? here : ".");
    input = guarded(4096), output = guarded(4096);
    if ((witness = fopen(lab_path("strings"), "w")) == NULL)
        bail_out("cannot write a file");
    show_strings();
    if (fclose(witness) != 0)
        bail_out("cannot write a file");
    snprintf(command, sizeof(command), "python3 '%s' < '%s'", witness_path, lab_path("strings"));
    fflush(stdout);
    is_int(system(command), 0, "Python reads every string back as what it was, and agrees on what is no UTF-8 and what is cut");
}

/* text in a struct that is printed whole */
static const char *quoted(const char *text, uint32_t n)
{
    layout_step_t step = {.kind = LAYOUT_TEXT, .size = n};
    layout_t layout = {.size = n, .steps = &step, .num_steps = 1};

    return text_of(json_whole(buffer, &(struct pg_span){.len = n, .got = n}, text, &layout));
}

static void test_quote(void)
{
    is_str(quoted("", 0), "\"\"", "an empty string");
    is_str(quoted("a\"b\\c/d", 7), "\"a\\\"b\\\\c/d\"", "quotes and backslashes");
    is_str(quoted("\b\t\n\f\r\x01\x1f\x7f", 8), "\"\\b\\t\\n\\f\\r\\u0001\\u001f\\u007f\"", "control characters");
    is_str(quoted("a\xc2\x85\xd8\x9c\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbfz", 15), "\"a\\u0085\\u061c\\u202e\\u2028\\ufeffz\"",
           "characters that do something to a terminal");
    is_str(quoted("\xc2\xa0\xd8\x9b\xe2\x80\x90\xef\xbf\xbd", 10), "\"\xc2\xa0\xd8\x9b\xe2\x80\x90\xef\xbf\xbd\"",
           "... and their neighbours");
    is_str(quoted("\xff", 1), "\"\\ufffd\"", "a byte that is no text");
}

static void test_hex(void)
{
    struct pg_span span = {.len = 5, .got = 5};
    json_marks_t marks = {0};

    is_str(text_of(json_hex(buffer, &span, "\x00\x01\x7f\x80\xff", 0, &marks)), "\"00017f80ff\"", "bytes in hex");
    is_int(marks.truncated | marks.hex, 0, "... all of them");
    span.got = 2;
    is_str(text_of(json_hex(buffer, &span, "\x00\x01\x7f\x80\xff", 31, &marks)), "\"0001\"", "some of them");
    ok(marks.truncated == 1u << 31 && marks.hex == 0, "... which is marked");
    span = (struct pg_span){.len = 0};
    is_str(text_of(json_hex(buffer, &span, "", 0, &marks)), "\"\"", "no bytes");
}

struct marked {
    struct pg_head head;
    struct pg_span a, b, c;
    char slots[3][8];
};

static void test_marks(void)
{
    static const json_marked_t names[] = {{"a", 0, offsetof(struct marked, a)},
                                          {"number", -1, 0},
                                          {"b", 1, offsetof(struct marked, b)},
                                          {"c", 2, offsetof(struct marked, c)}};
    struct marked record = {.head.slot = 8,
                            .a = {100, 3, 0},
                            .b = {UINT64_MAX, 2, 0},
                            .c = {5000, 8, PG_SPAN_LEN_UNKNOWN},
                            .slots = {"\xff\x00z", "\xfe\xfd", "abcdefgh"}};
    json_marks_t marks = {0};

    is_str(text_of(json_marks(buffer, &marks, &record, record.slots[0], names, 4)), "", "nothing to tell");
    marks.truncated = 1;
    is_str(text_of(json_marks(buffer, &marks, &record, record.slots[0], names, 4)), ",\"truncated\":{\"a\":100}", "one was cut");
    marks.truncated = 7;
    is_str(text_of(json_marks(buffer, &marks, &record, record.slots[0], names, 4)),
           ",\"truncated\":{\"a\":100,\"b\":18446744073709551615,\"c\":null}", "all were, and of one nobody knows how long it is");
    marks = (json_marks_t){.hex = 6};
    is_str(text_of(json_marks(buffer, &marks, &record, record.slots[0], names, 4)),
           ",\"hex\":{\"b\":\"fefd\",\"c\":\"6162636465666768\"}", "two were no UTF-8");
    marks = (json_marks_t){.hex = 1, .truncated = 1};
    is_str(text_of(json_marks(buffer, &marks, &record, record.slots[0], names, 4)),
           ",\"truncated\":{\"a\":100},\"hex\":{\"a\":\"ff007a\"}", "one was both; NUL is a byte like others");
    marks = (json_marks_t){0};
    ok(!json_has_marks(&marks), "no marks");
    is_str(text_of(json_none(buffer, 0, 0, &marks)), "null", "what is not there is null");
    ok(!json_has_marks(&marks), "... which is all that there is to tell");
    is_str(text_of(json_none(buffer, 1, 1, &marks)), "null", "what cannot be read, too");
    json_none(buffer, 1, 3, &marks);
    ok(json_has_marks(&marks), "... but that is marked");
    is_str(text_of(json_marks(buffer, &marks, &record, record.slots[0], names, 4)), ",\"unreadable\":[\"number\",\"c\"]",
           "names of what cannot be read, in their order");
    marks.truncated = 1;
    is_str(text_of(json_marks(buffer, &marks, &record, record.slots[0], names, 4)),
           ",\"truncated\":{\"a\":100},\"unreadable\":[\"number\",\"c\"]", "and others were cut");
}

/* ---- addresses ---- */

static const char *address_of(const void *sockaddr, size_t size)
{
    struct pg_address address = {.family = 0};

    if (size > sizeof(address))
        size = sizeof(address);
    memcpy(&address, sockaddr, size);
    char *end = json_address(buffer, &address);
    if (end - buffer > JSON_MAX_ADDRESS)
        return "(too long)";
    return text_of(end);
}

static void test_inet(void)
{
    static const char *const v4[] = {"0.0.0.0", "127.0.0.1", "255.255.255.255"};
    static const char *const v6[] = {"::", "::1", "2001:db8::ff00:42:8329", "::ffff:192.0.2.1",
                                     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
    static const int ports[] = {0, 80, 443, 65535};

    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); ++i) {
        char expected[100];
        for (size_t j = 0; j < sizeof(v4) / sizeof(v4[0]); ++j) {
            struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(ports[i])};
            inet_pton(AF_INET, v4[j], &sin.sin_addr);
            snprintf(expected, sizeof(expected), "\"%s:%d\"", v4[j], ports[i]);
            is_str(address_of(&sin, sizeof(sin)), expected, "an IPv4 address");
        }
        for (size_t j = 0; j < sizeof(v6) / sizeof(v6[0]); ++j) {
            struct sockaddr_in6 sin6 = {
                .sin6_family = AF_INET6, .sin6_port = htons(ports[i]), .sin6_flowinfo = 7, .sin6_scope_id = 9};
            inet_pton(AF_INET6, v6[j], &sin6.sin6_addr);
            snprintf(expected, sizeof(expected), "\"[%s]:%d\"", v6[j], ports[i]);
            is_str(address_of(&sin6, sizeof(sin6)), expected, "an IPv6 address");
        }
    }
}

static void test_unix(void)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    char expected[800];

    is_str(address_of(&sun, sizeof(sun)), "\"\"", "a socket without a name");
    strcpy(sun.sun_path, "/run/h2o.sock");
    is_str(address_of(&sun, sizeof(sun)), "\"/run/h2o.sock\"", "a socket in the file system");
    memcpy(sun.sun_path, "\0abstract\0", 11);
    is_str(address_of(&sun, sizeof(sun)), "\"@abstract\"", "an abstract one");
    strcpy(sun.sun_path, "a\"\x01\xff");
    is_str(address_of(&sun, sizeof(sun)), "\"a\\\"\\u0001\\ufffd\"", "one with other characters");
    memset(sun.sun_path, 'p', sizeof(sun.sun_path));
    snprintf(expected, sizeof(expected), "\"%.108s\"", sun.sun_path);
    is_str(address_of(&sun, sizeof(sun)), expected, "a path of full length, without NUL");
    memset(sun.sun_path, 1, sizeof(sun.sun_path));
    is_int(strlen(address_of(&sun, sizeof(sun))), 108 * 6 + 2, "the longest output is within the limit");
    sun.sun_path[0] = 0;
    is_int(strlen(address_of(&sun, sizeof(sun))), 107 * 6 + 3, "... of an abstract one as well");
}

static void test_other_families(void)
{
    struct sockaddr other = {.sa_family = AF_NETLINK};

    is_str(address_of(&other, sizeof(other)), "\"family 16\"", "another family");
    other.sa_family = 65535;
    is_str(address_of(&other, sizeof(other)), "\"family 65535\"", "no family at all");
}

/* ---- structs ---- */

struct whole {
    int32_t i;
    uint16_t u;
    int8_t b : 3;
    uint8_t c : 5;
    double d;
    void *p;
    char text[8];
    struct {
        uint8_t list[3];
        float f;
    } in;
    _Bool yes;
};

#define STEP(kind, name, member)                                                                                                   \
    {                                                                                                                              \
        kind, name, offsetof(struct whole, member), sizeof(((struct whole *)0)->member), 0, 0                                      \
    }

static layout_step_t steps[] = {
    {LAYOUT_OBJECT, NULL, 0, 0, 0, 0},
    STEP(LAYOUT_INT, "i", i),
    STEP(LAYOUT_UINT, "u", u),
    {LAYOUT_INT, "b", 6, 1, 0, 3},
    {LAYOUT_UINT, "c", 6, 1, 3, 5},
    STEP(LAYOUT_FLOAT, "d", d),
    STEP(LAYOUT_POINTER, "p", p),
    STEP(LAYOUT_TEXT, "text", text),
    {LAYOUT_OBJECT, "in", offsetof(struct whole, in), 0, 0, 0},
    {LAYOUT_ARRAY, "list", 0, 0, 0, 0},
    STEP(LAYOUT_UINT, NULL, in.list[0]),
    STEP(LAYOUT_UINT, NULL, in.list[1]),
    STEP(LAYOUT_UINT, NULL, in.list[2]),
    {LAYOUT_END, NULL, 0, 0, 0, 0},
    STEP(LAYOUT_FLOAT, "f", in.f),
    {LAYOUT_END, NULL, 0, 0, 0, 0},
    STEP(LAYOUT_BOOL, "yes", yes),
    {LAYOUT_END, NULL, 0, 0, 0, 0},
};
static const layout_t layout = {.size = sizeof(struct whole), .steps = steps, .num_steps = sizeof(steps) / sizeof(steps[0])};

static void test_whole(void)
{
    struct whole value = {-5, 65535, -4, 31, 0.5, (void *)0x1234, "text", {{1, 2, 255}, 1.5f}, 1};
    struct pg_span span = {.len = sizeof(value), .got = sizeof(value)};

    is_str(text_of(json_whole(buffer, &span, (char *)&value, &layout)),
           "{\"i\":-5,\"u\":65535,\"b\":-4,\"c\":31,\"d\":0.5,\"p\":\"0x1234\",\"text\":\"text\",\"in\":{\"list\":[1,2,255],\"f\":"
           "1.5},\"yes\":true}",
           "a struct with everything in it");
    memcpy(value.text, "\xff\"345678", 8);
    value.i = INT32_MIN, value.b = 3, value.yes = 0;
    is_str(text_of(json_whole(buffer, &span, (char *)&value, &layout)),
           "{\"i\":-2147483648,\"u\":65535,\"b\":3,\"c\":31,\"d\":0.5,\"p\":\"0x1234\",\"text\":\"\\ufffd\\\"345678\",\"in\":{"
           "\"list\":[1,2,255],\"f\":1.5},"
           "\"yes\":false}",
           "text without NUL, other bytes, limits");
    span.got = offsetof(struct whole, d);
    is_str(text_of(json_whole(buffer, &span, (char *)&value, &layout)),
           "{\"i\":-2147483648,\"u\":65535,\"b\":3,\"c\":31,\"d\":null,\"p\":null,\"text\":null,\"in\":{\"list\":[null,null,null],"
           "\"f\":null},"
           "\"yes\":null}",
           "what was not copied is null, and its place is kept");
}

/* ---- json_bound() ---- */

/* An event with one field of each kind, as probegen would write it; json_size as emit_catalog.c writes it. */
struct event {
    struct pg_head head;
    uint64_t number;
    struct pg_span text, bytes, whole;
    struct pg_address address;
};

static json_marked_t marked[] = {{"text", 0, offsetof(struct event, text)},
                                 {"bytes", 1, offsetof(struct event, bytes)},
                                 {"whole", 2, offsetof(struct event, whole)}};

static char *print_event(char *p, const void *record, const json_t *json)
{
    const struct event *e = record;
    const char *slots = (const char *)(e + 1);
    json_marks_t marks = {0};

    p = JSON_LITERAL(p, "{\"module\":\"m\",\"type\":\"t\",\"tid\":");
    p = json_head(p, &e->head, json);
    p = JSON_LITERAL(p, ",\"number\":");
    p = json_int(p, (int64_t)e->number);
    p = JSON_LITERAL(p, ",\"text\":");
    p = json_string(p, &e->text, slots, 0, 0, &marks);
    p = JSON_LITERAL(p, ",\"bytes\":");
    p = json_hex(p, &e->bytes, slots + e->head.slot, 1, &marks);
    p = JSON_LITERAL(p, ",\"whole\":");
    p = json_whole(p, &e->whole, slots + 2 * e->head.slot, json->layouts);
    p = JSON_LITERAL(p, ",\"address\":");
    p = json_address(p, &e->address);
    if (json_has_marks(&marks))
        p = json_marks(p, &marks, record, slots, marked, 3);
    return JSON_LITERAL(p, "}\n");
}

static void test_bound(void)
{
    static const uint16_t paths[] = {0};
    const catalog_probe_t probe = {.provider = "m",
                                   .name = "t",
                                   .size = sizeof(struct event),
                                   .num_slots = 3,
                                   .json_size = JSON_MAX_EVENT + 1 + 1 + (6 + 4) + 3 * (4 + 4) + 3 * (5 + 4) + 3 * (5 + 4) +
                                                (7 + 4) + 7 * JSON_MAX_NUMBER + 1 * JSON_MAX_ADDRESS,
                                   .paths = paths,
                                   .num_paths = 1,
                                   .json = print_event};
    const json_t json = {.epoch = UINT64_MAX / 2, .layouts = &layout, .num_files = 1, .num_paths = 1};
    static const unsigned slot_sizes[] = {128, 256, 4096, 32768};
    static const unsigned char fillings[] = {0x00, 0x01, 'a', '"', 0x7f, 0xc3, 0xff};
    int num_too_long = 0, num_broken = 0;
    size_t closest = SIZE_MAX;

    for (size_t i = 0; i < sizeof(slot_sizes) / sizeof(slot_sizes[0]); ++i) {
        unsigned slot = slot_sizes[i];
        for (size_t j = 0; j < sizeof(fillings); ++j) {
            char *record = malloc(sizeof(struct event) + 3 * slot);
            struct event *e = (struct event *)record;
            memset(record, fillings[j], sizeof(struct event) + 3 * slot);
            e->head = (struct pg_head){.time = UINT64_MAX / 2, .tid = UINT32_MAX, .slot = slot};
            e->number = (uint64_t)INT64_MIN;
            e->text = e->bytes = (struct pg_span){.len = UINT64_MAX, .got = slot};
            e->whole =
                (struct pg_span){.len = sizeof(struct whole), .got = slot < sizeof(struct whole) ? slot : sizeof(struct whole)};
            e->address.family = AF_UNIX;
            size_t bound = json_bound(&probe, &e->head, &json);
            char *line = malloc(bound), *end; /* so that the sanitizer sees the first byte after it */
            char *probed = malloc(bound + (1 << 20));
            size_t len = (size_t)(print_event(probed, record, &json) - probed);
            num_too_long += len > bound;
            if (len <= bound) {
                end = print_event(line, record, &json);
                num_broken += end[-1] != '\n' || memcmp(line, probed, len) != 0;
                closest = bound - len < closest ? bound - len : closest;
            }
            free(probed), free(line), free(record);
        }
    }
    is_int(num_too_long, 0, "no event of the longest kind is longer than json_bound() said");
    is_int(num_broken, 0, "... and each is a line");
    diag("the closest was %zu bytes below", closest);
}

/* Several structs that are printed whole in one event need room for each. */
static void test_bound_of_two(void)
{
    static const uint16_t one[] = {0}, two[] = {0, 0};
    catalog_probe_t probe = {.json_size = 100, .num_slots = 1, .paths = one, .num_paths = 1};
    const struct pg_head head = {.slot = 128};
    const json_t json = {.layouts = &layout, .num_files = 1, .num_paths = 1};
    size_t bound_of_one = json_bound(&probe, &head, &json);

    probe.paths = two;
    probe.num_paths = 2;
    size_t layout_size = bound_of_one - 100 - 128 * 8;
    ok(layout_size >= 100 && json_bound(&probe, &head, &json) == bound_of_one + layout_size,
       "two structs need twice the room of one");
    const layout_t both[] = {layout, layout};
    const json_t of_two_files = {.layouts = both, .num_files = 2, .num_paths = 1};
    probe.num_paths = 1;
    ok(json_bound(&probe, &head, &of_two_files) >= bound_of_one, "a struct that two files have needs the room of either");
    ok(json_layout(&of_two_files, &(struct pg_span){.flags = 1 << PG_SPAN_PATHS_SHIFT}, 0) == both + 1,
       "each is printed as its own file has it");
}

int main(void)
{
    lab_init();
    test_integers();
    test_floats();
    test_head();
    test_strings();
    test_quote();
    test_hex();
    test_marks();
    test_inet();
    test_unix();
    test_other_families();
    test_whole();
    test_bound();
    test_bound_of_two();
    return done_testing();
}
