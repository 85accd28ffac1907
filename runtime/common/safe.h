#ifndef RUNTIME_COMMON_SAFE_H
#define RUNTIME_COMMON_SAFE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Text that may come from anywhere (a target's files, the network, a definition), for a terminal. Escape sequences and changes of
 * direction do nothing there, and an end of line in a name begins no line that looks like one of ours: what is not UTF-8, and
 * characters that are treacherous (utf8_is_unsafe()), are shown as \xNN, byte by byte.
 */

/** Prints n bytes, ends of lines and tabs escaped, too. Errors are those of `out`. */
void safe_print(FILE *out, const char *text, size_t n);
/**
 * Prints one line, "WHO: MESSAGE": all of the message is escaped, and a newline follows. It is one write if `out` is unbuffered and
 * the line is not longer than some thousand bytes. If memory is short, the message is cut.
 * @param who a name of ours, which is printed as it is
 */
void safe_say(FILE *out, const char *who, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/** The same for functions that have such arguments themselves. */
void safe_vsay(FILE *out, const char *who, const char *fmt, va_list args) __attribute__((format(printf, 3, 0)));

#endif
