#ifndef RUNTIME_CHOOSE_PATTERN_H
#define RUNTIME_CHOOSE_PATTERN_H

/*
 * Patterns of text, as a table that the BPF program goes by: an automaton whose states are the bits of one number ("Shift-And").
 * Bit n is set if the bytes so far match the first n places of the pattern; each byte moves all of them by one place at once. A
 * star keeps the bit of its place.
 */

#include <stddef.h>
#include "common/reason.h"
#include "common/record.h"

#define PATTERN_MAX_PLACES 63

enum {
    PATTERN_GLOB = 1,        /* `*` is any number of bytes, `?` one */
    PATTERN_IGNORE_CASE = 2, /* of letters of ASCII */
    PATTERN_PLAIN = 8,       /* a backslash is one */
    PATTERN_HEX = 4          /* the text is bytes in hexadecimal digits; `?` stands for a byte as well, not for a digit */
};

/**
 * Makes the table. A backslash makes what follows mean itself, unless flags say otherwise.
 * @param at where in the text the mistake is, if there is one
 * @return 0, or -1 with a reason
 */
int pattern_make(struct pg_pattern *pattern, const char *text, size_t n, unsigned flags, size_t *at, reason_t *reason);
/** Patterns by their numbers. All zero is an empty one. */
typedef struct st_patterns_t {
    struct pg_pattern *list;
    size_t num, capacity;
} patterns_t;

/** Adds one, if there is none like it. @return 0 with its number, or -1 when out of memory */
int patterns_add(patterns_t *patterns, const struct pg_pattern *pattern, unsigned *number);
void patterns_dispose(patterns_t *patterns);
/**
 * Whether all of `n` bytes match. Of PG_MATCH_LIMIT or more, only so many are looked at: they match if whatever may follow matches.
 * @param is_cut whether it is known that more follow
 */
int pattern_matches(const struct pg_pattern *pattern, const char *bytes, size_t n, int is_cut);

#endif
