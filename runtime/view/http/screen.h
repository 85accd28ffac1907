#ifndef RUNTIME_VIEW_HTTP_SCREEN_H
#define RUNTIME_VIEW_HTTP_SCREEN_H

#include <stddef.h>
#include <stdint.h>
#include "output/output.h"
#include "view/value.h"

/*
 * Text for people that grows. What clients and servers have sent is escaped on its way into it, so that no terminal does what they
 * want, and so that it can be told from what is ours: screen_value().
 */
typedef struct st_screen_t {
    char *p; /* of malloc(3) */
    size_t n, capacity;
    int has_failed; /* out of memory: something is missing */
} screen_t;

void screen_put(screen_t *screen, const char *bytes, size_t n);
void screen_printf(screen_t *screen, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** A word and blanks up to the column where what it is about begins: "TxStatus   ". */
void screen_label(screen_t *screen, const char *label);
/**
 * Text of a record. What is not UTF-8, and what would do something to a terminal, is `\xNN` for each byte, a backslash is `\\`, and
 * text that is cut ends with `\...`.
 * @param value NULL: it is null, or not shown, which is `-`
 * @param is_word a blank is escaped, too, so that a name is one word
 */
void screen_value(screen_t *screen, const value_text_t *value, int is_word);
/** An address of IPv4 or IPv6 without its port. */
void screen_host(screen_t *screen, const struct pg_address *address);
/** An address of a record, without quotes. */
void screen_address(screen_t *screen, const struct pg_address *address);
/** "2026-11-27T02:03:01.123456Z". @param time ns since the epoch */
void screen_time(screen_t *screen, uint64_t time);
/** "12.345 ms" @param duration ns */
void screen_duration(screen_t *screen, uint64_t duration);
/** Writes it, and is empty then. What is missing is an error of the output. */
void screen_write(screen_t *screen, output_t *output);
void screen_dispose(screen_t *screen);

#endif
