#ifndef RUNTIME_COMMON_SAY_H
#define RUNTIME_COMMON_SAY_H

#include <stdio.h>

/**
 * A line on standard error, after the tracer's name. Much of what there is to say has names in it that the target chose: the whole
 * line is escaped (safe_say()).
 */
void tracer_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** The same for what only tells how things go: nothing after tracer_be_quiet(). */
void tracer_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void tracer_be_quiet(void);
/** From now on such lines go there. @param out stays the caller's; NULL: standard error */
void tracer_say_to(FILE *out);

/** What ends the name of so many things in a line for people: "3 events", "1 event". */
static inline const char *say_s(unsigned long long num)
{
    return num == 1 ? "" : "s";
}

/** Gets a line for people, without a newline: tracer_say(), or another one. */
typedef void (*say_fn)(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
