#ifndef GEN_FROM_BINARY_NAMES_H
#define GEN_FROM_BINARY_NAMES_H

#include "base/arena.h"

/* What a definition can call things. Notes and debug information have any text as a name. */

/** longer names are not taken; a note's is at most so long */
#define NAMES_MAX 128

/** Whether arguments, providers, structs and their members can have this name in a definition. */
int is_definable(str_t name);
/**
 * The name that a definition has for the probe of a note, where `-` is written `__`.
 * @return n == 0: no definition can have it
 */
str_t probe_name_of(arena_t *arena, str_t name);
/** Whether definitions know this type without a declaration (types.def); its size in bytes, whether it is signed. */
int is_known_type(str_t name, unsigned *size, int *is_signed);

#endif
