#ifndef GEN_AUDIT_BINARY_MACHINE_H
#define GEN_AUDIT_BINARY_MACHINE_H

#include "base/arena.h"
#include "usdt/note.h"

/** What the machine of an ELF file is called: "x86-64", "ppc64", or "machine 4711" if it has no name here. In the arena, or a
 * literal. */
str_t machine_name(arena_t *arena, const notes_t *notes);
/** Its folder in those of libraries, on Debian and others: "x86_64-linux-gnu". NULL: it has none that is known. */
const char *machine_folder(const notes_t *notes);

#endif
