#ifndef GEN_DIFF_SIDE_BINARY_H
#define GEN_DIFF_SIDE_BINARY_H

#include "base/diag.h"
#include "diff/side/side.h"

/** Reads a binary. @return 0, or -1: reported */
int side_load_binary(side_t *side, arena_t *arena, diag_t *diag, const char *path);

#endif
