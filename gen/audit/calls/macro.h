#ifndef GEN_AUDIT_CALLS_MACRO_H
#define GEN_AUDIT_CALLS_MACRO_H

#include "audit/evidence/evidence.h"
#include "audit/calls/reader.h"

/**
 * The names in the sources that matter: macros, and what stands in their bodies; and which of them can lead to a call of a probe.
 * Only facts are kept here. What changes while a file is read is kept by who reads it.
 */

typedef struct st_name_t name_t;
typedef struct st_definition_t definition_t;

/** body_token_t.param, if it is no index of a parameter. */
#define PARAM_NONE (-1)
#define PARAM_VA_OPT (-2) /* __VA_OPT__ */

typedef struct st_body_token_t {
    ctoken_t t;           /* its line is none */
    int param;            /* index of the parameter, or PARAM_* */
    uint8_t is_pasted_on; /* ## stands after it */
    uint8_t made_probe;   /* of expand.c: a call of a probe has come of it */
    name_t *name;         /* NULL: it is none, or a parameter */
} body_token_t;

/** A definition, read. */
typedef struct st_body_t {
    unsigned num_params; /* with the variadic one */
    int is_variadic;
    int is_broken; /* its parameters make no sense: it defines nothing */
    int is_empty;  /* it cannot lead to a call, whatever its arguments */
    body_token_t *tokens;
    size_t num;
} body_t;

/** One #define, or one #undef, or a #define of a constant, which only takes away what was defined before. */
struct st_definition_t {
    definition_t *next; /* of the same name, latest first */
    name_t *name;
    body_t *body;          /* NULL: not read yet, see macros_body() */
    str_t text;            /* parameters and body, as written */
    uint32_t file, offset; /* index in sources_t, and the name's place in the text of the reader */
    uint32_t end;          /* where in its file something takes it away */
    uint8_t is_function, is_undef;
    uint8_t hides; /* from there on, the file sees none from other files */
};

/** definition_t.end: nowhere */
#define DEFINITION_LASTS UINT32_MAX

/** What a name can do, by itself or by what it uses. */
enum {
    NAME_RELEVANT = 1, /* it leads to a call of a probe, or is one */
    NAME_PASTES = 2,   /* it makes names by ## */
    NAME_BEGINS = 4    /* it is, or expands to, what a relevant name begins with */
};

struct st_name_t {
    str_t text;
    uint32_t index;            /* from 0, below macros_t.names.num */
    uint8_t properties;        /* NAME_*; those of all of its definitions together */
    uint8_t is_marker;         /* it is given the names of provider and probe */
    uint8_t is_queued;         /* its users are to get its properties */
    audit_row_t *row;          /* the probe whose own macro it is; NULL: it is none */
    definition_t *definitions; /* latest first */
    struct st_name_use_t *users;
    name_t *next, *next_queued;
};

/** Whether the macro is a probe's own, or a marker: it is not expanded, and a call if it has arguments. */
static inline int name_is_probe(const name_t *name)
{
    return name->row != NULL || name->is_marker;
}

typedef struct st_macros_t {
    arena_t *arena, *scratch;
    audit_t *audit;
    table_t names;       /* -> name_t * */
    table_t prefixes;    /* "PROVIDER_" -> ir_provider_t * */
    name_t *all, *queue; /* of names: the latest one, with all before it; and those whose users are to get properties */
    size_t num_bytes;
    int is_full;          /* some definition was not kept */
    body_token_t *tokens; /* of the body that is being read */
    size_t num_tokens, tokens_capacity;
} macros_t;

/** @param arena where all of it goes; it and the audit stay the caller's */
void macros_init(macros_t *macros, arena_t *arena, audit_t *audit);
void macros_dispose(macros_t *macros);
/** @return NULL when it is no name that matters */
name_t *macros_find(const macros_t *macros, str_t text);
/**
 * Whether a name looks like the macro of a probe: it is in capitals and begins like those of a provider.
 * @param name what comes after that. @return NULL when it does not
 */
const ir_provider_t *macros_provider_of(const macros_t *macros, str_t text, str_t *name);
/** Reads a #define, or #undef, after its name. The text is copied. */
void macros_define(macros_t *macros, uint32_t file, reader_t *reader, const ctoken_t *name, int is_undef);
/** When all files have been read: sets the properties of all names. */
void macros_find_relevant(macros_t *macros);
/** The body of a definition, which is read on its first use. */
const body_t *macros_body(macros_t *macros, definition_t *definition);

#endif
