/* A struct that is printed whole, as a list of steps (layout.h): what output/json.c prints needs no debug information any more. */
#include <stdlib.h>
#include <string.h>
#include "common/grow.h"
#include "structs/structs_int.h"

typedef struct st_builder_t {
    layout_t *layout;
    size_t capacity;
    reason_t *reason;
} builder_t;

/* Where a value is: its name and its place in the outermost struct. */
typedef struct st_place_t {
    const char *name;
    uint64_t offset;
    int depth;
} place_t;

static int add_type(builder_t *builder, Dwarf_Die *type, place_t place);

static int fail(builder_t *builder, const char *name, const char *reason)
{
    return reason_set(builder->reason, "member '%s': %s", name != NULL ? name : "", reason);
}

static int add_step(builder_t *builder, layout_step_t step, const place_t *place, uint64_t size)
{
    layout_t *layout = builder->layout;
    layout_step_t *steps;
    uint64_t end;

    /* whoever prints it may rely on this */
    if (__builtin_add_overflow(place->offset, size, &end) || end > layout->size)
        return fail(builder, place->name, "it is outside of the struct");
    if (place->name != NULL && !layout_is_name(place->name, strlen(place->name)))
        return reason_set(builder->reason, "a member's name is malformed");
    if (layout->num_steps == LAYOUT_MAX_STEPS)
        return reason_set(builder->reason, "the struct has too many members");
    if ((steps = grow_list(layout->steps, &builder->capacity, layout->num_steps, sizeof(*steps))) == NULL)
        return reason_set(builder->reason, "out of memory");
    layout->steps = steps;
    /* a copy: the name is in the debug file, which is closed before the layout is used */
    if (place->name != NULL && (step.name = strdup(place->name)) == NULL)
        return reason_set(builder->reason, "out of memory");
    step.offset = place->offset;
    step.size = size;
    steps[layout->num_steps++] = step;
    return 0;
}

static int add_end(builder_t *builder, const place_t *place, uint64_t size)
{
    return add_step(builder, (layout_step_t){.kind = LAYOUT_END}, &(place_t){.offset = place->offset}, size);
}

/* The bytes that are read for a bit field are those that have a bit of it. */
static int add_bits(builder_t *builder, const member_t *member, place_t place)
{
    Dwarf_Die type = member->type;
    layout_step_t step = {.bit_size = member->bit_size};
    const char *reason;
    uint64_t first = place.offset * 8 + member->bit_at, size = (first % 8 + member->bit_size + 7) / 8;
    uint32_t declared_size;

    if (type_peel(&type, NULL) != 0)
        return fail(builder, place.name, "its type is not supported");
    if ((reason = type_scalar(&type, &step.kind, &declared_size)) != NULL)
        return fail(builder, place.name, reason);
    if (size > 8)
        return fail(builder, place.name, "a bit field of more than 8 bytes is not supported");
    place.offset = first / 8;
    step.bit_offset = first % 8;
    return add_step(builder, step, &place, size);
}

/* Members of unnamed structs and unions are those of the struct around them. */
static int add_members(builder_t *builder, Dwarf_Die *aggregate, place_t place)
{
    members_t members;
    member_t member;

    if (place.depth == TYPE_MAX_DEPTH)
        return fail(builder, place.name, "it is nested too deeply");
    members_begin(&members, aggregate);
    while (members_next(&members, &member)) {
        place_t inner = {.name = member.name, .depth = place.depth + 1};
        if (__builtin_add_overflow(place.offset, member.offset, &inner.offset) || inner.offset > builder->layout->size)
            return fail(builder, member.name, "it is outside of the struct");
        if (member.name == NULL) {
            Dwarf_Die type = member.type;
            if (type_peel(&type, NULL) == 0 && die_is_aggregate(&type) && add_members(builder, &type, inner) != 0)
                return -1;
        } else if (member.bit_size != 0 ? add_bits(builder, &member, inner) != 0 : add_type(builder, &member.type, inner) != 0) {
            return -1;
        }
    }
    return members.is_malformed ? fail(builder, place.name, "its debug information is malformed") : 0;
}

static int add_aggregate(builder_t *builder, Dwarf_Die *type, place_t place)
{
    uint64_t size;

    if (type_size(type, &size) != 0)
        return fail(builder, place.name, "its size is unknown");
    if (add_step(builder, (layout_step_t){.kind = LAYOUT_OBJECT}, &place, size) != 0 || add_members(builder, type, place) != 0)
        return -1;
    return add_end(builder, &place, size);
}

static int is_char(Dwarf_Die *type)
{
    Dwarf_Die peeled = *type;
    const char *name;

    /* int8_t and uint8_t are numbers; they are "signed char" and "unsigned char" */
    return type_peel(&peeled, NULL) == 0 && dwarf_tag(&peeled) == DW_TAG_base_type && (name = dwarf_diename(&peeled)) != NULL &&
           strcmp(name, "char") == 0;
}

static int add_dim(builder_t *builder, Dwarf_Die *element, const dims_t *dims, size_t dim, uint64_t element_size, place_t place)
{
    uint64_t stride = element_size, size;

    if (dims_size(dims, dim + 1, &stride) != 0 || __builtin_mul_overflow(stride, dims->counts[dim], &size))
        return fail(builder, place.name, "its size is unknown");
    if (dim + 1 == dims->num && is_char(element))
        return add_step(builder, (layout_step_t){.kind = LAYOUT_TEXT}, &place, size);

    if (add_step(builder, (layout_step_t){.kind = LAYOUT_ARRAY}, &place, size) != 0)
        return -1;
    place_t inner = {.offset = place.offset, .depth = place.depth + 1};
    for (uint64_t i = 0; i < dims->counts[dim]; ++i, inner.offset += stride) {
        int status = dim + 1 == dims->num ? add_type(builder, element, inner)
                                          : add_dim(builder, element, dims, dim + 1, element_size, inner);
        if (status != 0)
            return status;
    }
    return add_end(builder, &place, size);
}

static int add_array(builder_t *builder, Dwarf_Die *type, place_t place)
{
    Dwarf_Die element;
    const char *reason;
    uint64_t element_size;
    dims_t dims;

    if ((reason = type_dims(type, &dims)) != NULL)
        return fail(builder, place.name, reason);
    /* a flexible array member is not part of the struct's size, and how many elements it has is not known here */
    for (size_t i = 0; i < dims.num; ++i)
        if (dims.counts[i] == 0)
            return 0;
    if (die_type(type, &element) != 0 || type_size(&element, &element_size) != 0 || element_size == 0)
        return fail(builder, place.name, "its size is unknown");
    return add_dim(builder, &element, &dims, 0, element_size, place);
}

static int add_type(builder_t *builder, Dwarf_Die *type, place_t place)
{
    Dwarf_Die peeled = *type;
    layout_step_t step = {0};
    const char *reason;
    uint32_t size;

    if (place.depth == TYPE_MAX_DEPTH)
        return fail(builder, place.name, "it is nested too deeply");
    if (type_peel(&peeled, NULL) != 0)
        return fail(builder, place.name, "its type is not supported");
    if (die_is_aggregate(&peeled))
        return add_aggregate(builder, &peeled, place);
    if (dwarf_tag(&peeled) == DW_TAG_array_type)
        return add_array(builder, &peeled, place);
    if ((reason = type_scalar(&peeled, &step.kind, &size)) != NULL)
        return fail(builder, place.name, reason);
    return add_step(builder, step, &place, size);
}

int structs_layout(structs_t *structs, size_t module, const char *type, layout_t *out, reason_t *reason)
{
    builder_t builder = {.layout = out, .reason = reason};
    found_t found;
    uint64_t size;

    *out = (layout_t){0};
    if (structs_find(structs, module, type, &found, reason) != 0)
        return -1;
    if (type_size(&found.die, &size) != 0 || size == 0 || size > INT32_MAX)
        return reason_set(reason, "the size of %s is unknown", type);
    out->size = size;
    if (add_aggregate(&builder, &found.die, (place_t){.depth = 0}) != 0) {
        layout_dispose(out);
        return -1;
    }
    return 0;
}
