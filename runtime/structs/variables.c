/*
 * Variables by their types. A program that has several structs with a common part marks each with a pointer to a variable that
 * belongs to it: a table of its functions, most often. Which variable that is stands nowhere but in the code; but it is one of the
 * source files that know the struct, and of the type that the pointer leads to.
 */
#include <string.h>
#include "structs/structs_int.h"

/* of nested functions and blocks */
#define MAX_DEPTH 64

typedef struct st_search_t {
    const char *type; /* the name of their type, without "struct" */
    int tag;
    uint64_t *addresses;
    unsigned num, max;
} search_t;

/* A variable that is always at one place. */
static int address_of(Dwarf_Die *variable, uint64_t *address)
{
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t num;

    if (dwarf_attr(variable, DW_AT_location, &attr) == NULL || dwarf_getlocation(&attr, &ops, &num) != 0 || num != 1 ||
        ops->atom != DW_OP_addr)
        return -1;
    *address = ops->number;
    return 0;
}

static void look_at(search_t *search, Dwarf_Die *variable)
{
    Dwarf_Die type;
    const char *alias, *name;
    uint64_t address;

    if (address_of(variable, &address) != 0 || die_type(variable, &type) != 0 || type_peel(&type, &alias) != 0 ||
        dwarf_tag(&type) != search->tag)
        return;
    name = dwarf_diename(&type) != NULL ? dwarf_diename(&type) : alias;
    if (name == NULL || strcmp(name, search->type) != 0)
        return;
    for (unsigned i = 0; i < search->num; ++i) {
        if (search->addresses[i] == address)
            return;
    }
    if (search->num != search->max)
        search->addresses[search->num++] = address;
}

/* All variables below a DIE; those of functions may be at one place, too (static). */
static void walk(search_t *search, Dwarf_Die *parent, unsigned depth)
{
    Dwarf_Die die;

    if (depth == MAX_DEPTH || dwarf_child(parent, &die) != 0)
        return;
    do {
        switch (dwarf_tag(&die)) {
        case DW_TAG_variable:
            look_at(search, &die);
            break;
        case DW_TAG_subprogram:
        case DW_TAG_lexical_block:
        case DW_TAG_namespace:
            walk(search, &die, depth + 1);
            break;
        }
    } while (die_next(&die));
}

int structs_variables(structs_t *structs, size_t module, const catalog_path_t *kind, const char *type, uint64_t *addresses,
                      unsigned max, reason_t *reason)
{
    search_t search = {.addresses = addresses, .max = max};
    found_t pointee;
    Dwarf_Die definition, unit;
    size_t at = 0;

    if (structs_pointee(structs, module, kind, &pointee, reason) != 0)
        return -1;
    search.tag = dwarf_tag(&pointee.die);
    if ((search.type = dwarf_diename(&pointee.die)) == NULL)
        return reason_set(reason, "what %s leads to has no name", kind->path);
    while (structs_next_definition(structs, module, type, &at, &definition)) {
        if (dwarf_diecu(&definition, &unit, NULL, NULL) != NULL)
            walk(&search, &unit, 0);
    }
    return (int)search.num;
}
