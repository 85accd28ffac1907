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
    const layout_t *layouts; /* of structs that are printed whole, by path index */
} json_t;

/** Which of an event's strings were cut or are not UTF-8, by slot. */
typedef struct st_json_marks_t {
    uint32_t truncated, hex;
} json_marks_t;

/** A slot's field, for json_marks(). */
typedef struct st_json_slot_t {
    const char *name;
    uint32_t span; /* offset of its struct pg_span in the record */
} json_slot_t;

#define JSON_LITERAL(p, text) ((char *)memcpy((p), (text), sizeof(text) - 1) + sizeof(text) - 1)

/** An upper bound of any number, `null`, `true` or pointer; of an address; of the tid and time of the head. */
#define JSON_MAX_NUMBER 32
#define JSON_MAX_ADDRESS 680
#define JSON_MAX_HEAD 80
/** what any event has besides its fields: the head, its keys, the keys of json_marks() */
#define JSON_MAX_EVENT (JSON_MAX_HEAD + 64)

/** `123,"time":1719830000123.456789`: the head's tid and time (ms since the epoch) */
char *json_head(char *p, const struct pg_head *head, const json_t *json);
char *json_uint(char *p, uint64_t x);
char *json_int(char *p, int64_t x);
/** Floats are printed so that they read back the same; JSON has no NaN and infinities: these are strings ("NaN", "-Infinity"). */
char *json_float(char *p, uint64_t bits, unsigned size);
char *json_bool(char *p, uint64_t x);
/** "0x7f0012345678" */
char *json_pointer(char *p, uint64_t x);
/** "127.0.0.1:443", "[::1]:443", "/run/h2o.sock", "@abstract"; an unknown family is "family N" */
char *json_address(char *p, const struct pg_address *address);
/**
 * Text as a JSON string: valid UTF-8 as it is, invalid bytes as U+FFFD and marked. With `is_text` it ends at the first NUL; else
 * NUL bytes are part of it.
 */
char *json_string(char *p, const struct pg_span *span, const char *bytes, int is_text, unsigned slot, json_marks_t *marks);
/** bytes as a string of hex digits */
char *json_hex(char *p, const struct pg_span *span, const char *bytes, unsigned slot, json_marks_t *marks);
/** a struct that was copied whole, as an object */
char *json_whole(char *p, const struct pg_span *span, const char *bytes, const layout_t *layout);
/**
 * What the strings themselves cannot say: `,"truncated":{"NAME":true length}` and `,"hex":{"NAME":"all the bytes"}`. A true length
 * that was too long to be counted is printed as null.
 */
char *json_marks(char *p, const json_marks_t *marks, const void *record, const char *slots, const json_slot_t *names,
                 unsigned num_slots);

static inline char *json_null(char *p)
{
    return JSON_LITERAL(p, "null");
}

/** Bytes that the event of this record can need at most, with its newline. */
size_t json_bound(const catalog_probe_t *probe, const struct pg_head *head, const json_t *json);

#endif
