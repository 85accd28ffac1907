#ifndef RUNTIME_DWARF_H
#define RUNTIME_DWARF_H

#include "record.h"
#include "target.h"

/** The debug information of a target's modules, separate debug files included (build-id and debuglink; never from the network). */
typedef struct st_dwarf_t dwarf_t;

/* limits of a layout; a struct that exceeds them has none */
#define LAYOUT_MAX_STEPS 4096

/** One step of printing a struct that was copied whole, in order of declaration, arrays unrolled. */
typedef struct st_layout_step_t {
    enum en_layout_kind_t {
        LAYOUT_OBJECT, /* begin of a struct or union */
        LAYOUT_ARRAY,  /* begin of an array */
        LAYOUT_END,    /* end of either */
        LAYOUT_INT,    /* also enumerations of a signed type */
        LAYOUT_UINT,
        LAYOUT_BOOL,
        LAYOUT_FLOAT,   /* size 4 or 8 */
        LAYOUT_POINTER, /* printed as a number in hex, never followed */
        LAYOUT_TEXT     /* char array: up to its first NUL */
    } kind;
    const char *name; /* NULL in arrays and for the outermost object */
    uint32_t offset, size;
    /** of a bit field: the lowest bit within the `size` bytes at `offset`, and their number; bit_size 0: not a bit field */
    uint8_t bit_offset, bit_size;
} layout_step_t;

/**
 * All steps are within the struct: offset + size <= layout_t.size. Sizes of numbers are 1, 2, 4 or 8. Names are ASCII identifiers.
 * Objects and arrays are less than 64 deep, each with its end.
 */
typedef struct st_layout_t {
    uint32_t size; /* of the struct in bytes */
    layout_step_t *steps;
    size_t num_steps;
} layout_t;

/**
 * Debug information is read when it is first asked for; the target must stay open until dwarf_close().
 * @return never NULL for a live process; a module without debug information is passed over. NULL with a reason in `err` otherwise
 */
dwarf_t *dwarf_open(const target_t *target, char *err, size_t err_size);
void dwarf_close(dwarf_t *dwarf);

/**
 * Where a field is.
 * @param type "struct st_x", "union x", "x_t" (a typedef), any of them
 * @param path "a.b->c.d"; members of anonymous structs and unions are found by their own name; `->` through pointers only, typedefs
 * and const are looked through; an index in brackets ("ids[0].x") is allowed
 * @return 0, or -1 with a reason in `err` ("no debug information", "struct st_x is not in the debug information",
 *         "struct st_x has no member 'b'", "struct st_x has several definitions that differ", "the field is a struct" (an array, a
 * bit field), "too many dereferences")
 */
int dwarf_path(dwarf_t *dwarf, const char *type, const char *path, struct pg_path *out, char *err, size_t err_size);

/**
 * All members of a struct or union. Members of anonymous structs and unions are members of the struct around them; flexible array
 * members and arrays without elements are left out; char arrays are text, arrays of int8_t and uint8_t are numbers. The caller
 * frees it with layout_dispose().
 * @return 0, or -1 with a reason in `err`, also when a single member is of a type that has no step (long double, __int128,
 * _Complex)
 */
int dwarf_layout(dwarf_t *dwarf, const char *type, layout_t *out, char *err, size_t err_size);
void layout_dispose(layout_t *layout);

#endif
