#ifndef GEN_AUDIT_CALLS_MACRO_H
#define GEN_AUDIT_CALLS_MACRO_H

#include "audit/evidence.h"
#include "audit/calls/reader.h"

/**
 * The macros that the sources define, and which of them can lead to a call of a probe. The probes' own macros are among them, and
 * those of <sys/sdt.h>: where the expansion ends.
 */

typedef struct st_macro_t macro_t;
typedef struct st_definition_t definition_t;

/** What a token of a definition's body is to be replaced by; else an index of a parameter. */
#define PARAM_NONE (-1)
#define PARAM_VA_OPT (-2)

typedef struct st_body_token_t {
    const char *p;
    uint32_t n;
    int param; /* index of the parameter, or PARAM_* */
    uint8_t kind;
    uint8_t is_pasted_on; /* ## stands behind it */
    uint8_t made_probe;   /* it became the name of a probe's macro, or a part of that */
    macro_t *macro;       /* that has this name; NULL: none has */
    definition_t *definition;
} body_token_t;

/** A definition, read. */
typedef struct st_body_t {
    unsigned num_params; /* with the variadic one */
    int is_variadic;
    int is_broken; /* its parameters make no sense: it defines nothing */
    int is_empty;  /* no call can come of it, whatever its arguments */
    body_token_t *tokens;
    size_t num;
} body_t;

/** One #define. */
struct st_definition_t {
    definition_t *next;         /* of the same macro, in the order of reading */
    definition_t *next_of_file; /* in its order */
    definition_t *next_local;   /* see scope.c */
    macro_t *macro;
    body_t *body; /* NULL: not read yet */
    str_t text;   /* parameters and body, as written */
    uint32_t file, offset;
    uint8_t is_function;
    uint8_t is_exported; /* nothing undefines it up to the end of its file */
    uint8_t made_probe;  /* a call of a probe stands in its body */
};

/** What macros can do, by themselves or by what they use. */
enum {
    MACRO_RELEVANT = 1, /* lead to a call of a probe, or be one */
    MACRO_PASTES = 2,   /* make any names of what they are given */
    MACRO_BEGINS = 4    /* give what relevant names begin with */
};

/** A name that is defined, or known. */
struct st_macro_t {
    str_t name;
    definition_t *definitions, **next_definition;
    audit_row_t *row;    /* the probe whose own macro it is; NULL: it is none */
    uint8_t is_sdt;      /* of <sys/sdt.h>: its first arguments are provider and probe */
    uint8_t properties;  /* MACRO_*; those of all of its definitions together */
    uint8_t handed_on;   /* while properties are looked for */
    uint8_t is_disabled; /* see expand.c */
    /* see scope.c; valid for the file that was read when they were set */
    uint8_t hides;
    uint32_t local_reading, visible_reading;
    definition_t *locals;
    definition_t **visible;
    unsigned num_visible;
    unsigned choice;              /* see expand.c */
    struct st_macro_use_t *users; /* while what is relevant is looked for */
};

/** There are at most so many definitions that are kept, and so many bytes of them. */
#define MACROS_MAX_DEFINITIONS ((size_t)1 << 20)
#define MACROS_MAX_BYTES ((size_t)128 << 20)

typedef struct st_macros_t {
    arena_t *arena;
    table_t names;      /* -> macro_t * */
    table_t beginnings; /* what relevant names begin with */
    size_t num_definitions, num_bytes;
    int is_full; /* some definition was not kept */
    body_token_t *tokens;
    size_t num_tokens, tokens_capacity;
} macros_t;

/** @param arena where all of it goes */
void macros_init(macros_t *macros, arena_t *arena, const audit_t *audit);
void macros_dispose(macros_t *macros);
/** @return NULL when nothing defines the name */
macro_t *macros_find(const macros_t *macros, str_t name);
/**
 * Reads a #define, its name being read already.
 * @return NULL when no call can come of it in any way, or there are too many
 */
definition_t *macros_define(macros_t *macros, uint32_t file, reader_t *reader, const ctoken_t *name);
static inline int macro_is_relevant(const macro_t *macro)
{
    return macro->properties & MACRO_RELEVANT;
}
/** When all is defined: finds out the properties of macros. */
void macros_find_relevant(macros_t *macros);
/** Reads a definition on its first use. */
const body_t *macros_body(macros_t *macros, definition_t *definition);

#endif
