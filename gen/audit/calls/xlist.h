#ifndef GEN_AUDIT_CALLS_XLIST_H
#define GEN_AUDIT_CALLS_XLIST_H

#include "audit/calls/macro.h"

/**
 * The tokens that are moved while a macro of a file is expanded, and the lists that are made of them.
 */

/** What stands in the source, and led to a call. */
typedef struct st_written_t {
    str_t name;
    const char *at; /* in the text of the file */
    uint32_t line;
    const str_t *condition; /* see reader_condition(); NULL: not known */
} written_t;

/** A call of a probe. */
typedef struct st_xcall_t {
    audit_row_t *row; /* NULL: provider and name say which */
    str_t provider, name;
    unsigned num_args;
} xcall_t;

/** Beside ctoken_kind_t. */
enum {
    XTOKEN_PLACEMARKER = 64, /* nothing, where ## needs something */
    XTOKEN_CALL              /* a probe is called: `call` says which; its arguments follow */
};

/** xtoken_t.flags */
enum {
    XTOKEN_FINAL = 1,   /* it was read while its macro was being expanded: it is not expanded any more */
    XTOKEN_PASTES = 2,  /* it is to be joined with the next one */
    XTOKEN_PASTED = 4,  /* it was joined of others */
    XTOKEN_UNCLOSED = 8 /* a "(" of the source that no ")" belongs to */
};

typedef struct st_xtoken_t {
    const char *p;
    uint32_t n;
    uint32_t line; /* of a token of the source */
    uint8_t kind;
    uint8_t flags;
    macro_t *macro;           /* that has this name; NULL: none has */
    const written_t *written; /* the macro that it was expanded from; NULL: it stands in the source itself */
    body_token_t *body;       /* where in a definition it comes from; NULL: it stands in the source itself */
    const xcall_t *call;      /* of an XTOKEN_CALL, else NULL */
} xtoken_t;

typedef struct st_xlist_t {
    const xtoken_t *tokens;
    size_t num;
} xlist_t;

/**
 * Where lists are made. While one is being made, another one may be begun, but has to be finished first; so a list is known by the
 * number of tokens that there were when it began. All memory is that of one expansion.
 */
typedef struct st_xlists_t {
    arena_t *arena; /* of lists that are finished, and whatever else the expansion needs */
    size_t num_allocated;
    xtoken_t *tokens; /* of lists that are being made, the innermost last */
    size_t num, capacity;
    uint32_t steps_left;
    const char *failure; /* why the expansion is given up, as in "APP() expands to too much"; "": no matter; NULL: it is not */
} xlists_t;

void xlists_init(xlists_t *lists);
void xlists_dispose(xlists_t *lists);
/** An expansion begins that may take so many steps. */
void xlists_begin(xlists_t *lists, uint32_t steps);
/** It has ended: all lists are gone. */
void xlists_end(xlists_t *lists);
/** Memory that lasts up to xlists_end(). */
void *xlists_alloc(xlists_t *lists, size_t size);
/** Counts a step. @return 0 when the expansion is given up */
int xlists_step(xlists_t *lists);
/** Adds a token to the innermost list, which is a step. @return 0 when the expansion is given up */
int xlists_put(xlists_t *lists, const xtoken_t *token);
/** Finishes the list that began when there were `base` tokens. */
xlist_t xlists_take(xlists_t *lists, size_t base);

/** Whether the token is this character. */
static inline int xtoken_is(const xtoken_t *token, char c)
{
    return token->kind == CTOKEN_PUNCT && token->n == 1 && token->p[0] == c;
}

#endif
