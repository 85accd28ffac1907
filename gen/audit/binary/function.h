#ifndef GEN_AUDIT_BINARY_FUNCTION_H
#define GEN_AUDIT_BINARY_FUNCTION_H

#include "usdt/symbol.h"

/**
 * Names the functions that contain addresses, by one symbol table. The file is not trusted: see usdt/symbol.h.
 * @param type      SHT_SYMTAB or SHT_DYNSYM
 * @param addresses ascending
 * @param names     of each address; those that are NULL are set if they are found, and point into memory of the Elf
 * @return whether the table has any function
 */
int functions_find(Elf *elf, uint32_t type, const uint64_t *addresses, const char **names, size_t num);

#endif
