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

/* ---- by name ---- */

/* Sorted by name; each name is there once. They are not hashed, since the file chooses them and could make all collide. */
struct st_symbols_t {
    struct st_symbol_t {
        const char *name;
        uint64_t value;
        int is_ambiguous; /* static variables of two source files can have one name: which of them is meant is not known */
    } * list;
    size_t num;
};

static int compare_names(const void *a, const void *b)
{
    const struct st_symbol_t *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static void merge_same(symbols_t *symbols)
{
    size_t num = 0;

    for (size_t i = 0; i < symbols->num; ++i) {
        const struct st_symbol_t *symbol = symbols->list + i;
        if (num != 0 && strcmp(symbols->list[num - 1].name, symbol->name) == 0)
            symbols->list[num - 1].is_ambiguous |= symbols->list[num - 1].value != symbol->value;
        else
            symbols->list[num++] = *symbol;
    }
    symbols->num = num;
}

/* thread-local symbols have an offset for a value; an absolute one does not move with the file */
static int has_address(const GElf_Sym *symbol)
{
    int type = GELF_ST_TYPE(symbol->st_info);

    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS && type != STT_TLS && type != STT_SECTION &&
           type != STT_FILE;
}

symbols_t *symbols_create(Elf *elf)
{
    symbols_t *symbols = calloc(1, sizeof(*symbols));
    symtab_t table;

    if (symbols == NULL || (symtab_open(&table, elf, SHT_SYMTAB) != 0 && symtab_open(&table, elf, SHT_DYNSYM) != 0) ||
        table.num == 0)
        return symbols;
    if ((symbols->list = calloc(table.num, sizeof(*symbols->list))) == NULL) {
        free(symbols);
        return NULL;
    }
    for (size_t i = 0; i < table.num; ++i) {
        GElf_Sym symbol;
        const char *name = symtab_get(&table, i, &symbol);
        if (name != NULL && has_address(&symbol))
            symbols->list[symbols->num++] = (struct st_symbol_t){.name = name, .value = symbol.st_value};
    }
    qsort(symbols->list, symbols->num, sizeof(*symbols->list), compare_names);
    merge_same(symbols);
    return symbols;
}

void symbols_destroy(symbols_t *symbols)
{
    if (symbols == NULL)
        return;
    free(symbols->list);
    free(symbols);
}

int symbols_find(const symbols_t *symbols, const char *name, size_t name_len, uint64_t *value)
{
    char key_name[SYMBOL_MAX_NAME + 1];
    struct st_symbol_t key = {.name = key_name}, *found;

    if (name_len == 0 || name_len > SYMBOL_MAX_NAME || symbols->num == 0)
        return -1;
    memcpy(key_name, name, name_len);
    key_name[name_len] = '\0';
    if ((found = bsearch(&key, symbols->list, symbols->num, sizeof(key), compare_names)) == NULL || found->is_ambiguous)
        return -1;
    *value = found->value;
    return 0;
}
