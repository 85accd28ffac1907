#ifndef GEN_AUDIT_CALLS_SCOPE_H
#define GEN_AUDIT_CALLS_SCOPE_H

#include "audit/calls/macro.h"
#include "audit/calls/tree.h"

/**
 * Which definitions of a macro a place sees. Two files may define one name differently, each for itself, so it is not enough to
 * know that it is defined.
 */

/** A file, as far as macros are concerned. */
typedef struct st_scope_file_t {
    struct st_scope_include_t *includes;
    definition_t *definitions, **next_definition; /* in the order of the file */
    size_t first_included, num_included;          /* in scope_t.included */
    size_t first_includer, num_includers;         /* in scope_t.includers */
    uint8_t is_open;                              /* it includes a header that was not read and may define the project's macros */
    uint8_t is_header;                            /* by its name: meant to be included */
} scope_file_t;

typedef struct st_scope_t {
    arena_t *arena;
    const audit_t *audit;
    const tree_t *tree;
    macros_t *macros;
    uint64_t *budget;
    scope_file_t *files; /* as in the tree */
    size_t file;         /* that is being read */
    uint32_t reading;    /* number of its reading, from 1 */
    int is_second;
    definition_t *next_definition; /* of the second reading */
    /* which file includes which, as indexes of files; made when it is needed first */
    int is_linked;
    table_t by_path, by_end;
    uint32_t *included, *includers;
    size_t num_included, included_capacity;
    /* what the file that is read has to do with each other one; made when it is needed first */
    uint8_t *relations;
    uint32_t related_reading;
    int is_complete;
    uint32_t *queue;
} scope_t;

/** @param budget steps that may be made; when it is 0, what is visible is incomplete */
void scope_init(scope_t *scope, arena_t *arena, const audit_t *audit, const tree_t *tree, macros_t *macros, uint64_t *budget);
void scope_dispose(scope_t *scope);

/** All files are read twice: first for what they define, then, from here on, for calls. */
void scope_begin_second(scope_t *scope);
void scope_enter_file(scope_t *scope, size_t file);
/** An #include, in the first reading. */
void scope_include(scope_t *scope, str_t name, int is_quoted);
/** A #define, its name being read already: the first reading keeps it, the second one finds it again. */
void scope_define(scope_t *scope, reader_t *reader, const ctoken_t *name);
void scope_undefine(scope_t *scope, reader_t *reader, str_t name);

/** at most so many definitions of one macro are seen at a place */
#define SCOPE_MAX_VISIBLE 16

/**
 * In the second reading: fills macro->visible with the definitions that a call at this place may be expanded with, each text once;
 * one of which no call can come is among them only if all are like that.
 */
void scope_find_visible(scope_t *scope, macro_t *macro);
/**
 * In the second reading: whether what the file that is read includes was read, too, as far as it can be told, so that a name that
 * nothing defines is one that nothing defines.
 */
int scope_is_complete(scope_t *scope);

#endif
