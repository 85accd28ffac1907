#ifndef GEN_AUDIT_BINARY_DWARF_LINES_H
#define GEN_AUDIT_BINARY_DWARF_LINES_H

#include <elfutils/libdw.h>
#include "audit/evidence/evidence.h"

/** Is given the index of a site for which something was found; the texts last as long as it runs. */
typedef void dwarf_line_fn(void *arg, size_t i);

/**
 * Looks for the functions, files and lines of sites in DWARF. Malformed DWARF may make libdw crash, loop or use up memory: call it
 * where this does no harm.
 *
 * Names of files are relative to the folder that the compiler ran in or, if the sources are elsewhere, to the folder that all of
 * them have in common: "lib/http2/connection.c" in both cases, whoever built it and where. A file in neither has its whole path.
 * @param sites by ascending address; a function that is known (p != NULL) stays
 */
void dwarf_lines_find(Dwarf *dwarf, audit_site_t *sites, size_t num, dwarf_line_fn *found, void *arg);

#endif
