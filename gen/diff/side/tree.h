#ifndef GEN_DIFF_SIDE_TREE_H
#define GEN_DIFF_SIDE_TREE_H

#include "model/load.h"

/** Whether a path names something in a git repository: `git:REV:PATH`. */
int tree_is_git(const char *path);

/**
 * Reads the definitions and maps that a path names, on disk or in git: a file; a directory, with all files in it that end in .d or
 * .map; or a source tree, a directory with files that are called *-probes.d. Of that, these are taken, all its maps, and those in
 * deps/NAME. What is wrong is reported.
 */
void tree_read(inputs_t *inputs, arena_t *arena, diag_t *diag, const char *path);

#endif
