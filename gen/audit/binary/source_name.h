#ifndef GEN_AUDIT_BINARY_SOURCE_NAME_H
#define GEN_AUDIT_BINARY_SOURCE_NAME_H

#include <stddef.h>

/*
 * Names of source files as compilers write them, and how they are made short for people. Paths here are those of the machine that
 * compiled: they are never opened.
 */

/** Longer names are no names. */
#define SOURCE_NAME_MAX 1024

/**
 * Puts a path behind the folder that it is relative to, and takes "." and ".." out of it. "" is the folder that relative ones begin
 * at.
 * @param to of SOURCE_NAME_MAX bytes
 * @return 0, or -1 when it is too long
 */
int source_name_join(char *to, const char *folder, const char *path);
/** What of a path is below a folder, NULL if it is not; both as source_name_join() makes them. */
const char *source_name_below(const char *path, const char *folder);
/** Cuts a folder down to what it has in common with another one. @return 0, or -1: nothing but "/", or not even that */
int source_name_common(char *folder, const char *other);
/** Cuts off the last part: a file becomes its folder. */
void source_name_parent(char *path);

#endif
