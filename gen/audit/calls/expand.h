#ifndef GEN_AUDIT_CALLS_EXPAND_H
#define GEN_AUDIT_CALLS_EXPAND_H

#include "audit/calls/scope.h"

/**
 * Expands the macros of a file as far as they lead to calls of probes, and tells of these.
 */

/** What stands in the source, and led to a call. */
typedef struct st_written_t {
    str_t name;
    const char *at; /* in the text of the file */
    uint32_t line;
    const str_t *condition;
} written_t;

/** A token that is being expanded. */
typedef struct st_xtoken_t {
    const char *p;
    uint32_t n;
    uint32_t line; /* of a token of the source */
    uint8_t kind;
    uint8_t flags;                 /* see expand.c */
    macro_t *macro;                /* that has this name; NULL: none has */
    const written_t *written;      /* the macro that it was expanded from; NULL: it stands in the source itself */
    body_token_t *body;            /* where in a definition it comes from; NULL: it stands in the source itself */
    const struct st_xcall_t *call; /* of the mark of a call, else NULL */
} xtoken_t;

typedef struct st_expand_handlers_t {
    /** A call of a probe. */
    void (*call)(void *arg, audit_row_t *row, const written_t *written, unsigned num_args);
    /** What macros of <sys/sdt.h> are given, that is no probe that is defined. */
    void (*sdt)(void *arg, str_t provider, str_t name, const written_t *written, unsigned num_args);
    /** Whether a name that is no macro is one to be told of, when it comes from a definition. */
    int (*is_suspect)(void *arg, str_t name);
    /** The call of such a name; is_pasted: it was made in the definition. */
    void (*unknown)(void *arg, const xtoken_t *token, int is_pasted, const written_t *written, unsigned num_args);
    /** A token of the source, in order; it is in no directive. */
    void (*token)(void *arg, const ctoken_t *token, const macro_t *macro);
    /** What could not be expanded, and why. */
    void (*gave_up)(void *arg, const written_t *written, const char *why);
    void *arg;
} expand_handlers_t;

/** A token of the source that was read ahead. */
typedef struct st_expand_ahead_t {
    xtoken_t token;
    const str_t *condition;
    uint32_t closing; /* of "(": how many tokens further its ")" is; 0: not known */
    /* tokens so far that are names of macros which are relevant, or paste, or are a beginning of a relevant name */
    uint32_t num_relevant, num_pastes, num_beginnings;
} expand_ahead_t;

typedef struct st_expander_t {
    const audit_t *audit;
    macros_t *macros;
    scope_t *scope;
    reader_t *reader;
    const expand_handlers_t *handlers;
    uint64_t *budget;
    arena_t *arena; /* of one expansion */
    size_t arena_size;
    /* tokens that are read ahead; those before `first` are done */
    expand_ahead_t *ahead;
    size_t first, num_ahead, ahead_capacity, next;
    uint32_t num_relevant, num_pastes, num_beginnings;
    /* lists of tokens that are being read, the innermost last */
    struct st_expand_context_t *contexts;
    size_t num_contexts, contexts_capacity;
    /* which definition was taken of macros that have several */
    struct st_expand_choice_t *choices;
    size_t num_choices, choices_capacity;
    xtoken_t *stack; /* lists that are being made, the innermost last */
    size_t num_stack, stack_capacity;
    size_t *opens; /* parentheses that are open, as indexes in ahead */
    size_t opens_capacity;
    unsigned depth;
    uint32_t steps_left; /* of one expansion */
    const char *failure; /* why it was given up; NULL: it was not */
} expander_t;

void expander_init(expander_t *expander, const audit_t *audit, macros_t *macros, scope_t *scope, uint64_t *budget);
void expander_dispose(expander_t *expander);
/** Goes through a file. Texts that handlers are given do not last. */
void expander_read(expander_t *expander, reader_t *reader, const expand_handlers_t *handlers);

#endif
