/* A layout as bytes, between a worker that reads debug information and the tracer, who believes nothing of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/layout.h"

#define MAX_DEPTH 64

typedef struct st_layout_head_t {
    uint32_t size, num_steps;
} layout_head_t;

/* Its name follows: `name_size` bytes, without a NUL. */
typedef struct st_layout_part_t {
    uint32_t offset, size;
    uint16_t name_size; /* 0: it has none */
    uint8_t kind, bit_offset, bit_size;
} layout_part_t;

int layout_is_name(const char *name, size_t size)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";

    for (size_t i = 0; i < size; ++i) {
        if (name[i] == '\0' || strchr(allowed, name[i]) == NULL)
            return 0;
    }
    return size != 0 && size <= LAYOUT_MAX_NAME;
}

char *layout_pack(const layout_t *layout, size_t *size)
{
    const layout_head_t head = {.size = layout->size, .num_steps = layout->num_steps};
    char *bytes = NULL;
    FILE *to = open_memstream(&bytes, size);

    if (to == NULL)
        return NULL;
    fwrite(&head, sizeof(head), 1, to);
    for (size_t i = 0; i < layout->num_steps; ++i) {
        const layout_step_t *step = layout->steps + i;
        layout_part_t part = {.offset = step->offset,
                              .size = step->size,
                              .name_size = step->name != NULL ? strlen(step->name) : 0,
                              .kind = step->kind,
                              .bit_offset = step->bit_offset,
                              .bit_size = step->bit_size};
        fwrite(&part, sizeof(part), 1, to);
        if (step->name != NULL)
            fwrite(step->name, 1, part.name_size, to);
    }
    int failed = ferror(to);
    if (fclose(to) == 0 && !failed)
        return bytes;
    free(bytes);
    return NULL;
}

/* ---- reading ---- */

typedef struct st_layout_reader_t {
    layout_t *layout;
    const char *at, *end;
    unsigned depth;
    uint64_t in_array; /* bit 0: the innermost container is one, and so on outwards */
} layout_reader_t;

static int take(layout_reader_t *reader, void *to, size_t size)
{
    if ((size_t)(reader->end - reader->at) < size)
        return -1;
    memcpy(to, reader->at, size);
    reader->at += size;
    return 0;
}

static int is_number(const layout_step_t *step)
{
    if (step->bit_size != 0)
        return step->kind != LAYOUT_FLOAT && step->size >= 1 && step->size <= 8 &&
               step->bit_offset + step->bit_size <= step->size * 8u;
    if (step->bit_offset != 0) /* of bits alone: a number is shifted by it */
        return 0;
    if (step->kind == LAYOUT_FLOAT)
        return step->size == 4 || step->size == 8;
    return step->size == 1 || step->size == 2 || step->size == 4 || step->size == 8;
}

/* Whether it can stand where the reader is; then the reader goes in or out. */
static int is_in_place(layout_reader_t *reader, const layout_step_t *step)
{
    int has_name = step->name != NULL, is_container = step->kind == LAYOUT_OBJECT || step->kind == LAYOUT_ARRAY;

    if (step->kind > LAYOUT_TEXT || step->offset > reader->layout->size || step->size > reader->layout->size - step->offset)
        return 0;
    if (step->kind == LAYOUT_END) {
        reader->in_array >>= 1;
        return !has_name && reader->depth-- != 0;
    }
    if (reader->depth == 0)
        return !has_name && step->kind == LAYOUT_OBJECT && step == reader->layout->steps && ++reader->depth;
    if (has_name == (int)(reader->in_array & 1) || (!is_container && step->kind != LAYOUT_TEXT && !is_number(step)))
        return 0;
    if (is_container) {
        reader->in_array = reader->in_array << 1 | (step->kind == LAYOUT_ARRAY);
        return ++reader->depth < MAX_DEPTH;
    }
    return 1;
}

static int take_step(layout_reader_t *reader)
{
    layout_step_t *step = reader->layout->steps + reader->layout->num_steps;
    layout_part_t part;

    if (take(reader, &part, sizeof(part)) != 0 || (size_t)(reader->end - reader->at) < part.name_size ||
        (part.name_size != 0 && !layout_is_name(reader->at, part.name_size)))
        return -1;
    *step = (layout_step_t){
        .kind = part.kind, .offset = part.offset, .size = part.size, .bit_offset = part.bit_offset, .bit_size = part.bit_size};
    if (part.name_size != 0 && (step->name = strndup(reader->at, part.name_size)) == NULL)
        return -1;
    reader->at += part.name_size;
    ++reader->layout->num_steps;
    return is_in_place(reader, step) ? 0 : -1;
}

int layout_unpack(layout_t *layout, const char *bytes, size_t size)
{
    layout_reader_t reader = {.layout = layout, .at = bytes, .end = bytes + size};
    layout_head_t head;
    int failed;

    *layout = (layout_t){0};
    if (take(&reader, &head, sizeof(head)) != 0 || head.size == 0 || head.size > INT32_MAX || head.num_steps == 0 ||
        head.num_steps > LAYOUT_MAX_STEPS || (layout->steps = calloc(head.num_steps, sizeof(*layout->steps))) == NULL)
        return -1;
    layout->size = head.size;
    do {
        failed = take_step(&reader);
    } while (!failed && layout->num_steps < head.num_steps);
    if (!failed && reader.depth == 0 && reader.at == reader.end)
        return 0;
    layout_dispose(layout);
    return -1;
}

void layout_dispose(layout_t *layout)
{
    for (size_t i = 0; i < layout->num_steps; ++i)
        free((char *)layout->steps[i].name);
    free(layout->steps);
    *layout = (layout_t){0};
}
