#ifndef GEN_AUDIT_CALLS_SOURCES_H
#define GEN_AUDIT_CALLS_SOURCES_H

#include "audit/evidence/evidence.h"

/** A source file, or another path of one: a symbolic link, or the same folder given in another way. */
typedef struct st_source_t {
    struct st_source_t *next; /* whose path has the same last part */
    str_t path;               /* followed by a NUL */
    uint32_t index;           /* of the file, in sources_t.files */
    /* of the file itself */
    uint8_t is_header;                             /* by its name: it is meant to be included */
    uint8_t is_unread;                             /* it cannot be read, which has been said */
    uint8_t relation;                              /* of the file that is read to this one; see scope.c */
    struct st_source_edge_t *included, *includers; /* see scope.c */
} source_t;

/** C and C++ sources, and the folders they were found in: regular files, each once. */
typedef struct st_sources_t {
    arena_t *arena;
    source_t **files;
    size_t num, capacity;
    table_t by_identity; /* device and inode -> source_t *, of the path by which the file was reached first */
    table_t by_name;     /* last part of the path -> source_t *, the first one */
} sources_t;

/** @param arena where all of it goes */
void sources_init(sources_t *sources, arena_t *arena);
/**
 * Adds a file, whatever its name, or the sources below a folder, in the order of their names. Hidden files and folders are left
 * out, and symbolic links to folders are not followed. What cannot be read, or has no source, is an audit_fail().
 */
void sources_add(sources_t *sources, audit_t *audit, const char *path);
/** Adds one path of the file that the identity tells, which stays where it is. */
void sources_add_path(sources_t *sources, str_t path, str_t identity);
/** What stands after the last slash of a path. */
str_t sources_last_part(str_t path);

#endif
