#ifndef GEN_MAP_AST_H
#define GEN_MAP_AST_H

#include "syntax/ctype.h"

/** What the parser saw in one .map file (language: probes/README.md). Nothing is matched with the definitions yet. */

typedef enum en_map_kind_t {
#define STATEMENT(kind, word, targets, value, example) MAP_##kind,
#include "map/statements.def"
#undef STATEMENT
    MAP_STRUCT,     /* struct tag { … }; | struct tag address; | struct tag whole; */
    MAP_CONNECTION, /* connection struct tag { … }; */
    MAP_COMPAT,     /* compat name; */
    MAP_PAIR        /* pair begin, … -> end, … by key, … as name; */
} map_kind_t;

/**
 * one target of a statement, `provider:probe` or `provider:probe.argument`, each part of which may contain `*`; with `?` behind it,
 * it need not match anything
 */
typedef struct st_map_target_t {
    struct st_map_target_t *next;
    span_t span; /* without the `?` */
    str_t provider, probe;
    str_t arg; /* n == 0 when it names probes */
    int is_optional;
    span_t value; /* after '='; src is NULL without one */
} map_target_t;

/** what a field of a struct is: MAP_FIELD_VALUE is what its type says */
typedef enum en_map_field_mode_t { MAP_FIELD_VALUE, MAP_FIELD_ADDRESS, MAP_FIELD_BYTES } map_field_mode_t;

/** `uint32_t super.local.id as conn_id unless 0;`, `bytes cid.cid[cid.len] as dcid;` in a struct */
typedef struct st_map_field_t {
    struct st_map_field_t *next;
    span_t span;      /* the whole entry */
    span_t type_span; /* only the type */
    ctype_t type;
    map_field_mode_t mode;
    span_t path_span;
    str_t path; /* "a.b->c[0]": no blanks */
    /** in brackets after the path: the member that says how long it is, or a number of bytes; length_span.src is NULL when absent
     */
    span_t length_span;
    str_t length_path;
    uint64_t length_number;
    span_t name_span;
    str_t name;         /* after `as`; the path's last member without it */
    span_t unless_span; /* the 0 of `unless 0`: an event in which it is 0 does not have it; src is NULL without that */
} map_field_t;

typedef enum en_map_struct_mode_t { MAP_STRUCT_FIELDS, MAP_STRUCT_ADDRESS, MAP_STRUCT_WHOLE } map_struct_mode_t;

/** what `http` says a probe is */
typedef enum en_map_http_event_t {
    MAP_HTTP_NONE,
#define HTTP_EVENT(kind, word) MAP_HTTP_##kind,
#include "map/http.def"
#undef HTTP_EVENT
} map_http_event_t;

/** what `http` says an argument, or a field that is lifted out of it, is */
typedef enum en_map_http_field_t {
#define HTTP_FIELD(kind, word, wants) MAP_HTTP_##kind,
#include "map/http.def"
#undef HTTP_FIELD
    MAP_NUM_HTTP_FIELDS
} map_http_field_t;

/** `conn_id`, `id = number` of a pair: what events of a begin and of an end have in common, under both of their names for it */
typedef struct st_map_key_t {
    struct st_map_key_t *next;
    span_t begin_at, end_at;
    str_t begin, end;
} map_key_t;

/** `rename a = x, b = y;` is two of them */
typedef struct st_map_stmt_t {
    struct st_map_stmt_t *next;
    map_kind_t kind;
    span_t span; /* its keyword */
    /** the `compat` that it stands below, whose name is its value: it is about that output. NULL: about what is traced */
    const struct st_map_stmt_t *compat;
    map_target_t *targets; /* MAP_PAIR: those that begin it */
    map_target_t *ends;    /* MAP_PAIR */
    map_key_t *keys;       /* MAP_PAIR */
    /** after '=', of MAP_PAIR after `as`: a name or a number; value_span.src is NULL when absent */
    span_t value_span;
    str_t value_name;
    int value_is_number;
    uint64_t value_number;
    unsigned role; /* MAP_HTTP: a map_http_event_t or map_http_field_t, as its targets are probes or arguments */
    /** MAP_STRUCT, MAP_CONNECTION: "struct st_x", "union u" or a typedef's name (`type x_t { … }`) */
    span_t struct_span;
    str_t struct_name;
    str_t struct_scoped; /* the same with a namespace or template arguments, "struct shop::st_x"; n == 0: it is said without */
    int struct_tag;      /* CTYPE_*; CTYPE_NO_TAG for a typedef's name */
    map_struct_mode_t struct_mode;
    map_field_t *fields;
} map_stmt_t;

typedef struct st_map_file_t {
    struct st_map_file_t *next;
    src_t *src;
    map_stmt_t *stmts;
} map_file_t;

#endif
