#ifndef GEN_MODEL_SEMA_H
#define GEN_MODEL_SEMA_H

#include "base/diag.h"
#include "model/ir.h"

/**
 * Makes the model of definitions and maps. All that can be wrong with them is reported here; look at diag->num_errors.
 * @param records whether events are wanted: then a type that cannot be read is an error
 * @return the model; as far as it could be made when there are errors
 */
ir_t *sema(arena_t *arena, diag_t *diag, const ast_file_t *files, const map_file_t *maps, str_t tracer, int records);

#endif
