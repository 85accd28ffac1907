#ifndef RUNTIME_COMMON_LAYOUT_H
#define RUNTIME_COMMON_LAYOUT_H

/* How a struct that was copied whole is printed: structs/layout.c finds it out, output/json.c does it. */

#include <stddef.h>
#include <stdint.h>

/* a struct that needs more has no layout */
#define LAYOUT_MAX_STEPS 4096
/* bytes of a member's name */
#define LAYOUT_MAX_NAME 1024

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
 * The first step is the struct itself, the last one its end. All steps are within the struct: offset + size <= layout_t.size. Sizes
 * of numbers are 1, 2, 4 or 8, of bit fields 1 to 8. Names are ASCII identifiers. Objects and arrays are less than 64 deep, each
 * with its end.
 */
typedef struct st_layout_t {
    uint32_t size; /* of the struct in bytes */
    layout_step_t *steps;
    size_t num_steps;
} layout_t;

/** Whether it can be a member's name: such names are printed without being escaped. */
int layout_is_name(const char *name, size_t size);
/** The bytes of it for layout_unpack() of this very program, to be freed by the caller. @return NULL: out of memory */
char *layout_pack(const layout_t *layout, size_t *size);
/**
 * Reads what layout_pack() has made, or somebody who wants to do harm: all that is said above is true of the result.
 * @return 0, or -1: it is no layout, or memory is short, and there is nothing to dispose of
 */
int layout_unpack(layout_t *layout, const char *bytes, size_t size);
void layout_dispose(layout_t *layout);

#endif
