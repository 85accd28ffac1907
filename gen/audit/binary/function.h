#ifndef GEN_AUDIT_BINARY_FUNCTION_H
#define GEN_AUDIT_BINARY_FUNCTION_H

#include "audit/evidence/evidence.h"
#include "usdt/symbol.h"

/**
 * Names the functions that contain sites, by one symbol table. The file is not trusted: see usdt/symbol.h.
 * @param type  SHT_SYMTAB or SHT_DYNSYM
 * @param sites by ascending address; a function that is not known (p == NULL) is set if it is found, and points into memory of the
 * Elf
 * @return whether the table has any function
 */
int functions_find(Elf *elf, uint32_t type, audit_site_t *sites, size_t num);
/** Index of the first site that has not a lower address; they ascend. */
size_t first_site(const audit_site_t *sites, size_t num, uint64_t address);

#endif
