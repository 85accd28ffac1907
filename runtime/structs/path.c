/*
 * A path: from the name of a struct along its members to a number. Every step checks what the debug information says of the type
 * that was reached; `->` completes the struct that the pointer leads to (structs_complete()) and begins a hop of struct pg_path.
 * index.c has the essay on how structs are found.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "structs/structs_int.h"

typedef struct st_walk_t {
    structs_t *structs;
    const char *p;   /* what of the path is not yet read */
    found_t at;      /* the type that was reached, not peeled */
    size_t dim;      /* of an array: how many of its dimensions have had their index */
    int is_bits;     /* what was reached is a bit field */
    uint64_t offset; /* since the last pointer */
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
        if (type_peel(&inner, NULL) != 0 || !type_is_aggregate(&inner) ||
            (result = find_member(&inner, name, name_len, member, depth + 1)) == SEARCH_ABSENT)
            continue;
        /* a bit field's place is not used */
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
    walk->is_bits = member.bit_size != 0;
    return advance(walk, member.offset);
}

static int walk_dot(walk_t *walk)
{
    Dwarf_Die *type = &walk->at.die;

    ++walk->p;
    if (type_peel(type, NULL) != 0 || !type_is_aggregate(type))
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
    if (die_type(type, type) != 0 || type_peel(type, &alias) != 0 || !type_is_aggregate(type))
        return fail(walk, "the pointer in front of '->%s' does not lead to a struct", walk->p);
    if (structs_complete(walk->structs, &walk->at, alias, walk->reason) != 0)
        return -1;
    if (walk->out->num_hops == PG_MAX_HOPS - 1)
        return fail(walk, "too many dereferences");
    walk->out->offsets[walk->out->num_hops++] = walk->offset;
    walk->offset = 0;
    return walk_member(walk);
}

/* "[3]" */
static int walk_index(walk_t *walk)
{
    Dwarf_Die *type = &walk->at.die, element;
    const char *reason;
    char *end;
    dims_t dims;
    uint64_t size, index;

    if (type_peel(type, NULL) != 0 || dwarf_tag(type) != DW_TAG_array_type || die_type(type, &element) != 0)
        return fail(walk, "there is no array in front of '%s'", walk->p);
    if ((reason = type_dims(type, &dims)) != NULL)
        return fail(walk, "%s", reason);
    if (type_size(&element, &size) != 0)
        return fail(walk, "the size of an element is unknown");
    if (!isdigit((unsigned char)walk->p[1]) || (index = strtoull(walk->p + 1, &end, 10), *end != ']'))
        return fail(walk, "the path is malformed at '%s'", walk->p);
    walk->p = end + 1;
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

/* The end of the path: it must be a number. */
static int walk_end(walk_t *walk)
{
    enum en_layout_kind_t kind;
    uint32_t size;
    const char *reason;

    if (walk->is_bits)
        return fail(walk, "the field is a bit field");
    if (type_peel(&walk->at.die, NULL) != 0)
        return fail(walk, "the field's type is not supported");
    if ((reason = type_scalar(&walk->at.die, &kind, &size)) != NULL)
        return fail(walk, "%s", reason);
    walk->out->offsets[walk->out->num_hops++] = walk->offset;
    walk->out->size = size;
    walk->out->is_signed = kind == LAYOUT_INT;
    walk->out->is_float = kind == LAYOUT_FLOAT;
    return 0;
}

static int walk_path(walk_t *walk)
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
    return walk_end(walk);
}

int structs_path(structs_t *structs, const char *type, const char *path, struct pg_path *out, reason_t *reason)
{
    walk_t walk = {.structs = structs, .p = path, .out = out, .reason = reason};

    *out = (struct pg_path){0};
    if (structs_find(structs, type, &walk.at, reason) != 0 || walk_path(&walk) != 0) {
        *out = (struct pg_path){0};
        return -1;
    }
    return 0;
}
