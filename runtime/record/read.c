/*
 * Blocks one after the other. A block that is not whole, or whose checksum is wrong, is the end of a section: what comes after it
 * can be read from the next beginning on. Is there none, it was cut off if the bytes ended before the block did, else it is
 * damaged.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "record/read.h"

#define CAPACITY (256 * 1024) /* what is in it is in the processor's cache when it is looked at */

static const char after_end[] = "something follows the end";

_Static_assert(sizeof(RECORD_MAGIC) - 1 == sizeof(((record_magic_t *)0)->text), "the magic has its place");

int record_open(record_reader_t *reader, const char *path, reason_t *reason)
{
    *reader = (record_reader_t){.capacity = CAPACITY, .buffer = malloc(CAPACITY)};
    if (input_open(&reader->input, path, reason) != 0)
        return -1;
    return reader->buffer != NULL ? 0 : reason_set(reason, "out of memory");
}

int record_begin(record_reader_t *reader, reason_t *reason)
{
    return input_begin(&reader->input, reason);
}

void record_close(record_reader_t *reader)
{
    section_dispose(&reader->section);
    input_close(&reader->input);
    free(reader->buffer);
}

/* ---- bytes ---- */

static size_t num_left(const record_reader_t *reader)
{
    return reader->end - reader->pos;
}

/* Blocks are aligned in memory. @return 0, or -1 when out of memory */
static int make_room(record_reader_t *reader, size_t size)
{
    size_t left = num_left(reader);

    memmove(reader->buffer, reader->buffer + reader->pos, left);
    reader->passed += reader->pos;
    reader->pos = 0;
    reader->end = left;
    if (size <= reader->capacity)
        return 0;
    char *larger = realloc(reader->buffer, size);
    if (larger == NULL)
        return -1;
    reader->buffer = larger;
    reader->capacity = size;
    return 0;
}

/* Reads until there are so many bytes. @return 1; 0: there are not; -1 with a reason */
static int want(record_reader_t *reader, size_t size, reason_t *reason)
{
    if (num_left(reader) >= size && reader->pos % 8 == 0)
        return 1;
    if (make_room(reader, size) != 0)
        return reason_set(reason, "out of memory");
    while (num_left(reader) < size && !reader->is_ended) {
        if (reader->idle != NULL && !reader->idle(reader->arg)) {
            reader->is_ended = 1;
            break;
        }
        ssize_t n = input_read(&reader->input, reader->buffer + reader->end, reader->capacity - reader->end, reason);
        if (n == -1)
            return -1;
        reader->end += (size_t)n;
        reader->is_ended = n == 0;
    }
    return num_left(reader) >= size;
}

/* What an event has of the network may look like a magic. @return whether a section begins here; -1 with a reason */
static int is_beginning(record_reader_t *reader, reason_t *reason)
{
    record_magic_t magic;
    record_block_t head;
    int more = want(reader, sizeof(magic) + sizeof(head), reason);

    if (more != 1)
        return more;
    memcpy(&magic, reader->buffer + reader->pos, sizeof(magic));
    memcpy(&head, reader->buffer + reader->pos + sizeof(magic), sizeof(head));
    size_t size = head.kind_size >> 8, padded = RECORD_BLOCK_SIZE(size) - sizeof(head);
    if (magic.byte_order != RECORD_BYTE_ORDER || magic.version != RECORD_VERSION || (head.kind_size & 0xff) != RECORD_BEGIN ||
        section_check_part(&reader->section, RECORD_BEGIN, size, NULL, 0) != NULL)
        return 0;
    more = want(reader, sizeof(magic) + sizeof(head) + padded, reason);
    if (more != 1)
        return more;
    return record_sum(head.kind_size, reader->buffer + reader->pos + sizeof(magic) + sizeof(head), padded) == head.sum;
}

/* Goes to the next section that does not begin here. @return 1; 0: there is none; -1 with a reason */
static int find_section(record_reader_t *reader, reason_t *reason)
{
    static const char magic[] = RECORD_MAGIC;
    const size_t size = sizeof(magic) - 1;
    int more;

    ++reader->pos;
    while ((more = want(reader, size, reason)) == 1) {
        char *at = memmem(reader->buffer + reader->pos, num_left(reader), magic, size);
        reader->pos = at != NULL ? (size_t)(at - reader->buffer) : reader->end - (size - 1);
        int found = at != NULL ? is_beginning(reader, reason) : 0;
        if (found != 0)
            return found;
        reader->pos += at != NULL;
    }
    return more;
}

static item_kind_t refuse(record_reader_t *reader, uint64_t at, const char *what, reason_t *reason)
{
    reason_set(reason, "%s is damaged at byte %llu: %s", reader->input.name, (unsigned long long)at, what);
    return ITEM_FAILED;
}

/* The bytes have an end. @param left what is no block, of bytes @return ITEM_NONE: whoever wrote it came no further */
static item_kind_t end_of_bytes(record_reader_t *reader, size_t left, reason_t *reason)
{
    const input_t *input = &reader->input;

    reader->num_cut = left + (input->is_cut != 0);
    if (input->damage == NULL)
        return ITEM_NONE;
    reason_set(reason, "%s is damaged: its compressed data cannot be read on (%s); what came before was replayed", input->name,
               input->damage);
    return ITEM_FAILED;
}

/* Leaves out what cannot be read. @param is_cut it ends where the bytes do @return ITEM_STATE: there is another section */
static item_kind_t skip_damage(record_reader_t *reader, int is_cut, const char *what, reason_t *reason)
{
    uint64_t at = reader->passed + reader->pos;
    size_t left = num_left(reader);
    int found = find_section(reader, reason);

    if (found == -1)
        return ITEM_FAILED;
    if (found) {
        reader->num_damaged += reader->passed + reader->pos - at;
        return ITEM_STATE;
    }
    reader->pos = reader->end;
    return is_cut ? end_of_bytes(reader, left, reason) : refuse(reader, at, what, reason);
}

/* ---- blocks ---- */

static item_kind_t begin_section(record_reader_t *reader, reason_t *reason)
{
    record_magic_t magic;
    int more = want(reader, sizeof(magic), reason);

    if (more != 1)
        return more == 0 ? skip_damage(reader, 1, "", reason) : ITEM_FAILED;
    memcpy(&magic, reader->buffer + reader->pos, sizeof(magic));
    if (magic.byte_order == __builtin_bswap32(RECORD_BYTE_ORDER))
        reason_set(reason, "%s was recorded on a machine with the other byte order: it can be replayed on such a machine only",
                   reader->input.name);
    else if (magic.byte_order != RECORD_BYTE_ORDER)
        reason_set(reason, "%s is damaged: its byte order is none", reader->input.name);
    else if (magic.version != RECORD_VERSION)
        reason_set(reason, "%s has version %u of the format of recordings, and this %s reads version %u: use the one that wrote it",
                   reader->input.name, magic.version, catalog.tracer, RECORD_VERSION);
    else {
        if (reader->leave != NULL)
            reader->leave(reader->arg);
        section_dispose(&reader->section);
        reader->pos += sizeof(magic);
        return ITEM_STATE;
    }
    return ITEM_FAILED;
}

static const char *take_counts(record_reader_t *reader, item_t *item, char *bytes, size_t size)
{
    if (size % sizeof(*item->counts) != 0)
        return "its counts are not what they should be";
    item->counts = (record_count_t *)bytes;
    item->num_counts = size / sizeof(*item->counts);
    return section_check_counts(&reader->section, item->counts, &item->num_counts);
}

static const char *take_lost(record_reader_t *reader, item_t *item, char *bytes, size_t size)
{
    record_lost_t part;

    if (size < sizeof(part))
        return "its losses are too short";
    memcpy(&part, bytes, sizeof(part));
    item->time = part.time;
    return take_counts(reader, item, bytes + sizeof(part), size - sizeof(part));
}

static const char *take_end(record_reader_t *reader, item_t *item, char *bytes, size_t size)
{
    record_end_t part;

    if (size < sizeof(part))
        return "its end is too short";
    memcpy(&part, bytes, sizeof(part));
    size_t len = strnlen(part.why, sizeof(part.why));
    if (len == 0 || len == sizeof(part.why) || strspn(part.why, "abcdefghijklmnopqrstuvwxyz") != len || !isfinite(part.seconds) ||
        part.seconds < 0 || part.seconds > 1e12)
        return "its end is not what it should be";
    memcpy(item->why, part.why, sizeof(part.why));
    item->end = (describe_end_t){
        .time = part.time, .seconds = part.seconds, .why = item->why, .signal = part.signal, .target_status = part.target_status};
    item->filters = part.filters != 0;
    reader->section.has_ended = 1;
    return take_counts(reader, item, bytes + sizeof(part), size - sizeof(part));
}

/* @param kind of the item; ITEM_NONE: it is nothing that the caller has to know */
static const char *take_block(record_reader_t *reader, unsigned block, char *bytes, size_t size, item_t *item, item_kind_t *kind)
{
    section_t *section = &reader->section;
    int is_complete = section->has_begun && section->num_probes == section->begin.num_probes, own = 0;
    const char *wrong;

    *kind = ITEM_NONE;
    if (block == RECORD_BEGIN && !section->has_begun) {
        wrong = section_begin(section, bytes, size);
        *kind = wrong == NULL && section->begin.num_probes == 0 ? ITEM_SECTION : ITEM_NONE;
    } else if (block == RECORD_PROBE && section->has_begun && !is_complete) {
        wrong = section_add_probe(section, bytes, size);
        *kind = section->num_probes == section->begin.num_probes ? ITEM_SECTION : ITEM_NONE;
    } else if (!is_complete) {
        wrong = "a block is not in its place";
    } else if (block == RECORD_LAYOUT) {
        wrong = section_add_layout(section, bytes, size);
    } else if (block == RECORD_STATE) {
        wrong = section_set_state(section, bytes, size);
        *kind = ITEM_STATE;
    } else if (block == RECORD_RECORD && section->has_state) {
        item->record = (struct pg_head *)bytes;
        item->size = size;
        wrong = section_check_record(section, item->record, size, reader->show, &own);
        *kind = own != -1 ? ITEM_RECORD : ITEM_NONE;
    } else if (block == RECORD_TOLD && section->has_state) {
        item->record = (struct pg_head *)bytes;
        item->size = size;
        wrong = section_check_told((struct pg_told *)bytes, size);
        *kind = ITEM_TOLD;
    } else if (block == RECORD_LOST && section->has_state) {
        wrong = take_lost(reader, item, bytes, size);
        *kind = ITEM_LOST;
    } else if (block == RECORD_END) {
        wrong = take_end(reader, item, bytes, size);
        *kind = ITEM_END;
    } else {
        wrong = "it has a block that this version of the format does not";
    }
    return wrong;
}

/* There is less than a block. @return what is wrong with it; NULL: it is a block's or a section's first part */
static const char *check_part(const record_reader_t *reader)
{
    size_t left = num_left(reader);
    const char *bytes = reader->buffer + reader->pos;
    record_block_t head;

    if (left < sizeof(RECORD_MAGIC) - 1 && memcmp(bytes, RECORD_MAGIC, left) == 0)
        return NULL;
    if (reader->section.has_ended)
        return after_end;
    if (left < sizeof(head))
        return NULL;
    memcpy(&head, bytes, sizeof(head));
    return section_check_part(&reader->section, head.kind_size & 0xff, head.kind_size >> 8, bytes + sizeof(head),
                              left - sizeof(head));
}

/* @return ITEM_NONE: there is nothing that the caller has to know */
static item_kind_t next_block(record_reader_t *reader, item_t *item, reason_t *reason)
{
    record_block_t head;
    item_kind_t kind;
    int more = want(reader, sizeof(head), reason);

    if (more == 1) {
        memcpy(&head, reader->buffer + reader->pos, sizeof(head));
        more = want(reader, RECORD_BLOCK_SIZE(head.kind_size >> 8), reason);
    }
    if (more == -1)
        return ITEM_FAILED;
    const char *wrong = more == 0 ? check_part(reader) : reader->section.has_ended ? after_end : NULL;
    if (more == 0 || wrong != NULL)
        return skip_damage(reader, wrong == NULL, wrong, reason);
    size_t size = head.kind_size >> 8, whole = RECORD_BLOCK_SIZE(size);
    char *bytes = reader->buffer + reader->pos + sizeof(head);
    if (record_sum(head.kind_size, bytes, whole - sizeof(head)) != head.sum)
        return skip_damage(reader, 0, "a checksum is wrong", reason);
    wrong = take_block(reader, head.kind_size & 0xff, bytes, size, item, &kind);
    if (wrong != NULL)
        return refuse(reader, reader->passed + reader->pos, wrong, reason);
    reader->pos += whole;
    return kind == ITEM_NONE ? ITEM_STATE : kind;
}

static int is_at_magic(const record_reader_t *reader)
{
    return memcmp(reader->buffer + reader->pos, RECORD_MAGIC, sizeof(RECORD_MAGIC) - 1) == 0;
}

item_kind_t record_next(record_reader_t *reader, item_t *item, reason_t *reason)
{
    int more = want(reader, sizeof(RECORD_MAGIC) - 1, reason);
    int is_first = reader->passed == 0 && reader->pos == 0;

    if (more == -1)
        return ITEM_FAILED;
    if (more == 1 && is_at_magic(reader))
        return begin_section(reader, reason);
    if (is_first) {
        reason_set(reason, "%s is no recording", reader->input.name);
        return ITEM_FAILED;
    }
    if (num_left(reader) == 0)
        return end_of_bytes(reader, 0, reason);
    return next_block(reader, item, reason);
}
