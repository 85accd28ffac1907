#ifndef RUNTIME_DEBUGFILE_H
#define RUNTIME_DEBUGFILE_H

#include <libelf.h>
#include "target.h"

/** The ELF file that has the DWARF of a module: the module itself, or its separate debug file. */
typedef struct st_debugfile_t {
    Elf *elf; /* NULL: there is none */
    int fd;
} debugfile_t;

/**
 * Finds and opens it. Separate debug files are looked for where gdb looks (https://sourceware.org/gdb/current/onlinedocs/gdb.html/
 * Separate-Debug-Files.html), by build-id, then by .gnu_debuglink, in the target's file system, then in the tracer's; a file that
 * belongs to another build is passed over. Nothing is fetched from the network.
 * @return 1, or 0 when there is no debug information
 */
int debugfile_open(debugfile_t *file, const target_t *target, const module_t *module);
void debugfile_close(debugfile_t *file);

#endif
