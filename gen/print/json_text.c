#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include "print/json_text.h"
#include "common/utf8.h"

/* ---- strings ---- */

void json_print_string(FILE *out, str_t text)
{
    fputc('"', out);
    for (size_t i = 0; i < text.n;) {
        size_t n = utf8_length(text.p + i, text.n - i);
        uint32_t code = n != 0 ? utf8_code_point(text.p + i, n) : 0xfffd;
        if (code == '"' || code == '\\')
            fprintf(out, "\\%c", (char)code);
        else if (code == '\n')
            fputs("\\n", out);
        else if (n == 0 || utf8_is_unsafe(code))
            fprintf(out, "\\u%04" PRIx32, code);
        else
            fwrite(text.p + i, 1, n, out);
        i += n != 0 ? n : 1;
    }
    fputc('"', out);
}

/* ---- documents ---- */

static void newline(json_text_t *json)
{
    fprintf(json->out, "\n%*s", (int)json->depth, "");
}

static void begin_value(json_text_t *json, const char *key)
{
    if (json->needs_comma)
        fputc(',', json->out);
    json->needs_comma = 1;
    if (json->depth != 0 && (json->on_lines >> (json->depth - 1) & 1) != 0)
        newline(json);
    if (key != NULL) {
        json_print_string(json->out, str_of(key));
        fputc(':', json->out);
    }
}

static void begin(json_text_t *json, const char *key, int is_array, json_layout_t layout)
{
    assert(json->depth < JSON_MAX_DEPTH);
    begin_value(json, key);
    fputc(is_array ? '[' : '{', json->out);
    uint32_t bit = (uint32_t)1 << json->depth++;
    json->closers = is_array ? json->closers | bit : json->closers & ~bit;
    json->on_lines = layout == JSON_ON_LINES ? json->on_lines | bit : json->on_lines & ~bit;
    json->needs_comma = 0;
}

void json_begin_object(json_text_t *json, const char *key, json_layout_t layout)
{
    begin(json, key, 0, layout);
}

void json_begin_array(json_text_t *json, const char *key, json_layout_t layout)
{
    begin(json, key, 1, layout);
}

void json_end(json_text_t *json)
{
    uint32_t bit = (uint32_t)1 << --json->depth;

    if ((json->on_lines & bit) != 0 && json->needs_comma)
        newline(json);
    fputc((json->closers & bit) != 0 ? ']' : '}', json->out);
    json->needs_comma = 1;
    if (json->depth == 0)
        fputc('\n', json->out);
}

void json_break(json_text_t *json, int indent)
{
    fprintf(json->out, "%s\n%*s", json->needs_comma ? "," : "", indent, "");
    json->needs_comma = 0;
}

void json_str(json_text_t *json, const char *key, str_t value)
{
    begin_value(json, key);
    json_print_string(json->out, value);
}

void json_text(json_text_t *json, const char *key, const char *value)
{
    if (value != NULL)
        json_str(json, key, str_of(value));
    else
        json_no_value(json, key);
}

void json_unsigned(json_text_t *json, const char *key, uint64_t value)
{
    begin_value(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

void json_number(json_text_t *json, const char *key, double value, int decimals)
{
    begin_value(json, key);
    if (isfinite(value))
        fprintf(json->out, "%.*f", decimals, value);
    else
        fputs("null", json->out);
}

void json_boolean(json_text_t *json, const char *key, int value)
{
    begin_value(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_no_value(json_text_t *json, const char *key)
{
    begin_value(json, key);
    fputs("null", json->out);
}
