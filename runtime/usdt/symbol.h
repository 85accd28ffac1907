#ifndef RUNTIME_USDT_SYMBOL_H
#define RUNTIME_USDT_SYMBOL_H

#include <gelf.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Sections and symbol tables of an ELF file, which is not trusted: nothing outside of it is read, and whatever it has, n symbols
 * take a time of n log n.
 */

/** longer names are passed over */
#define SYMBOL_MAX_NAME 1024

/** One symbol table; it points into memory of the Elf. */
typedef struct st_symtab_t {
    Elf_Data *symbols, *names;
    size_t num;
} symtab_t;

/**
 * Opens the first table of that type.
 * @param type SHT_SYMTAB or SHT_DYNSYM
 * @return 0, or -1 when there is none
 */
int symtab_open(symtab_t *table, Elf *elf, uint32_t type);
/** @return the name, valid as long as the Elf; NULL when there is no such symbol or it has no name */
const char *symtab_get(const symtab_t *table, size_t i, GElf_Sym *symbol);

/** The first section of that name, and its header; NULL: there is none. */
Elf_Scn *elf_section_named(Elf *elf, const char *name, GElf_Shdr *header);
/** A text of a string table; NULL when there is none, or it is longer than `max` bytes. */
const char *elf_text(const Elf_Data *texts, uint64_t at, size_t max);
/** Whether that text is this one. */
int elf_text_is(const Elf_Data *texts, uint64_t at, const char *expected);

#endif
