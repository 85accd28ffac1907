#ifndef GEN_AUDIT_BINARY_MACHINE_H
#define GEN_AUDIT_BINARY_MACHINE_H

#include "base/arena.h"
#include "usdt/note.h"

/** What the machine of an ELF file is called: "x86-64", "ppc64", else "machine 4711". */
str_t machine_name(arena_t *arena, const notes_t *notes);
/** Its name in the folders of libraries of Debian and others ("x86_64-linux-gnu"); NULL: it has none that is known. */
const char *machine_folder(const notes_t *notes);

#endif
