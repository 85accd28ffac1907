#ifndef GEN_AUDIT_CALLS_SUBSTITUTE_H
#define GEN_AUDIT_CALLS_SUBSTITUTE_H

#include "audit/calls/xlist.h"

/** An argument of a macro. */
typedef struct st_xarg_t {
    xlist_t written, expanded;
    int is_expanded;
    int is_missing; /* the variadic one, when not even its comma is there */
} xarg_t;

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
