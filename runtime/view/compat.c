/*
 * Events as the tools of others read them: what is different from the JSON of view/events.c is a table that the maps' `compat`
 * statements made. What such tools do not know is not there: lines about the stream and about losses, `truncated`, `hex`,
 * `unreadable`.
 */
#include <stdlib.h>
#include "output/flat.h"
#include "view/value.h"
#include "view/view.h"

/* digits of a number, quotes and colons of the key that has it */
#define MAX_COUNT 40

/* What is written of an event. */
typedef struct st_printing_t {
    const catalog_shape_t *shape;
    const struct pg_head *record;
    const json_t *json;
    char *p;
} printing_t;

static void put_key(printing_t *out, const char *name)
{
    if (out->p[-1] != '{')
        *out->p++ = ',';
    out->p = stpcpy(stpcpy(stpcpy(out->p, "\""), name), "\":");
}

static void put_name(printing_t *out, const char *key, const char *name)
{
    put_key(out, key);
    out->p = stpcpy(stpcpy(stpcpy(out->p, "\""), name), "\"");
}

static void put_time(printing_t *out, const catalog_probe_t *probe)
{
    const catalog_shape_t *shape = out->shape;
    uint64_t ns = out->record->time + out->json->epoch, ms;

    put_key(out, "time");
    if (shape->time != 0 && value_number(probe->fields + shape->time - 1, out->record, out->json->show, &ms) && ms != 0)
        out->p = json_int(out->p, (int64_t)ms);
    else
        out->p = shape->is_whole ? json_uint(out->p, ns / 1000000) : json_time(out->p, ns);
}

static void put_head(printing_t *out, const catalog_probe_t *probe, uint64_t count)
{
    unsigned hides = out->shape->hides;

    *out->p++ = '{';
    if ((hides & CATALOG_HIDES_MODULE) == 0)
        put_name(out, "module", probe->provider);
    if ((hides & CATALOG_HIDES_TYPE) == 0)
        put_name(out, "type", out->shape->type);
    if ((hides & CATALOG_HIDES_TID) == 0) {
        put_key(out, "tid");
        out->p = json_uint(out->p, out->record->tid);
    }
    if (out->shape->count != NULL) {
        put_key(out, out->shape->count);
        out->p = json_uint(out->p, count);
    }
    if ((hides & CATALOG_HIDES_TIME) == 0)
        put_time(out, probe);
    if ((hides & CATALOG_HIDES_PID) == 0 && out->json->shows_pid) {
        put_key(out, "pid");
        out->p = json_uint(out->p, out->record->tgid);
    }
}

/* ---- fields ---- */

static char *put_null(char *p, const catalog_field_t *field, unsigned as)
{
    if ((as & CATALOG_AS_ZERO) == 0)
        return json_null(p);
    switch (field->value) {
    case CATALOG_VALUE_INTEGER:
    case CATALOG_VALUE_FLOAT:
        return json_uint(p, 0);
    case CATALOG_VALUE_BOOLEAN:
        return as & CATALOG_AS_INTEGER ? json_uint(p, 0) : json_bool(p, 0);
    case CATALOG_VALUE_POINTER:
        return as & CATALOG_AS_DECIMAL ? json_uint(p, 0) : json_pointer(p, 0);
    case CATALOG_VALUE_TEXT:
    case CATALOG_VALUE_BYTES:
        return JSON_LITERAL(p, "\"\"");
    default:
        return json_null(p);
    }
}

static char *put_number(char *p, const catalog_field_t *field, unsigned as, uint64_t x)
{
    switch (field->value) {
    case CATALOG_VALUE_BOOLEAN:
        return as & CATALOG_AS_INTEGER ? json_uint(p, x != 0) : json_bool(p, x);
    case CATALOG_VALUE_FLOAT:
        return json_float(p, x, 8);
    case CATALOG_VALUE_POINTER:
        return as & CATALOG_AS_DECIMAL ? json_uint(p, x) : json_pointer(p, x);
    default:
        return field->is_signed ? json_int(p, (int64_t)x) : json_uint(p, x);
    }
}

/* Members of a struct as keys of the event. */
static void put_members(printing_t *out, const catalog_field_t *field, const catalog_shown_t *shown, const struct pg_span *span,
                        const char *bytes)
{
    const flat_names_t names = {.dashes = (shown->as & CATALOG_AS_DASHES) != 0, .keep = shown->keep};
    char *start = out->p, *end = json_flat(start, span, bytes, json_layout(out->json, span, (unsigned)field->path), &names);

    if (start[-1] == '{' && end != start) /* without the comma */
        memmove(start, start + 1, (size_t)(--end - start));
    out->p = end;
}

/* Text, bytes or a struct. */
static void put_slot(printing_t *out, const catalog_probe_t *probe, const catalog_field_t *field, const catalog_shown_t *shown)
{
    const char *record = (const char *)out->record, *bytes = record + probe->size + (size_t)field->slot * out->record->slot;
    const struct pg_span *span = (const void *)(record + field->offset);
    json_marks_t marks = {0};

    if (field->value == CATALOG_VALUE_OBJECT && shown->as & CATALOG_AS_FLAT) {
        put_members(out, field, shown, span, bytes);
        return;
    }
    put_key(out, shown->name);
    if (field->value == CATALOG_VALUE_OBJECT)
        out->p = json_whole(out->p, span, bytes, json_layout(out->json, span, (unsigned)field->path));
    else if (field->value == CATALOG_VALUE_TEXT)
        out->p = json_string(out->p, span, bytes, field->length_kind == CATALOG_LENGTH_NUL, field->slot, &marks);
    else
        out->p = json_hex(out->p, span, bytes, field->slot, &marks);
}

static void put_field(printing_t *out, const catalog_probe_t *probe, const catalog_field_t *field, const catalog_shown_t *shown)
{
    const struct pg_head *record = out->record;
    uint64_t x;

    if (shown->name == NULL || (field->gate != 0 && (field->gate & out->json->show) == 0))
        return;
    if (record->nulls >> field->bit & 1) {
        put_key(out, shown->name);
        out->p = put_null(out->p, field, shown->as);
    } else if (field->slot >= 0) {
        put_slot(out, probe, field, shown);
    } else if (field->value == CATALOG_VALUE_ADDRESS) {
        put_key(out, shown->name);
        out->p = json_address(out->p, value_address(field, record, out->json->show));
    } else if (value_number(field, record, out->json->show, &x)) {
        put_key(out, shown->name);
        out->p = put_number(out->p, field, shown->as, x);
    }
}

/* ---- the view ---- */

static size_t bound(const view_run_t *run, const catalog_probe_t *probe, const struct pg_head *record)
{
    const catalog_shape_t *shape = run->wish.compat->shapes + record->probe;
    size_t size = json_bound(probe, record, &run->json) + shape->names + MAX_COUNT;

    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const catalog_field_t *field = probe->fields + i;
        if ((shape->fields[i].as & CATALOG_AS_FLAT) != 0 && (record->nulls >> field->bit & 1) == 0) {
            const struct pg_span *span = (const void *)((const char *)record + field->offset);
            size += json_flat_bound(json_layout(&run->json, span, (unsigned)field->path));
        }
    }
    return size;
}

static int shows(const catalog_probe_t *probe, const view_wish_t *wish)
{
    return wish->compat->shapes[probe - catalog.probes].type != NULL;
}

static int open_count(view_run_t *run, reason_t *reason)
{
    uint64_t *count = calloc(1, sizeof(*count));

    run->state = count;
    return count != NULL ? 0 : reason_set(reason, "out of memory");
}

static void close_count(view_run_t *run)
{
    free(run->state);
}

static void print_event(view_run_t *run, const struct pg_head *record, size_t size)
{
    const catalog_probe_t *probe = catalog.probes + record->probe;
    printing_t out = {.shape = run->wish.compat->shapes + record->probe, .record = record, .json = &run->json};
    uint64_t *count = run->state;

    (void)size;
    if ((out.p = output_room(run->output, bound(run, probe, record))) == NULL)
        return;
    put_head(&out, probe, ++*count);
    for (unsigned i = 0; i < probe->num_fields; ++i)
        put_field(&out, probe, probe->fields + i, out.shape->fields + i);
    output_advance(run->output, JSON_LITERAL(out.p, "}\n"));
}

const view_t view_compat = {.name = "compat", .shows = shows, .open = open_count, .event = print_event, .close = close_count};
