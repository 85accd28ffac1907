#ifndef GEN_AUDIT_CALLS_EXPAND_INT_H
#define GEN_AUDIT_CALLS_EXPAND_INT_H

#include "audit/calls/expand.h"

/* What the files of the expander share: see expand.c. */

/** xtoken_t.flags */
enum {
    TOKEN_FINAL = 1,   /* it was read while its macro was being expanded: it is not expanded any more */
    TOKEN_PASTES = 2,  /* it is to be joined with the next one */
    TOKEN_PASTED = 4,  /* it was joined of others */
    TOKEN_UNCLOSED = 8 /* a "(" of the source that no ")" belongs to */
};

/** Beside ctoken_kind_t. */
enum {
    XTOKEN_PLACEMARKER = 64, /* nothing, where ## needs something */
    XTOKEN_CALL              /* a probe is called: `call` says which; its arguments follow */
};

/** A call of a probe. */
typedef struct st_xcall_t {
    audit_row_t *row; /* NULL: provider and name say which */
    str_t provider, name;
    unsigned num_args;
} xcall_t;

/** A list that is being read. */
typedef struct st_expand_context_t {
    const xtoken_t *tokens;
    size_t num, next;
    macro_t *macro;  /* whose expansion it is, NULL: it is none */
    int is_argument; /* nothing behind its end is read */
} expand_context_t;

typedef struct st_expand_choice_t {
    macro_t *macro;
    unsigned index, num;
} expand_choice_t;

typedef struct st_xlist_t {
    const xtoken_t *tokens;
    size_t num;
} xlist_t;

/** An argument of a macro. */
typedef struct st_xarg_t {
    xlist_t written, expanded;
    int is_expanded;
    int is_missing; /* the variadic one, when not even its comma is there */
} xarg_t;

static inline int xtoken_is(const xtoken_t *token, char c)
{
    return token->kind == CTOKEN_PUNCT && token->n == 1 && token->p[0] == c;
}

/* ---- expand.c ---- */

/** Memory of one expansion. */
void *expander_alloc(expander_t *expander, size_t size);
/** Counts a step. @return 0 when the expansion is given up */
int expander_step(expander_t *expander);
/** Adds a token to the list that is being made. @return 0 when the expansion is given up */
int expander_put(expander_t *expander, const xtoken_t *token);
/** Ends the list that began when the stack had `base` tokens. */
xlist_t expander_take(expander_t *expander, size_t base);
void expander_push(expander_t *expander, xlist_t list, macro_t *macro, int is_argument);
/** Whether something is left of the lists that were pushed. */
int expander_is_inside(expander_t *expander);
/** Expands an argument by itself, once. */
xlist_t expander_argument(expander_t *expander, xarg_t *arg);
/** The next token when all is expanded. @return 0 at the end of the argument or file, or when the expansion is given up */
int expander_next(expander_t *expander, xtoken_t *token);

/* ---- expand_body.c ---- */

/** The body of a definition with the arguments in their places. */
xlist_t expander_substitute(expander_t *expander, definition_t *definition, xarg_t *args, const written_t *written);

/* ---- expand_file.c ---- */

/** Reads one token of the file ahead. @return 0 at its end, or at a directive if that is to stop it */
int expander_read_ahead(expander_t *expander, int stops_at_directive);
/** The definition that is taken now of the macro's visible ones. */
definition_t *expander_choose(expander_t *expander, macro_t *macro);

#endif
