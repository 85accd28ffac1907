/*
 * What a block may say. The hash of a probe says that its record is laid out as ours; nothing says that the bytes are what the BPF
 * program would have written. A view relies on these: no string is longer than its slot, a struct has a layout, of a file that
 * there is, and json_bound() is a bound of what there is to print.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/section.h"

#define MAX_FILES 4096
#define MAX_STEPS 65536              /* of all layouts: each event with a struct is printed with room for all of them */
#define MAX_TEXT (16u * 1024 * 1024) /* bytes of text in all of them, for the same reason */
/* bytes of texts, with their NUL; what is compressed is small, whatever it becomes */
#define MAX_NAME 256
#define MAX_PATH 4096
#define MAX_FILTERS (2u * 1024 * 1024) /* a command line has no more */
#define MAX_BEGIN (2 * MAX_NAME + 2 * MAX_PATH + MAX_FILTERS)

static const char no_memory[] = "out of memory";

/* ---- beginning ---- */

/* Takes a text with its NUL. @param max bytes that it may have @return NULL: it has no NUL there, or memory is short */
static char *take_text(const char **bytes, const char *end, size_t max)
{
    size_t left = (size_t)(end - *bytes);
    const char *text = *bytes, *nul = memchr(text, '\0', left < max ? left : max);

    if (nul == NULL)
        return NULL;
    *bytes = nul + 1;
    return strdup(text);
}

const char *section_begin(section_t *section, const char *bytes, size_t size)
{
    static const size_t max[] = {[SECTION_TRACER] = MAX_NAME,
                                 [SECTION_VERSION] = MAX_NAME,
                                 [SECTION_PROGRAM] = MAX_PATH,
                                 [SECTION_BUILD_ID] = MAX_PATH,
                                 [SECTION_FILTERS] = MAX_FILTERS};
    const char *at = bytes + sizeof(section->begin), *end = bytes + size;

    if (size < sizeof(section->begin))
        return "its beginning is too short";
    memcpy(&section->begin, bytes, sizeof(section->begin));
    if (section->begin.num_probes > PG_MAX_PROBES || section->begin.num_paths > UINT16_MAX ||
        section->begin.show > (PG_SHOW_PRIVATE | PG_SHOW_DURATIONS))
        return "its beginning has numbers that cannot be";
    for (size_t i = 0; i < sizeof(section->texts) / sizeof(section->texts[0]); ++i) {
        if ((section->texts[i] = take_text(&at, end, max[i])) == NULL)
            return "its beginning lacks a text, or one is too long";
    }
    const char *id = section->texts[SECTION_BUILD_ID];
    if (id[strspn(id, "0123456789abcdef")] != '\0')
        return "its build id is none";
    section->probes = calloc(section->begin.num_probes + 1, sizeof(*section->probes));
    section->is_selected = calloc(catalog.num_probes + 1, 1);
    section->is_attached = calloc(catalog.num_probes + 1, 1);
    if (section->probes == NULL || section->is_selected == NULL || section->is_attached == NULL)
        return no_memory;
    section->has_begun = 1;
    return NULL;
}

/* @return a number in the catalog; -1: it is not there, or its record is another one */
static int find_own(const record_probe_t *part, const char *provider, const char *name)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        if (probe->layout == part->layout && probe->size == part->size && probe->num_slots == part->num_slots &&
            probe->num_fields == part->num_fields && strcmp(probe->provider, provider) == 0 && strcmp(probe->name, name) == 0)
            return (int)i;
    }
    return -1;
}

const char *section_add_probe(section_t *section, const char *bytes, size_t size)
{
    record_probe_t part;
    const char *at = bytes + sizeof(part), *end = bytes + size;

    if (size < sizeof(part) || section->num_probes == section->begin.num_probes)
        return "a probe is not what it should be";
    memcpy(&part, bytes, sizeof(part));
    recorded_probe_t *probe = section->probes + section->num_probes++;
    probe->size = part.size;
    probe->num_slots = part.num_slots;
    char *provider = take_text(&at, end, MAX_NAME), *name = provider != NULL ? take_text(&at, end, MAX_NAME) : NULL;
    int failed = name == NULL || asprintf(&probe->name, "%s:%s", provider, name) == -1;
    if (failed) {
        probe->name = NULL;
    } else if ((probe->own = find_own(&part, provider, name)) != -1) {
        section->is_selected[probe->own] = part.is_selected != 0;
        section->is_attached[probe->own] = part.is_attached != 0;
    }
    free(provider);
    free(name);
    return failed ? "a probe has no name, or one that is too long" : NULL;
}

/* ---- layouts ---- */

static int make_room(section_t *section, unsigned num_files)
{
    size_t old = (size_t)section->num_layout_files * catalog.num_paths, num = (size_t)num_files * catalog.num_paths;

    if (num_files <= section->num_layout_files)
        return 0;
    layout_t *layouts = realloc(section->layouts, (num + 1) * sizeof(*layouts));
    if (layouts == NULL)
        return -1;
    memset(layouts + old, 0, (num - old) * sizeof(*layouts));
    section->layouts = layouts;
    section->num_layout_files = num_files;
    return 0;
}

/* The path of the catalog that copies such a struct; NULL: none does. */
static const catalog_path_t *find_path(const char *type, size_t size)
{
    for (unsigned i = 0; i < catalog.num_paths; ++i) {
        const catalog_path_t *path = catalog.paths + i;
        if (path->kind == CATALOG_WHOLE && strlen(path->type) == size && memcmp(path->type, type, size) == 0)
            return path;
    }
    return NULL;
}

static int is_too_large(section_t *section, const layout_t *layout)
{
    section->num_steps += layout->num_steps;
    for (size_t i = 0; i < layout->num_steps; ++i)
        section->text_size += layout->steps[i].kind == LAYOUT_TEXT ? layout->steps[i].size : 0;
    return section->num_steps > MAX_STEPS || section->text_size > MAX_TEXT;
}

const char *section_add_layout(section_t *section, const char *bytes, size_t size)
{
    record_layout_t part;
    const char *type = bytes + sizeof(part), *end = bytes + size, *nul;

    if (size < sizeof(part) || (nul = memchr(type, '\0', (size_t)(end - type))) == NULL)
        return "a struct's layout is too short";
    memcpy(&part, bytes, sizeof(part));
    if (part.file < section->num_files || part.file >= MAX_FILES || part.path >= section->begin.num_paths)
        return "a struct's layout is of a file that cannot be";
    const catalog_path_t *path = find_path(type, (size_t)(nul - type));
    if (path == NULL)
        return NULL;
    if (make_room(section, part.file + 1) != 0)
        return no_memory;
    layout_t *layout = section->layouts + (size_t)part.file * catalog.num_paths + (path - catalog.paths);
    if (layout->num_steps != 0 || layout_unpack(layout, nul + 1, (size_t)(end - nul - 1)) != 0 || is_too_large(section, layout))
        return "a struct's layout is none";
    return NULL;
}

const char *section_set_state(section_t *section, const char *bytes, size_t size)
{
    record_state_t part;

    if (size != sizeof(part))
        return "its state is not what it should be";
    memcpy(&part, bytes, sizeof(part));
    if (part.num_files < section->num_files || part.num_files > MAX_FILES || part.num_files < section->num_layout_files)
        return "its number of files cannot be";
    if (make_room(section, part.num_files) != 0)
        return no_memory;
    section->num_files = part.num_files;
    section->epoch = part.epoch;
    section->has_state = 1;
    return NULL;
}

/* ---- records ---- */

/* A struct's layout is found by the number of its file: it becomes that of our table. @return whether there is one */
static int find_layout(const section_t *section, struct pg_span *span, int path)
{
    uint32_t base = span->flags >> PG_SPAN_PATHS_SHIFT, theirs = section->begin.num_paths;

    if (theirs == 0 || base % theirs != 0 || base / theirs >= section->num_files)
        return 0;
    size_t own = (size_t)(base / theirs) * catalog.num_paths;
    if (own >= 1u << (32 - PG_SPAN_PATHS_SHIFT) || section->layouts[own + (unsigned)path].num_steps == 0)
        return 0;
    span->flags = (span->flags & ((1u << PG_SPAN_PATHS_SHIFT) - 1)) | (uint32_t)own << PG_SPAN_PATHS_SHIFT;
    return 1;
}

static int are_spans_right(const section_t *section, const catalog_probe_t *probe, struct pg_head *record, uint32_t show)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const catalog_field_t *field = probe->fields + i;
        if (field->slot < 0 || (field->gate != 0 && (field->gate & show) == 0) || (record->nulls >> field->bit & 1) != 0)
            continue;
        struct pg_span *span = (struct pg_span *)((char *)record + field->offset);
        if (span->got > record->slot || (field->value == CATALOG_VALUE_OBJECT && !find_layout(section, span, field->path)))
            return 0;
    }
    return 1;
}

const char *section_check_record(section_t *section, struct pg_head *record, size_t size, uint32_t show, int *own)
{
    static const char is_wrong[] = "a record is not what it should be";

    if (size < sizeof(*record) || record->probe >= section->num_probes)
        return is_wrong;
    recorded_probe_t *recorded = section->probes + record->probe;
    *own = recorded->own;
    if (*own == -1) {
        ++recorded->num;
        return NULL;
    }
    const catalog_probe_t *probe = catalog.probes + *own;
    if (record->slot > PG_MAX_STRING || size != probe->size + (size_t)probe->num_slots * record->slot ||
        (probe->num_slots != 0 && !are_spans_right(section, probe, record, show)))
        return is_wrong;
    record->probe = (uint16_t)*own;
    return NULL;
}

const char *section_check_told(const struct pg_told *told, size_t size)
{
    return size == sizeof(*told) && told->head.probe == PG_TOLD && told->name_size < sizeof(told->name)
               ? NULL
               : "what is told of a connection is not what it should be";
}

const char *section_check_counts(const section_t *section, record_count_t *counts, size_t *num)
{
    size_t num_own = 0;

    for (size_t i = 0; i < *num; ++i) {
        record_count_t count = counts[i];
        if (count.probe >= section->num_probes)
            return "a count is of a probe that is not there";
        int own = section->probes[count.probe].own;
        if (own == -1)
            continue;
        count.probe = (uint32_t)own;
        counts[num_own++] = count;
    }
    *num = num_own;
    return NULL;
}

/* ---- parts ---- */

/* @return whether a record can have this size, as far as its head is there */
static int is_record_size(const section_t *section, size_t size, const char *bytes, size_t got)
{
    struct pg_head head;

    if (got < sizeof(head) || size < sizeof(head))
        return size >= sizeof(head);
    memcpy(&head, bytes, sizeof(head));
    if (head.probe >= section->num_probes)
        return 0;
    const recorded_probe_t *probe = section->probes + head.probe;
    return size == probe->size + (uint64_t)probe->num_slots * head.slot;
}

static int is_sum_size(const section_t *section, size_t size, size_t fixed)
{
    return size >= fixed && (size - fixed) % sizeof(record_count_t) == 0 &&
           (size - fixed) / sizeof(record_count_t) <= section->num_probes;
}

const char *section_check_part(const section_t *section, unsigned kind, size_t size, const char *bytes, size_t got)
{
    int is_right = kind == RECORD_BEGIN    ? size >= sizeof(record_begin_t) && size <= sizeof(record_begin_t) + MAX_BEGIN
                   : kind == RECORD_PROBE  ? size >= sizeof(record_probe_t) && size <= sizeof(record_probe_t) + 2 * MAX_NAME
                   : kind == RECORD_LAYOUT ? size >= sizeof(record_layout_t)
                   : kind == RECORD_STATE  ? size == sizeof(record_state_t)
                   : kind == RECORD_RECORD ? is_record_size(section, size, bytes, got)
                   : kind == RECORD_LOST   ? is_sum_size(section, size, sizeof(record_lost_t))
                   : kind == RECORD_END    ? is_sum_size(section, size, sizeof(record_end_t))
                   : kind == RECORD_TOLD   ? size == sizeof(struct pg_told)
                                           : 0;

    return is_right ? NULL : "a block has a size that it cannot have, or is of no kind";
}

void section_dispose(section_t *section)
{
    size_t num = (size_t)section->num_layout_files * catalog.num_paths;

    for (size_t i = 0; i < sizeof(section->texts) / sizeof(section->texts[0]); ++i)
        free(section->texts[i]);
    for (unsigned i = 0; section->probes != NULL && i < section->num_probes; ++i)
        free(section->probes[i].name);
    for (size_t i = 0; i < num; ++i)
        layout_dispose(section->layouts + i);
    free(section->probes);
    free(section->is_selected);
    free(section->is_attached);
    free(section->layouts);
    *section = (section_t){0};
}
