#ifndef GEN_D_D_H
#define GEN_D_D_H

#include <stdio.h>
#include "base/diag.h"
#include "d/ast.h"

/**
 * Parses a .d file. Mistakes are reported through `diag`, several in one run; what could be understood is returned (never NULL), so
 * that the caller looks at diag->num_errors.
 */
ast_file_t *d_parse_file(arena_t *arena, diag_t *diag, src_t *src);

/** --dump=tokens: one token a line, `line:col kind text` */
void d_dump_tokens(FILE *out, arena_t *arena, diag_t *diag, src_t *src);
/** --dump=ast: an indented tree */
void d_dump_tree(FILE *out, const ast_file_t *file);

#endif
