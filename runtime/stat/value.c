#include <stdio.h>
#include <string.h>
#include "common/utf8.h"
#include "output/json.h"
#include "stat/value.h"

/* As declared; of a member of a struct that is not known here, and then a number that 4 bytes have is printed as one of them. */
static unsigned float_size(const catalog_probe_t *probe, const catalog_field_t *field)
{
    return field->path < 0 ? probe->args[field->arg].size : sizeof(float);
}

static char *print_number(char *p, const catalog_probe_t *probe, const catalog_field_t *field, uint64_t x)
{
    switch (field->value) {
    case CATALOG_VALUE_BOOLEAN:
        return json_bool(p, x);
    case CATALOG_VALUE_FLOAT:
        return json_float(p, x, float_size(probe, field));
    case CATALOG_VALUE_POINTER:
        return json_pointer(p, x);
    default:
        return field->is_signed ? json_int(p, (int64_t)x) : json_uint(p, x);
    }
}

static char *print_address(char *p, const char *bytes, size_t size)
{
    struct pg_address address = {.family = 0};

    memcpy(&address.family, bytes, sizeof(address.family));
    memcpy(address.data, bytes + sizeof(address.family), size - sizeof(address.family));
    return json_address(p, &address);
}

static const char *none(const catalog_field_t *field, const struct pg_value *value)
{
    if (value->flags & PG_VALUE_UNREADABLE)
        return "unreadable";
    if (value->flags & PG_VALUE_NULL)
        return "null";
    return field->is_optional && value->bytes[0] == 0 ? "absent" : NULL;
}

/* A value that is longer may end within a character here. */
static size_t whole_characters(const char *bytes, size_t size)
{
    size_t n = 0;

    for (int len; n < size && (len = utf8_scan(bytes + n, size - n)) > 0;)
        n += (size_t)len;
    return n;
}

void value_print(sample_text_t *text, const catalog_probe_t *probe, const catalog_field_t *field, const struct pg_value *value)
{
    const char *bytes = (const char *)value->bytes;
    size_t got = value->got < PG_MAX_VALUE ? value->got : PG_MAX_VALUE;
    json_marks_t marks = {0};
    char *p = text->json;

    *text = (sample_text_t){.is_cut = (value->flags & PG_VALUE_CUT) != 0, .none = none(field, value)};
    const struct pg_span span = {.len = got + (size_t)text->is_cut, .got = (uint32_t)got};
    if (text->none != NULL)
        p = json_null(p);
    else if (field->value == CATALOG_VALUE_TEXT)
        p = json_string(p, &span, bytes, field->length_kind == CATALOG_LENGTH_NUL, 0, &marks);
    else if (field->value == CATALOG_VALUE_BYTES)
        p = json_hex(p, &span, bytes, 0, &marks);
    else if (field->value == CATALOG_VALUE_ADDRESS)
        p = print_address(p, bytes, got < 2 ? 2 : got);
    else
        p = print_number(p, probe, field, value->bytes[0]);
    *p = '\0';
    text->is_hex = marks.hex != 0;
    if (field->value == CATALOG_VALUE_TEXT && text->none == NULL && !text->is_hex)
        text->text_size = whole_characters(bytes, got);
}

void value_print_hex(char to[2 * PG_MAX_VALUE + 1], const struct pg_value *value)
{
    *to = '\0';
    for (unsigned i = 0; i < value->got && i < PG_MAX_VALUE; ++i)
        sprintf(to + 2 * i, "%02x", ((const unsigned char *)value->bytes)[i]);
}
