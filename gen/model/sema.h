#ifndef GEN_MODEL_SEMA_H
#define GEN_MODEL_SEMA_H

#include "base/diag.h"
#include "model/ir.h"

/** What becomes of the macros that fire the probes. Two probes may have the same one, which is no matter to a tracer. */
typedef enum en_sema_macros_t {
    SEMA_NO_MACROS,
    SEMA_MACROS,      /* each probe needs one of its own */
    SEMA_SOME_MACROS, /* so it should; a probe that comes too late is told, and has none */
} sema_macros_t;

/** What the model is for. */
typedef struct st_sema_wish_t {
    str_t tracer;     /* name of the program that is generated; n == 0: none */
    site_kind_t site; /* of headers for programs */
    sema_macros_t macros;
    int records; /* events are wanted: then a type that cannot be read is an error */
} sema_wish_t;

/**
 * Makes the model of definitions and maps. All that can be wrong with them is reported here; look at diag->num_errors.
 * @return the model; as far as it could be made when there are errors
 */
ir_t *sema(arena_t *arena, diag_t *diag, const ast_file_t *files, const map_file_t *maps, const sema_wish_t *wish);

#endif
