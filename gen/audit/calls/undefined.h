#ifndef GEN_AUDIT_CALLS_UNDEFINED_H
#define GEN_AUDIT_CALLS_UNDEFINED_H

#include "audit/calls/expand.h"

/**
 * Names that are called as if they were macros of probes, and are not: names in capitals that begin like the macros of a provider,
 * that nothing which was read defines as a macro, and that are used in no other way. See undefined_is_probe().
 */

/** A call. */
typedef struct st_undefined_call_t {
    struct st_undefined_call_t *next;
    const body_token_t *body; /* the place in a definition that the name comes from; NULL: it stands in the source */
    int is_pasted;            /* the name was made there */
    int is_complete;          /* all was read that may define it */
    size_t file;
    uint32_t line, offset;
    unsigned num_args;
    str_t macro, condition;
} undefined_call_t;

typedef struct st_undefined_name_t {
    str_t name; /* in capitals */
    str_t provider;
    size_t prefix;  /* how long the provider's part is */
    int is_known;   /* it is something else */
    int is_enabled; /* somebody asks NAME_ENABLED() */
    undefined_call_t *calls;
} undefined_name_t;

typedef struct st_undefined_t {
    arena_t *arena;
    scope_t *scope;
    table_t prefixes; /* "PROVIDER_" -> ir_provider_t * */
    char is_first[256];
    table_t names;
    undefined_name_t **list; /* in the order of finding */
    size_t num, capacity;
    size_t num_calls;
    size_t file;
    const char *start; /* of its text */
    int function_depth;
    int previous;            /* see undefined.c */
    undefined_name_t *asked; /* the NAME of NAME_ENABLED, which was the last token, or the one before a parenthesis */
    int is_asked_open;
    undefined_name_t *pending;
    undefined_call_t call; /* of the pending name, so far */
    text_t condition;
    int step, depth, has_args;
} undefined_t;

void undefined_init(undefined_t *undefined, arena_t *arena, const audit_t *audit, scope_t *scope);
void undefined_dispose(undefined_t *undefined);
/** A #define of any name. */
void undefined_define(undefined_t *undefined, str_t name);
void undefined_enter_file(undefined_t *undefined, size_t file, const ctext_t *text);
/** Each token of the file. */
void undefined_token(undefined_t *undefined, reader_t *reader, const ctoken_t *token, const macro_t *macro);
/** Whether it is a name in capitals that begins like the macros of a provider. */
int undefined_is_suspect(undefined_t *undefined, str_t name);
/** The call of such a name that comes from a definition. */
void undefined_expanded(undefined_t *undefined, const xtoken_t *token, int is_pasted, const written_t *written, unsigned num_args);

/** At the end: whether the name's call is one of a probe that is not defined. */
int undefined_is_probe(const undefined_name_t *name, const undefined_call_t *call);

#endif
