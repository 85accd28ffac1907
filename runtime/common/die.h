#ifndef RUNTIME_COMMON_DIE_H
#define RUNTIME_COMMON_DIE_H

#include <elfutils/libdw.h>
#include <stdint.h>

/** What single DIEs of debug information say, which nobody vouches for: whatever it is, all of this ends. */

/** The next one of a DIE's siblings. Never goes back. @return 0 at the end */
int die_next(Dwarf_Die *die);
/** DW_AT_type. @return 0, or -1 when there is none (void) */
int die_type(Dwarf_Die *die, Dwarf_Die *type);
/** An attribute that is a number. @return 0, or -1 when there is none: the value is as it was then */
int die_udata(Dwarf_Die *die, unsigned name, uint64_t *value);
/** A struct, class or union. */
int die_is_aggregate(Dwarf_Die *type);
/**
 * Looks through typedefs and qualifiers.
 * @param layer called for each of them, the outermost first; may be NULL
 * @return 0, or -1 for void and for loops
 */
int die_peel(Dwarf_Die *type, void (*layer)(void *arg, Dwarf_Die *die), void *arg);

#endif
