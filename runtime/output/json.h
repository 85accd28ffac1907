#ifndef RUNTIME_OUTPUT_JSON_H
#define RUNTIME_OUTPUT_JSON_H

/*
 * From records to JSON (RFC 8259), one object a line. The generated functions call these; all of them write at `p` and return the
 * new end, and none checks for room: json_bound() says beforehand how much an event can need at most.
 */

#include <string.h>
#include "common/catalog.h"
#include "common/layout.h"
#include "common/record.h"

/** What the functions need to know besides the record. */
typedef struct st_json_t {
    uint64_t epoch;          /* ns to be added to a record's time to get ns since 1970-01-01 UTC */
    uint32_t show;           /* PG_SHOW_* */
    int shows_pid;           /* events can be of several processes */
    const layout_t *layouts; /* of structs that are printed whole, by their numbers in the table of paths */
    unsigned num_files;      /* how many times that has the paths of the catalog */
    unsigned num_paths;      /* of the catalog */
} json_t;

/** Which of an event's strings were cut or are not UTF-8, by slot; which of its fields could not be read, by number. */
typedef struct st_json_marks_t {
    uint32_t truncated, hex;
    uint64_t unreadable;
} json_marks_t;

/** A field that json_marks() may have to name; their order in a list is that of an event, and their numbers. */
typedef struct st_json_marked_t {
    const char *name;
    int slot;      /* -1: it has none */
    uint32_t span; /* offset of its struct pg_span in the record */
} json_marked_t;

#define JSON_LITERAL(p, text) ((char *)memcpy((p), (text), sizeof(text) - 1) + sizeof(text) - 1)

/** An upper bound of any number, `null`, `true` or pointer; of an address; of tid, time and pid of the head. */
#define JSON_MAX_NUMBER 32
#define JSON_MAX_ADDRESS 680
#define JSON_MAX_HEAD 80
/** what any event has besides its fields: the head, its keys, the keys of json_marks() */
#define JSON_MAX_EVENT (JSON_MAX_HEAD + 96)

/** `123,"time":1719830000123.456`: the head's tid and time (ms since the epoch), and `,"pid":120` if that is shown */
char *json_head(char *p, const struct pg_head *head, const json_t *json);
/** ms, with three digits behind the point */
char *json_time(char *p, uint64_t ns);
/** ms, with six digits behind the point */
char *json_duration(char *p, uint64_t ns);
char *json_uint(char *p, uint64_t x);
char *json_int(char *p, int64_t x);
/**
 * Floats are printed so that they read back the same; JSON has no NaN and infinities: these are strings ("NaN", "-Infinity").
 * @param bits of a double
 * @param size of the type that it is to read back as, 4 or 8 bytes; a number that 4 bytes do not have is printed as one of 8
 */
char *json_float(char *p, uint64_t bits, unsigned size);
char *json_bool(char *p, uint64_t x);
/** "0x7f0012345678" */
char *json_pointer(char *p, uint64_t x);
/** "127.0.0.1:443", "[::1]:443", "/run/h2o.sock", "@abstract"; an unknown family is "family N" */
char *json_address(char *p, const struct pg_address *address);
/**
 * Text as a JSON string: valid UTF-8 as it is or, where a terminal would do something, as \uXXXX; invalid bytes as U+FFFD and
 * marked. With `is_text` it ends at the first NUL; else NUL bytes are part of it.
 */
char *json_string(char *p, const struct pg_span *span, const char *bytes, int is_text, unsigned slot, json_marks_t *marks);
/** bytes as a string of hex digits */
char *json_hex(char *p, const struct pg_span *span, const char *bytes, unsigned slot, json_marks_t *marks);
/** The layout of a struct that was copied whole: that of the file whose site it comes from. */
static inline const layout_t *json_layout(const json_t *json, const struct pg_span *span, unsigned path)
{
    return json->layouts + (span->flags >> PG_SPAN_PATHS_SHIFT) + path;
}
/** a struct that was copied whole, as an object */
char *json_whole(char *p, const struct pg_span *span, const char *bytes, const layout_t *layout);
/** one member of it, neither an object nor an array; null if it was not copied. @param bytes of the struct */
char *json_member(char *p, const layout_step_t *step, const struct pg_span *span, const char *bytes);
/**
 * What the fields themselves cannot say: `,"truncated":{"NAME":true length}`, `,"hex":{"NAME":"all the bytes"}` and
 * `,"unreadable":["NAME"]`. A true length that was too long to be counted is printed as null.
 */
char *json_marks(char *p, const json_marks_t *marks, const void *record, const char *slots, const json_marked_t *fields,
                 unsigned num_fields);

static inline char *json_null(char *p)
{
    return JSON_LITERAL(p, "null");
}

/** The value of a field that is null. @param number its place in the list of json_marks() */
static inline char *json_none(char *p, int is_unreadable, unsigned number, json_marks_t *marks)
{
    marks->unreadable |= (uint64_t)is_unreadable << number;
    return json_null(p);
}

static inline int json_has_marks(const json_marks_t *marks)
{
    return (marks->truncated | marks->hex | marks->unreadable) != 0;
}

/** Bytes that the event of this record can need at most, with its newline. */
size_t json_bound(const catalog_probe_t *probe, const struct pg_head *head, const json_t *json);

#endif
