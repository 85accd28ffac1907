#ifndef GEN_MODEL_TYPE_H
#define GEN_MODEL_TYPE_H

#include "base/table.h"
#include "syntax/ctype.h"

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

/** What a type means. */
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
    table_t by_name; /* of const ctype_t * */
} typedefs_t;

/** Remembers `typedef type name;`; the first of several wins. The type is not copied. */
void type_define(typedefs_t *typedefs, str_t name, const ctype_t *type);
/** Finds out what a type means; typedefs are looked through. */
type_t type_of(const typedefs_t *typedefs, const ctype_t *type);
/** The C type of fields of events that hold such a value ("__u32", …): the kernel's names, which BPF programs have too. */
const char *type_c_name(scalar_t scalar, unsigned size);

#endif
