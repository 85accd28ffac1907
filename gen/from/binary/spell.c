/*
 * What definitions can say of a type is little: numbers, text, bytes, addresses. A typedef that definitions know stays, as uint32_t
 * and size_t do; others are looked through. Structs keep their names, since maps lift fields out of them.
 */
#include <dwarf.h>
#include <stdio.h>
#include <string.h>
#include "common/die.h"
#include "from/binary/names.h"
#include "from/binary/spell.h"

#define MAX_DEPTH 32
/* members of all structs in each other that are looked at */
#define MAX_MEMBERS 4096

/* ---- looking through ---- */

typedef struct st_peeled_t {
    int is_const;
    const char *alias; /* the innermost typedef; NULL: none */
    const char *known; /* the outermost typedef that definitions know, and what it is to them */
    unsigned known_size;
    int known_is_signed;
} peeled_t;

static void note_layer(void *arg, Dwarf_Die *die)
{
    peeled_t *peeled = arg;
    const char *name = dwarf_tag(die) == DW_TAG_typedef ? dwarf_diename(die) : NULL;

    peeled->is_const |= dwarf_tag(die) == DW_TAG_const_type;
    if (name == NULL)
        return;
    peeled->alias = name;
    if (peeled->known == NULL && is_definable(str_of(name)) &&
        is_known_type(str_of(name), &peeled->known_size, &peeled->known_is_signed))
        peeled->known = name;
}

static int peel(Dwarf_Die *type, peeled_t *peeled)
{
    *peeled = (peeled_t){0};
    return die_peel(type, note_layer, peeled);
}

/* ---- numbers ---- */

static int spell_number(uint64_t size, int is_signed, spelled_t *spelled)
{
    static const char *const names[2][9] = {
        {[1] = "uint8_t", [2] = "uint16_t", [4] = "unsigned int", [8] = "uint64_t"},
        {[1] = "int8_t", [2] = "int16_t", [4] = "int", [8] = "int64_t"},
    };

    if (size > 8 || names[is_signed][size] == NULL)
        return -1;
    snprintf(spelled->text, sizeof(spelled->text), "%s", names[is_signed][size]);
    spelled->size = (unsigned)size;
    spelled->is_signed = is_signed;
    return 0;
}

static int is_char(Dwarf_Die *type)
{
    const char *name = dwarf_diename(type);

    return dwarf_tag(type) == DW_TAG_base_type && name != NULL && strcmp(name, "char") == 0;
}

static int spell_base(Dwarf_Die *type, spelled_t *spelled)
{
    uint64_t encoding, size;

    if (die_udata(type, DW_AT_encoding, &encoding) != 0 || die_udata(type, DW_AT_byte_size, &size) != 0)
        return -1;
    if (encoding == DW_ATE_float) {
        if (size != 4 && size != 8)
            return -1;
        strcpy(spelled->text, size == 4 ? "float" : "double");
        spelled->size = (unsigned)size;
        spelled->is_float = 1;
        return 0;
    }
    if (encoding != DW_ATE_boolean && encoding != DW_ATE_signed && encoding != DW_ATE_signed_char && encoding != DW_ATE_unsigned &&
        encoding != DW_ATE_unsigned_char && encoding != DW_ATE_UTF)
        return -1;
    if (spell_number(size, encoding == DW_ATE_signed || encoding == DW_ATE_signed_char, spelled) != 0)
        return -1;
    if (encoding == DW_ATE_boolean && size == 1)
        strcpy(spelled->text, "bool");
    else if (encoding == DW_ATE_signed_char && is_char(type))
        strcpy(spelled->text, "char");
    return 0;
}

/* A compiler takes an unsigned type for an enumeration without negative values, and notes have its sign; `enum x` of a definition
 * is signed. */
static int spell_enum(Dwarf_Die *type, spelled_t *spelled)
{
    Dwarf_Die underlying;
    uint64_t encoding = DW_ATE_unsigned, size;
    const char *name = dwarf_diename(type);

    if (die_udata(type, DW_AT_byte_size, &size) != 0)
        return -1;
    if (die_type(type, &underlying) == 0 && die_peel(&underlying, NULL, NULL) == 0)
        die_udata(&underlying, DW_AT_encoding, &encoding);
    if (spell_number(size, encoding == DW_ATE_signed || encoding == DW_ATE_signed_char, spelled) != 0)
        return -1;
    if (size == 4 && spelled->is_signed && name != NULL && is_definable(str_of(name)))
        snprintf(spelled->text, sizeof(spelled->text), "enum %s", name);
    return 0;
}

/* ---- pointers ---- */

static void spell_struct_pointer(Dwarf_Die *to, const peeled_t *peeled, spelled_t *spelled)
{
    const char *tag = dwarf_tag(to) == DW_TAG_union_type ? "union " : "struct ", *name = dwarf_diename(to);

    if (name == NULL) {
        tag = "";
        name = peeled->alias;
    }
    if (name == NULL || !is_definable(str_of(name)))
        return;
    snprintf(spelled->struct_name, sizeof(spelled->struct_name), "%s%s", tag, name);
    snprintf(spelled->text, sizeof(spelled->text), "%s%.*s *", peeled->is_const ? "const " : "", NAMES_MAX + 8,
             spelled->struct_name);
    spelled->pointee = *to;
}

/* Text, bytes, structs and numbers; anything else is an address. */
static void spell_pointer_to(Dwarf_Die *to, spelled_t *spelled)
{
    peeled_t peeled;
    spelled_t target = {0};

    if (peel(to, &peeled) != 0)
        return;
    const char *qualifier = peeled.is_const ? "const " : "";
    if (die_is_aggregate(to))
        spell_struct_pointer(to, &peeled, spelled);
    else if (is_char(to))
        snprintf(spelled->text, sizeof(spelled->text), "%schar *", qualifier);
    else if (dwarf_tag(to) == DW_TAG_base_type && spell_base(to, &target) == 0)
        snprintf(spelled->text, sizeof(spelled->text), "%s%.32s *", qualifier, target.text);
    else if (dwarf_tag(to) == DW_TAG_pointer_type)
        strcpy(spelled->text, "void **");
}

/* `void` has no type, and a qualified one ends there. */
static int is_const_void(Dwarf_Die *type)
{
    Dwarf_Die to;

    return die_type(type, &to) == 0 && dwarf_tag(&to) == DW_TAG_const_type && die_peel(&to, NULL, NULL) != 0;
}

static int spell_pointer(Dwarf_Die *type, spelled_t *spelled)
{
    Dwarf_Die to;
    uint8_t address_size = 0;
    Dwarf_Die unit;

    if (dwarf_diecu(type, &unit, &address_size, NULL) == NULL)
        return -1;
    spelled->size = address_size;
    spelled->is_pointer = 1;
    strcpy(spelled->text, is_const_void(type) ? "const void *" : "void *");
    if (die_type(type, &to) == 0)
        spell_pointer_to(&to, spelled);
    return 0;
}

/* A reference is an address; only of structs it is known that nothing else is passed. */
static int spell_reference(Dwarf_Die *type, spelled_t *spelled)
{
    if (spell_pointer(type, spelled) != 0)
        return -1;
    if (spelled->struct_name[0] == '\0')
        strcpy(spelled->text, "void *");
    return 0;
}

int spell_type(Dwarf_Die *type, spelled_t *spelled)
{
    Dwarf_Die at = *type;
    peeled_t peeled;
    int failed = -1;

    *spelled = (spelled_t){.text = ""};
    if (peel(&at, &peeled) != 0)
        return -1;
    switch (dwarf_tag(&at)) {
    case DW_TAG_base_type:
        failed = spell_base(&at, spelled);
        break;
    case DW_TAG_enumeration_type:
        failed = spell_enum(&at, spelled);
        break;
    case DW_TAG_pointer_type:
        failed = spell_pointer(&at, spelled);
        break;
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        failed = spell_reference(&at, spelled);
        break;
    }
    if (failed == 0 && peeled.known != NULL && !spelled->is_pointer && !spelled->is_float && peeled.known_size == spelled->size &&
        peeled.known_is_signed == spelled->is_signed)
        snprintf(spelled->text, sizeof(spelled->text), "%s", peeled.known);
    return failed;
}

/* ---- members ---- */

int member_offset(Dwarf_Die *member, uint64_t *offset)
{
    Dwarf_Attribute attr;

    *offset = 0;
    if (dwarf_hasattr(member, DW_AT_external) || dwarf_hasattr(member, DW_AT_declaration) || dwarf_hasattr(member, DW_AT_bit_size))
        return -1;
    return dwarf_attr(member, DW_AT_data_member_location, &attr) == NULL ? 0
                                                                         : die_udata(member, DW_AT_data_member_location, offset);
}

static int find_within(Dwarf_Die *type, uint64_t offset, unsigned size, const char **name, Dwarf_Die *member_type, unsigned *budget,
                       int depth)
{
    Dwarf_Die member, peeled;
    uint64_t at;
    spelled_t spelled;

    if (depth == MAX_DEPTH || dwarf_child(type, &member) != 0)
        return -1;
    do {
        int tag = dwarf_tag(&member);
        if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) || member_offset(&member, &at) != 0 || at > offset ||
            die_type(&member, member_type) != 0)
            continue;
        peeled = *member_type;
        if (die_peel(&peeled, NULL, NULL) == 0 && die_is_aggregate(&peeled)) {
            if (find_within(&peeled, offset - at, size, name, member_type, budget, depth + 1) == 0)
                return 0;
        } else if (at == offset && spell_type(member_type, &spelled) == 0 && spelled.size == size &&
                   (*name = dwarf_diename(&member)) != NULL) {
            return 0;
        }
    } while (*budget != 0 && --*budget != 0 && die_next(&member));
    return -1;
}

int find_member(Dwarf_Die *type, uint64_t offset, unsigned size, const char **name, Dwarf_Die *member_type)
{
    unsigned budget = MAX_MEMBERS;

    return find_within(type, offset, size, name, member_type, &budget, 0);
}
