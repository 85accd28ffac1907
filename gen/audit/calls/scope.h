#ifndef GEN_AUDIT_CALLS_SCOPE_H
#define GEN_AUDIT_CALLS_SCOPE_H

#include "audit/calls/macro.h"
#include "audit/calls/sources.h"

/**
 * Which definitions of a macro a place in the sources sees. Two files may define one name differently, each for itself, so it is
 * not enough to know that it is defined.
 */

/**
 * How much work may still be done for one file: a step is a token that is moved, or a file or definition that is looked at. Macros
 * of a few lines can describe more work than can ever be done. calls.c fills the budget for each file; scope.c and expand.c take
 * from it what they use, and do less when it is empty.
 */
typedef struct st_budget_t {
    uint64_t steps;
} budget_t;

/** Takes steps. @return 0 when there are not so many: all that are left are taken */
static inline int budget_take(budget_t *budget, uint64_t num)
{
    int is_enough = num <= budget->steps;

    budget->steps -= is_enough ? num : budget->steps;
    return is_enough;
}

/** What is known of a file. */
typedef struct st_scope_file_t {
    struct st_scope_include_t *includes;
    definition_t *definitions, **next_definition; /* in the order of the file */
    size_t first_included, num_included;          /* in scope_t.included */
    size_t first_includer, num_includers;         /* in scope_t.includers */
    uint8_t is_open;                              /* it includes a header that was not read and may define the project's macros */
    uint8_t is_header;                            /* by its name: it is meant to be included */
} scope_file_t;

typedef struct st_scope_t {
    arena_t *arena;
    const audit_t *audit;
    const sources_t *sources;
    macros_t *macros;
    budget_t *budget;
    scope_file_t *files;           /* as in sources */
    size_t file;                   /* that is being read */
    uint32_t reading;              /* number of its reading, from 1 */
    int is_second;                 /* all files are being read for the second time */
    definition_t *next_definition; /* of the file, in the second reading: see scope_define() */
    /* which file includes which, as indexes of files; made between the readings */
    table_t by_path, by_end;
    uint32_t *included, *includers;
    size_t num_included, included_capacity;
    /* what the file that is read has to do with each other one; made when it is needed first */
    uint8_t *relations;
    uint32_t related_reading;
    int is_complete;
    uint32_t *queue;
} scope_t;

/**
 * @param arena  where all of it goes
 * @param budget of the file that is read; when it is empty, less is visible
 * All of them, and audit, sources and macros, stay the caller's.
 */
void scope_init(scope_t *scope, arena_t *arena, const audit_t *audit, const sources_t *sources, macros_t *macros, budget_t *budget);

/** All files are read twice: first for what they define, then, from here on, for calls. */
void scope_begin_second(scope_t *scope);
void scope_enter_file(scope_t *scope, size_t file);
/** An #include, in the first reading. */
void scope_include(scope_t *scope, str_t name, int is_quoted);
/** A #define after its name: the first reading keeps it, the second one finds it again. */
void scope_define(scope_t *scope, reader_t *reader, const ctoken_t *name);
void scope_undefine(scope_t *scope, reader_t *reader, str_t name);

/** A place sees at most so many definitions of one macro. */
#define SCOPE_MAX_VISIBLE 16

/**
 * In the second reading: the definitions that a macro may be expanded with at this place. Of those with the same text there is one.
 * A definition that cannot lead to a call of a probe, whatever its arguments, is left out if there is one that can:
 *
 *     #ifdef USE_PROBES
 *     #define PROBE(label, ...) APP_##label(__VA_ARGS__)
 *     #else
 *     #define PROBE(label, ...)
 *     #endif
 *
 * shows the first one only, however USE_PROBES is set. When none can lead to a call, all of them are visible.
 * @return valid up to the next call for the same macro
 */
const visible_t *scope_find_visible(scope_t *scope, macro_t *macro);
/**
 * In the second reading: whether all headers have been read that may define macros for the file that is read. Only then does it say
 * something that no #define of a name was found: otherwise it may stand in a header that was not read, or was not understood.
 */
int scope_is_complete(scope_t *scope);

#endif
