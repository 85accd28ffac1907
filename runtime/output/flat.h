#ifndef RUNTIME_OUTPUT_FLAT_H
#define RUNTIME_OUTPUT_FLAT_H

#include "output/json.h"

/** What the names of members get. */
typedef struct st_flat_names_t {
    int dashes;       /* '-' for '_' */
    const char *keep; /* but not in the names of what is inside of members whose names begin so; NULL: there are none */
} flat_names_t;

/**
 * A struct that was copied whole, as keys of the event: `,"a.b":1,"a.c.0":2`. Elements of arrays have their numbers as names.
 * @return the new end; json_flat_bound() says how much it can need
 */
char *json_flat(char *p, const struct pg_span *span, const char *bytes, const layout_t *layout, const flat_names_t *names);
/** Bytes at most, whatever is in the struct. */
size_t json_flat_bound(const layout_t *layout);

#endif
