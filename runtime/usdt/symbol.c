#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "usdt/symbol.h"

/* ---- texts ---- */

/* elf_strptr() looks for the NUL from the end of the section on, and decompresses what says that it is compressed. */
const char *elf_text(const Elf_Data *texts, uint64_t at, size_t max)
{
    if (texts == NULL || texts->d_buf == NULL || at >= texts->d_size)
        return NULL;
    const char *text = (const char *)texts->d_buf + at;
    size_t room = texts->d_size - at;
    return memchr(text, '\0', room > max ? max + 1 : room) != NULL ? text : NULL;
}

int elf_text_is(const Elf_Data *texts, uint64_t at, const char *expected)
{
    const char *text = elf_text(texts, at, strlen(expected));

    return text != NULL && strcmp(text, expected) == 0;
}

Elf_Scn *elf_section_named(Elf *elf, const char *name, GElf_Shdr *header)
{
    Elf_Data *names;
    size_t names_at;

    if (elf_getshdrstrndx(elf, &names_at) != 0)
        return NULL;
    names = elf_rawdata(elf_getscn(elf, names_at), NULL);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        if (gelf_getshdr(section, header) != NULL && elf_text_is(names, header->sh_name, name))
            return section;
    }
    return NULL;
}

/* ---- one table ---- */

int symtab_open(symtab_t *table, Elf *elf, uint32_t type)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        size_t size;
        if (gelf_getshdr(section, &header) == NULL || header.sh_type != type)
            continue;
        *table = (symtab_t){.symbols = elf_getdata(section, NULL), .names = elf_rawdata(elf_getscn(elf, header.sh_link), NULL)};
        size = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
        if (table->symbols == NULL || table->symbols->d_type != ELF_T_SYM || table->names == NULL || size == 0)
            return -1;
        table->num = table->symbols->d_size / size;
        if (table->num > INT_MAX)
            table->num = INT_MAX; /* the most that gelf_getsym() counts to */
        return 0;
    }
    return -1;
}

const char *symtab_get(const symtab_t *table, size_t i, GElf_Sym *symbol)
{
    if (i >= table->num || gelf_getsym(table->symbols, i, symbol) == NULL || symbol->st_name == 0)
        return NULL;
    return elf_text(table->names, symbol->st_name, SYMBOL_MAX_NAME);
}
