#ifndef GEN_MODEL_TYPE_H
#define GEN_MODEL_TYPE_H

#include "base/table.h"

typedef enum en_scalar_t {
    SCALAR_INT,
    SCALAR_UINT,
    SCALAR_BOOL,
    SCALAR_FLOAT,
    SCALAR_STRING,    /* char *, string */
    SCALAR_BYTES,     /* void *, uint8_t *, unsigned char *: bytes if their length is known */
    SCALAR_POINTER,   /* any other pointer */
    SCALAR_UNKNOWN,   /* a name that nothing declares */
    SCALAR_UNREADABLE /* struct or union by value, long double, __int128 */
} scalar_t;

/** What a type's text means. */
typedef struct st_type_t {
    scalar_t scalar;
    unsigned size;       /* in bytes: 1, 2, 4, 8 */
    unsigned size_ilp32; /* the same in 32-bit programs */
    /**
     * Pointers to one struct, union or typedef: what they point to ("struct st_x", "x_t"), const removed, typedefs of structs
     * looked through; a struct or union by value: itself; else n == 0.
     */
    str_t pointee;
    /** SCALAR_UNKNOWN: the name that nothing declares */
    str_t unknown;
} type_t;

/** typedef names of the definitions that are being read */
typedef struct st_typedefs_t {
    arena_t *arena;
    table_t by_name; /* of str_t *: the type's text */
} typedefs_t;

/** Remembers `typedef text name;`; the first of several wins. */
void type_define(typedefs_t *typedefs, str_t name, str_t text);
/** Finds out what a type's text (normalised as in ast.h) means; typedefs are looked through. */
type_t type_of(const typedefs_t *typedefs, str_t text);
/** "type name" as it is declared in C ("char *x", "char x[16]", "void (*x)(int)"); the type alone when there is no name. */
str_t type_declare(arena_t *arena, str_t type, str_t name);
/** The C type of fields of events that hold such a value ("__u32", …): the kernel's names, which BPF programs have too. */
const char *type_c_name(scalar_t scalar, unsigned size);

#endif
