#ifndef GEN_AUDIT_CALLS_CTOKEN_H
#define GEN_AUDIT_CALLS_CTOKEN_H

#include <stdint.h>
#include "base/arena.h"

/**
 * The text of a C or C++ source as preprocessing tokens (C11 6.4, C++20 [lex.pptoken]), as far as finding calls needs them:
 * comments are blanks, strings and character constants are one token each, and so is a number; operators are single characters, but
 * for those that mean something here. Nothing is an error: a string that is not closed ends with its line, a comment that is not
 * ends with the file.
 */

typedef enum en_ctoken_kind_t {
    CTOKEN_END,
    CTOKEN_NAME,
    CTOKEN_NUMBER,
    CTOKEN_STRING,    /* or character constant */
    CTOKEN_PASTE,     /* ##, or %:%: */
    CTOKEN_HASH,      /* #, or %: */
    CTOKEN_PUNCT,     /* one character; "..." and "::" are one token */
    CTOKEN_DIRECTIVE, /* the # that begins a directive */
    CTOKEN_NEWLINE    /* the end of the directive */
} ctoken_kind_t;

typedef struct st_ctoken_t {
    const char *p; /* points into the text */
    uint32_t n;
    uint32_t line; /* where it begins */
    uint8_t kind;
    uint8_t has_space; /* before it */
} ctoken_t;

/** A text in which lines that are continued by a backslash are joined already. Lists come from malloc(). */
typedef struct st_ctext_t {
    char *p; /* followed by a NUL */
    size_t n;
    size_t capacity;
    uint32_t *joints; /* offsets at which lines were joined, rising: from there on lines count one more */
    size_t num_joints, joints_capacity;
    /** set by the caller: it is for lex, in whose patterns a quote may stand alone: one that is not closed in its line does */
    int has_patterns;
} ctext_t;

/** Joins continued lines (C11 5.1.1.2, phase 2; blanks behind the backslash are allowed, as gcc does) and skips a byte order mark.
 */
void ctext_join_lines(ctext_t *text);
void ctext_dispose(ctext_t *text);

typedef struct st_cscanner_t {
    const char *start, *p, *end;
    uint32_t line;
    const uint32_t *joint, *joints_end;
    int is_line_start; /* no token yet in this line */
    int in_directive;
    unsigned num_unclosed; /* raw strings: each was searched for to the end */
    int has_patterns;
    const char *alone_end; /* of what was searched for the end of a quote in vain */
} cscanner_t;

void cscan_init(cscanner_t *scanner, const ctext_t *text);
/** For a part of a directive, which ends with CTOKEN_NEWLINE and then CTOKEN_END. A NUL, or a newline, has to follow the text. */
void cscan_init_part(cscanner_t *scanner, str_t part);
void cscan_next(cscanner_t *scanner, ctoken_t *token);
/** Behind the word `include`: the name between quotes or angle brackets; n == 0 when there is none. */
str_t cscan_header_name(cscanner_t *scanner);

static inline str_t ctoken_str(const ctoken_t *token)
{
    return (str_t){token->p, token->n};
}
/** Whether the token is this character. */
static inline int ctoken_is(const ctoken_t *token, char c)
{
    return token->kind == CTOKEN_PUNCT && token->n == 1 && token->p[0] == c;
}

#endif
