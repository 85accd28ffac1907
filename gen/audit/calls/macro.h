#ifndef GEN_AUDIT_CALLS_MACRO_H
#define GEN_AUDIT_CALLS_MACRO_H

#include "audit/evidence/evidence.h"
#include "audit/calls/reader.h"

/**
 * The macros that the sources define, and which of them can lead to a call of a probe. The probes' own macros are among them, and
 * those that every probe is made with, as in <sys/sdt.h>: these are calls, and not expanded.
 */

typedef struct st_macro_t macro_t;
typedef struct st_definition_t definition_t;

/** body_token_t.param, if it is no index of a parameter. */
#define PARAM_NONE (-1)
#define PARAM_VA_OPT (-2) /* __VA_OPT__ */

typedef struct st_body_token_t {
    const char *p;
    uint32_t n;
    int param; /* index of the parameter, or PARAM_* */
    uint8_t kind;
    uint8_t is_pasted_on;     /* ## stands after it */
    uint8_t made_probe;       /* of expand.c: it became the name of a probe's macro, or a part of that */
    macro_t *macro;           /* that has this name; NULL: none has */
    definition_t *definition; /* in whose body it stands */
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

/** One #define. */
struct st_definition_t {
    definition_t *next; /* of the same macro, in the order of reading */
    macro_t *macro;
    body_t *body;          /* NULL: not read yet, see macros_body() */
    str_t text;            /* parameters and body, as written */
    uint32_t file, offset; /* index in sources_t, and the name's place in the text of the reader */
    uint8_t is_function;
    /* of scope.c */
    uint8_t is_exported;        /* nothing undefines it up to the end of its file */
    definition_t *next_of_file; /* in the order of its file */
    definition_t *next_local;   /* see macro_t.scope.locals */
    /* of expand.c */
    uint8_t made_probe; /* a call of a probe has come of a token in its body */
};

/** What a macro can do, by itself or by what it uses. */
enum {
    MACRO_RELEVANT = 1, /* it leads to a call of a probe, or is one */
    MACRO_PASTES = 2,   /* it makes any names of its arguments */
    MACRO_BEGINS = 4    /* it expands to what a relevant name begins with */
};

/** Definitions of a macro that a place in the sources sees. */
typedef struct st_visible_t {
    definition_t **list;
    unsigned num;
} visible_t;

/** Macros that are given the names of provider and probe. */
enum {
    MARKER_FIRST = 1, /* as its first arguments: those of <sys/sdt.h> and its relatives */
    MARKER_ANY        /* as some two arguments: in the headers that probegen writes, say */
};

/** A name that is defined, or known. */
struct st_macro_t {
    str_t name;
    definition_t *definitions, **next_definition; /* in the order of reading */
    audit_row_t *row;                             /* the probe whose own macro it is; NULL: it is none */
    uint8_t marker;                               /* MARKER_*: its arguments say which probe it is a call of; 0: it is none */
    uint8_t properties;                           /* MACRO_*; those of all of its definitions together */
    /** What scope.c keeps with it: valid in one reading of one file, whose number stands beside it. Nobody else looks at it. */
    struct {
        uint32_t local_reading, visible_reading; /* 0: none */
        uint8_t hides;                           /* of local_reading */
        definition_t *locals;                    /* of local_reading: what the file has defined so far, latest first */
        visible_t visible;                       /* of visible_reading */
    } scope;
    /** What expand.c keeps with it during one expansion; all 0 outside of it. Nobody else looks at it. */
    struct {
        uint8_t is_disabled; /* its own expansion is being read */
        unsigned choice;     /* index + 1 in expander_t.choices; 0: it has had no choice yet */
    } expansion;
};

/** Not more definitions than these are kept, and not more bytes of them. */
#define MACROS_MAX_DEFINITIONS ((size_t)1 << 20)
#define MACROS_MAX_BYTES ((size_t)128 << 20)

typedef struct st_macros_t {
    arena_t *arena;
    table_t names;      /* -> macro_t * */
    table_t beginnings; /* what relevant names begin with, as keys */
    size_t num_definitions, num_bytes;
    int is_full;          /* some definition was not kept */
    body_token_t *tokens; /* of the body that is being read */
    size_t num_tokens, tokens_capacity;
} macros_t;

/** @param arena where all of it goes; it stays the caller's */
void macros_init(macros_t *macros, arena_t *arena, const audit_t *audit);
void macros_dispose(macros_t *macros);
/** @return NULL when nothing defines the name */
macro_t *macros_find(const macros_t *macros, str_t name);
/**
 * Reads a #define after its name. The text is copied.
 * @return NULL when it cannot lead to a call in any way, or there are too many
 */
definition_t *macros_define(macros_t *macros, uint32_t file, reader_t *reader, const ctoken_t *name);
static inline int macro_is_relevant(const macro_t *macro)
{
    return macro->properties & MACRO_RELEVANT;
}
/** When all files have been read: sets the properties of all macros. */
void macros_find_relevant(macros_t *macros);
/** The body of a definition, which is read on its first use. */
const body_t *macros_body(macros_t *macros, definition_t *definition);

#endif
