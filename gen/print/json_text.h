#ifndef GEN_PRINT_JSON_TEXT_H
#define GEN_PRINT_JSON_TEXT_H

#include <stdint.h>
#include <stdio.h>
#include "base/arena.h"

/**
 * Prints text as a JSON string (RFC 8259), quotes included, whatever its bytes are: what is not UTF-8 becomes U+FFFD; control
 * characters, and those that change the direction of text, are escaped, so that printing the document does nothing to a terminal.
 */
void json_print_string(FILE *out, str_t text);

/**
 * A JSON document that is being printed: keeps count of commas. Values are members of the innermost object (then they have a key)
 * or elements of the innermost array (key NULL). Zero-initialise it with `out` set.
 */
typedef struct st_json_text_t {
    FILE *out;
    unsigned depth;
    uint32_t closers;  /* by depth, a bit each: 1 is an array */
    uint32_t on_lines; /* likewise: members stand on lines of their own */
    int needs_comma;
} json_text_t;

/** nothing that probegen prints is nested deeper than that */
#define JSON_MAX_DEPTH 32

/** whether the members of an object or array stand side by side, or each on a line of its own */
typedef enum en_json_layout_t { JSON_INLINE, JSON_ON_LINES } json_layout_t;

void json_begin_object(json_text_t *json, const char *key, json_layout_t layout);
void json_begin_array(json_text_t *json, const char *key, json_layout_t layout);
/** Ends what was begun last; the outermost ends the document's line. */
void json_end(json_text_t *json);
/** Begins a line, for the next element of an array that is otherwise JSON_INLINE. */
void json_break(json_text_t *json, int indent);

void json_str(json_text_t *json, const char *key, str_t value);
/** null, if it is NULL */
void json_text(json_text_t *json, const char *key, const char *value);
void json_unsigned(json_text_t *json, const char *key, uint64_t value);
/** With that many decimals; null if it is not finite, since JSON has no word for that. */
void json_number(json_text_t *json, const char *key, double value, int decimals);
void json_boolean(json_text_t *json, const char *key, int value);
/** null */
void json_no_value(json_text_t *json, const char *key);

#endif
