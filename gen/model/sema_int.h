#ifndef GEN_MODEL_SEMA_INT_H
#define GEN_MODEL_SEMA_INT_H

/* What the passes of sema share. */

#include "model/sema.h"

typedef struct st_sema_t {
    arena_t *arena;
    diag_t *diag;
    const ast_file_t *files;
    const map_file_t *maps;
    records_t records;
    sema_macros_t macros;
    typedefs_t typedefs;
    table_t probes_by_key; /* "provider:name" -> ir_probe_t * */
    table_t structs;       /* "struct st_x" -> map_stmt_t * */
    table_t pointees;      /* "struct st_x" -> an argument that points to one */
    table_t paths;         /* type, blank, path -> ir_path_t * */
    table_t reported;      /* pairs of lifted fields */
    int one_by_one;        /* entries of maps that match nothing are not summed up */
    struct st_sema_stale_t *stale, **next_stale;
    ir_t *ir;
} sema_t;

/* sema_map.c: applies the statements of the maps to probes and arguments */
void sema_apply_maps(sema_t *sema);
/* sema_rename.c: takes back renames that would give two fields, or the events of two probes, one name */
void sema_settle_names(sema_t *sema);
/* sema_stale.c: remembers what matches nothing; `num_probes` are matched, and no argument of them; then reports it */
void sema_stale_target(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target, unsigned num_probes);
void sema_stale_struct(sema_t *sema, const map_stmt_t *stmt);
void sema_report_stale(sema_t *sema);
/* sema_http.c: whether something that is lifted out of the arguments of a target's probes fits the target's argument */
int sema_has_lifted(const sema_t *sema, const map_target_t *target);
/* sema_http.c: finds the fields that HTTP is made of; when records are laid out */
void sema_find_http(sema_t *sema);
/* sema_pair.c: finds out which events begin and end something; before records are laid out, and the rest after that */
void sema_find_pairs(sema_t *sema);
void sema_end_pairs(sema_t *sema);
/* secret.c: reports what looks like a secret and is shown to everyone */
void sema_check_secrets(sema_t *sema);
/* sema_record.c: lays out the events of all probes that are not skipped */
void sema_lay_out_records(sema_t *sema);

/* sema_compat.c: what maps say of outputs that others' tools read */
void sema_shape_outputs(sema_t *sema);
/* sema_connection.c: finds out which arguments lead to a connection, and how */
void sema_find_connections(sema_t *sema);
/* sema_record.c: the path that is as `wanted`, all but its index */
const ir_path_t *sema_path(sema_t *sema, ir_path_t wanted);

/** whether a name fits a pattern, in which `*` stands for any characters */
int sema_matches(str_t pattern, str_t name);
/**
 * The probes that a target names, or arguments of which, in their order.
 * @param previous the one that the last call returned; NULL: from the first
 * @return NULL: no more
 */
ir_probe_t *sema_next_probe(const sema_t *sema, const map_target_t *target, const ir_probe_t *previous);
/** whether every event has a key of this name in JSON */
int sema_is_event_key(str_t name);
/** the argument of a probe that maps call so, or NULL */
ir_arg_t *sema_find_arg(const ir_probe_t *probe, str_t name);
/** the name of an argument in JSON */
str_t sema_json_name(const sema_t *sema, const ir_arg_t *arg);

#endif
