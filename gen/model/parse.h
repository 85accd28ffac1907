#ifndef GEN_MODEL_PARSE_H
#define GEN_MODEL_PARSE_H

#include <stdio.h>
#include "d/ast.h"
#include "base/diag.h"
#include "map/map.h"

/**
 * Parses a .d file. Mistakes are reported through `diag`, several in one run; what could be understood is returned (never NULL), so
 * that the caller looks at diag->num_errors.
 */
ast_file_t *parse_d(arena_t *arena, diag_t *diag, src_t *src);
/** the same for a .map file */
map_file_t *parse_map(arena_t *arena, diag_t *diag, src_t *src);

/** --dump=tokens: one token a line, `line:col kind text` (both languages, by the file's ending) */
void dump_tokens(FILE *out, arena_t *arena, diag_t *diag, src_t *src);
/** --dump=ast: an indented tree */
void dump_ast(FILE *out, const ast_file_t *file);
void dump_map(FILE *out, const map_file_t *file);

#endif
