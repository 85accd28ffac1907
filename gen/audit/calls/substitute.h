#ifndef GEN_AUDIT_CALLS_SUBSTITUTE_H
#define GEN_AUDIT_CALLS_SUBSTITUTE_H

#include "audit/calls/macro.h"

/**
 * Lists of the tokens that are moved while a macro of a file is expanded, and how the body and the arguments of a macro become one.
 */

/** What stands in the source, and led to a call. */
typedef struct st_written_t {
    str_t name;
    const char *at; /* in the text of the file */
    uint32_t line;
    const str_t *condition; /* see reader_condition() */
} written_t;

/** The call that it is, as the audit reports it; the file is left out. */
static inline audit_call_t call_of(const written_t *written, unsigned num_args)
{
    return (audit_call_t){.line = written->line, .num_args = num_args, .macro = written->name, .condition = *written->condition};
}

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

/** Memory that lasts as long as the expansion. */
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

/** The arguments of a macro, as they are written. */
typedef struct st_xargs_t {
    xlist_t all;   /* with parentheses */
    xlist_t *list; /* between the commas */
    unsigned num;  /* 0: nothing is in the parentheses */
} xargs_t;

/** @param all tokens from "(" to ")", in which parentheses belong together */
xargs_t split_args(xlists_t *lists, xlist_t all);

/** An argument of a macro. */
typedef struct st_xarg_t {
    xlist_t written, expanded;
    int is_expanded;
    int is_missing; /* the variadic one, when not even its comma is there */
} xarg_t;

/** Gives each parameter its argument. @return 0 when there are too few or too many */
int bind_args(const xargs_t *args, const body_t *body, xarg_t *bound);

/** The use of a macro that is replaced. */
typedef struct st_substitution_t {
    xlists_t *lists;
    const macros_t *macros;
    const body_t *body;
    xarg_t *args; /* of each parameter */
    const written_t *written;
    /** Expands an argument by itself, once. @return arg->expanded */
    xlist_t (*expand)(void *expander, xarg_t *arg);
    void *expander;
} substitution_t;

/**
 * The body with the arguments in their places, and with what stands around ## joined (C11 6.10.3.1 to 6.10.3.3). Arguments are
 * expanded first, unless they stand beside # or ##.
 */
xlist_t substitute(const substitution_t *s);

#endif
