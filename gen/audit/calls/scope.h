#ifndef GEN_AUDIT_CALLS_SCOPE_H
#define GEN_AUDIT_CALLS_SCOPE_H

#include "audit/calls/macro.h"
#include "audit/calls/sources.h"

/**
 * Which definitions of a macro a place in the sources sees. Two files may define one name differently, each for itself, so it is
 * not enough to know that it is defined.
 */

typedef struct st_scope_t {
    arena_t *arena;
    sources_t *sources;
    macros_t *macros;
    uint32_t file;  /* that is read */
    int is_related; /* the relations to that are known: they are made when they are needed first */
    source_t **queue;
    /**
     * How much work may still be done for the file that is read. A step is a token that is moved, or a file or definition that is
     * looked at: macros of a few lines can describe more work than can ever be done. When there are none left, less is visible.
     */
    uint64_t steps;
} scope_t;

/** @param arena where all of it goes; it, the sources, which are all known, and macros stay the caller's */
void scope_init(scope_t *scope, arena_t *arena, sources_t *sources, macros_t *macros);
/** An #include of the file. */
void scope_include(scope_t *scope, uint32_t file, str_t name);
/** When all files were read for what they define and include: this one is read for calls. */
void scope_enter_file(scope_t *scope, uint32_t file, uint64_t steps);
/** Takes steps. @return 0 when there are not so many: all that are left are taken */
int scope_take(scope_t *scope, uint64_t num);

/** A place sees at most so many definitions of one macro. */
#define SCOPE_MAX_VISIBLE 16

/** Definitions of a macro that a place in the sources sees. */
typedef struct st_visible_t {
    definition_t *list[SCOPE_MAX_VISIBLE];
    unsigned num;
} visible_t;

/**
 * The definitions that a macro may be expanded with at this offset of the file that is read. Of those with the same text there is
 * one. A definition that cannot lead to a call of a probe, whatever its arguments, is left out if there is one that can:
 *
 *     #ifdef USE_PROBES
 *     #define PROBE(label, ...) APP_##label(__VA_ARGS__)
 *     #else
 *     #define PROBE(label, ...)
 *     #endif
 *
 * shows the first one only, however USE_PROBES is set. When none can lead to a call, all of them are visible.
 */
void scope_find_visible(scope_t *scope, const name_t *name, uint32_t offset, visible_t *visible);

#endif
