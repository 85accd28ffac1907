/* Sections are those of the DWARF standard, version 5: https://dwarfstd.org/doc/DWARF5.pdf */
#include <dwarf.h>
#include "common/die.h"

#define MAX_LAYERS 32

int die_next(Dwarf_Die *die)
{
    const char *before = die->addr;

    return dwarf_siblingof(die, die) == 0 && (const char *)die->addr > before;
}

int die_type(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attr;

    return dwarf_attr_integrate(die, DW_AT_type, &attr) != NULL && dwarf_formref_die(&attr, type) != NULL ? 0 : -1;
}

int die_udata(Dwarf_Die *die, unsigned name, uint64_t *value)
{
    Dwarf_Attribute attr;
    Dwarf_Word word;

    if (dwarf_attr(die, name, &attr) == NULL || dwarf_formudata(&attr, &word) != 0)
        return -1;
    *value = word;
    return 0;
}

int die_is_aggregate(Dwarf_Die *type)
{
    int tag = dwarf_tag(type);

    return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

int die_peel(Dwarf_Die *type, void (*layer)(void *arg, Dwarf_Die *die), void *arg)
{
    for (int i = 0; i < MAX_LAYERS; ++i) {
        Dwarf_Attribute attr;
        switch (dwarf_tag(type)) {
        case DW_TAG_typedef:
        case DW_TAG_const_type:
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
        case DW_TAG_packed_type:
        case DW_TAG_shared_type:
        case DW_TAG_immutable_type:
            if (layer != NULL)
                layer(arg, type);
            break;
        case DW_TAG_invalid:
            return -1;
        default:
            /* a stub of what is in a type unit (section 3.1.4) */
            return dwarf_attr(type, DW_AT_signature, &attr) != NULL && dwarf_formref_die(&attr, type) == NULL ? -1 : 0;
        }
        Dwarf_Die next;
        if (die_type(type, &next) != 0)
            return -1;
        *type = next;
    }
    return -1;
}
