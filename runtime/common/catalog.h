#ifndef RUNTIME_COMMON_CATALOG_H
#define RUNTIME_COMMON_CATALOG_H

/* What the runtime knows of the probes: generated (catalog.c, json.c), constant. */

#include <stddef.h>
#include <stdint.h>
#include "common/record.h"

struct st_json_t;
/** Prints a record as JSON at `p` and returns the new end: see output/json.h. */
typedef char *(*json_fn)(char *p, const void *record, const struct st_json_t *json);

typedef struct st_catalog_arg_t {
    const char *declaration; /* type and name as in C: "const char *path" */
    const char *name;        /* NULL: unnamed */
    uint8_t size;            /* of the declared type in bytes */
    uint8_t is_signed;
    uint8_t is_float;
    uint8_t is_text;     /* points to a NUL-terminated string that the record holds */
    uint8_t is_copied;   /* points to text or bytes that the record holds */
    uint8_t gate;        /* PG_SHOW_*: it is shown only if the user wants that; 0: always */
    uint8_t is_member;   /* it is the id of `connection`, and sites read it where that has it */
    uint16_t connection; /* 1 and the index of the struct of a connection that it points to, or is the id of; 0: none */
} catalog_arg_t;

/** What the code of a site lifts out of the struct that an argument points to. */
typedef struct st_catalog_lift_t {
    uint16_t path; /* number */
    uint8_t arg;
    uint8_t bit;  /* of pg_call.nulls */
    uint8_t word; /* of pg_call.words */
    uint8_t gate; /* PG_SHOW_*: only if that is shown */
} catalog_lift_t;

/** A value of an event. */
typedef struct st_catalog_field_t {
    const char *name; /* in JSON */
    enum en_catalog_value_t {
        CATALOG_VALUE_INTEGER,
        CATALOG_VALUE_BOOLEAN,
        CATALOG_VALUE_FLOAT,
        CATALOG_VALUE_POINTER, /* "0x…" */
        CATALOG_VALUE_TEXT,
        CATALOG_VALUE_BYTES,   /* hex */
        CATALOG_VALUE_ADDRESS, /* of a socket */
        CATALOG_VALUE_OBJECT,  /* all members of a struct */
        CATALOG_VALUE_DURATION /* ns since another event; in JSON ms */
    } value;
    uint8_t arg;         /* that it is, or is found in; of a duration PG_MAX_ARGS */
    uint8_t gate;        /* PG_SHOW_*: it is there only if that is shown */
    uint8_t bit;         /* of pg_head.nulls */
    uint8_t size;        /* of a number in bytes */
    uint8_t is_signed;   /* an integer */
    uint8_t is_optional; /* an event in which it is 0 does not have it */
    int8_t slot;         /* of text, bytes and objects; -1: it has none */
    enum en_catalog_length_t {
        CATALOG_LENGTH_NONE, /* it is no string */
        CATALOG_LENGTH_NUL,
        CATALOG_LENGTH_FIXED, /* `length` bytes */
        CATALOG_LENGTH_ARG,   /* argument `length` says */
        CATALOG_LENGTH_PATH,  /* a member of the same struct says */
        CATALOG_LENGTH_ARRAY  /* all of an array */
    } length_kind;
    uint32_t length;
    uint32_t offset; /* in the record */
    int path;        /* index of the path to it; -1: it is the argument itself */
    uint16_t pair;   /* of a duration: 1 and the number of its pair; 0: it is none */
    uint8_t word;    /* of a duration: of pg_call.words */
} catalog_field_t;

/** Which fields of an event a TLS key log is made of: 1 and their indices; 0: it has none. */
typedef struct st_catalog_keylog_t {
    uint8_t connection; /* a pointer that tells of which connection the others are */
    uint8_t random;     /* of the client */
    uint8_t label;      /* which secret it is */
    uint8_t secret;
} catalog_keylog_t;
/** Of a probe whose events are headers of a message: indices of fields. */
typedef struct st_catalog_header_t {
    unsigned name, value;
} catalog_header_t;

/** What an event is of HTTP. */
enum en_catalog_http_event_t {
    CATALOG_HTTP_NONE,
    CATALOG_HTTP_REQUEST, /* a request begins */
    CATALOG_HTTP_REQUEST_HEADER,
    CATALOG_HTTP_RESPONSE, /* its response begins */
    CATALOG_HTTP_RESPONSE_HEADER,
    CATALOG_HTTP_END, /* a request ends, of any version of HTTP, or of this one only */
    CATALOG_HTTP_END_1,
    CATALOG_HTTP_END_2,
    CATALOG_HTTP_END_3,
    CATALOG_HTTP_OPEN, /* a connection begins, also of any version or of this one only */
    CATALOG_HTTP_OPEN_1,
    CATALOG_HTTP_OPEN_2,
    CATALOG_HTTP_OPEN_3,
    CATALOG_HTTP_CLOSE, /* it ends */
    CATALOG_HTTP_CLOSE_1,
    CATALOG_HTTP_CLOSE_2,
    CATALOG_HTTP_CLOSE_3,
    CATALOG_HTTP_WRITTEN_1 /* on a connection of HTTP/1: what was to be sent has been */
};
/** What a field of such an event says. */
enum en_catalog_http_field_t {
    CATALOG_HTTP_CONNECTION,
    CATALOG_HTTP_HANDLE,  /* a pointer that others of its events know the connection by */
    CATALOG_HTTP_ID,      /* of the request, on its connection */
    CATALOG_HTTP_VERSION, /* 256 * major + minor */
    CATALOG_HTTP_STATUS,
    CATALOG_HTTP_BYTES,   /* of the response's body */
    CATALOG_HTTP_SUCCESS, /* of what was to be written: not positive if it has failed so far */
    CATALOG_HTTP_NAME,    /* of a header */
    CATALOG_HTTP_VALUE,
    CATALOG_HTTP_PEER,   /* address of the client */
    CATALOG_HTTP_SERVER, /* name of the server that the client wants */
    CATALOG_NUM_HTTP_FIELDS
};
typedef struct st_catalog_http_t {
    enum en_catalog_http_event_t event;
    int8_t fields[CATALOG_NUM_HTTP_FIELDS]; /* 1 and the index of the field; 0: none says that */
} catalog_http_t;

/** What an event has in common with the other one of its pair. */
typedef struct st_catalog_key_t {
    const char *name;
    uint8_t size;      /* so many bytes of it are compared */
    uint8_t is_thread; /* it is the thread */
    uint8_t arg;
    int path; /* index of the path from the argument; -1: it is that itself */
} catalog_key_t;

/** What the events of a probe are in a pair: they begin something, or end it. */
typedef struct st_catalog_role_t {
    uint16_t pair; /* number */
    uint8_t is_end;
    uint8_t num_keys;
    uint16_t field; /* of an end: index of the duration */
    catalog_key_t keys[PG_MAX_KEYS];
} catalog_role_t;

typedef struct st_catalog_probe_t {
    const char *provider, *name;
    const char *doc; /* what the definition says of it; NULL: nothing */
    const catalog_arg_t *args;
    unsigned num_args;
    uint32_t size;         /* of the record without its slots */
    uint32_t num_slots;    /* for strings, bytes and whole structs, after it */
    uint64_t layout;       /* a hash of how its record is laid out and printed: where it is the same, so are these */
    uint32_t json_size;    /* of the event in JSON at most, without what is in the slots */
    const uint16_t *paths; /* indices of the paths that its record needs */
    unsigned num_paths;
    const catalog_field_t *fields; /* in the order of JSON */
    unsigned num_fields;
    const catalog_header_t *header; /* NULL: its events are no headers */
    json_fn json;
    const char *function; /* of the BPF object: makes the record */
    uint16_t needs[4];    /* by PG_SHOW_*: bits of the arguments that the record is made of */
    const catalog_lift_t *lifts;
    unsigned num_lifts;
    catalog_keylog_t keylog;
    const catalog_http_t *http;  /* NULL: it is nothing of HTTP */
    const catalog_role_t *roles; /* in pairs: ends first */
    unsigned num_roles;
    uint8_t time_word; /* of pg_call.words, if there are any: when it fired */
    /* the connection of its events is that of the last event, on the same thread, of a probe that `leads` */
    uint8_t leads, follows;
} catalog_probe_t;

/** A place in the target's structs that the BPF program reads; its offsets are looked up when a target is attached. */
typedef struct st_catalog_path_t {
    const char *type; /* "struct st_x" */
    const char *path; /* "a.b->c[0]"; "": CATALOG_WHOLE */
    enum en_catalog_kind_t {
        CATALOG_WHOLE,  /* the struct itself, copied whole */
        CATALOG_NUMBER, /* an integer or a pointer */
        CATALOG_FLOAT,
        CATALOG_TEXT,    /* up to its NUL, or as long as a member says: an array, or what a pointer leads to */
        CATALOG_BYTES,   /* the same; without a length, the array itself */
        CATALOG_ADDRESS, /* a struct sockaddr, or a pointer to one */
        CATALOG_LENGTH   /* an integer: how long text or bytes are */
    } kind;
    int has_length;        /* of text and bytes: the path `length` says how long they are */
    unsigned length;       /* its index */
    unsigned fixed_length; /* of bytes; 0: it is not said */
} catalog_path_t;

/** How a value is printed where others' tools read it. */
enum {
    CATALOG_AS_INTEGER = 1, /* a boolean: 0 or 1 */
    CATALOG_AS_DECIMAL = 2, /* a pointer */
    CATALOG_AS_ZERO = 4,    /* what is null: 0, or "" */
    CATALOG_AS_FLAT = 8,    /* an object: its members are keys of the event, "a.b" */
    CATALOG_AS_DASHES = 16  /* these have '-' for '_' in their names */
};

typedef struct st_catalog_shown_t {
    const char *name; /* NULL: it is left out */
    unsigned as;      /* CATALOG_AS_* */
    const char *keep; /* with CATALOG_AS_DASHES: what is inside of members whose names begin so keeps its name; NULL: nothing */
} catalog_shown_t;

/** Keys of every event that others' tools do not know. */
enum { CATALOG_HIDES_MODULE = 1, CATALOG_HIDES_TYPE = 2, CATALOG_HIDES_TID = 4, CATALOG_HIDES_PID = 8, CATALOG_HIDES_TIME = 16 };

/** The events of a probe where others' tools read them. */
typedef struct st_catalog_shape_t {
    const char *type;  /* NULL: they are left out */
    const char *count; /* a key that numbers events; NULL: there is none */
    uint8_t hides;     /* CATALOG_HIDES_* */
    uint8_t is_whole;  /* the time is in whole ms */
    uint8_t time;      /* 1 and the index of an integer that is the time in ms, unless it is 0; 0: there is none */
    uint32_t names;    /* bytes of all keys that it has, in quotes, with a colon and a comma */
    const catalog_shown_t *fields;
} catalog_shape_t;

/** An output that others' tools read. */
typedef struct st_catalog_compat_t {
    const char *name;
    const catalog_shape_t *shapes; /* by the number of the probe */
} catalog_compat_t;
#define CATALOG_MAX_PEERS 2

/**
 * A struct that leads to what tells connections apart. Members are indices of paths, -1 for none. `random` is a floating-point
 * number from 0 to 1, `address` an IPv6 or IPv4 address, `name` text; `peers` are places where versions of the program have a
 * struct sockaddr of the client.
 */
typedef struct st_catalog_connection_t {
    const char *type; /* "struct st_x" */
    int random, address, id, name;
    unsigned num_peers, peers[CATALOG_MAX_PEERS];
    int via; /* a pointer to the struct of connection number `via_to`, which has them */
    unsigned via_to;
    int base; /* a member that is the struct of connection number `base_of`, which several have in common */
    unsigned base_of;
    int kind; /* a pointer to a variable; whose variable it is tells of which struct this one is the `base` */
    int key;  /* with `id`, bytes that no other connection has, nor a later one of a process with the same number */
} catalog_connection_t;

typedef struct st_catalog_t {
    const char *tracer; /* name of the program */
    const catalog_probe_t *probes;
    unsigned num_probes;
    const catalog_path_t *paths;
    unsigned num_paths;
    const catalog_compat_t *compats;
    unsigned num_compats;
    const catalog_connection_t *connections;
    unsigned num_connections;
    unsigned num_pairs;
    const char *const *skipped; /* "provider:probe" that maps leave out of this tracer; ends with NULL. NULL: none */
} catalog_t;

extern const catalog_t catalog;

/* the BPF object, see embed.S */
extern const char pg_bpf_object[], pg_bpf_object_end[];

#endif
