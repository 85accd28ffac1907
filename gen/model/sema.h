#ifndef GEN_MODEL_SEMA_H
#define GEN_MODEL_SEMA_H

#include "base/diag.h"
#include "model/ir.h"

/** Whether events are wanted. */
typedef enum en_records_t {
    RECORDS_NONE,  /* they are not laid out: definitions are described, or programs get their macros */
    RECORDS_MADE,  /* a tracer is made: what no record can hold is an error */
    RECORDS_SHOWN, /* the fields of events are looked at: that is a warning */
} records_t;

/** What becomes of the macros that fire the probes. Two probes may have the same one, which is no matter to a tracer. */
typedef enum en_sema_macros_t {
    SEMA_NO_MACROS,
    SEMA_MACROS,      /* each probe needs one of its own, as sys/sdt.h has them */
    SEMA_SOME_MACROS, /* so it should; a probe that comes too late is told, and has none */
} sema_macros_t;

/**
 * What the model is for. Mistakes that hinder something else are warnings: a definition that no tracer can be made of may be
 * audited, compared and described, and programs get their header.
 */
typedef struct st_sema_wish_t {
    str_t tracer;     /* name of the program that is generated; n == 0: none */
    site_kind_t site; /* of headers for programs */
    records_t records;
    sema_macros_t macros;
    /* each entry of a map that matches nothing is reported by itself; else some are summed up */
    int one_by_one;
} sema_wish_t;

/**
 * Makes the model of definitions and maps. All that can be wrong with them is reported here; look at diag->num_errors. Where an
 * error is a warning, the model has the probe all the same: with more than IR_MAX_ARGS arguments, with two fields of one name, or
 * without fields.
 * @return the model; as far as it could be made when there are errors
 */
ir_t *sema(arena_t *arena, diag_t *diag, const ast_file_t *files, const map_file_t *maps, const sema_wish_t *wish);
/** The macro that fires a probe: PROVIDER_NAME, with `__` of the probe's name written `_`, as dtrace -h does. */
str_t macro_name(arena_t *arena, str_t provider, str_t name);

#endif
