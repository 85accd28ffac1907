#ifndef RUNTIME_STAT_VALUE_H
#define RUNTIME_STAT_VALUE_H

#include "common/catalog.h"

/** Bytes that the JSON of a value needs at most. */
#define VALUE_MAX_JSON (PG_MAX_VALUE * 6 + 64)

/** A value that events were counted by, as JSON, like the field in an event. */
typedef struct st_sample_text_t {
    char json[VALUE_MAX_JSON]; /* ends with a NUL */
    const char *none;          /* why it is null: "null", "unreadable", "absent" (an event need not have it); NULL: it is not */
    int is_cut;                /* the value is longer */
    int is_hex;                /* it is not UTF-8: its bytes are lost in the text */
    size_t text_size;          /* of text that is UTF-8: so many of the bytes are whole characters */
} sample_text_t;

void value_print(sample_text_t *text, const catalog_probe_t *probe, const catalog_field_t *field, const struct pg_value *value);
/** The bytes of a value in hexadecimal digits. @param to has room for all, and a NUL */
void value_print_hex(char to[2 * PG_MAX_VALUE + 1], const struct pg_value *value);

#endif
