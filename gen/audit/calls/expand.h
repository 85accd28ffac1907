#ifndef GEN_AUDIT_CALLS_EXPAND_H
#define GEN_AUDIT_CALLS_EXPAND_H

#include "audit/calls/substitute.h"
#include "audit/calls/undefined.h"

/**
 * Expands the macros of a file as far as they lead to calls of probes, and says which calls these are.
 */

typedef struct st_expand_handlers_t {
    /** A call of a probe; one by a macro of <sys/sdt.h> may be of a probe that there is not. */
    void (*call)(void *arg, const xcall_t *call, const written_t *written);
    /** A macro in the source that could not be expanded, and why: "expands to too much". */
    void (*gave_up)(void *arg, uint32_t line, str_t macro, const char *why);
    void *arg;
} expand_handlers_t;

typedef struct st_expander_t {
    macros_t *macros;
    scope_t *scope;
    undefined_t *undefined;
    budget_t *budget;
    const expand_handlers_t *handlers;
    reader_t *reader;
    /* tokens of the file that were read; those before `first` are done */
    struct st_ahead_token_t *ahead;
    size_t first, num_ahead, ahead_capacity;
    size_t next;   /* index of the one of them that the expansion reads next */
    size_t *opens; /* parentheses that are open, as indexes of them */
    size_t opens_capacity;
    xlists_t lists;
    /* lists that are being read, the innermost last; when they are read to the end, the file goes on */
    struct st_expand_context_t *contexts;
    size_t num_contexts, contexts_capacity;
    /* which definition was taken of macros that have several */
    struct st_expand_choice_t *choices;
    size_t num_choices, choices_capacity;
    unsigned depth; /* arguments in arguments that are being expanded */
} expander_t;

/**
 * @param undefined is given the tokens of the source, and calls of names that are no macros
 * @param budget    what the expansions of the file that is read may cost together
 * All of them stay the caller's. What handlers are given lasts as long as they run.
 */
void expander_init(expander_t *expander, macros_t *macros, scope_t *scope, undefined_t *undefined, budget_t *budget,
                   const expand_handlers_t *handlers);
void expander_dispose(expander_t *expander);
/** Goes through a file. */
void expander_read(expander_t *expander, reader_t *reader);

#endif
