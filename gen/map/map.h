#ifndef GEN_MAP_MAP_H
#define GEN_MAP_MAP_H

#include <stdio.h>
#include "base/diag.h"
#include "map/ast.h"

/** Parses a .map file. Mistakes are reported through `diag`; what could be understood is returned (never NULL). */
map_file_t *map_parse_file(arena_t *arena, diag_t *diag, src_t *src);

/** --dump=tokens: one token a line, `line:col kind text` */
void map_dump_tokens(FILE *out, arena_t *arena, diag_t *diag, src_t *src);
/** --dump=ast: an indented tree */
void map_dump_tree(FILE *out, const map_file_t *file);

#endif
