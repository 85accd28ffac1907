#include <stdlib.h>
#include <string.h>
#include "audit/binary/function.h"
#include "common/grow.h"

/* A symbol that covers some of the sites. */
typedef struct st_function_t {
    uint64_t start, end;
    const char *name;
    int rank; /* of those that cover the same: the highest is taken */
} function_t;

typedef struct st_functions_t {
    function_t *list;
    size_t num, capacity;
} functions_t;

static int rank_of(const GElf_Sym *symbol)
{
    switch (GELF_ST_BIND(symbol->st_info)) {
    case STB_GLOBAL:
        return 2;
    case STB_WEAK:
        return 1;
    default:
        return 0;
    }
}

static int is_function(const GElf_Sym *symbol)
{
    int type = GELF_ST_TYPE(symbol->st_info);

    return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF && symbol->st_size != 0;
}

/* By start; of those with the same, the innermost and then the best comes last. */
static int compare(const void *a, const void *b)
{
    const function_t *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->end != y->end)
        return x->end > y->end ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank - y->rank;
    return strcmp(y->name, x->name);
}

size_t first_site(const audit_site_t *sites, size_t num, uint64_t address)
{
    size_t low = 0;

    while (num != 0) {
        if (sites[low + num / 2].address < address) {
            low += num / 2 + 1;
            num -= num / 2 + 1;
        } else {
            num /= 2;
        }
    }
    return low;
}

static int append(functions_t *functions, const function_t *function)
{
    function_t *list = grow_list(functions->list, &functions->capacity, functions->num, sizeof(list[0]));

    if (list == NULL)
        return -1;
    functions->list = list;
    functions->list[functions->num++] = *function;
    return 0;
}

/* Collects those that cover a site. @return whether the table has any function */
static int collect(functions_t *functions, const symtab_t *table, unsigned machine, const audit_site_t *sites, size_t num)
{
    int found = 0;

    for (size_t i = 0; i < table->num; ++i) {
        GElf_Sym symbol;
        const char *name = symtab_get(table, i, &symbol);
        if (name == NULL || name[0] == '\0' || !is_function(&symbol))
            continue;
        found = 1;
        /* the lowest bit says that it is in Thumb code */
        uint64_t start = machine == EM_ARM ? symbol.st_value & ~(uint64_t)1 : symbol.st_value;
        function_t function = {.start = start, .end = start + symbol.st_size, .name = name, .rank = rank_of(&symbol)};
        size_t first = first_site(sites, num, function.start);
        if (function.end > function.start && first < num && sites[first].address < function.end &&
            append(functions, &function) != 0)
            break;
    }
    return found;
}

/* Both lists ascend. Functions that have begun are on a stack, the last one on top, until they are found there to have ended. */
static void assign(function_t *functions, size_t num_functions, audit_site_t *sites, size_t num)
{
    size_t next = 0, depth = 0; /* the stack is the part of the list that was used up */

    for (size_t i = 0; i < num; ++i) {
        while (next < num_functions && functions[next].start <= sites[i].address)
            functions[depth++] = functions[next++];
        while (depth != 0 && functions[depth - 1].end <= sites[i].address)
            --depth;
        if (depth != 0 && sites[i].function.p == NULL)
            sites[i].function = str_of(functions[depth - 1].name);
    }
}

int functions_find(Elf *elf, uint32_t type, audit_site_t *sites, size_t num)
{
    functions_t functions = {.list = NULL};
    symtab_t table;
    GElf_Ehdr header;
    int found;

    if (gelf_getehdr(elf, &header) == NULL || symtab_open(&table, elf, type) != 0)
        return 0;
    found = collect(&functions, &table, header.e_machine, sites, num);
    if (functions.num != 0)
        qsort(functions.list, functions.num, sizeof(functions.list[0]), compare);
    assign(functions.list, functions.num, sites, num);
    free(functions.list);
    return found;
}
