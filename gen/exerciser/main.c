/*
 * The fixed half of every exerciser that probegen writes: a program that fires each probe with known values and can tell, as JSON,
 * what a tracer has to make of them. It knows nothing of the tracer's code, so that it is a witness: its own UTF-8, its own
 * escapes.
 *
 * It obeys commands on standard input, one a line, and answers on standard output:
 *
 *     fire ROUND [GLOB [COUNT]]   fires the probes that match (default: all), COUNT times each (default: 1): "fired N"
 *     enabled                     how many probes somebody listens to (semaphores that are not 0): "enabled N"
 *     rounds                      how many rounds of special values there are: "rounds N"; larger numbers are pseudo-random values
 *
 * A round says which values all arguments get: see enum below.
 */

#include <arpa/inet.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "exerciser.h"

enum {
    EX_PLAIN,    /* numbers that differ from each other, short strings */
    EX_LARGEST,  /* numbers at their upper limit, strings longer than any limit */
    EX_SMALLEST, /* numbers at their lower limit, empty strings */
    EX_NULL,     /* -1, null pointers */
    EX_NASTY,    /* quotes, control characters, NUL, bytes that are not UTF-8 */
    EX_UNMAPPED, /* pointers to nowhere */
    EX_COLD,     /* all that is pointed to is in pages that are not resident, strings across the edge of a page */
    EX_THIRTY,   /* strings of 30 bytes: what a response header has on average */
    EX_NUM_ROUNDS
};

#define EX_NOWHERE ((void *)0x10)
#define EX_COLD_SIZE (1 << 20)

struct st_ex_t {
    unsigned long round;
    unsigned probe; /* index of the one that is fired */
    unsigned seed;
    FILE *expect; /* NULL: nobody wants to know */
    int show;     /* EX_SHOW_* */
    size_t string_limit;
    char *cold; /* shared file mapping, whose pages can be dropped without losing what is in them */
    size_t cold_used, warm_used;
    char warm[1 << 18];
    /* what follows the fields of the event that is being written */
    char truncated[4096], hex[1 << 17], unreadable[4096];
};

/* ---- values ---- */

static uint64_t ex_random(ex_t *x)
{
    /* xorshift; quality does not matter, repeatability does */
    x->seed ^= x->seed << 13;
    x->seed ^= x->seed >> 17;
    x->seed ^= x->seed << 5;
    return (uint64_t)x->seed << 32 | (x->seed * 2654435761u);
}

uint64_t ex_uint(ex_t *x, unsigned arg, unsigned size)
{
    uint64_t largest = ~0ull >> (64 - 8 * size);

    switch (x->round) {
    case EX_LARGEST:
        return largest;
    case EX_SMALLEST:
        return 0;
    case EX_NULL:
        return largest / 2 + 1;
    default:
        return x->round < EX_NUM_ROUNDS ? 1 + arg + x->probe % 8 * 13 + x->round : ex_random(x) & largest;
    }
}

int64_t ex_int(ex_t *x, unsigned arg, unsigned size)
{
    int64_t largest = (int64_t)(~0ull >> (65 - 8 * size));

    switch (x->round) {
    case EX_LARGEST:
        return largest;
    case EX_SMALLEST:
        return -largest - 1;
    case EX_NULL:
        return -1;
    case EX_NASTY:
        return -(int64_t)(2 + arg);
    default:
        return (int64_t)(ex_uint(x, arg, size) << (64 - 8 * size)) >> (64 - 8 * size);
    }
}

double ex_float(ex_t *x, unsigned arg, unsigned size)
{
    switch (x->round) {
    case EX_LARGEST:
        return size == 4 ? 3.40282347e38 : 1.7976931348623157e308;
    case EX_SMALLEST:
        return size == 4 ? 1.17549435e-38 : 2.2250738585072014e-308;
    case EX_NULL:
        return -1.5;
    case EX_NASTY:
        return NAN;
    case EX_UNMAPPED:
        return -INFINITY;
    default:
        return (int)(ex_uint(x, arg, 2)) / 8.0;
    }
}

/* ---- memory ---- */

/* Memory for one firing, in a cold page in that round. `at_edge`: so that it crosses into another page */
static void *ex_alloc(ex_t *x, size_t size, int at_edge)
{
    size_t page = 4096, *used = x->round == EX_COLD ? &x->cold_used : &x->warm_used;
    char *base = x->round == EX_COLD ? x->cold : x->warm;

    *used = (*used + 15) / 16 * 16;
    if (x->round == EX_COLD)
        *used = at_edge && size > 1 ? (*used + page) / page * page + page - size / 2 : (*used + page) / page * page;
    if (*used + size > (x->round == EX_COLD ? (size_t)EX_COLD_SIZE : sizeof(x->warm))) {
        fprintf(stderr, "exerciser: a probe needs more memory than there is\n");
        exit(1);
    }
    *used += size;
    return base + *used - size;
}

void *ex_struct(ex_t *x, size_t size)
{
    if (x->round == EX_NULL)
        return NULL;
    if (x->round == EX_UNMAPPED)
        return EX_NOWHERE;
    return memset(ex_alloc(x, size, 0), 0, size);
}

int ex_is_readable(const ex_t *x)
{
    return x->round != EX_NULL && x->round != EX_UNMAPPED;
}

void ex_ready(ex_t *x)
{
    if (x->round == EX_COLD && madvise(x->cold, EX_COLD_SIZE, MADV_DONTNEED) != 0)
        perror("exerciser: madvise");
}

ex_text_t ex_text(ex_t *x, unsigned arg, int is_text, size_t fixed, uint64_t max_len)
{
    static const char nasty[] =
        "quote \" backslash \\ control \1\n\t\x7f utf8 \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 bad \xff\xc0\xaf"
        "\xed\xa0\x80\xf4\x90\x80\x80 cut \xe2\x82";
    size_t len;
    char *p;

    if (x->round == EX_NULL || x->round == EX_UNMAPPED)
        return (ex_text_t){x->round == EX_NULL ? NULL : EX_NOWHERE, fixed != 0 ? fixed : 5, 1};
    len = x->round == EX_SMALLEST     ? 0
          : x->round == EX_LARGEST    ? 9000
          : x->round == EX_NASTY      ? sizeof(nasty) - 1 + (is_text ? 0 : 5)
          : x->round == EX_THIRTY     ? 30
          : x->round >= EX_NUM_ROUNDS ? ex_random(x) % 200
                                      : 9 + arg + x->probe % 5;
    if (fixed != 0)
        len = fixed;
    if (len > max_len)
        len = max_len;
    p = ex_alloc(x, len + 1, 1);
    p[len] = is_text ? '\0' : '!'; /* not ended by a NUL: reading on would show it */
    for (size_t i = 0; i < len; ++i)
        p[i] = x->round >= EX_NUM_ROUNDS ? (char)(ex_random(x) >> 40 | is_text) : (char)('a' + (i + arg) % 26);
    if (x->round == EX_NASTY) {
        memcpy(p, nasty, len < sizeof(nasty) ? len : sizeof(nasty));
        if (!is_text && len > sizeof(nasty))
            memcpy(p + sizeof(nasty) - 1, "\0NUL", 4);
    }
    return (ex_text_t){p, len, 0};
}

void ex_copy(void *array, ex_text_t text)
{
    memcpy(array, text.p, text.len);
}

void *ex_address(ex_t *x, unsigned arg)
{
    struct ex_address *address = ex_struct(x, sizeof(*address));

    if (ex_is_readable(x))
        ex_fill_address(x, arg, address);
    return address;
}

void ex_fill_address(ex_t *x, unsigned arg, struct ex_address *address)
{
    struct sockaddr_storage *ss = (void *)address;
    struct sockaddr_in *in = (void *)ss;
    struct sockaddr_in6 *in6 = (void *)ss;
    struct sockaddr_un *un = (void *)ss;

    switch (x->round % 5) {
    case EX_LARGEST:
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(65535);
        inet_pton(AF_INET6, "2001:db8::1", &in6->sin6_addr);
        break;
    case EX_SMALLEST:
        un->sun_family = AF_UNIX;
        strcpy(un->sun_path, "/run/\"exerciser\".sock");
        break;
    case EX_NASTY:
        un->sun_family = AF_UNIX;
        strcpy(un->sun_path + 1, "abstract");
        break;
    case EX_NULL: /* a random round */
        ss->ss_family = AF_UNSPEC;
        break;
    default:
        in->sin_family = AF_INET;
        in->sin_port = htons(443 + arg);
        inet_pton(AF_INET, "192.0.2.7", &in->sin_addr);
        break;
    }
}

/* ---- what a tracer has to print ---- */

int ex_is_expecting(const ex_t *x)
{
    return x->expect != NULL;
}

int ex_shows(const ex_t *x, int what)
{
    return (x->show & what) != 0;
}

void ex_begin(ex_t *x, const char *provider, const char *type)
{
    x->truncated[0] = x->hex[0] = x->unreadable[0] = '\0';
    fprintf(x->expect, "{\"module\":\"%s\",\"type\":\"%s\"", provider, type);
}

void ex_end(ex_t *x)
{
    if (x->truncated[0] != '\0')
        fprintf(x->expect, ",\"truncated\":{%s}", x->truncated + 1);
    if (x->hex[0] != '\0')
        fprintf(x->expect, ",\"hex\":{%s}", x->hex + 1);
    if (x->unreadable[0] != '\0')
        fprintf(x->expect, ",\"unreadable\":[%s]", x->unreadable + 1);
    fputs("}\n", x->expect);
}

void ex_put_null(ex_t *x, const char *name)
{
    fprintf(x->expect, ",\"%s\":null", name);
    if (x->round == EX_UNMAPPED)
        sprintf(x->unreadable + strlen(x->unreadable), ",\"%s\"", name);
}

void ex_put_uint(ex_t *x, const char *name, uint64_t value)
{
    fprintf(x->expect, ",\"%s\":%" PRIu64, name, value);
}

void ex_put_int(ex_t *x, const char *name, int64_t value)
{
    fprintf(x->expect, ",\"%s\":%" PRId64, name, value);
}

void ex_put_bool(ex_t *x, const char *name, int value)
{
    fprintf(x->expect, ",\"%s\":%s", name, value ? "true" : "false");
}

void ex_put_float(ex_t *x, const char *name, double value, unsigned size)
{
    if (isfinite(value))
        fprintf(x->expect, size == 4 ? ",\"%s\":%.9g" : ",\"%s\":%.17g", name, value);
    else
        fprintf(x->expect, ",\"%s\":\"%s\"", name, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

void ex_put_pointer(ex_t *x, const char *name, const void *value)
{
    fprintf(x->expect, ",\"%s\":\"0x%" PRIxPTR "\"", name, (uintptr_t)value);
}

/* Decodes one character of UTF-8 by the definition: build the code point, then look whether this was the only way to write it. 0:
 * it is none */
static size_t ex_decode(const unsigned char *s, size_t n, uint32_t *code)
{
    size_t len = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

    if (len == 0 || len > n)
        return 0;
    *code = len == 1 ? s[0] : s[0] & (0x7f >> len);
    for (size_t i = 1; i < len; ++i) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (s[i] & 0x3f);
    }
    return *code < smallest[len] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000) ? 0 : len;
}

/* Could these last bytes be the begin of a character, if more followed? */
static int ex_is_begin(const unsigned char *s, size_t n)
{
    unsigned char more[4];
    uint32_t code;

    for (int filler = 0x80; filler < 0xc0; filler += 0x10) {
        memset(more, filler, sizeof(more));
        memcpy(more, s, n < 4 ? n : 4);
        if (n < 4 && ex_decode(more, 4, &code) > n)
            return 1;
    }
    return 0;
}

/* The begin of a string, and what says that it is longer. @return how much of it is shown */
static size_t ex_begin_text(ex_t *x, const char *name, ex_text_t text)
{
    fprintf(x->expect, ",\"%s\":\"", name);
    if (text.len <= x->string_limit)
        return text.len;
    sprintf(x->truncated + strlen(x->truncated), ",\"%s\":%zu", name, text.len);
    return x->string_limit;
}

void ex_put_text(ex_t *x, const char *name, ex_text_t text)
{
    const unsigned char *s = (const unsigned char *)text.p;
    int is_bad = 0;
    uint32_t code;

    if (text.is_null) {
        ex_put_null(x, name);
        return;
    }
    size_t shown = ex_begin_text(x, name, text);
    for (size_t i = 0, n; i < shown; i += n) {
        if ((n = ex_decode(s + i, shown - i, &code)) == 0) {
            if (shown < text.len && ex_is_begin(s + i, shown - i))
                break;
            code = 0xfffd;
            is_bad = 1;
            n = 1;
        }
        if (code >= 0x10000)
            fprintf(x->expect, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
        else
            fprintf(x->expect, "\\u%04x", code);
    }
    fputc('"', x->expect);
    if (is_bad) {
        char *end = x->hex + strlen(x->hex);
        end += sprintf(end, ",\"%s\":\"", name);
        for (size_t i = 0; i < shown; ++i)
            end += sprintf(end, "%02x", s[i]);
        strcpy(end, "\"");
    }
}

void ex_put_bytes(ex_t *x, const char *name, ex_text_t text)
{
    if (text.is_null) {
        ex_put_null(x, name);
        return;
    }
    size_t shown = ex_begin_text(x, name, text);
    for (size_t i = 0; i < shown; ++i)
        fprintf(x->expect, "%02x", (unsigned char)text.p[i]);
    fputc('"', x->expect);
}

void ex_put_address(ex_t *x, const char *name, const void *address)
{
    const struct sockaddr *sa = address;
    char host[64], port[16];

    if (!ex_is_readable(x)) {
        ex_put_null(x, name);
    } else if (sa->sa_family == AF_INET || sa->sa_family == AF_INET6) {
        const struct sockaddr_in *in = address;
        const struct sockaddr_in6 *in6 = address;
        int is_v4 = sa->sa_family == AF_INET;
        inet_ntop(sa->sa_family, is_v4 ? (const void *)&in->sin_addr : &in6->sin6_addr, host, sizeof(host));
        snprintf(port, sizeof(port), "%u", ntohs(is_v4 ? in->sin_port : in6->sin6_port));
        fprintf(x->expect, is_v4 ? ",\"%s\":\"%s:%s\"" : ",\"%s\":\"[%s]:%s\"", name, host, port);
    } else if (sa->sa_family == AF_UNIX) {
        const struct sockaddr_un *un = address;
        int is_abstract = un->sun_path[0] == '\0';
        ex_text_t text = {un->sun_path + is_abstract, strlen(un->sun_path + is_abstract), 0};
        char quoted[600] = "";
        for (size_t i = 0; i < text.len; ++i)
            sprintf(quoted + strlen(quoted), "\\u%04x", (unsigned char)text.p[i]);
        fprintf(x->expect, ",\"%s\":\"%s%s\"", name, is_abstract ? "@" : "", quoted);
    } else {
        fprintf(x->expect, ",\"%s\":\"family %u\"", name, sa->sa_family);
    }
}

/* ---- a struct that is printed whole: every kind of member ---- */

struct ex_whole {
    EX_WHOLE_MEMBERS;
};

void ex_fill_whole(ex_t *x, unsigned arg, void *p)
{
    struct ex_whole *whole = p;

    whole->counter = ex_uint(x, arg, 8);
    whole->nested.low = ex_uint(x, arg, 4);
    whole->nested.negative = ex_int(x, arg, 2);
    whole->nested.ratio = 0.5 + arg;
    whole->nested.on = 1;
    for (unsigned i = 0; i < 3; ++i)
        whole->list[i] = ex_uint(x, arg + i, 8);
    whole->points[0].x = -1;
    whole->points[1].y = 127;
    whole->inner_as_float = 1.0;
    whole->colour = EX_GREEN;
    memcpy(whole->text, "a\"b", 4);
    whole->bits = 5;
    whole->signed_bits = -7;
    whole->pointer = EX_NOWHERE;
}

void ex_put_whole(ex_t *x, const char *name, const void *p)
{
    const struct ex_whole *whole = p;

    if (!ex_is_readable(x)) {
        ex_put_null(x, name);
        return;
    }
    fprintf(x->expect,
            ",\"%s\":{\"counter\":%" PRIu64 ",\"nested\":{\"low\":%" PRIu32 ",\"negative\":%d,\"ratio\":%.17g,\"on\":true},"
            "\"list\":[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "],\"points\":[{\"x\":-1,\"y\":0},{\"x\":0,\"y\":127}],"
            "\"inner\":1065353216,\"inner_as_float\":1,\"colour\":7,\"text\":\"a\\\"b\",\"bits\":5,\"signed_bits\":-7,\"pointer\":"
            "\"0x10\"}",
            name, whole->counter, whole->nested.low, whole->nested.negative, whole->nested.ratio, whole->list[0], whole->list[1],
            whole->list[2]);
}

/* ---- commands ---- */

static unsigned long ex_fire(ex_t *x, unsigned long round, const char *glob, unsigned long count)
{
    unsigned long num_fired = 0;
    FILE *expect = x->expect;

    if (count > 1)
        x->expect = NULL;
    for (unsigned i = 0; i < ex_num_probes; ++i) {
        if (fnmatch(glob, ex_probes[i].name, 0) != 0)
            continue;
        for (unsigned long n = 0; n < count; ++n) {
            x->round = round;
            x->probe = i;
            x->seed = round * 2654435761u + i * 97 + 1;
            x->cold_used = x->warm_used = 0;
            ex_probes[i].fire(x);
        }
        num_fired += count;
    }
    x->expect = expect;
    if (expect != NULL)
        fflush(expect);
    return num_fired;
}

static void ex_command(ex_t *x, const char *line)
{
    char glob[512] = "*";
    unsigned long round = 0, count = 1, num = 0;

    if (sscanf(line, "fire %lu %511s %lu", &round, glob, &count) >= 1) {
        printf("fired %lu\n", ex_fire(x, round, glob, count));
    } else if (strncmp(line, "enabled", 7) == 0) {
        for (unsigned i = 0; i < ex_num_probes; ++i)
            num += ex_probes[i].is_enabled() != 0;
        printf("enabled %lu\n", num);
    } else if (strncmp(line, "rounds", 6) == 0) {
        printf("rounds %d\n", EX_NUM_ROUNDS);
    } else {
        printf("what? %s", line);
    }
    fflush(stdout);
}

static ex_t ex;

int main(int argc, char **argv)
{
    char line[1024];
    int fd = memfd_create("exerciser", MFD_CLOEXEC);

    ex.string_limit = 4096;
    for (int i = 1; i < argc; ++i) {
        if (strcmp(argv[i], "--appdata") == 0) {
            ex.show |= EX_SHOW_APPDATA;
        } else if (strcmp(argv[i], "--secrets") == 0) {
            ex.show |= EX_SHOW_SECRETS;
        } else if (strncmp(argv[i], "--string-limit=", 15) == 0) {
            ex.string_limit = strtoul(argv[i] + 15, NULL, 10);
        } else if (strncmp(argv[i], "--expect=", 9) == 0 && (ex.expect = fopen(argv[i] + 9, "w")) != NULL) {
            ;
        } else {
            fprintf(stderr,
                    "Usage: %s [--expect=FILE] [--appdata] [--secrets] [--string-limit=N]\n"
                    "Fires probes on command: 'fire ROUND [GLOB [COUNT]]', 'enabled', 'rounds' on standard input.\n"
                    "--expect: write the events that a tracer has to print into FILE (the other options: as the tracer was given "
                    "them).\n",
                    argv[0]);
            return 2;
        }
    }
    if (fd < 0 || ftruncate(fd, EX_COLD_SIZE) != 0 ||
        (ex.cold = mmap(NULL, EX_COLD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED) {
        perror("exerciser: mmap");
        return 1;
    }
    while (fgets(line, sizeof(line), stdin) != NULL)
        ex_command(&ex, line);
    return 0;
}
