#ifndef GEN_AUDIT_TRACE_JSONLINE_H
#define GEN_AUDIT_TRACE_JSONLINE_H

#include <stdint.h>
#include "base/arena.h"

/**
 * Walks through the members of a JSON object (RFC 8259) that stands on one line, and finds every mistake in it on the way. Nothing
 * is copied or allocated: texts point into the line, with their escapes.
 */

/** objects and arrays in each other, with the outermost; deeper ones are mistakes */
#define JSONLINE_MAX_DEPTH 64

typedef enum en_jsonline_kind_t {
    JSONLINE_NULL,
    JSONLINE_BOOL,
    JSONLINE_NUMBER,
    JSONLINE_STRING,
    JSONLINE_ARRAY,
    JSONLINE_OBJECT
} jsonline_kind_t;

typedef struct st_jsonline_member_t {
    str_t key; /* without quotes */
    jsonline_kind_t kind;
    str_t value; /* of strings without quotes */
    int is_key_escaped, is_value_escaped;
} jsonline_member_t;

typedef struct st_jsonline_t {
    const char *p, *end;
    int is_begun;
} jsonline_t;

/**
 * Begins with a line, or with an object that is a member's value.
 * @param text a byte that is not part of it has to follow: a newline after a line
 */
static inline jsonline_t jsonline_begin(str_t text)
{
    return (jsonline_t){text.p, text.p + text.n, 0};
}

/**
 * The next member.
 * @return 1; 0 at the end, when the text is an object and nothing else; -1: it is not
 */
int jsonline_next(jsonline_t *json, jsonline_member_t *member);
/**
 * What an escaped string means, in UTF-8; halves of surrogate pairs become U+FFFD.
 * @param text of a string that has been walked over
 * @param decoded has room for text.n bytes
 */
str_t jsonline_decode(str_t text, char *decoded);
/** The value of a number that has been walked over; infinite if it is too large. */
double jsonline_double(str_t text);
/** The same for a whole number from 0 to INT64_MAX that is written without point and exponent; -1 for others. */
int64_t jsonline_count(str_t text);

#endif
