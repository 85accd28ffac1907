#include <stdlib.h>
#include <string.h>
#include "common/grow.h"
#include "common/version.h"
#include "record/format.h"
#include "record/write.h"

void record_add(record_bytes_t *to, const void *bytes, size_t size)
{
    char *p = to->has_failed ? NULL : grow_list(to->p, &to->capacity, to->n + size, 1);

    if (p == NULL) {
        to->has_failed = 1;
        return;
    }
    to->p = p;
    memcpy(p + to->n, bytes, size);
    to->n += size;
}

static void add_text(record_bytes_t *to, const char *text)
{
    record_add(to, text, strlen(text) + 1);
}

/* @return where it is, for end_block() */
static size_t begin_block(record_bytes_t *to)
{
    size_t at = to->n;

    record_add(to, &(record_block_t){0}, sizeof(record_block_t));
    return at;
}

static void end_block(record_bytes_t *to, size_t at, unsigned kind)
{
    static const char zeros[8];
    size_t size = to->n - at - sizeof(record_block_t);

    record_add(to, zeros, RECORD_BLOCK_SIZE(size) - sizeof(record_block_t) - size);
    if (size > RECORD_MAX_SIZE)
        to->has_failed = 1;
    if (to->has_failed)
        return;
    record_block_t head = {.kind_size = kind | (uint32_t)size << 8};
    head.sum = record_sum(head.kind_size, to->p + at + sizeof(head), to->n - at - sizeof(head));
    memcpy(to->p + at, &head, sizeof(head));
}

static void add_probe(record_bytes_t *to, unsigned number, const describe_start_t *start)
{
    const catalog_probe_t *probe = catalog.probes + number;
    size_t at = begin_block(to);
    const record_probe_t part = {.layout = probe->layout,
                                 .size = probe->size,
                                 .num_slots = probe->num_slots,
                                 .num_fields = probe->num_fields,
                                 .is_selected = start->is_selected[number] != 0,
                                 .is_attached = start->is_attached != NULL && start->is_attached[number] != 0};

    record_add(to, &part, sizeof(part));
    add_text(to, probe->provider);
    add_text(to, probe->name);
    end_block(to, at, RECORD_PROBE);
}

void record_add_begin(record_bytes_t *to, const describe_start_t *start, uint64_t last, const json_t *json)
{
    const record_magic_t magic = {.text = RECORD_MAGIC, .byte_order = RECORD_BYTE_ORDER, .version = RECORD_VERSION};
    const record_begin_t part = {.time = start->time,
                                 .last = last,
                                 .num_sites = start->num_sites,
                                 .show = start->show,
                                 .string_limit = start->string_limit,
                                 .num_probes = catalog.num_probes,
                                 .num_paths = catalog.num_paths,
                                 .pid = start->pid,
                                 .shows_pid = json->shows_pid != 0,
                                 .has_program = start->program != NULL};

    record_add(to, &magic, sizeof(magic));
    size_t at = begin_block(to);
    record_add(to, &part, sizeof(part));
    add_text(to, catalog.tracer);
    add_text(to, PROBEGEN_VERSION);
    add_text(to, start->program != NULL ? start->program : "");
    add_text(to, start->build_id);
    add_text(to, start->filters);
    end_block(to, at, RECORD_BEGIN);
    for (unsigned i = 0; i < catalog.num_probes; ++i)
        add_probe(to, i, start);
}

static void add_layout(record_bytes_t *to, unsigned file, unsigned path, const layout_t *layout)
{
    const record_layout_t part = {.file = file, .path = path};
    size_t size, at = begin_block(to);
    char *bytes = layout_pack(layout, &size);

    record_add(to, &part, sizeof(part));
    add_text(to, catalog.paths[path].type);
    if (bytes != NULL)
        record_add(to, bytes, size);
    else
        to->has_failed = 1;
    free(bytes);
    end_block(to, at, RECORD_LAYOUT);
}

void record_add_state(record_bytes_t *to, const json_t *json, unsigned first)
{
    const record_state_t part = {.epoch = json->epoch, .num_files = json->num_files};

    for (unsigned file = first; file < json->num_files; ++file) {
        const layout_t *layouts = json->layouts + (size_t)file * json->num_paths;
        for (unsigned path = 0; path < json->num_paths; ++path) {
            if (layouts[path].num_steps != 0)
                add_layout(to, file, path, layouts + path);
        }
    }
    size_t at = begin_block(to);
    record_add(to, &part, sizeof(part));
    end_block(to, at, RECORD_STATE);
}

void record_add_lost(record_bytes_t *to, account_t *account, uint64_t time)
{
    const record_lost_t part = {.time = time};
    size_t before = to->n, at = begin_block(to);
    int has_any = 0;

    record_add(to, &part, sizeof(part));
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const record_count_t count = {.probe = i, .lost = account_gain(account, i)};
        if (count.lost != 0)
            record_add(to, &count, sizeof(count));
        has_any |= count.lost != 0;
    }
    if (has_any)
        end_block(to, at, RECORD_LOST);
    else
        to->n = before;
}

void record_add_end(record_bytes_t *to, const describe_end_t *end, const account_t *account)
{
    record_end_t part = {.time = end->time,
                         .seconds = end->seconds,
                         .signal = end->signal,
                         .target_status = end->target_status,
                         .filters = account->filtered != NULL};
    size_t at = begin_block(to);

    strncpy(part.why, end->why, sizeof(part.why) - 1);
    record_add(to, &part, sizeof(part));
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const record_count_t count = {
            .probe = i, .events = account->printed[i], .lost = account->kernel[1 + i], .filtered = account_filtered(account, i)};
        if (count.events != 0 || count.lost != 0 || count.filtered != 0)
            record_add(to, &count, sizeof(count));
    }
    end_block(to, at, RECORD_END);
}
