#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "structs/structs_int.h"

/*
 * Where the fields of the target's structs are.
 *
 * The answer must be that of the binary which runs, not of the headers that the tracer was built beside, so it is taken from the
 * DWARF of the target's modules. What makes it more than a walk along DW_AT_type:
 *
 * Finding a struct by its name. DWARF has the types once for each source file that uses them, in no order; h2o's 3.8 MB of
 * .debug_info have 29,000 named types in 149 units, one struct 63 times among them. There is no usable table of names
 * (.debug_names and .gdb_index are optional and rare), so dwarf_index.c makes one: the first question reads the outermost level of
 * all units of the first module (10 ms for h2o), every further one is answered from the table. Other modules are opened only when a
 * name is in none of those before.
 *
 * Half a type. A source file that uses `x_t *` only has a declaration of struct st_x_t; the definition is in another unit. So
 * whenever a path goes through a pointer, the struct behind it is looked up by name (dwarf_complete()).
 *
 * One name, two types. C allows `struct config` in one source file to be another one than in the next. A tracer that took the first
 * one would print numbers that look right. All definitions of a name in a module are compared, down to the last member that is not
 * behind a pointer (type_fingerprint()), and if they differ the answer is a reason, not an offset. This is also why the index
 * does not stop in the middle of a module when it has found the name. Members that are embedded need no such care: DWARF refers to
 * the very definition that the compiler used.
 *
 * Hostile files. The target may be anyone's process. libdw checks the bounds of what it reads; what it does not protect from is
 * depth (a typedef of itself, a struct that contains itself) and amount, so everything here that recurses has a limit, lists of
 * siblings may only go forward, and offsets are checked for overflow. The debug files are mapped; a file that someone truncates
 * while the tracer attaches would end the tracer with SIGBUS. Reading them instead costs 7 ms for h2o and all of the file in
 * memory.
 *
 * No network. This is libdw on files that debugfile.c found, not libdwfl: the latter asks debuginfod servers when the
 * environment says so (DEBUGINFOD_URLS), which can take minutes and tells others what is traced here.
 */

typedef struct st_walk_t {
    dwarf_t *dwarf;
    const char *p;   /* what of the path is not yet read */
    found_t at;      /* the type that was reached, not peeled */
    size_t dim;      /* of an array: how many of its dimensions were indexed */
    int is_bits;     /* what was reached is a bit field */
    uint64_t offset; /* since the last pointer */
    struct pg_path *out;
    char *err;
    size_t err_size;
} walk_t;

static __attribute__((format(printf, 2, 3))) int fail(walk_t *walk, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(walk->err, walk->err_size, fmt, args);
    va_end(args);
    return -1;
}

static int advance(walk_t *walk, uint64_t by)
{
    if (__builtin_add_overflow(walk->offset, by, &walk->offset) || walk->offset > INT32_MAX)
        return fail(walk, "the field is too far from the start of the struct");
    return 0;
}

/* Finds a member by its name, also in the unnamed structs and unions among the members. Returns 1, 0, or -1 for a member that is in
 * no constant place. */
static int find_member(Dwarf_Die *aggregate, const char *name, size_t name_len, member_t *member, int depth)
{
    members_t members;
    int status;

    if (depth == TYPE_MAX_DEPTH)
        return -1;
    members_begin(&members, aggregate);
    while ((status = members_next(&members, member)) == 1) {
        if (member->name != NULL) {
            if (strncmp(member->name, name, name_len) == 0 && member->name[name_len] == '\0')
                return 1;
            continue;
        }
        Dwarf_Die inner = member->type;
        uint64_t base = member->offset;
        if (type_peel(&inner, NULL) != 0 || !type_is_aggregate(&inner))
            continue;
        if ((status = find_member(&inner, name, name_len, member, depth + 1)) != 0) {
            /* a bit field's place is not used */
            return status == 1 && __builtin_add_overflow(member->offset, base, &member->offset) ? -1 : status;
        }
    }
    return status;
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
    switch (find_member(&walk->at.die, name, (size_t)(walk->p - name), &member, 0)) {
    case 0:
        return fail(walk, "%s has no member '%.*s'", type_describe(&walk->at.die, type, sizeof(type)), (int)(walk->p - name), name);
    case -1:
        return fail(walk, "the debug information of %s is malformed", type_describe(&walk->at.die, type, sizeof(type)));
    }
    walk->at.die = member.type;
    walk->dim = 0;
    walk->is_bits = member.bit_size != 0;
    return advance(walk, member.offset);
}

static int walk_dot(walk_t *walk)
{
    Dwarf_Die *type = &walk->at.die;

    walk->p += 1;
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
    if (dwarf_type_of(type, type) != 0 || type_peel(type, &alias) != 0 || !type_is_aggregate(type))
        return fail(walk, "the pointer in front of '->%s' does not lead to a struct", walk->p);
    if (dwarf_complete(walk->dwarf, &walk->at, alias, walk->err, walk->err_size) != 0)
        return -1;
    if (walk->out->num_hops == PG_MAX_HOPS - 1)
        return fail(walk, "too many dereferences");
    walk->out->offsets[walk->out->num_hops++] = (uint32_t)walk->offset;
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

    if (type_peel(type, NULL) != 0 || dwarf_tag(type) != DW_TAG_array_type || dwarf_type_of(type, &element) != 0)
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
    for (size_t i = walk->dim + 1; i < dims.num; ++i)
        if (__builtin_mul_overflow(size, dims.counts[i], &size))
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
    walk->out->offsets[walk->out->num_hops++] = (uint32_t)walk->offset;
    walk->out->size = (uint8_t)size;
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
        if (*walk->p == '[') {
            status = walk_index(walk);
        } else if (walk->dim != 0) {
            status = fail(walk, "there is an array in front of '%s'", walk->p);
        } else if (*walk->p == '.') {
            status = walk_dot(walk);
        } else if (walk->p[0] == '-' && walk->p[1] == '>') {
            status = walk_arrow(walk);
        } else {
            status = fail(walk, "the path is malformed at '%s'", walk->p);
        }
        if (status != 0)
            return status;
    }
    return walk_end(walk);
}

int dwarf_path(dwarf_t *dwarf, const char *type, const char *path, struct pg_path *out, char *err, size_t err_size)
{
    walk_t walk = {.dwarf = dwarf, .p = path, .out = out, .err = err, .err_size = err_size};

    *out = (struct pg_path){.num_hops = 0};
    if (dwarf_find(dwarf, type, &walk.at, err, err_size) != 0 || walk_path(&walk) != 0) {
        *out = (struct pg_path){.num_hops = 0};
        return -1;
    }
    return 0;
}
