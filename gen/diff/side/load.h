#ifndef GEN_DIFF_SIDE_LOAD_H
#define GEN_DIFF_SIDE_LOAD_H

#include "base/diag.h"
#include "diff/side/side.h"

/** Maps that are applied to both sides. What they name need not be there. */
typedef struct st_side_maps_t {
    const char **paths;
    size_t num;
} side_maps_t;

/**
 * Reads what a path names: a definition, a directory of definitions and maps, a source tree, a binary, or `git:REV:PATH`.
 * @return 0, or -1 when it cannot be read or has mistakes: reported
 */
int side_load(side_t *side, arena_t *arena, const char *path, const side_maps_t *maps);
/** The part of it that reads a binary: binary.c. */
int side_load_binary(side_t *side, arena_t *arena, diag_t *diag);

#endif
