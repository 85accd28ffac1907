#ifndef GEN_AUDIT_CALLS_UNDEFINED_H
#define GEN_AUDIT_CALLS_UNDEFINED_H

#include "audit/calls/scope.h"
#include "audit/calls/substitute.h"

/**
 * Calls of probes that no definition has: APP_LOST_CALL(conn) where the provider app has no probe lost_call. It takes a name in
 * capitals that begins like the macros of a provider, that no source defines as a macro, and that is used as nothing else. Texts
 * that these functions are given are copied.
 */

/** A call. */
typedef struct st_undefined_call_t {
    struct st_undefined_call_t *next;
    const body_token_t *body; /* the place in a definition that the name comes from; NULL: it stands in the source */
    int is_pasted;            /* ## made the name there */
    int is_complete;          /* see scope_is_complete() */
    size_t file;
    uint32_t offset;
    audit_call_t call; /* without file */
} undefined_call_t;

typedef struct st_undefined_name_t {
    str_t name; /* in capitals */
    str_t provider;
    size_t prefix;  /* how long the provider's part is */
    int is_known;   /* it is something else than a probe */
    int is_enabled; /* NAME_ENABLED() is called */
    undefined_call_t *calls;
} undefined_name_t;

typedef struct st_undefined_t {
    arena_t *arena;
    scope_t *scope;
    table_t prefixes;   /* "PROVIDER_" -> ir_provider_t * */
    char is_first[256]; /* bytes that a prefix begins with */
    table_t names;
    undefined_name_t **list; /* in the order in which they were found */
    size_t num, capacity;
    size_t num_calls;
    table_t in_use; /* providers of which some probe is called by its own macro */
    /* of the file that is read */
    const char *start;       /* of its text */
    int function_depth;      /* braces around the body of the function that is read; -1: none is */
    int previous;            /* see undefined.c */
    undefined_name_t *asked; /* the NAME of NAME_ENABLED, if that was the last token, or the one before "(" */
    int is_asked_open;
    /* what may be the statement `NAME(…);`, as far as it was read */
    undefined_name_t *pending; /* NULL: none */
    undefined_call_t pending_call;
    text_t condition; /* of the call */
    int step, depth, has_args;
} undefined_t;

void undefined_init(undefined_t *undefined, arena_t *arena, const audit_t *audit, scope_t *scope);
/** A #define of any name. */
void undefined_define(undefined_t *undefined, str_t name);
void undefined_enter_file(undefined_t *undefined, const ctext_t *text);
/** Each token of the file. */
void undefined_token(undefined_t *undefined, reader_t *reader, const ctoken_t *token, const macro_t *macro);
/** Whether undefined_expanded() wants to know of calls of this name. */
int undefined_is_suspect(undefined_t *undefined, str_t name);
/** A call of such a name that an expansion has led to. */
void undefined_expanded(undefined_t *undefined, const xtoken_t *token, const written_t *written, unsigned num_args);

/** A call of a probe by its own macro: what begins like that may be meant to be one. */
void undefined_use(undefined_t *undefined, str_t provider);
/** When all files have been read: whether the call is one of a probe that no definition has. */
int undefined_is_probe(const undefined_t *undefined, const undefined_name_t *name, const undefined_call_t *call);

#endif
