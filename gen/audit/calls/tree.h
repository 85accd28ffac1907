#ifndef GEN_AUDIT_CALLS_TREE_H
#define GEN_AUDIT_CALLS_TREE_H

#include "audit/evidence.h"

/** A source. */
typedef struct st_tree_file_t {
    str_t path; /* by which it was reached first; followed by a NUL */
    size_t index;
} tree_file_t;

/** The C and C++ sources below folders: regular files, each once. */
typedef struct st_tree_t {
    arena_t *arena;
    tree_file_t **files;
    size_t num, capacity;
    /** other paths of files that are in the list: a symbolic link, or the same folder given in another way */
    struct st_tree_alias_t {
        str_t path;
        const tree_file_t *file;
    } * aliases;
    size_t num_aliases, aliases_capacity;
    table_t by_identity; /* device and inode -> tree_file_t *; of a folder: the tree */
} tree_t;

/** @param arena where paths go */
void tree_init(tree_t *tree, arena_t *arena);
void tree_dispose(tree_t *tree);
/**
 * Adds a file, whatever its name, or the sources below a folder, in the order of their names. Hidden files and folders are left
 * out, and symbolic links to folders are not followed. What cannot be read, or has no source, is an audit_fail().
 */
void tree_add(tree_t *tree, audit_t *audit, const char *path);

#endif
