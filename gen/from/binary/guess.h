#ifndef GEN_FROM_BINARY_GUESS_H
#define GEN_FROM_BINARY_GUESS_H

#include "audit/binary/symbolize.h"
#include "from/binary/gathered.h"
#include "usdt/note.h"

/**
 * Fills in names and types of the operands of sites, and the structs that they point to, by the debug information of their file. It
 * is read in a process of its own; what was gathered before that crashed, or took too long, is there.
 * @param list    the notes of the sites, in the same order
 * @return 0; -1 when that process crashed or took too long
 */
int guess(gathered_t *gathered, const symbolize_file_t *debugged, notes_t *notes, const note_t *const *list,
          gathered_site_t **sites, size_t num);

#endif
