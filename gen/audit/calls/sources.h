#ifndef GEN_AUDIT_CALLS_SOURCES_H
#define GEN_AUDIT_CALLS_SOURCES_H

#include "audit/evidence/evidence.h"

/** A source file. */
typedef struct st_source_t {
    str_t path;     /* by which it was reached first; followed by a NUL */
    uint32_t index; /* in sources_t.files */
} source_t;

/** C and C++ sources, and the folders they were found in: regular files, each once. */
typedef struct st_sources_t {
    arena_t *arena;
    source_t **files;
    size_t num, capacity;
    /** files in the list under other paths, with their index there: a symbolic link, or the same folder given in another way */
    source_t **aliases;
    size_t num_aliases, aliases_capacity;
    table_t by_identity; /* device and inode -> source_t *; of a folder: anything */
} sources_t;

/** @param arena where all of it goes */
void sources_init(sources_t *sources, arena_t *arena);
/**
 * Adds a file, whatever its name, or the sources below a folder, in the order of their names. Hidden files and folders are left
 * out, and symbolic links to folders are not followed. What cannot be read, or has no source, is an audit_fail().
 */
void sources_add(sources_t *sources, audit_t *audit, const char *path);

#endif
