#ifndef T_UNIT_TAP_H
#define T_UNIT_TAP_H

/*
 * Test Anything Protocol (https://testanything.org) for the unit tests: one test program, one file. ok() and is_*() count; the exit
 * code of done_testing() is 0 only if something was tested and nothing failed.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_num, tap_num_failed;

static inline __attribute__((format(printf, 1, 2))) void diag(const char *fmt, ...)
{
    va_list args;

    printf("# ");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
}

static inline __attribute__((format(printf, 4, 5))) int tap_report(int passed, const char *file, int line, const char *fmt, ...)
{
    va_list args;

    if (!passed)
        ++tap_num_failed;
    printf("%sok %d - ", passed ? "" : "not ", ++tap_num);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
    if (!passed)
        diag("at %s line %d", file, line);
    fflush(stdout);
    return passed;
}

static inline int tap_is_str(const char *got, const char *expected, const char *file, int line, const char *what)
{
    int passed = got == expected || (got != NULL && expected != NULL && strcmp(got, expected) == 0);

    tap_report(passed, file, line, "%s", what);
    if (!passed)
        diag("got '%s', expected '%s'", got != NULL ? got : "(null)", expected != NULL ? expected : "(null)");
    return passed;
}

static inline int tap_is_int(long long got, long long expected, const char *file, int line, const char *what)
{
    int passed = got == expected;

    tap_report(passed, file, line, "%s", what);
    if (!passed)
        diag("got %lld (%#llx), expected %lld (%#llx)", got, (unsigned long long)got, expected, (unsigned long long)expected);
    return passed;
}

/** ok(condition, "what %s", ...) */
#define ok(cond, ...) tap_report(!!(cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, expected, what) tap_is_str(got, expected, __FILE__, __LINE__, what)
#define is_int(got, expected, what) tap_is_int((long long)(got), (long long)(expected), __FILE__, __LINE__, what)

static inline void skip(const char *what, const char *why)
{
    printf("ok %d - %s # SKIP %s\n", ++tap_num, what, why);
}

/** @return the exit code of main() */
static inline int done_testing(void)
{
    printf("1..%d\n", tap_num);
    if (tap_num_failed != 0)
        diag("%d of %d failed", tap_num_failed, tap_num);
    return tap_num != 0 && tap_num_failed == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/** Gives the test up, for what prevents it from being run at all. */
static inline __attribute__((noreturn)) void bail_out(const char *why)
{
    printf("Bail out! %s\n", why);
    exit(EXIT_FAILURE);
}

#endif
