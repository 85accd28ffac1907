#ifndef GEN_D_PREPROCESS_H
#define GEN_D_PREPROCESS_H

#include "base/child.h"

/**
 * Runs the C preprocessor, $CPP or else cpp, over a file. Messages about its output name the file and line that they come from.
 * @param args -I, -D and -U, as it wants them
 * @return NULL when that failed: reported
 */
src_t *preprocess(arena_t *arena, diag_t *diag, const command_t *args, const char *path);

#endif
