#ifndef RUNTIME_VIEW_VALUE_H
#define RUNTIME_VIEW_VALUE_H

#include <stddef.h>
#include "common/catalog.h"

/* What views read out of records: values of fields, by the places that the catalog has for them. */

/** Text of a record, which it points into. */
typedef struct st_value_text_t {
    const char *bytes;
    size_t n;
    uint64_t len; /* its true length; at least `n` */
    int is_cut;   /* it goes on in the target */
} value_text_t;

/**
 * An integer or a boolean; of a signed one, all 64 bits.
 * @param show PG_SHOW_*, with which the record was made
 * @return 0: it is null, not shown, or the event does not have it
 */
int value_number(const catalog_field_t *field, const struct pg_head *record, uint32_t show, uint64_t *number);
/** Text. @return the same */
int value_text(const catalog_field_t *field, const struct pg_head *record, uint32_t show, value_text_t *text);
/** The address of a socket. @return NULL: the same */
const struct pg_address *value_address(const catalog_field_t *field, const struct pg_head *record, uint32_t show);

#endif
