#ifndef GEN_AUDIT_CALLS_CTOKEN_H
#define GEN_AUDIT_CALLS_CTOKEN_H

#include <stdint.h>
#include "base/arena.h"

/**
 * The text of a C or C++ source as preprocessing tokens (C11 6.4, C++20 [lex.pptoken]), as far as finding calls needs them:
 * comments are blanks; a string, a character constant and a number are one token each; operators are single characters, except for
 * those that mean something here. Trigraphs and digraphs are not replaced. Nothing is an error: a
 * string that is not closed ends with its line, a comment that is not closed ends with the file.
 */

typedef enum en_ctoken_kind_t {
    CTOKEN_END,
    CTOKEN_NAME,
    CTOKEN_NUMBER,
    CTOKEN_STRING,    /* or character constant */
    CTOKEN_PASTE,     /* ## */
    CTOKEN_HASH,      /* # */
    CTOKEN_PUNCT,     /* one character; "..." is one token */
    CTOKEN_DIRECTIVE, /* the # that begins a directive */
    CTOKEN_NEWLINE    /* the end of the directive */
} ctoken_kind_t;

typedef struct st_ctoken_t {
    const char *p; /* points into the text */
    uint32_t n;
    uint32_t line; /* where it begins */
    uint8_t kind;
} ctoken_t;

/** The text of a file, for which the caller allocates `p`. ctext_dispose() frees all of it with free(). */
typedef struct st_ctext_t {
    char *p; /* has room for a NUL after the text */
    size_t n;
    size_t capacity;
    uint32_t *joints; /* where lines were joined, as ascending offsets: each adds one to the numbers of lines after it */
    size_t num_joints, joints_capacity;
    /** set by the caller: it is a file for lex, in whose patterns a quote may stand alone: so one does that its line does not close
     */
    int has_patterns;
} ctext_t;

/**
 * Joins lines that a backslash continues (C11 5.1.1.2, phase 2; blanks after it are allowed, as in gcc), in place, takes a byte
 * order mark away and adds a NUL.
 */
void ctext_join_lines(ctext_t *text);
void ctext_dispose(ctext_t *text);

typedef struct st_cscanner_t {
    const char *start, *p, *end;
    uint32_t line;
    const uint32_t *joint, *joints_end;
    int is_line_start; /* no token yet in this line */
    int in_directive;
    unsigned num_unclosed; /* raw strings whose end was searched for in vain */
    int has_patterns;
    const char *alone_end; /* up to here no quote closes one that stands alone */
} cscanner_t;

/** For a text whose lines are joined, which stays the caller's. */
void cscan_init(cscanner_t *scanner, const ctext_t *text);
/** For a part of a directive, which ends with CTOKEN_NEWLINE and then CTOKEN_END. A NUL, or a newline, has to follow the text. */
void cscan_init_part(cscanner_t *scanner, str_t part);
/** The next token; at the end always CTOKEN_END. */
void cscan_next(cscanner_t *scanner, ctoken_t *token);
/** After the word `include`: the name between quotes or angle brackets; n == 0 when there is none. */
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
