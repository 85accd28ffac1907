#ifndef RUNTIME_COMMON_REASON_H
#define RUNTIME_COMMON_REASON_H

/** Why something failed, for people: a line without a newline. */
typedef struct st_reason_t {
    char text[4096 + 256]; /* a path (PATH_MAX) and what is wrong with it */
} reason_t;

/** Writes the reason, cut to its size. @return -1, which the function that fails returns in turn */
int reason_set(reason_t *reason, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
