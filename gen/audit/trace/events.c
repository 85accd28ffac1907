/*
 * From lines to counts. A line counts only when all of it has been read and is an event, so while it is read, what it says is
 * collected in an event_t, which has a bit for each field, and nothing of the table changes.
 *
 * Tracers print module and type first and the fields in the order of the definition. Nothing relies on that, but it makes things
 * fast: once both are known, the row is found, and a key is compared with the name of the next field before anything else. What
 * this one pass cannot do, a second pass does when the line is known to be an event: fields that stand before module and type
 * (other tools sort keys), a row that has to be made, an unknown key that is new. As a rule, as many lines need it as there are
 * probes.
 *
 * When a key stands twice in an event, the last one counts, as it does for jq and Python.
 */
#include <stdlib.h>
#include <string.h>
#include "audit/trace/histogram.h"
#include "audit/trace/jsonline.h"
#include "audit/trace/stream.h"
#include "base/chars.h"
#include "print/print.h"
#include "audit/trace/events.h"
#include "common/utf8.h"

#define MAX_UNKNOWN_KEYS 16
#define MAX_UNKNOWN_KEY_SIZE 200

typedef struct st_event_t {
    str_t module, type; /* p == NULL: missing, or not a string */
    double time;        /* ms; negative: missing, or not a number */
    int is_found;       /* module and type have been looked up */
    int is_foreign;     /* the module is no provider that is audited */
    audit_row_t *row;   /* NULL: there is none (yet) */
    const ir_field_t *fields;
    unsigned num_fields, next; /* next: index of the field that is expected */
    uint64_t present, nulls;   /* a bit for each field */
    uint32_t unknown;          /* a bit for each of the row's unknown keys */
    int needs_second_pass;
} event_t;

typedef struct st_reader_t {
    audit_t *audit;
    audit_trace_t *trace;
    stream_t stream;
    int is_second_pass; /* the line is known to be an event: the table may change */
    event_t event;
    char *decoded; /* texts without escapes: DECODED_*, STREAM_MAX_LINE bytes for each */
} reader_t;

enum { DECODED_MODULE, DECODED_TYPE, DECODED_KEY, NUM_DECODED };

static int is_same(str_t a, str_t b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static void add_count(uint64_t *sum, uint64_t n)
{
    *sum = *sum + n >= n ? *sum + n : UINT64_MAX;
}

/* ---- rows ---- */

static audit_seen_t *seen_of(audit_t *audit, audit_row_t *row)
{
    if (row->seen == NULL) {
        row->seen = arena_alloc(audit->arena, sizeof(*row->seen));
        if (row->probe != NULL) {
            row->seen->num_present = arena_alloc(audit->arena, row->probe->num_fields * sizeof(uint64_t));
            row->seen->num_nulls = arena_alloc(audit->arena, row->probe->num_fields * sizeof(uint64_t));
        }
    }
    return row->seen;
}

/* Finds the row of the event; one that has to be made waits until the line is known to be an event. */
static void find_row(reader_t *reader)
{
    event_t *event = &reader->event;

    event->is_found = 1;
    event->is_foreign = !audit_has_provider(reader->audit, event->module);
    if (event->is_foreign)
        return;
    event->row = audit_row_of_event(reader->audit, event->module, event->type, reader->is_second_pass);
    event->needs_second_pass |= event->row == NULL;
    if (event->row != NULL && event->row->probe != NULL) {
        event->fields = event->row->probe->fields;
        event->num_fields = event->row->probe->num_fields;
    }
}

/* ---- keys ---- */

static void mark_field(event_t *event, unsigned i, jsonline_kind_t kind)
{
    uint64_t bit = 1ull << i;

    event->present |= bit;
    event->nulls = kind == JSONLINE_NULL ? event->nulls | bit : event->nulls & ~bit;
    event->next = i + 1;
}

/* The part of a key that is kept. */
static str_t cut_key(str_t key)
{
    return (str_t){key.p, utf8_cut(key.p, key.n, MAX_UNKNOWN_KEY_SIZE)};
}

static void take_unknown_key(reader_t *reader, str_t key)
{
    event_t *event = &reader->event;
    audit_key_t **next = NULL;
    unsigned i = 0;

    key = cut_key(key);
    if (event->row->seen != NULL || reader->is_second_pass) {
        for (next = &seen_of(reader->audit, event->row)->unknown_keys; *next != NULL; next = &(*next)->next, ++i) {
            if (is_same((*next)->name, key)) {
                event->unknown |= 1u << i;
                return;
            }
        }
    }
    if (i == MAX_UNKNOWN_KEYS)
        return;
    if (!reader->is_second_pass) {
        event->needs_second_pass = 1;
        return;
    }
    *next = arena_alloc(reader->audit->arena, sizeof(**next));
    (*next)->name = arena_strdup(reader->audit->arena, key);
    event->unknown |= 1u << i;
}

static void take_field(reader_t *reader, str_t key, jsonline_kind_t kind)
{
    event_t *event = &reader->event;

    if (event->row == NULL) {
        event->needs_second_pass |= !event->is_found;
        return;
    }
    if (event->row->probe == NULL)
        return;
    /* the next ones first, since some may be left out */
    for (unsigned i = 0; i < event->num_fields; ++i) {
        unsigned at = event->next + i < event->num_fields ? event->next + i : event->next + i - event->num_fields;
        if (is_same(key, event->fields[at].name)) {
            mark_field(event, at, kind);
            return;
        }
    }
    take_unknown_key(reader, key);
}

static str_t decode(reader_t *reader, str_t text, int which)
{
    return jsonline_decode(text, reader->decoded + (size_t)which * STREAM_MAX_LINE);
}

/* Module or type; with a value that is no string the line is no event. */
static str_t take_name(reader_t *reader, const jsonline_member_t *member, int which)
{
    event_t *event = &reader->event;

    if (event->is_found) /* the key stands twice: what was found is wrong */
        *event = (event_t){.module = event->module, .type = event->type, .time = event->time, .needs_second_pass = 1};
    if (member->kind != JSONLINE_STRING)
        return (str_t){NULL, 0};
    return member->is_value_escaped ? decode(reader, member->value, which) : member->value;
}

/* Keys that every event may have. */
typedef enum en_head_t {
    HEAD_MODULE,
    HEAD_TYPE,
    HEAD_TIME,
    HEAD_TID,
    HEAD_PID,
    HEAD_HEX,
    HEAD_TRUNCATED,
    HEAD_UNREADABLE,
    HEAD_NONE
} head_t;

static head_t head_of(str_t key)
{
    static const str_t names[] = {{"module", 6}, {"type", 4}, {"time", 4},      {"tid", 3},
                                  {"pid", 3},    {"hex", 3},  {"truncated", 9}, {"unreadable", 10}};
    head_t head = HEAD_MODULE;

    while (head != HEAD_NONE && !is_same(key, names[head]))
        ++head;
    return head;
}

static void take_head(reader_t *reader, head_t head, const jsonline_member_t *member)
{
    event_t *event = &reader->event;

    if (head == HEAD_MODULE)
        event->module = take_name(reader, member, DECODED_MODULE);
    else if (head == HEAD_TYPE)
        event->type = take_name(reader, member, DECODED_TYPE);
    else if (head == HEAD_TIME)
        event->time = member->kind == JSONLINE_NUMBER ? jsonline_double(member->value) : -1;
    if (!event->is_found && event->module.p != NULL && event->type.p != NULL)
        find_row(reader);
}

static str_t key_of(reader_t *reader, const jsonline_member_t *member)
{
    return member->is_key_escaped ? decode(reader, member->key, DECODED_KEY) : member->key;
}

static void take_member(reader_t *reader, const jsonline_member_t *member)
{
    event_t *event = &reader->event;

    /* no name of a field has a backslash, so an escaped key is not taken for one here */
    if (event->next < event->num_fields && is_same(member->key, event->fields[event->next].name)) {
        mark_field(event, event->next, member->kind);
        return;
    }
    str_t key = key_of(reader, member);
    head_t head = head_of(key);
    if (head == HEAD_NONE)
        take_field(reader, key, member->kind);
    else if (!reader->is_second_pass)
        take_head(reader, head, member);
}

/* ---- losses ---- */

/* "provider:probe": count */
static void take_loss(reader_t *reader, const jsonline_member_t *member)
{
    str_t name = key_of(reader, member);
    const char *colon = memchr(name.p, ':', name.n);
    int64_t count = member->kind == JSONLINE_NUMBER ? jsonline_count(member->value) : -1;
    audit_row_t *row;

    if (colon == NULL || count <= 0)
        return;
    str_t provider = {name.p, (size_t)(colon - name.p)}, probe = {colon + 1, name.n - provider.n - 1};
    if (audit_has_provider(reader->audit, provider) && (row = audit_row(reader->audit, provider, probe)) != NULL)
        add_count(&seen_of(reader->audit, row)->num_lost, (uint64_t)count);
}

/* @return whether the line, which is an event of no provider, reports losses */
static int take_losses(reader_t *reader, str_t line)
{
    jsonline_t json = jsonline_begin(line);
    jsonline_member_t member;
    str_t probes = {NULL, 0};
    int64_t count = -1;

    while (jsonline_next(&json, &member) > 0) {
        str_t key = key_of(reader, &member);
        if (is_same(key, STR("probes")))
            probes = member.kind == JSONLINE_OBJECT ? member.value : (str_t){NULL, 0};
        else if (is_same(key, STR("count")))
            count = member.kind == JSONLINE_NUMBER ? jsonline_count(member.value) : -1;
    }
    if (probes.p == NULL || count < 0)
        return 0;
    add_count(&reader->trace->num_lost, (uint64_t)count);
    json = jsonline_begin(probes);
    while (jsonline_next(&json, &member) > 0)
        take_loss(reader, &member);
    return 1;
}

/* ---- what a stream says of itself ---- */

/* @return whether the line, which is an event of no provider, is the first or the last one of a tracer */
static int is_frame(reader_t *reader, str_t line)
{
    int is_start = is_same(reader->event.type, STR("start")), is_end = is_same(reader->event.type, STR("end"));
    jsonline_t json = jsonline_begin(line);
    jsonline_member_t member;

    while ((is_start || is_end) && jsonline_next(&json, &member) > 0) {
        if (member.kind == JSONLINE_STRING && is_same(key_of(reader, &member), is_start ? STR("definitions") : STR("why")))
            return 1;
    }
    return 0;
}

/* ---- lines ---- */

/* @return whether the line is an object from its beginning to its end */
static int take_members(reader_t *reader, str_t line)
{
    jsonline_t json = jsonline_begin(line);
    jsonline_member_t member;
    int status;

    while ((status = jsonline_next(&json, &member)) > 0)
        take_member(reader, &member);
    return status == 0;
}

static void count_event(reader_t *reader)
{
    const event_t *event = &reader->event;
    audit_seen_t *seen = seen_of(reader->audit, event->row);
    double time = event->time;

    if (seen->num_events == 0 || time < seen->first)
        seen->first = time;
    if (seen->num_events == 0 || time > seen->last)
        seen->last = time;
    ++seen->num_events;
    for (uint64_t bits = event->present; bits != 0; bits &= bits - 1)
        ++seen->num_present[__builtin_ctzll(bits)];
    for (uint64_t bits = event->nulls; bits != 0; bits &= bits - 1)
        ++seen->num_nulls[__builtin_ctzll(bits)];
    audit_key_t *key = seen->unknown_keys;
    for (uint32_t bits = event->unknown; bits != 0; bits >>= 1, key = key->next)
        key->count += bits & 1;
    histogram_add(reader->audit, seen, time);
}

/* @return whether it is an event */
static int take_line(reader_t *reader, str_t line)
{
    event_t *event = &reader->event;

    *event = (event_t){.time = -1};
    reader->is_second_pass = 0;
    if (!take_members(reader, line) || event->module.p == NULL || event->type.p == NULL)
        return 0;
    if (!(event->time >= 0 && event->time < HISTOGRAM_MAX_TIME))
        return 0;
    if (event->needs_second_pass) {
        *event = (event_t){.module = event->module, .type = event->type, .time = event->time};
        reader->is_second_pass = 1;
        find_row(reader);
        take_members(reader, line);
    }
    if (event->is_foreign && is_same(event->type, STR("lost")) && take_losses(reader, line))
        return 1;
    if (event->is_foreign && is_frame(reader, line))
        return 1;
    ++reader->trace->num_events;
    if (event->row != NULL)
        count_event(reader);
    else if (event->is_foreign)
        ++reader->trace->num_foreign;
    return 1;
}

static int is_blank(str_t line)
{
    size_t i = 0;

    while (i != line.n && char_is_blank(line.p[i]))
        ++i;
    return i == line.n;
}

static void read_lines(reader_t *reader)
{
    audit_trace_t *trace = reader->trace;
    const stream_t *stream = &reader->stream;
    uint64_t num_shown = 0;
    line_kind_t kind;
    str_t line;

    while ((kind = stream_next_line(&reader->stream, &line)) != LINE_NONE) {
        if (++trace->num_lines == 1) {
            size_t mark = utf8_bom(line.p, line.n); /* RFC 8259, section 8.1: may be ignored */
            line = (str_t){line.p + mark, line.n - mark};
        }
        int is_right = kind != LINE_TOO_LONG && (is_blank(line) || take_line(reader, line));
        /* half a line where compressed data end early is no second mistake */
        if (!is_right && !(kind == LINE_UNFINISHED && stream->is_damaged) && trace->num_bad_lines++ == 0)
            trace->first_bad_line = trace->num_lines;
        if (num_shown != stream->num_read) {
            num_shown = stream->num_read;
            progress_show(trace->path.p, num_shown >> 20, stream->size >> 20, "MB");
        }
    }
    progress_end();
}

/* ---- the trace ---- */

static audit_trace_t *add_trace(audit_t *audit, str_t path)
{
    audit_trace_t *trace = arena_alloc(audit->arena, sizeof(*trace)), **next = &audit->traces;

    trace->path = path;
    while (*next != NULL)
        next = &(*next)->next;
    return *next = trace;
}

/* Says what keeps the trace from being evidence. */
static void check_trace(audit_t *audit, const audit_trace_t *trace, const stream_t *stream)
{
    if (stream->error[0] != '\0')
        audit_fail(audit, "cannot read '%s': %s", trace->path.p, stream->error);
    else if (trace->num_events == 0)
        audit_fail(audit, "cannot use '%s' as a trace: no line is an event%s", trace->path.p,
                   trace->is_cut ? "; its compressed data are damaged" : "");
}

static int is_stdin(str_t path)
{
    return str_is(path, "-") || str_is(path, "/dev/stdin");
}

void audit_trace(audit_t *audit, const char *path)
{
    str_t name = {path, strlen(path)};
    reader_t reader;

    for (const audit_trace_t *trace = audit->traces; trace != NULL; trace = trace->next) {
        if (is_stdin(name) && is_stdin(trace->path)) {
            audit_fail(audit, "standard input is given twice as a trace, and can be read only once");
            return;
        }
    }
    audit_trace_t *trace = add_trace(audit, name);
    reader = (reader_t){.audit = audit, .trace = trace, .decoded = malloc((size_t)NUM_DECODED * STREAM_MAX_LINE)};
    if (reader.decoded == NULL) {
        audit_fail(audit, "out of memory");
    } else {
        if (stream_open(&reader.stream, path) == 0) {
            read_lines(&reader);
            trace->is_cut = reader.stream.is_damaged;
            histogram_settle(audit);
            stream_close(&reader.stream);
        }
        check_trace(audit, trace, &reader.stream);
    }
    free(reader.decoded);
}
