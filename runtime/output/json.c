/*
 * Printing. These functions run once or more for every field of every event, so they branch little, divide by constants only and
 * copy eight bytes at a time where nothing has to be escaped.
 *
 * Strings come from the network. What is valid UTF-8 (RFC 3629) passes; each byte that is not becomes U+FFFD. Since that loses it,
 * the event ends with all bytes of such a string in hex. So the line is always valid JSON, and nothing is lost. Characters that
 * would do something to a terminal (utf8_is_unsafe()) are escaped: the text is the same for whoever decodes it.
 */
#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "common/utf8.h"
#include "output/json.h"

static const char hex_digits[] = "0123456789abcdef";

/* ---- numbers ---- */

/* Two digits each, which do not wait for each other. */
static void put_pair(char *p, uint32_t x)
{
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
        "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

    memcpy(p, pairs + x * 2, 2);
}

static void put_eight(char *p, uint32_t x)
{
    uint32_t high = x / 10000, low = x % 10000;

    put_pair(p, high / 100);
    put_pair(p + 2, high % 100);
    put_pair(p + 4, low / 100);
    put_pair(p + 6, low % 100);
}

static char *put_digits(char *p, uint64_t x, unsigned num_digits)
{
    char *end = p + num_digits, *q = end;

    for (; num_digits >= 8; num_digits -= 8) {
        put_eight(q -= 8, x % 100000000);
        x /= 100000000;
    }
    uint32_t rest = x; /* at most seven digits */
    for (; num_digits >= 2; num_digits -= 2) {
        put_pair(q -= 2, rest % 100);
        rest /= 100;
    }
    if (num_digits != 0)
        *--q = '0' + rest;
    return end;
}

static unsigned count_digits(uint64_t x)
{
    static const uint64_t powers[] = {0,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                      1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19};
    /* bits * log10(2), rounded down */
    unsigned guess = (64 - __builtin_clzll(x | 1)) * 1233 >> 12;

    return guess + (guess < 20 && x >= powers[guess]);
}

char *json_uint(char *p, uint64_t x)
{
    if (x < 10) {
        *p++ = '0' + x;
        return p;
    }
    return put_digits(p, x, count_digits(x));
}

char *json_int(char *p, int64_t x)
{
    uint64_t magnitude = x;

    if (x < 0) {
        *p++ = '-';
        magnitude = -magnitude;
    }
    return json_uint(p, magnitude);
}

char *json_bool(char *p, uint64_t x)
{
    return x != 0 ? JSON_LITERAL(p, "true") : JSON_LITERAL(p, "false");
}

char *json_pointer(char *p, uint64_t x)
{
    unsigned num_digits = (64 - __builtin_clzll(x | 1) + 3) / 4;

    p = JSON_LITERAL(p, "\"0x");
    for (unsigned i = num_digits; i-- > 0;)
        *p++ = hex_digits[x >> i * 4 & 15];
    *p++ = '"';
    return p;
}

char *json_float(char *p, uint64_t bits, unsigned size)
{
    double x;

    memcpy(&x, &bits, sizeof(x));
    if (isnan(x))
        return JSON_LITERAL(p, "\"NaN\"");
    if (isinf(x))
        return x > 0 ? JSON_LITERAL(p, "\"Infinity\"") : JSON_LITERAL(p, "\"-Infinity\"");
    return p + snprintf(p, JSON_MAX_NUMBER, size == 4 && (float)x == x ? "%.9g" : "%.17g", x);
}

char *json_time(char *p, uint64_t ns)
{
    uint64_t us = ns / 1000;

    p = json_uint(p, us / 1000);
    *p++ = '.';
    return put_digits(p, us % 1000, 3);
}

char *json_duration(char *p, uint64_t ns)
{
    p = json_uint(p, ns / 1000000);
    *p++ = '.';
    return put_digits(p, ns % 1000000, 6);
}

char *json_head(char *p, const struct pg_head *head, const json_t *json)
{
    p = json_uint(p, head->tid);
    p = JSON_LITERAL(p, ",\"time\":");
    p = json_time(p, head->time + json->epoch);
    if (!json->shows_pid)
        return p;
    p = JSON_LITERAL(p, ",\"pid\":");
    return json_uint(p, head->tgid);
}

/* ---- strings ---- */

/* whether one of eight bytes is a control character (DEL is one), a quote, a backslash or not ASCII */
static int is_special8(uint64_t x)
{
    const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    uint64_t quote = x ^ ones * '"', backslash = x ^ ones * '\\';

    return ((x | (x + ones) | (x - ones * 0x20) | (quote - ones) | (backslash - ones)) & tops) != 0;
}

static char *put_hex_byte(char *p, unsigned char c)
{
    *p++ = hex_digits[c >> 4];
    *p++ = hex_digits[c & 15];
    return p;
}

static char *put_escape(char *p, unsigned char c)
{
    static const char letters[0x20] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

    *p++ = '\\';
    if (c == '"' || c == '\\') {
        *p++ = c;
    } else if (letters[c] != 0) {
        *p++ = letters[c];
    } else {
        p = put_hex_byte(JSON_LITERAL(p, "u00"), c);
    }
    return p;
}

/* A character that is not ASCII, of `len` bytes. */
static char *put_char(char *p, const char *text, int len)
{
    /* what utf8_is_unsafe() knows begins with one of these bytes; most characters of most languages begin with others */
    static const char is_suspect[256] = {[0xc2] = 1, [0xd8] = 1, [0xe2] = 1, [0xef] = 1};

    if (is_suspect[(unsigned char)text[0]]) {
        uint32_t code = utf8_code_point(text, (size_t)len);
        if (utf8_is_unsafe(code)) {
            p = put_hex_byte(JSON_LITERAL(p, "\\u"), code >> 8);
            return put_hex_byte(p, code);
        }
    }
    memcpy(p, text, (size_t)len);
    return p + len;
}

/* Copies at least four bytes and less than eight, if nothing of them has to be escaped. */
static int put_few(char *p, const unsigned char *s, size_t n)
{
    uint32_t first, last;

    memcpy(&first, s, 4);
    memcpy(&last, s + n - 4, 4);
    if (is_special8((uint64_t)first << 32 | last))
        return 0;
    memcpy(p, &first, 4);
    memcpy(p + n - 4, &last, 4);
    return 1;
}

/* Escapes text. `is_cut`: it goes on in the target, so half a character at its end is not invalid. Returns whether all was UTF-8.
 */
static int put_text(char **pp, const char *text, size_t n, int is_cut)
{
    const unsigned char *s = (const unsigned char *)text;
    char *p = *pp;
    int is_utf8 = 1;
    size_t i = 0;

    while (i < n) {
        uint64_t eight;
        while (n - i >= 8 && (memcpy(&eight, s + i, 8), !is_special8(eight))) {
            memcpy(p, &eight, 8);
            p += 8;
            i += 8;
        }
        if (n - i >= 4 && n - i < 8 && put_few(p, s + i, n - i)) {
            p += n - i;
            i = n;
        }
        if (i == n)
            break;
        if (s[i] < 0x20 || s[i] == '"' || s[i] == '\\') {
            p = put_escape(p, s[i++]);
        } else if (s[i] < 0x7f) {
            *p++ = s[i++];
        } else if (s[i] == 0x7f) {
            p = JSON_LITERAL(p, "\\u007f");
            ++i;
        } else {
            int len = utf8_scan(text + i, n - i);
            if (len > 0) {
                p = put_char(p, text + i, len);
                i += len;
            } else if (len < 0 && is_cut) {
                break;
            } else {
                is_utf8 = 0;
                p = JSON_LITERAL(p, "\\ufffd");
                ++i;
            }
        }
    }
    *pp = p;
    return is_utf8;
}

char *json_string(char *p, const struct pg_span *span, const char *bytes, int is_text, unsigned slot, json_marks_t *marks)
{
    size_t n = is_text ? strnlen(bytes, span->got) : span->got;
    int is_cut = span->got < span->len && n == span->got;

    *p++ = '"';
    if (!put_text(&p, bytes, n, is_cut))
        marks->hex |= 1u << slot;
    if (is_cut)
        marks->truncated |= 1u << slot;
    *p++ = '"';
    return p;
}

static char *put_hex(char *p, const char *bytes, size_t n)
{
    *p++ = '"';
    for (size_t i = 0; i < n; ++i)
        p = put_hex_byte(p, bytes[i]);
    *p++ = '"';
    return p;
}

char *json_hex(char *p, const struct pg_span *span, const char *bytes, unsigned slot, json_marks_t *marks)
{
    if (span->got < span->len)
        marks->truncated |= 1u << slot;
    return put_hex(p, bytes, span->got);
}

/* The strings of a mask, with what `truncated` or `hex` has of each. */
static char *put_strings(char *p, int is_hex, uint32_t mask, const char *record, const char *slots, const json_marked_t *fields,
                         unsigned num_fields)
{
    uint32_t size = ((const struct pg_head *)record)->slot;
    const char *comma = "";

    for (unsigned i = 0; i < num_fields; ++i) {
        const struct pg_span *span = (const void *)(record + fields[i].span);
        if (fields[i].slot < 0 || (mask & 1u << fields[i].slot) == 0)
            continue;
        p = stpcpy(stpcpy(stpcpy(stpcpy(p, comma), "\""), fields[i].name), "\":");
        if (is_hex)
            p = put_hex(p, slots + fields[i].slot * size, span->got);
        else
            p = span->flags & PG_SPAN_LEN_UNKNOWN ? json_null(p) : json_uint(p, span->len);
        comma = ",";
    }
    return p;
}

char *json_marks(char *p, const json_marks_t *marks, const void *record, const char *slots, const json_marked_t *fields,
                 unsigned num_fields)
{
    const char *comma = "";

    if (marks->truncated != 0) {
        p = put_strings(JSON_LITERAL(p, ",\"truncated\":{"), 0, marks->truncated, record, slots, fields, num_fields);
        *p++ = '}';
    }
    if (marks->hex != 0) {
        p = put_strings(JSON_LITERAL(p, ",\"hex\":{"), 1, marks->hex, record, slots, fields, num_fields);
        *p++ = '}';
    }
    if (marks->unreadable == 0)
        return p;
    p = JSON_LITERAL(p, ",\"unreadable\":[");
    for (unsigned i = 0; i < num_fields; ++i) {
        if ((marks->unreadable & 1ull << i) == 0)
            continue;
        p = stpcpy(stpcpy(stpcpy(stpcpy(p, comma), "\""), fields[i].name), "\"");
        comma = ",";
    }
    *p++ = ']';
    return p;
}

/* ---- addresses ---- */

char *json_address(char *p, const struct pg_address *address)
{
    char text[INET6_ADDRSTRLEN];
    uint16_t port;

    memcpy(&port, address->data, sizeof(port));
    switch (address->family) {
    case AF_INET: /* struct sockaddr_in without its family: port, address */
        inet_ntop(AF_INET, address->data + 2, text, sizeof(text));
        return p + sprintf(p, "\"%s:%u\"", text, ntohs(port));
    case AF_INET6: /* struct sockaddr_in6: port, flow information, address, scope */
        inet_ntop(AF_INET6, address->data + 6, text, sizeof(text));
        return p + sprintf(p, "\"[%s]:%u\"", text, ntohs(port));
    case AF_UNIX: {
        const char *path = (const char *)address->data;
        int is_abstract = path[0] == '\0' && path[1] != '\0';
        *p++ = '"';
        if (is_abstract)
            *p++ = '@';
        put_text(&p, path + is_abstract, strnlen(path + is_abstract, 108 - is_abstract), 0);
        *p++ = '"';
        return p;
    }
    default:
        return p + sprintf(p, "\"family %u\"", address->family);
    }
}

/* ---- whole structs ---- */

static uint64_t load_number(const layout_step_t *step, const char *bytes)
{
    unsigned bits = step->bit_size != 0 ? step->bit_size : step->size * 8, shift = 64 - bits;
    uint64_t x = 0;

    memcpy(&x, bytes, step->size <= 8 ? step->size : 8); /* little-endian */
    x = x >> step->bit_offset << shift;
    return step->kind == LAYOUT_INT ? (uint64_t)((int64_t)x >> shift) : x >> shift;
}

/* the bits of the double that a floating-point number of either size is */
static uint64_t load_double(const layout_step_t *step, const char *bytes)
{
    uint64_t bits = load_number(step, bytes);

    if (step->size == 4) {
        float narrow;
        double wide;
        memcpy(&narrow, &bits, sizeof(narrow)); /* little-endian */
        wide = narrow;
        memcpy(&bits, &wide, sizeof(bits));
    }
    return bits;
}

char *json_member(char *p, const layout_step_t *step, const struct pg_span *span, const char *bytes)
{
    if (step->offset + step->size > span->got)
        return json_null(p);
    bytes += step->offset;
    switch (step->kind) {
    case LAYOUT_INT:
        return json_int(p, load_number(step, bytes));
    case LAYOUT_UINT:
        return json_uint(p, load_number(step, bytes));
    case LAYOUT_BOOL:
        return json_bool(p, load_number(step, bytes));
    case LAYOUT_FLOAT:
        return json_float(p, load_double(step, bytes), step->size);
    case LAYOUT_POINTER:
        return json_pointer(p, load_number(step, bytes));
    default:
        *p++ = '"';
        put_text(&p, bytes, strnlen(bytes, step->size), 0);
        *p++ = '"';
        return p;
    }
}

char *json_whole(char *p, const struct pg_span *span, const char *bytes, const layout_t *layout)
{
    int is_first = 1;
    uint64_t in_array = 0; /* bit 0: the innermost container is an array, and so on outwards; layouts are less than 64 deep */

    for (size_t i = 0; i < layout->num_steps; ++i) {
        const layout_step_t *step = layout->steps + i;
        if (step->kind == LAYOUT_END) {
            *p++ = in_array & 1 ? ']' : '}';
            in_array >>= 1;
            is_first = 0;
            continue;
        }
        if (!is_first)
            *p++ = ',';
        if (step->name != NULL)
            p = stpcpy(stpcpy(stpcpy(p, "\""), step->name), "\":");
        is_first = step->kind == LAYOUT_OBJECT || step->kind == LAYOUT_ARRAY;
        if (is_first) {
            *p++ = step->kind == LAYOUT_ARRAY ? '[' : '{';
            in_array = in_array << 1 | (step->kind == LAYOUT_ARRAY);
        } else {
            p = json_member(p, step, span, bytes);
        }
    }
    return p;
}

static size_t whole_bound(const layout_t *layout)
{
    size_t size = 0;

    for (size_t i = 0; i < layout->num_steps; ++i) {
        const layout_step_t *step = layout->steps + i;
        size += (step->name != NULL ? strlen(step->name) : 0) + 8 +
                (step->kind == LAYOUT_TEXT ? 6 * (size_t)step->size : JSON_MAX_NUMBER);
    }
    return size;
}

size_t json_bound(const catalog_probe_t *probe, const struct pg_head *head, const json_t *json)
{
    /* a byte of a string is printed as at most six ("\u0000"), and as two more if it has to be repeated in hex */
    size_t size = probe->json_size + (size_t)probe->num_slots * head->slot * 8;

    for (unsigned i = 0; i < probe->num_paths; ++i) {
        for (unsigned file = 0; file < json->num_files; ++file)
            size += whole_bound(json->layouts + file * json->num_paths + probe->paths[i]); /* 0: it is not a whole struct */
    }
    return size;
}
