#ifndef GEN_FROM_BINARY_GUESS_H
#define GEN_FROM_BINARY_GUESS_H

#include "audit/binary/symbolize.h"
#include "from/binary/found.h"
#include "usdt/note.h"

/**
 * Fills in names and types of the operands of sites, and the structs that they point to, by the debug information of their file. It
 * is read in a process of its own; what was found before that crashed, or took too long, is there.
 * @param list    the notes of the sites, in the same order
 * @return 0; -1 when that process crashed or took too long
 */
int guess(found_t *found, const symbolize_file_t *debugged, notes_t *notes, const note_t *const *list, found_site_t **sites,
          size_t num);

#endif
