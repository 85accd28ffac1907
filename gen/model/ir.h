#ifndef GEN_MODEL_IR_H
#define GEN_MODEL_IR_H

#include "d/ast.h"
#include "map/ast.h"
#include "model/type.h"

/**
 * The model: what sema made of the definitions and maps. Emitters read it and print; nothing changes it after sema, and nothing in
 * it has to be worked out again. All sizes are in bytes.
 */

/** how a field is read from the target and printed */
typedef enum en_field_kind_t {
    FIELD_INT,
    FIELD_UINT,
    FIELD_BOOL,
    FIELD_FLOAT,
    FIELD_POINTER,
    FIELD_STRING,  /* text in a slot */
    FIELD_BYTES,   /* bytes in a slot, printed as hex */
    FIELD_ADDRESS, /* struct sockaddr */
    FIELD_WHOLE,   /* a struct in a slot, printed member by member */
    FIELD_DURATION /* since another event: see ir_pair_t */
} field_kind_t;

/** who may see a field */
/* what is shown only if the user wants that: the PG_SHOW_* of runtime/common/record.h */
typedef enum en_gate_t { GATE_NONE, GATE_APPDATA = 1, GATE_SECRET = 2, GATE_DURATION = 4 } gate_t;

typedef enum en_length_kind_t {
    LENGTH_NONE,  /* not a string */
    LENGTH_NUL,   /* up to the first NUL */
    LENGTH_FIXED, /* `length` bytes */
    LENGTH_ARG,   /* argument `length` says */
    LENGTH_PATH,  /* a member of the same struct says: ir_path_t.length */
    LENGTH_ARRAY  /* as many as the array has */
} length_kind_t;

/** What is wanted of a place: it decides on what may be there. CATALOG_* of runtime/common/catalog.h in the same order. */
typedef enum en_ir_path_kind_t {
    PATH_WHOLE,  /* the struct itself, copied whole */
    PATH_NUMBER, /* also a pointer that is printed as one */
    PATH_FLOAT,
    PATH_TEXT, /* up to its NUL, or as long as `length` says */
    PATH_BYTES,
    PATH_ADDRESS, /* a struct sockaddr */
    PATH_LENGTH   /* of text or bytes */
} ir_path_kind_t;

/** A place in the target's memory, from a pointer to a struct: resolved against the target's debug information when it is attached.
 */
typedef struct st_ir_path_t {
    unsigned index;
    ir_path_kind_t kind;
    str_t type;   /* "struct st_x", "struct shop::st_x" */
    str_t c_type; /* the same in C: without a namespace */
    str_t path;   /* "a.b->c[0]"; n == 0: PATH_WHOLE */
    scalar_t scalar;
    unsigned size;                     /* of the declared type */
    const struct st_ir_path_t *length; /* of text and bytes: the member that says how long they are; NULL: none does */
    unsigned fixed_length;             /* of bytes: said by a map; 0: it does not */
    span_t at;
} ir_path_t;

/** What a map says an argument is in a TLS key log; keylog_of() of sema_map.c has the words for it. */
typedef enum en_keylog_role_t {
    KEYLOG_NONE,
    KEYLOG_CONNECTION, /* tells of which connection the others are */
    KEYLOG_RANDOM,     /* of the client */
    KEYLOG_LABEL,      /* which secret it is */
    KEYLOG_SECRET,
    NUM_KEYLOG
} keylog_role_t;
/* paths to the address of a connection's peer: versions of a program have it in different places */
#define IR_MAX_PEERS 2

/** Where a struct has what tells connections apart, or which other struct has it. */
typedef struct st_ir_connection_t {
    struct st_ir_connection_t *next;
    unsigned index;
    span_t at;
    str_t type;                                    /* "struct st_x" */
    const ir_path_t *random, *address, *id, *name; /* NULL: it has none */
    const ir_path_t *peers[IR_MAX_PEERS];          /* a struct sockaddr, the first that the program has; NULL: none */
    const ir_path_t *via;                          /* a pointer to a struct of a connection, which has it; NULL: none */
    const struct st_ir_connection_t *via_to;
    const ir_path_t *base; /* a member that is a struct of a connection; NULL: none */
    const struct st_ir_connection_t *base_of;
    const ir_path_t *kind; /* a pointer that tells of which of the structs that have this one as `base` it is a part; NULL: none */
    const ir_path_t *key;  /* beside `id`, what no other connection has, whenever and in whatever process; NULL: none */
    int is_lost;           /* it goes on in a struct that no map says more of */
} ir_connection_t;

#define IR_MAX_PAIRS 4 /* that the events of a probe begin, and that they end: PG_MAX_PAIRS of runtime/common/record.h */
#define IR_MAX_KEYS 3  /* PG_MAX_KEYS */

/** Two events between which there is a duration: one of some probes begins it, one of others ends it. */
typedef struct st_ir_pair_t {
    struct st_ir_pair_t *next;
    unsigned index;
    span_t at;
    str_t name; /* of the duration in JSON */
    unsigned num_keys;
    unsigned sizes[IR_MAX_KEYS]; /* of each key: so many bytes of both are compared */
} ir_pair_t;

/** What an event has in common with the other one of its pair: the thread, an argument, or what is lifted out of one. */
typedef struct st_ir_key_t {
    str_t name; /* of a field in maps, or "tid" */
    int is_thread;
    unsigned arg;
    span_t lifted_at;      /* where a map lifts it out of the argument; src is NULL if it is that itself */
    const ir_path_t *path; /* the same in the target; NULL: the argument itself */
} ir_key_t;

/** One value of an event. */
typedef struct st_ir_field_t {
    str_t name;   /* in JSON */
    str_t c_name; /* in the event's struct */
    span_t at;    /* where it was declared */
    field_kind_t kind;
    const char *c_type;    /* of the member; spans and addresses have types of their own */
    unsigned size;         /* of the member */
    unsigned float_size;   /* FIELD_FLOAT: of the declared type; members always have 8 bytes */
    unsigned offset;       /* of the member in the event */
    unsigned bit;          /* in the record's null mask */
    unsigned arg;          /* index of the argument that it is read from */
    const ir_path_t *path; /* NULL: the argument itself */
    const ir_pair_t *pair; /* FIELD_DURATION: of which pair; then `arg` is IR_MAX_ARGS. NULL: of none */
    gate_t gate;
    int is_optional; /* an event in which it is 0 does not have it */
    length_kind_t length_kind;
    unsigned length;
    str_t length_cast; /* LENGTH_ARG: to the type of that argument as it is declared, "(__u32)"; n == 0: none is needed */
    int slot;          /* index of its slot, -1 when it needs none */
    int is_late;       /* lifted, and read when the record has been reserved: see IR_MAX_EARLY */
    unsigned word;     /* lifted, without a slot, and not late, or a duration: its place in pg_call.words */
    unsigned start;    /* text up to its NUL: where in pg_call.words its start is kept; 0: nowhere. See IR_SHORT_WORDS */
    int mark;          /* its number among the fields that may have to be named at the end of an event, -1: it is none of them */
} ir_field_t;

/** Whether a field is lifted out of a struct, not the argument itself. */
static inline int ir_is_lifted(const ir_field_t *field)
{
    return field->path != NULL && field->path->path.n != 0;
}

typedef struct st_ir_arg_t {
    span_t at;
    const ctype_t *type;
    str_t name;                         /* n == 0: unnamed */
    str_t target_name;                  /* what maps call it: its name, else "arg0", "arg1", ... by its place */
    str_t declaration;                  /* "type name" as in C */
    type_t declared;                    /* what the type means */
    type_t meaning;                     /* what it is taken for: maps may say otherwise */
    int is_appdata, is_secret, is_flag; /* said by @appdata or a map */
    int is_public;                      /* a map says that it is no secret, whatever it is called */
    keylog_role_t keylog;
    int is_header_name; /* a map says that it is the name of a header, and argument `header_value` its value */
    unsigned header_value;
    int is_unsized; /* a map has a length for it that it cannot have */
    gate_t gate;
    length_kind_t length_kind;
    unsigned length;
    str_t json_name;                   /* said by a map; n == 0: its own */
    span_t json_name_at;               /* where */
    str_t member_of;                   /* said by a map: the struct of a connection whose id it is; n == 0: it does not say so */
    span_t member_at;                  /* where */
    const ir_connection_t *connection; /* that it points to, or is the id of; NULL: none */
    int is_member;                     /* the latter */
} ir_arg_t;

/** What the events of a probe are in a pair. */
typedef struct st_ir_role_t {
    const ir_pair_t *pair;
    int is_end;
    ir_key_t keys[IR_MAX_KEYS];
    const ir_field_t *field; /* of an end: the duration */
} ir_role_t;

/** What an event is of HTTP, and which of its fields say what. */
typedef struct st_ir_http_t {
    map_http_event_t event; /* MAP_HTTP_NONE: nothing */
    span_t at;
    const struct st_ir_field_t *fields[MAP_NUM_HTTP_FIELDS]; /* NULL: none */
} ir_http_t;

typedef struct st_ir_probe_t {
    unsigned id; /* index in ir_t.events; meaningless when it is skipped */
    const struct st_ir_provider_t *provider;
    span_t at;
    str_t where;     /* "file.d:12", without directories: what is generated does not say where it was made */
    str_t name;      /* as in the note */
    str_t json_name; /* "type" of its events */
    span_t json_name_at;
    str_t c_name; /* provider_name: of generated functions and structs */
    str_t macro;  /* PROVIDER_NAME, as dtrace -h derives it */
    str_t doc;
    ir_arg_t *args;
    unsigned num_args;
    ir_arg_t *xargs;
    unsigned num_xargs;
    ir_field_t *fields; /* in the order of printing */
    unsigned num_fields;
    const ir_field_t **members; /* the same in the order of the event's struct: by falling alignment, so that there are no gaps */
    unsigned size;              /* of the event's struct, head included */
    unsigned num_slots;
    unsigned num_marks; /* fields with a `mark` */
    unsigned branch;    /* of an #if in its file: see d/ast.h */
    int has_no_macro;   /* another probe has it already: no header has one of this probe */
    ir_http_t http;     /* said by a map */
    ir_role_t *roles;   /* in pairs: ends first */
    unsigned num_roles;
    const ir_pair_t *last_begun, *last_ended; /* of sema_pair.c: the last pair that was found to be begun, or ended, by it */
    /* said by a map: on its thread, the connection of its events is that of the events that follow; its own is that of those before
     */
    int leads, follows;
    span_t leads_at, follows_at;
    int is_skipped; /* by a map: no event; it is in the USDT header and the dump all the same */
} ir_probe_t;

/** How many of the pairs that its events are a part of they end. */
static inline unsigned ir_num_ends(const ir_probe_t *probe)
{
    unsigned num = 0;

    while (num < probe->num_roles && probe->roles[num].is_end)
        ++num;
    return num;
}

/** The field that is an argument itself; NULL: there is none. */
static inline const ir_field_t *ir_field_of_arg(const ir_probe_t *probe, unsigned arg)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        if (field->arg == arg && !ir_is_lifted(field))
            return field;
    }
    return NULL;
}

typedef struct st_ir_provider_t {
    span_t at;
    str_t name;
    str_t doc;
    const char *file;
    ir_probe_t **probes;
    unsigned num_probes;
} ir_provider_t;

/* how a value is printed in an output of `--compat`: CATALOG_AS_* of runtime/common/catalog.h */
enum { IR_AS_INTEGER = 1, IR_AS_DECIMAL = 2, IR_AS_ZERO = 4, IR_AS_FLAT = 8, IR_AS_DASHES = 16 };
/* keys of every event that such an output does not have: CATALOG_HIDES_* */
enum { IR_HIDES_MODULE = 1, IR_HIDES_TYPE = 2, IR_HIDES_TID = 4, IR_HIDES_PID = 8, IR_HIDES_TIME = 16 };

/** A field in such an output. */
typedef struct st_ir_shown_t {
    str_t name; /* n == 0: it is left out */
    int is_renamed;
    unsigned as; /* IR_AS_* */
    str_t keep;  /* IR_AS_DASHES: what is inside of members whose names begin so keeps its name; n == 0: nothing does */
} ir_shown_t;

/** The events of a probe in such an output. */
typedef struct st_ir_shape_t {
    int is_skipped;
    str_t type;  /* "type" */
    str_t count; /* a key that numbers the events; n == 0: there is none */
    unsigned hides;
    int is_dashed;
    int is_whole;           /* the time is in whole ms */
    const ir_field_t *time; /* what is printed as the time instead, unless it is 0; NULL: nothing */
    ir_shown_t *fields;     /* as many as the probe has */
} ir_shape_t;

/** What others' tools read: an output that maps describe, in which events look otherwise. */
typedef struct st_ir_compat_t {
    struct st_ir_compat_t *next;
    str_t name;
    ir_shape_t *shapes; /* by ir_probe_t.id */
} ir_compat_t;

/** what a probe site is made of in headers for programs: see emit/usdt.c */
typedef enum en_site_kind_t { SITE_NOP, SITE_NOP5, SITE_SDT } site_kind_t;

typedef struct st_ir_t {
    arena_t *arena;
    str_t tracer;     /* name of the program that is generated */
    site_kind_t site; /* of headers for programs */
    ir_provider_t *providers;
    unsigned num_providers;
    ir_probe_t *probes;
    unsigned num_probes;
    /** those with events: all but the skipped ones */
    const ir_probe_t **events;
    unsigned num_events;
    ir_path_t **paths; /* those of fields come first */
    unsigned num_paths, num_field_paths;
    ir_connection_t *connections; /* in the order of their indices */
    unsigned num_connections;
    ir_compat_t *compats;
    ir_pair_t *pairs; /* in the order of their indices */
    unsigned num_pairs;
} ir_t;

/** size of the head of every record: struct pg_head of runtime/common/record.h */
#define IR_HEAD_SIZE 32

#define IR_MAX_ARGS 12   /* sys/sdt.h has STAP_PROBE12 and no more */
#define IR_MAX_FIELDS 64 /* bits of the null mask */
#define IR_MAX_SLOTS 8   /* strings of an event */
/** Values that can be lifted before an event's record is reserved: what is left of pg_call.words when each slot has its struct
 * pg_piece. What is lifted beyond these is read later. */
#define IR_MAX_EARLY(num_slots) (3 * (IR_MAX_SLOTS - (num_slots)))
/* text up to its NUL is read to find its length; where pieces and lifted values leave that many words of pg_call.words, what has
 * been read is kept, and is not read again when the record has been reserved: PG_SHORT bytes of runtime/bpf/prelude.bpf.h */
#define IR_SHORT_WORDS 8
/* of events of pairs: where in pg_call.words their time is; durations are before it */
#define IR_TIME_WORD (IR_MAX_EARLY(0) - 1)
#define IR_MAX_DEREFS 3 /* `->` in a path: PG_MAX_HOPS - 1 of runtime/common/record.h */

#endif
