#ifndef GEN_AUDIT_CALLS_EXPAND_H
#define GEN_AUDIT_CALLS_EXPAND_H

#include "audit/calls/scope.h"

/**
 * Expands the macros of a file as far as they lead to calls of probes, and lists these calls.
 */

/** A call that was found. */
typedef struct st_xfound_t {
    audit_row_t *row;         /* NULL: it is one if the place in a definition that made its name makes names of probes, too */
    const body_token_t *body; /* that place; NULL: it is not asked for */
    str_t provider, name;     /* then: the probe that is meant */
    uint32_t file, offset;    /* of what is written in the source */
    audit_call_t call;        /* without its file */
} xfound_t;

/** A macro of a file that could not be expanded. */
typedef struct st_given_up_t {
    const char *why; /* "expands to too much"; NULL: there is none. The first one of a file is kept. */
    str_t macro;     /* valid as long as the text */
    uint32_t line;
} given_up_t;

typedef struct st_expander_t {
    macros_t *macros;
    scope_t *scope;
    ctexts_t *texts;
    reader_t *reader; /* of the file that is read */
    given_up_t given_up;
    xfound_t *found; /* of all files */
    size_t num_found, found_capacity;
    table_t is_found; /* what tells one of them from the others -> anything */
    /* tokens of the file that were read; those before `first` are done, `next` is the one that the expansion reads next */
    struct st_xtoken_t *ahead;
    size_t first, next, num_ahead, ahead_capacity;
    /* one expansion: all its memory, how many tokens it may still move, and why it is given up, or "" for a mistake in the source
     */
    arena_t *arena;
    uint32_t steps_left;
    const char *failure;
    unsigned depth; /* arguments in arguments that are being expanded */
    /* lists that are being read, the innermost last; when they are read to the end, the file goes on */
    struct st_xcontext_t *contexts;
    size_t num_contexts, contexts_capacity;
    uint8_t *is_disabled; /* by name_t.index: its own expansion is being read */
    /* which definition is taken of macros that have several */
    struct st_xchoice_t *choices;
    size_t num_choices, choices_capacity;
} expander_t;

/** When all definitions are known. All that is given stays the caller's. */
void expander_init(expander_t *expander, macros_t *macros, scope_t *scope, ctexts_t *texts);
void expander_dispose(expander_t *expander);
/** Goes through the file that was entered in the scope. */
void expander_read(expander_t *expander, reader_t *reader);

#endif
