#ifndef GEN_AUDIT_BINARY_DWARF_LINES_H
#define GEN_AUDIT_BINARY_DWARF_LINES_H

#include <elfutils/libdw.h>
#include <stdint.h>

/** An address, and what was found for it. */
typedef struct st_dwarf_line_t {
    uint64_t address;
    int has_function;     /* its function is found, or was known before */
    const char *function; /* NULL: it was known before, or is not found */
    const char *file;     /* NULL: not found */
    int line;
} dwarf_line_t;

/** Is given what was found for the address of this index; the texts last as long as it runs. */
typedef void dwarf_line_fn(void *arg, size_t i, const dwarf_line_t *line);

/**
 * Looks addresses up in DWARF. Malformed DWARF may make libdw crash, loop or use up memory: call it where this does no harm.
 *
 * Names of files are relative to the folder that the compiler ran in or, if the sources are elsewhere, to the folder that all of
 * them have in common: "lib/http2/connection.c" in both cases, whoever built it and where. A file in neither has its whole path.
 * @param lines by ascending address, with has_function set; they are changed
 */
void dwarf_lines_find(Dwarf *dwarf, dwarf_line_t *lines, size_t num, dwarf_line_fn *found, void *arg);

#endif
