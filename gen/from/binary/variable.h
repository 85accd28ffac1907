#ifndef GEN_FROM_BINARY_VARIABLE_H
#define GEN_FROM_BINARY_VARIABLE_H

#include <elfutils/libdw.h>
#include "from/binary/gathered.h"
#include "usdt/note.h"
#include "usdt/operand.h"

/** The debug information of a file, and the file itself, which has the frames of the stack. */
typedef struct st_debug_t {
    Dwarf *dwarf;
    Dwarf_CFI *frames, *eh_frames; /* NULL: none */
    notes_t *notes;
} debug_t;

/** What is in scope at a site. */
typedef struct st_scopes_t {
    Dwarf_Die *list; /* the innermost one first, to the function that the code is of; to be freed */
    int num;
    Dwarf_Die unit;
} scopes_t;

typedef struct st_variable_t {
    gathered_origin_t origin;
    const char *name; /* lasts as long as the Dwarf */
    int has_type;
    Dwarf_Die type;
} variable_t;

/** @return 0, or -1 when the code there is of no function that is known */
int scopes_find(scopes_t *scopes, Dwarf_Die *unit, uint64_t pc);
/**
 * Finds a variable, a parameter, or a member of a struct, that is where the operand of a site is read: the same register, the same
 * memory. That is a guess, since two things can be in one place.
 * @return 0, or -1 when there is none
 */
int variable_find(debug_t *debug, const scopes_t *scopes, uint64_t pc, const operand_t *operand, variable_t *variable);

#endif
