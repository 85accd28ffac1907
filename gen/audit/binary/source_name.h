#ifndef GEN_AUDIT_BINARY_SOURCE_NAME_H
#define GEN_AUDIT_BINARY_SOURCE_NAME_H

#include <stddef.h>

/*
 * Names of source files as compilers write them, and how they are made short for people. Paths here are those of the machine that
 * compiled: they are never opened.
 */

/** Bytes of a name with its NUL; there is none that is longer. */
#define SOURCE_NAME_MAX 1024

/**
 * Joins a folder and a path that is relative to it, or takes the path alone if it begins with "/". "." and ".." are worked out. The
 * folder "" is the one that relative paths begin at.
 * @param to of SOURCE_NAME_MAX bytes
 * @return 0, or -1 when it is too long
 */
int source_name_join(char *to, const char *folder, const char *path);
/** The rest of a path that is below a folder, NULL if it is not; both as source_name_join() makes them. */
const char *source_name_below(const char *path, const char *folder);
/** Cuts a folder down to what it has in common with another one. @return 0, or -1: that is "/", or nothing at all */
int source_name_common(char *folder, const char *other);
/** Cuts off the last part: a file becomes its folder. */
void source_name_parent(char *path);

#endif
