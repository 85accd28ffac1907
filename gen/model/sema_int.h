#ifndef GEN_MODEL_SEMA_INT_H
#define GEN_MODEL_SEMA_INT_H

/* What the passes of sema share. */

#include "model/sema.h"

typedef struct st_sema_t {
    arena_t *arena;
    diag_t *diag;
    const ast_file_t *files;
    const map_file_t *maps;
    int records;
    sema_macros_t macros;
    typedefs_t typedefs;
    table_t probes_by_key; /* "provider:name" -> ir_probe_t * */
    table_t structs;       /* "struct st_x" -> map_stmt_t * */
    table_t paths;         /* type, blank, path -> ir_path_t * */
    table_t reported;      /* pairs of lifted fields */
    ir_t *ir;
} sema_t;

/* sema_map.c: applies the statements of the maps to probes and arguments */
void sema_apply_maps(sema_t *sema);
/* sema_record.c: lays out the events of all probes that are not skipped */
void sema_lay_out_records(sema_t *sema);

/** whether every event has a key of this name in JSON */
int sema_is_event_key(str_t name);
/** the name of an argument; that of one without a name is "arg0", "arg1", … by its place */
str_t sema_arg_name(const sema_t *sema, const ir_probe_t *probe, const ir_arg_t *arg);
/** the argument of a probe that has this name, or NULL */
ir_arg_t *sema_find_arg(const ir_probe_t *probe, str_t name);

#endif
