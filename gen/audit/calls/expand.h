#ifndef GEN_AUDIT_CALLS_EXPAND_H
#define GEN_AUDIT_CALLS_EXPAND_H

#include "audit/calls/ahead.h"
#include "audit/calls/scope.h"
#include "audit/calls/substitute.h"

/**
 * Expands the macros of a file as far as they lead to calls of probes, and says which calls these are.
 */

typedef struct st_expand_handlers_t {
    /** A call of a probe. */
    void (*call)(void *arg, audit_row_t *row, const written_t *written, unsigned num_args);
    /** A call by a macro of <sys/sdt.h>; there may be no such probe. */
    void (*sdt)(void *arg, str_t provider, str_t name, const written_t *written, unsigned num_args);
    /** Whether `unknown` wants to know of calls of a name that is no macro, and comes from a definition. */
    int (*is_suspect)(void *arg, str_t name);
    /** The call of such a name; is_pasted: it was made in the definition. */
    void (*unknown)(void *arg, const xtoken_t *token, int is_pasted, const written_t *written, unsigned num_args);
    /** A token of the source, in order; it is in no directive. */
    ahead_token_fn *token;
    /** What could not be expanded, and why: "expands to too much". */
    void (*gave_up)(void *arg, const written_t *written, const char *why);
    void *arg;
} expand_handlers_t;

typedef struct st_expander_t {
    macros_t *macros;
    scope_t *scope;
    budget_t *budget;
    const expand_handlers_t *handlers;
    ahead_t ahead; /* the tokens of the file */
    size_t next;   /* index of the one of them that the expansion reads next */
    xlists_t lists;
    /* lists that are being read, the innermost last; when they are read to the end, the file goes on */
    struct st_expand_context_t *contexts;
    size_t num_contexts, contexts_capacity;
    /* which definition was taken of macros that have several */
    struct st_expand_choice_t *choices;
    size_t num_choices, choices_capacity;
    unsigned depth; /* arguments in arguments that are being expanded */
} expander_t;

/** @param budget what the expansions of the file that is read may cost together; macros, scope and budget stay the caller's */
void expander_init(expander_t *expander, macros_t *macros, scope_t *scope, budget_t *budget);
void expander_dispose(expander_t *expander);
/** Goes through a file. What handlers are given lasts as long as they run. */
void expander_read(expander_t *expander, reader_t *reader, const expand_handlers_t *handlers);

#endif
