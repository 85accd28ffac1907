#ifndef GEN_AUDIT_BINARY_DWARF_LINES_H
#define GEN_AUDIT_BINARY_DWARF_LINES_H

#include <elfutils/libdw.h>
#include <stdint.h>

/** An address, and what was found of it. */
typedef struct st_dwarf_line_t {
    uint64_t address;
    int has_function;     /* in: its function is known already */
    const char *function; /* NULL: known already, or not found */
    const char *file;     /* NULL: not found */
    int line;
} dwarf_line_t;

/** Is given what was found of one address; the texts live as long as it runs. */
typedef void dwarf_line_fn(void *arg, size_t i, const dwarf_line_t *line);

/**
 * Looks addresses up in DWARF, which may make libdw crash, loop or eat memory if it is malformed: call it where this does no harm.
 *
 * Names of files are relative to the folder that the compiler ran in, or, if that is not where the sources are, to the folder that
 * all of them have in common: "lib/http2/connection.c" in both cases, whoever built it and where. What is in neither has its whole
 * path.
 * @param lines by ascending address; function, file and line are filled in
 */
void dwarf_lines_find(Dwarf *dwarf, dwarf_line_t *lines, size_t num, dwarf_line_fn *found, void *arg);

#endif
