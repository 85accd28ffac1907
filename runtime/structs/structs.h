#ifndef RUNTIME_STRUCTS_STRUCTS_H
#define RUNTIME_STRUCTS_STRUCTS_H

#include "common/catalog.h"
#include "common/reason.h"
#include "common/layout.h"
#include "usdt/target.h"

/** The structs that the debug information of a target's modules has, separate debug files included (never from the network). */
typedef struct st_structs_t structs_t;

/**
 * Debug information is read when it is first asked for; the target must stay open until structs_close(). A module without any is
 * passed over.
 * @return NULL: out of memory
 */
structs_t *structs_open(const target_t *target);
void structs_close(structs_t *structs);

/**
 * Where a field is, as a file of the target has it.
 * @param module index in target_t: the file whose site passes the pointer. Which files are asked is said at the top of index.c
 * @param path   its type: "struct st_x", "union x", "x_t" (a typedef), "struct shop::st_x"; its path: "a.b->c.d", "ids[0].x";
 * members of anonymous structs and unions have their own name alone; `->` is for pointers only, `[ ]` for arrays and pointers;
 * typedefs and const are looked through. Its kind says what may be there: not CATALOG_WHOLE
 * @return 0, or -1 with a reason ("FILE has no debug information", and what was tried, "struct st_x is not in the debug information
 * of FILE", "struct st_x has no member 'b'", "struct st_x has several definitions that differ", "the field is a struct" (an array),
 *         "too many dereferences")
 */
int structs_path(structs_t *structs, size_t module, const catalog_path_t *path, struct pg_path *out, reason_t *reason);

/**
 * Variables of the type that a pointer leads to, such as tables of functions, in the source files that define a struct.
 * @param kind the pointer @param type the struct: "struct st_x"
 * @param addresses as the file has them; room for `max`
 * @return how many there are, at most `max`; -1 with a reason
 */
int structs_variables(structs_t *structs, size_t module, const catalog_path_t *kind, const char *type, uint64_t *addresses,
                      unsigned max, reason_t *reason);

/** Whether a path is one that structs_path() can return: it may have come from somebody who is not trusted. */
int structs_path_is_sound(const struct pg_path *path);

/**
 * All members of a struct or union. Members of anonymous structs and unions are members of the struct around them; flexible array
 * members and arrays without elements are left out; char arrays are text, arrays of int8_t and uint8_t are numbers. The caller
 * frees it with layout_dispose().
 * @return 0, or -1 with a reason; a single member of a type that has no step (long double, __int128, _Complex) is one
 */
int structs_layout(structs_t *structs, size_t module, const char *type, layout_t *out, reason_t *reason);

#endif
