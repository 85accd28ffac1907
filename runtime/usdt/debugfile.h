#ifndef RUNTIME_USDT_DEBUGFILE_H
#define RUNTIME_USDT_DEBUGFILE_H

#include <libelf.h>
#include "common/reason.h"

/** The ELF file that has the DWARF of a module: the module itself, or its separate debug file. */
typedef struct st_debugfile_t {
    Elf *elf; /* NULL: there is none */
    int fd;
} debugfile_t;

/** What is wanted of a separate debug file. */
enum { DEBUGFILE_DWARF = 1, DEBUGFILE_SYMBOLS = 2 };

/**
 * Finds and opens the debug file of a file: that itself, or a separate one of the same build. Nothing is fetched from the network.
 * @param path  opens the file whose debug information is wanted
 * @param name  what it is called in its file system: absolute, without symbolic links
 * @param root  opens the root of that file system, which is searched before our own; NULL: there is only our own
 * @param wants DEBUGFILE_*: one of them is enough; the file itself is the result only if it has DWARF
 * @param reason NULL: nobody wants to know; else, if there is none: which files were tried, what is wrong with each, and what to
 * do, as what goes on after "NAME has no debug information"
 * @return 0, or -1 when there is none
 */
int debugfile_find(debugfile_t *file, const char *path, const char *name, const char *root, int wants, reason_t *reason);
int debugfile_has_dwarf(const debugfile_t *file);
void debugfile_close(debugfile_t *file);

#endif
