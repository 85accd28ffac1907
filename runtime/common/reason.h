#ifndef RUNTIME_COMMON_REASON_H
#define RUNTIME_COMMON_REASON_H

/** Why something failed, for people: a line without a newline. */
typedef struct st_reason_t {
    char text[4096 + 256]; /* a path (PATH_MAX) and what is wrong with it */
} reason_t;

/** Writes the reason, cut to its size. @return -1, which the function that fails returns in turn */
int reason_set(reason_t *reason, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- what may have been meant ---- */

/**
 * How many characters have to be put in, taken out, replaced, or swapped with their neighbours until what somebody typed matches a
 * name; `*` and `?` match as they do, and case does not matter. @return UINT_MAX when out of memory
 */
unsigned near_distance(const char *typed, const char *name);
/** How far away a name may be to be suggested for that. */
unsigned near_most(const char *typed);

#endif
