#include <string.h>
#include "view/value.h"

static int is_there(const catalog_field_t *field, const struct pg_head *record, uint32_t show)
{
    return (record->nulls >> field->bit & 1) == 0 && (field->gate == 0 || (field->gate & show) != 0);
}

int value_number(const catalog_field_t *field, const struct pg_head *record, uint32_t show, uint64_t *number)
{
    uint64_t x = 0;
    unsigned shift = 64 - 8 * field->size;

    if (!is_there(field, record, show) || field->size == 0 || field->size > sizeof(x))
        return 0;
    memcpy(&x, (const char *)record + field->offset, field->size); /* little-endian */
    x <<= shift;
    *number = field->is_signed ? (uint64_t)((int64_t)x >> shift) : x >> shift;
    return !field->is_optional || *number != 0;
}

int value_text(const catalog_field_t *field, const struct pg_head *record, uint32_t show, value_text_t *text)
{
    struct pg_span span;

    if (!is_there(field, record, show) || field->slot < 0)
        return 0;
    memcpy(&span, (const char *)record + field->offset, sizeof(span));
    text->bytes = (const char *)record + catalog.probes[record->probe].size + (size_t)field->slot * record->slot;
    text->n = span.got < record->slot ? span.got : record->slot;
    text->len = span.len;
    if (field->length_kind == CATALOG_LENGTH_NUL)
        text->n = strnlen(text->bytes, text->n);
    text->is_cut = span.got < span.len && text->n == span.got;
    return 1;
}

const struct pg_address *value_address(const catalog_field_t *field, const struct pg_head *record, uint32_t show)
{
    if (!is_there(field, record, show) || field->value != CATALOG_VALUE_ADDRESS)
        return NULL;
    return (const void *)((const char *)record + field->offset);
}
