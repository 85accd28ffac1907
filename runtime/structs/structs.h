#ifndef RUNTIME_STRUCTS_STRUCTS_H
#define RUNTIME_STRUCTS_STRUCTS_H

#include "structs/layout.h"
#include "bpf/record.h"
#include "usdt/target.h"

/** The debug information of a target's modules, separate debug files included (build-id and debuglink; never from the network). */
typedef struct st_dwarf_t dwarf_t;

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
