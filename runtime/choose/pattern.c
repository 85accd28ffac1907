#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "choose/pattern.h"
#include "common/grow.h"

typedef struct st_maker_t {
    struct pg_pattern *pattern;
    unsigned flags;
    size_t num; /* places so far */
} maker_t;

static void add_byte(maker_t *maker, unsigned char c)
{
    __u64 *masks = maker->pattern->masks, bit = 1ull << maker->num;

    masks[c] |= bit;
    if (maker->flags & PATTERN_IGNORE_CASE) {
        if (c >= 'A' && c <= 'Z')
            masks[c - 'A' + 'a'] |= bit;
        if (c >= 'a' && c <= 'z')
            masks[c - 'a' + 'A'] |= bit;
    }
}

static void add_any(maker_t *maker)
{
    for (int c = 0; c < 256; ++c)
        maker->pattern->masks[c] |= 1ull << maker->num;
}

static int digit_of(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* One place, or a star. @return how many bytes of the text it took; 0 with a reason */
static size_t add(maker_t *maker, const char *text, size_t n, reason_t *reason)
{
    if ((maker->flags & PATTERN_GLOB) && text[0] == '*') {
        maker->pattern->stays |= 1ull << maker->num;
        return 1;
    }
    if (maker->num == PATTERN_MAX_PLACES) {
        reason_set(reason, "a text to compare with has at most %d bytes", PATTERN_MAX_PLACES);
        return 0;
    }
    if ((maker->flags & PATTERN_GLOB) && text[0] == '?') {
        add_any(maker);
        ++maker->num;
        return 1;
    }
    size_t taken = 1;
    if (maker->flags & PATTERN_HEX) {
        if (n < 2 || !isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1])) {
            reason_set(reason, "bytes are compared as they are shown: two hexadecimal digits each");
            return 0;
        }
        add_byte(maker, (unsigned char)(digit_of(text[0]) << 4 | digit_of(text[1])));
        taken = 2;
    } else {
        taken = 1 + (text[0] == '\\' && n > 1 && !(maker->flags & PATTERN_PLAIN));
        add_byte(maker, (unsigned char)text[taken - 1]);
    }
    ++maker->num;
    return taken;
}

int pattern_make(struct pg_pattern *pattern, const char *text, size_t n, unsigned flags, size_t *at, reason_t *reason)
{
    maker_t maker = {.pattern = pattern, .flags = flags};

    memset(pattern, 0, sizeof(*pattern));
    *at = 0;
    for (size_t taken; *at < n; *at += taken) {
        if ((taken = add(&maker, text + *at, n - *at, reason)) == 0)
            return -1;
    }
    pattern->end = 1ull << maker.num;
    return 0;
}

int patterns_add(patterns_t *patterns, const struct pg_pattern *pattern, unsigned *number)
{
    struct pg_pattern *list;

    for (*number = 0; *number < patterns->num; ++*number) {
        if (memcmp(patterns->list + *number, pattern, sizeof(*pattern)) == 0)
            return 0;
    }
    if ((list = grow_list(patterns->list, &patterns->capacity, patterns->num, sizeof(*list))) == NULL)
        return -1;
    patterns->list = list;
    list[patterns->num++] = *pattern;
    return 0;
}

void patterns_dispose(patterns_t *patterns)
{
    free(patterns->list);
    *patterns = (patterns_t){NULL};
}

int pattern_matches(const struct pg_pattern *pattern, const char *bytes, size_t n, int is_cut)
{
    __u64 state = 1;

    for (size_t i = 0; i < n && i < PG_MATCH_LIMIT; ++i)
        state = (state & pattern->masks[(unsigned char)bytes[i]]) << 1 | (state & pattern->stays);
    return (state & pattern->end & (n < PG_MATCH_LIMIT && !is_cut ? ~0ull : pattern->stays)) != 0;
}
