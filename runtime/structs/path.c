/*
 * A path: from the name of a struct along its members to a value. Every step checks what the debug information says of the type
 * that was reached; `->` completes the struct that the pointer leads to (structs_complete()) and begins a hop of struct pg_path,
 * and so does an index after a pointer. Text, bytes and addresses may stand there themselves or be what a pointer there leads to.
 * index.c has the essay on how structs are found.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "structs/structs_int.h"

typedef struct st_walk_t {
    structs_t *structs;
    const char *p;     /* what of the path is not yet read */
    found_t at;        /* the type that was reached, not peeled */
    size_t dim;        /* of an array: how many of its dimensions have had their index */
    uint64_t bit_at;   /* of a bit field: its lowest bit, from `offset` */
    uint32_t bit_size; /* 0: what was reached is none */
    uint64_t offset;   /* since the last pointer */
    const catalog_path_t *wanted;
    struct pg_path *out;
    reason_t *reason;
} walk_t;

#define fail(walk, ...) reason_set((walk)->reason, __VA_ARGS__)

static int advance(walk_t *walk, uint64_t by)
{
    if (__builtin_add_overflow(walk->offset, by, &walk->offset) || walk->offset > INT32_MAX)
        return fail(walk, "the field is too far from the start of the struct");
    return 0;
}

/* Begins a hop: what was reached is a pointer. */
static int follow(walk_t *walk)
{
    if (walk->out->num_hops == PG_MAX_HOPS - 1)
        return fail(walk, "too many dereferences");
    walk->out->offsets[walk->out->num_hops++] = walk->offset;
    walk->offset = 0;
    return 0;
}

/* Finds a member by its name, also in the unnamed structs and unions among the members. */
static search_result_t find_member(Dwarf_Die *aggregate, const char *name, size_t name_len, member_t *member, int depth)
{
    members_t members;

    if (depth == TYPE_MAX_DEPTH)
        return SEARCH_REFUSED;
    members_begin(&members, aggregate);
    while (members_next(&members, member)) {
        if (member->name != NULL) {
            if (strncmp(member->name, name, name_len) == 0 && member->name[name_len] == '\0')
                return SEARCH_FOUND;
            continue;
        }
        Dwarf_Die inner = member->type;
        uint64_t base = member->offset;
        search_result_t result;
        if (type_peel(&inner, NULL) != 0 || !die_is_aggregate(&inner) ||
            (result = find_member(&inner, name, name_len, member, depth + 1)) == SEARCH_ABSENT)
            continue;
        if (result == SEARCH_FOUND && __builtin_add_overflow(member->offset, base, &member->offset))
            return SEARCH_REFUSED;
        return result;
    }
    return members.is_malformed ? SEARCH_REFUSED : SEARCH_ABSENT;
}

/* `at` is an aggregate, peeled and complete; the path goes on with a member's name. */
static int walk_member(walk_t *walk)
{
    char type[256];
    const char *name = walk->p;
    member_t member;

    while (isalnum((unsigned char)*walk->p) || *walk->p == '_')
        ++walk->p;
    if (walk->p == name || isdigit((unsigned char)*name))
        return fail(walk, "the path is malformed at '%s'", name);
    search_result_t result = find_member(&walk->at.die, name, walk->p - name, &member, 0);
    if (result == SEARCH_ABSENT)
        return fail(walk, "%s has no member '%.*s'", type_describe(&walk->at.die, type, sizeof(type)), (int)(walk->p - name), name);
    if (result == SEARCH_REFUSED)
        return fail(walk, "the debug information of %s is malformed", type_describe(&walk->at.die, type, sizeof(type)));
    walk->at.die = member.type;
    walk->dim = 0;
    walk->bit_at = member.bit_at;
    walk->bit_size = member.bit_size;
    return advance(walk, member.offset);
}

static int walk_dot(walk_t *walk)
{
    Dwarf_Die *type = &walk->at.die;

    ++walk->p;
    if (type_peel(type, NULL) != 0 || !die_is_aggregate(type))
        return fail(walk, "there is no struct in front of '.%s'%s", walk->p,
                    dwarf_tag(type) == DW_TAG_pointer_type ? ", but a pointer" : "");
    return walk_member(walk);
}

static int walk_arrow(walk_t *walk)
{
    const char *alias;
    Dwarf_Die *type = &walk->at.die;

    walk->p += 2;
    if (type_peel(type, NULL) != 0 || dwarf_tag(type) != DW_TAG_pointer_type)
        return fail(walk, "there is no pointer in front of '->%s'", walk->p);
    if (die_type(type, type) != 0 || type_peel(type, &alias) != 0 || !die_is_aggregate(type))
        return fail(walk, "the pointer in front of '->%s' does not lead to a struct", walk->p);
    if (structs_complete(walk->structs, &walk->at, alias, walk->reason) != 0)
        return -1;
    return follow(walk) == 0 ? walk_member(walk) : -1;
}

/* "[3]" after a pointer: it leads to the first of several */
static int walk_pointer_index(walk_t *walk, uint64_t index)
{
    const char *alias;
    Dwarf_Die element;
    uint64_t size;

    if (die_type(&walk->at.die, &element) != 0)
        return fail(walk, "the pointer in front of '[%llu]' leads to no type", (unsigned long long)index);
    walk->at.die = element;
    if (type_peel(&element, &alias) == 0 && die_is_aggregate(&element)) {
        walk->at.die = element;
        if (structs_complete(walk->structs, &walk->at, alias, walk->reason) != 0)
            return -1;
    }
    if (type_size(&walk->at.die, &size) != 0)
        return fail(walk, "the size of an element is unknown");
    if (follow(walk) != 0)
        return -1;
    if (__builtin_mul_overflow(size, index, &size))
        return fail(walk, "the field is too far from the start of the struct");
    return advance(walk, size);
}

/* "[3]" */
static int walk_index(walk_t *walk)
{
    Dwarf_Die *type = &walk->at.die, element;
    const char *reason, *at = walk->p;
    char *end;
    dims_t dims;
    uint64_t size, index;

    if (!isdigit((unsigned char)at[1]) || (index = strtoull(at + 1, &end, 10), *end != ']'))
        return fail(walk, "the path is malformed at '%s'", at);
    walk->p = end + 1;
    if (type_peel(type, NULL) != 0 || !(dwarf_tag(type) == DW_TAG_array_type || dwarf_tag(type) == DW_TAG_pointer_type))
        return fail(walk, "there is neither an array nor a pointer in front of '%s'", at);
    if (dwarf_tag(type) == DW_TAG_pointer_type)
        return walk_pointer_index(walk, index);
    if (die_type(type, &element) != 0 || type_size(&element, &size) != 0)
        return fail(walk, "the size of an element is unknown");
    if ((reason = type_dims(type, &dims)) != NULL)
        return fail(walk, "%s", reason);
    if (index >= dims.counts[walk->dim])
        return fail(walk, "index %llu is outside of the array (%llu elements)", (unsigned long long)index,
                    (unsigned long long)dims.counts[walk->dim]);
    if (dims_size(&dims, walk->dim + 1, &size) != 0)
        return fail(walk, "the size of an element is unknown");
    if (__builtin_mul_overflow(size, index, &size) || advance(walk, size) != 0)
        return fail(walk, "the field is too far from the start of the struct");
    if (++walk->dim == dims.num) {
        *type = element;
        walk->dim = 0;
    }
    return 0;
}

/* ---- the end of the path ---- */

/* what is read there; `bits` of them, from bit `first` on, are the value */
static int end_value(walk_t *walk, uint64_t size, unsigned first, unsigned bits)
{
    struct pg_path *out = walk->out;

    out->offsets[out->num_hops++] = walk->offset;
    out->size = size;
    out->left = 64 - first - bits;
    out->right = 64 - bits;
    out->sign = out->is_signed ? 1ull << (bits - 1) : 0;
    return 0;
}

static int end_bits(walk_t *walk)
{
    unsigned first = walk->bit_at % 8, size = (first + walk->bit_size + 7) / 8;

    if (size > 8)
        return fail(walk, "a bit field of more than 8 bytes is not supported");
    return advance(walk, walk->bit_at / 8) == 0 ? end_value(walk, size, first, walk->bit_size) : -1;
}

/* An integer, a pointer, a floating-point number. */
static int end_number(walk_t *walk)
{
    enum en_layout_kind_t kind;
    uint32_t size;
    const char *reason;

    if ((reason = type_scalar(&walk->at.die, &kind, &size)) != NULL)
        return fail(walk, "%s", reason);
    /* bits of the other kind would be a wrong value */
    if ((kind == LAYOUT_FLOAT) != (walk->wanted->kind == CATALOG_FLOAT))
        return kind == LAYOUT_FLOAT ? fail(walk, "it is a floating-point number of %u bytes", size)
                                    : fail(walk, "it is no floating-point number");
    if (walk->wanted->kind == CATALOG_LENGTH && kind == LAYOUT_POINTER)
        return fail(walk, "it is no integer");
    walk->out->is_signed = kind == LAYOUT_INT;
    walk->out->is_float = kind == LAYOUT_FLOAT;
    return walk->bit_size != 0 ? end_bits(walk) : end_value(walk, size, 0, size * 8);
}

/* What is left of an array whose first dimensions have had their index, or the size of any other type; 0: unknown. */
static uint64_t size_here(walk_t *walk)
{
    Dwarf_Die *type = &walk->at.die, element;
    dims_t dims;
    uint64_t size;

    if (walk->dim == 0)
        return type_size(type, &size) == 0 ? size : 0;
    if (die_type(type, &element) != 0 || type_size(&element, &size) != 0 || type_dims(type, &dims) != NULL ||
        dims_size(&dims, walk->dim, &size) != 0)
        return 0;
    return size;
}

/* What the field is about stands there itself: the value is its address. */
static int end_in_place(walk_t *walk)
{
    const catalog_path_t *wanted = walk->wanted;
    int has_length = wanted->has_length || wanted->fixed_length != 0;
    uint64_t size = size_here(walk);

    if (size > UINT32_MAX)
        return fail(walk, "the field is too large");
    /* a flexible array member has no size of its own */
    if (size == 0 && !has_length && wanted->kind == CATALOG_BYTES)
        return fail(walk, "how many bytes it has is not known: write a length in brackets after it");
    if (size != 0 && wanted->fixed_length > size)
        return fail(walk, "it has %llu bytes, not %u", (unsigned long long)size, wanted->fixed_length);
    walk->out->offsets[walk->out->num_hops++] = walk->offset;
    walk->out->whole_size = size;
    walk->out->place = UINT64_MAX;
    return 0;
}

/* Text, bytes, an address: there itself, or a pointer leads to it. */
static int end_pointed(walk_t *walk)
{
    const catalog_path_t *wanted = walk->wanted;
    int tag = dwarf_tag(&walk->at.die), is_pointer = walk->dim == 0 && tag == DW_TAG_pointer_type;

    if (is_pointer && wanted->kind == CATALOG_BYTES && !wanted->has_length && wanted->fixed_length == 0)
        return fail(walk, "it is a pointer, and how many bytes it leads to is not known: write a length in brackets after it");
    if (is_pointer)
        return end_value(walk, 8, 0, 64);
    if (walk->bit_size != 0)
        return fail(walk, "the field is a bit field");
    if (wanted->kind == CATALOG_TEXT && tag != DW_TAG_array_type)
        return fail(walk, "it is neither a pointer nor an array");
    if (wanted->kind == CATALOG_ADDRESS && tag != DW_TAG_array_type && !die_is_aggregate(&walk->at.die))
        return fail(walk, "it is neither a struct nor a pointer to one");
    return end_in_place(walk);
}

static int walk_end(walk_t *walk)
{
    if (type_peel(&walk->at.die, NULL) != 0)
        return fail(walk, "the field's type is not supported");
    switch (walk->wanted->kind) {
    case CATALOG_TEXT:
    case CATALOG_BYTES:
    case CATALOG_ADDRESS:
        return end_pointed(walk);
    default:
        return end_number(walk);
    }
}

/* Along all members. */
static int walk_members(walk_t *walk)
{
    if (walk_member(walk) != 0)
        return -1;
    while (*walk->p != '\0') {
        int status;
        if (*walk->p == '[')
            status = walk_index(walk);
        else if (walk->dim != 0)
            status = fail(walk, "there is an array in front of '%s'", walk->p);
        else if (*walk->p == '.')
            status = walk_dot(walk);
        else if (walk->p[0] == '-' && walk->p[1] == '>')
            status = walk_arrow(walk);
        else
            status = fail(walk, "the path is malformed at '%s'", walk->p);
        if (status != 0)
            return status;
    }
    return 0;
}

static int walk_path(walk_t *walk)
{
    return walk_members(walk) == 0 ? walk_end(walk) : -1;
}

int structs_pointee(structs_t *structs, size_t module, const catalog_path_t *path, found_t *found, reason_t *reason)
{
    struct pg_path unused = {0};
    walk_t walk = {.structs = structs, .p = path->path, .wanted = path, .out = &unused, .reason = reason};
    Dwarf_Die *type = &walk.at.die;

    if (structs_find(structs, module, path->type, &walk.at, reason) != 0 || walk_members(&walk) != 0)
        return -1;
    if (type_peel(type, NULL) != 0 || dwarf_tag(type) != DW_TAG_pointer_type || die_type(type, type) != 0 ||
        type_peel(type, NULL) != 0 || !die_is_aggregate(type))
        return reason_set(reason, "%s is no pointer to a struct", path->path);
    *found = walk.at;
    return 0;
}

int structs_path(structs_t *structs, size_t module, const catalog_path_t *path, struct pg_path *out, reason_t *reason)
{
    walk_t walk = {.structs = structs, .p = path->path, .wanted = path, .out = out, .reason = reason};

    *out = (struct pg_path){0};
    if (structs_find(structs, module, path->type, &walk.at, reason) != 0 || walk_path(&walk) != 0) {
        *out = (struct pg_path){0};
        return -1;
    }
    return 0;
}

int structs_path_is_sound(const struct pg_path *path)
{
    return path->num_hops <= PG_MAX_HOPS && path->size <= 8 && path->left < 64 && path->right < 64;
}
