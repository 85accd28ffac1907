#ifndef GEN_MODEL_SEMA_H
#define GEN_MODEL_SEMA_H

#include "base/diag.h"
#include "model/ir.h"

/** What the model is for. */
typedef struct st_sema_wish_t {
    str_t tracer;     /* name of the program that is generated; n == 0: none */
    site_kind_t site; /* of headers for programs */
    int records;      /* events are wanted: then a type that cannot be read is an error */
} sema_wish_t;

/**
 * Makes the model of definitions and maps. All that can be wrong with them is reported here; look at diag->num_errors.
 * @return the model; as far as it could be made when there are errors
 */
ir_t *sema(arena_t *arena, diag_t *diag, const ast_file_t *files, const map_file_t *maps, const sema_wish_t *wish);
/** The macro that fires a probe: PROVIDER_NAME, with `__` of the probe's name written `_`, as dtrace -h does. */
str_t macro_name(arena_t *arena, str_t provider, str_t name);

#endif
