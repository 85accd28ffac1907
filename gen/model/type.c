/*
 * What a type means.
 *
 * A definition may name types that it never declares: only a C compiler that sees the headers could resolve them all. What a tracer
 * has to know is less: is it a number, of what width and sign, a pointer, and to what. That follows from the words of the type, in
 * whatever order, and from the number of stars and brackets after them. A name that is not a word of C is looked up among the
 * definition's own typedefs and #defines, then in types.def.
 */
#include "model/type.h"

/* typedefs of typedefs of …: more than this is a cycle */
#define MAX_TYPEDEF_DEPTH 32

static const struct {
    const char *name;
    scalar_t scalar;
    unsigned size, size_ilp32;
} known_types[] = {
#define TYPE(name, scalar, size, size_ilp32) {name, scalar, size, size_ilp32},
#include "model/types.def"
#undef TYPE
};

static type_t make(scalar_t scalar, unsigned size, unsigned size_ilp32)
{
    return (type_t){.scalar = scalar, .size = size, .size_ilp32 = size_ilp32};
}

static type_t resolve(const typedefs_t *typedefs, const ctype_t *type, unsigned depth);

static type_t of_name(const typedefs_t *typedefs, str_t name, unsigned depth)
{
    const ctype_t *declared = table_get(&typedefs->by_name, name);
    type_t type = {.scalar = SCALAR_UNKNOWN, .size = 8, .size_ilp32 = 4, .unknown = name};

    if (declared != NULL && depth < MAX_TYPEDEF_DEPTH) {
        type = resolve(typedefs, declared, depth + 1);
        /* D has no bool; definitions make one with `#define bool char` and mean it */
        if (str_is(name, "bool") && (type.scalar == SCALAR_INT || type.scalar == SCALAR_UINT))
            type.scalar = SCALAR_BOOL;
        if (type.scalar != SCALAR_UNKNOWN)
            return type;
    }
    for (size_t i = 0; i < sizeof(known_types) / sizeof(known_types[0]); ++i) {
        if (str_is(name, known_types[i].name))
            return make(known_types[i].scalar, known_types[i].size, known_types[i].size_ilp32);
    }
    return type;
}

/* the words of a type that has neither stars nor brackets */
static type_t of_words(const typedefs_t *typedefs, const ctype_t *type, unsigned depth)
{
    scalar_t integer = (type->basic & CTYPE_UNSIGNED) != 0 ? SCALAR_UINT : SCALAR_INT;

    if (type->tag == CTYPE_ENUM)
        return make(SCALAR_INT, 4, 4);
    if (type->tag != CTYPE_NO_TAG)
        return (type_t){.scalar = SCALAR_UNREADABLE, .pointee = type->name};
    if ((type->basic & (CTYPE_VOID | CTYPE_COMPLEX | CTYPE_INT128)) != 0)
        return make(SCALAR_UNREADABLE, 0, 0);
    if ((type->basic & CTYPE_DOUBLE) != 0)
        return (type->basic & CTYPE_LONG) != 0 ? make(SCALAR_UNREADABLE, 0, 0) : make(SCALAR_FLOAT, 8, 8);
    if ((type->basic & CTYPE_FLOAT) != 0)
        return make(SCALAR_FLOAT, 4, 4);
    if ((type->basic & CTYPE_BOOL) != 0)
        return make(SCALAR_BOOL, 1, 1);
    if ((type->basic & CTYPE_CHAR) != 0)
        return make(integer, 1, 1);
    if ((type->basic & CTYPE_SHORT) != 0)
        return make(integer, 2, 2);
    if ((type->basic & CTYPE_LONG) != 0)
        return make(integer, 8, (type->basic & CTYPE_LONG_LONG) != 0 ? 8 : 4);
    return type->name.n == 0 ? make(integer, 4, 4) : of_name(typedefs, type->name, depth);
}

/* a name that nothing precedes: a map may name a struct by its typedef or by its tag */
static type_t of_pointer_to_name(const typedefs_t *typedefs, str_t name, unsigned depth)
{
    type_t type = make(SCALAR_POINTER, 8, 4), to = of_name(typedefs, name, depth);

    type.pointee = to.scalar == SCALAR_UNREADABLE && to.pointee.n != 0 ? to.pointee : name;
    if (to.scalar == SCALAR_INT && to.size == 1 && !str_is(name, "int8_t"))
        type.scalar = SCALAR_STRING; /* a typedef of char */
    else if (to.scalar == SCALAR_UINT && to.size == 1)
        type.scalar = SCALAR_BYTES;
    return type;
}

/* one star or pair of brackets after the words */
static type_t of_pointer(const typedefs_t *typedefs, const ctype_t *to, unsigned depth)
{
    type_t type = make(SCALAR_POINTER, 8, 4);

    if (to->tag == CTYPE_NO_TAG && to->name.n != 0)
        return of_pointer_to_name(typedefs, to->name, depth);
    if ((to->basic & CTYPE_VOID) != 0 || (to->basic & (CTYPE_CHAR | CTYPE_UNSIGNED)) == (CTYPE_CHAR | CTYPE_UNSIGNED))
        type.scalar = SCALAR_BYTES;
    else if ((to->basic & CTYPE_CHAR) != 0)
        type.scalar = SCALAR_STRING;
    type.pointee = to->name;
    return type;
}

static type_t resolve(const typedefs_t *typedefs, const ctype_t *type, unsigned depth)
{
    if (type->has_parens || type->num_pointers > 1)
        return make(SCALAR_POINTER, 8, 4);
    return type->num_pointers == 1 ? of_pointer(typedefs, type, depth) : of_words(typedefs, type, depth);
}

void type_define(typedefs_t *typedefs, str_t name, const ctype_t *type)
{
    table_put(&typedefs->by_name, name, (void *)type);
}

type_t type_of(const typedefs_t *typedefs, const ctype_t *type)
{
    return resolve(typedefs, type, 0);
}

const char *type_c_name(scalar_t scalar, unsigned size)
{
    static const char *const names[2][9] = {{[1] = "__s8", [2] = "__s16", [4] = "__s32", [8] = "__s64"},
                                            {[1] = "__u8", [2] = "__u16", [4] = "__u32", [8] = "__u64"}};

    return names[scalar != SCALAR_INT && scalar != SCALAR_UNKNOWN][size];
}
