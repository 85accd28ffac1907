/*
 * What types say: their sizes, members, and fingerprints, by which two definitions are compared. Nothing here knows a target or a
 * module. Sections are those of the DWARF standard, version 5: https://dwarfstd.org/doc/DWARF5.pdf
 */
#include <stdio.h>
#include <string.h>
#include "structs/structs_int.h"

/* ---- types ---- */

static void note_alias(void *alias, Dwarf_Die *die)
{
    if (dwarf_tag(die) == DW_TAG_typedef)
        *(const char **)alias = dwarf_diename(die);
}

int type_peel(Dwarf_Die *type, const char **alias)
{
    if (alias == NULL)
        return die_peel(type, NULL, NULL);
    *alias = NULL;
    return die_peel(type, note_alias, alias);
}

int type_is_declaration(Dwarf_Die *type)
{
    Dwarf_Attribute attr;
    bool flag;

    return dwarf_attr(type, DW_AT_declaration, &attr) != NULL && dwarf_formflag(&attr, &flag) == 0 && flag;
}

const char *type_describe(Dwarf_Die *type, char *buf, size_t size)
{
    const char *kind = dwarf_tag(type) == DW_TAG_union_type ? "union" : "struct", *name = dwarf_diename(type);

    if (name != NULL)
        snprintf(buf, size, "%s %s", kind, name);
    else
        snprintf(buf, size, "an unnamed %s", kind);
    return buf;
}

static int size_of(Dwarf_Die *type, uint64_t *size, int depth)
{
    Dwarf_Die peeled = *type, element, unit;
    dims_t dims;
    uint8_t address_size;

    if (depth == TYPE_MAX_DEPTH || type_peel(&peeled, NULL) != 0)
        return -1;
    int tag = dwarf_tag(&peeled);
    if (tag == DW_TAG_array_type)
        return die_type(&peeled, &element) == 0 && size_of(&element, size, depth + 1) == 0 && type_dims(&peeled, &dims) == NULL
                   ? dims_size(&dims, 0, size)
                   : -1;
    if (die_udata(&peeled, DW_AT_byte_size, size) == 0)
        return 0;
    if (tag == DW_TAG_enumeration_type)
        return die_type(&peeled, &element) == 0 ? size_of(&element, size, depth + 1) : -1;
    /* pointers of some compilers have no size of their own */
    if ((tag != DW_TAG_pointer_type && tag != DW_TAG_reference_type && tag != DW_TAG_rvalue_reference_type) ||
        dwarf_diecu(&peeled, &unit, &address_size, NULL) == NULL)
        return -1;
    *size = address_size;
    return 0;
}

int type_size(Dwarf_Die *type, uint64_t *size)
{
    return size_of(type, size, 0);
}

/* Section 5.7: an enumeration may say its encoding or its underlying type; old compilers do neither. */
static int enum_is_signed(Dwarf_Die *type)
{
    Dwarf_Die underlying = *type, child;
    uint64_t encoding;
    int failed = die_udata(type, DW_AT_encoding, &encoding);

    if (failed && die_type(type, &underlying) == 0 && type_peel(&underlying, NULL) == 0)
        failed = die_udata(&underlying, DW_AT_encoding, &encoding);
    if (!failed)
        return encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
    for (int has_child = dwarf_child(type, &child) == 0; has_child; has_child = die_next(&child)) {
        Dwarf_Attribute attr;
        Dwarf_Sword value;
        if (dwarf_tag(&child) == DW_TAG_enumerator && dwarf_attr(&child, DW_AT_const_value, &attr) != NULL &&
            dwarf_whatform(&attr) == DW_FORM_sdata && dwarf_formsdata(&attr, &value) == 0 && value < 0)
            return 1;
    }
    return 0;
}

static const char *base_kind(Dwarf_Die *type, enum en_layout_kind_t *kind, uint64_t size)
{
    static const struct {
        unsigned encoding;
        enum en_layout_kind_t kind;
    } kinds[] = {
        {DW_ATE_boolean, LAYOUT_BOOL},    {DW_ATE_signed, LAYOUT_INT},         {DW_ATE_signed_char, LAYOUT_INT},
        {DW_ATE_unsigned, LAYOUT_UINT},   {DW_ATE_unsigned_char, LAYOUT_UINT}, {DW_ATE_UTF, LAYOUT_UINT},
        {DW_ATE_address, LAYOUT_POINTER}, {DW_ATE_float, LAYOUT_FLOAT},
    };
    uint64_t encoding, endianity;

    if (die_udata(type, DW_AT_encoding, &encoding) != 0)
        return "the field's type is malformed";
    /* __attribute__((scalar_storage_order)) */
    if (die_udata(type, DW_AT_endianity, &endianity) == 0 && endianity != DW_END_default && endianity != DW_END_little)
        return "the field is of the other byte order";
    /* _BitInt: what the bits above its own hold is undefined */
    if (dwarf_hasattr(type, DW_AT_bit_size))
        return "the field's type is not supported";
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        if (kinds[i].encoding != encoding || (encoding == DW_ATE_float && size < 4))
            continue;
        *kind = encoding == DW_ATE_boolean && size != 1 ? LAYOUT_UINT : kinds[i].kind;
        return NULL;
    }
    return "the field's type is not supported";
}

const char *type_scalar(Dwarf_Die *type, enum en_layout_kind_t *kind, uint32_t *size)
{
    const char *reason = NULL;
    uint64_t bytes;

    if (type_size(type, &bytes) != 0)
        bytes = 0;
    switch (dwarf_tag(type)) {
    case DW_TAG_base_type:
        reason = base_kind(type, kind, bytes);
        break;
    case DW_TAG_enumeration_type:
        *kind = enum_is_signed(type) ? LAYOUT_INT : LAYOUT_UINT;
        break;
    case DW_TAG_pointer_type:
        *kind = LAYOUT_POINTER;
        break;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
        return "the field is a struct";
    case DW_TAG_union_type:
        return "the field is a union";
    case DW_TAG_array_type:
        return "the field is an array";
    default:
        return "the field's type is not supported";
    }
    if (reason != NULL)
        return reason;
    if (!(bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8))
        return "the field's size is none of 1, 2, 4, 8 bytes";
    *size = bytes;
    return NULL;
}

const char *type_dims(Dwarf_Die *array, dims_t *dims)
{
    Dwarf_Die child;

    dims->num = 0;
    /* section 5.5: the elements do not follow each other without gaps */
    if (dwarf_hasattr(array, DW_AT_byte_stride) || dwarf_hasattr(array, DW_AT_bit_stride) || dwarf_hasattr(array, DW_AT_ordering))
        return "an array with a stride is not supported";
    for (int has_child = dwarf_child(array, &child) == 0; has_child; has_child = die_next(&child)) {
        uint64_t count, upper, lower = 0;
        if (dwarf_tag(&child) != DW_TAG_subrange_type)
            continue;
        if (dims->num == TYPE_MAX_DIMS)
            return "an array of that many dimensions is not supported";
        if (die_udata(&child, DW_AT_count, &count) != 0) {
            die_udata(&child, DW_AT_lower_bound, &lower);
            /* some compilers write an upper bound of -1 for no elements */
            count = die_udata(&child, DW_AT_upper_bound, &upper) == 0 ? upper - lower + 1 : 0;
        }
        dims->counts[dims->num++] = count;
    }
    if (dims->num == 0)
        dims->counts[dims->num++] = 0;
    return NULL;
}

int dims_size(const dims_t *dims, size_t first, uint64_t *size)
{
    for (size_t i = first; i < dims->num; ++i)
        if (__builtin_mul_overflow(*size, dims->counts[i], size))
            return -1;
    return 0;
}

/* ---- members ---- */

void members_begin(members_t *members, Dwarf_Die *aggregate)
{
    members->has_next = dwarf_child(aggregate, &members->at) == 0;
    members->is_malformed = 0;
}

/* DW_AT_data_member_location: a constant, or (until version 3) an expression that adds one. None: 0, as in unions. */
static int member_location(Dwarf_Die *die, uint64_t *offset)
{
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t num_ops;

    *offset = 0;
    if (dwarf_attr(die, DW_AT_data_member_location, &attr) == NULL || die_udata(die, DW_AT_data_member_location, offset) == 0)
        return 0;
    if (dwarf_getlocation(&attr, &ops, &num_ops) != 0 || num_ops != 1 || ops[0].atom != DW_OP_plus_uconst)
        return -1;
    *offset = ops[0].number;
    return 0;
}

/* Section 5.7.6: DW_AT_data_bit_offset counts from the start of the struct. Until version 3, DW_AT_bit_offset counts from the most
 * significant bit of a unit of storage to the most significant bit of the field. For little-endian machines. */
static int member_bits(Dwarf_Die *die, member_t *member)
{
    Dwarf_Attribute attr;
    Dwarf_Sword from_top;
    uint64_t bits, unit, at = 0;

    if (!dwarf_hasattr(die, DW_AT_bit_size))
        return 0;
    if (die_udata(die, DW_AT_bit_size, &bits) != 0 || bits == 0 || bits > 64 || member->offset > UINT32_MAX)
        return -1;
    if (dwarf_attr(die, DW_AT_bit_offset, &attr) != NULL) {
        if (dwarf_formsdata(&attr, &from_top) != 0 ||
            (die_udata(die, DW_AT_byte_size, &unit) != 0 && type_size(&member->type, &unit) != 0))
            return -1;
        at = unit * 8 - from_top - bits;
    } else {
        die_udata(die, DW_AT_data_bit_offset, &at);
    }
    member->bit_at = member->offset * 8 + at;
    member->bit_size = bits;
    member->offset = 0;
    return member->bit_at / 8 <= UINT32_MAX ? 0 : -1;
}

int members_next(members_t *members, member_t *member)
{
    while (members->has_next) {
        Dwarf_Die die = members->at;
        int tag = dwarf_tag(&die);
        members->has_next = die_next(&members->at);
        if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
            continue;
        /* static members of C++ */
        if (dwarf_hasattr(&die, DW_AT_external) || dwarf_hasattr(&die, DW_AT_declaration))
            continue;
        *member = (member_t){.name = tag == DW_TAG_member ? dwarf_diename(&die) : NULL};
        members->is_malformed =
            die_type(&die, &member->type) != 0 || member_location(&die, &member->offset) != 0 || member_bits(&die, member) != 0;
        return !members->is_malformed;
    }
    return 0;
}

/* ---- fingerprints ---- */

typedef struct st_fingerprint_t {
    uint64_t hash; /* FNV-1a */
    size_t budget; /* DIEs that may still be looked at */
} fingerprint_t;

static void mix(fingerprint_t *fp, const void *bytes, size_t size)
{
    for (const unsigned char *p = bytes, *end = p + size; p != end; ++p)
        fp->hash = (fp->hash ^ *p) * 1099511628211u;
}

static void mix_number(fingerprint_t *fp, uint64_t n)
{
    mix(fp, &n, sizeof(n));
}

/* Fails for what is too complex. */
static int mix_type(fingerprint_t *fp, Dwarf_Die *type, int depth)
{
    Dwarf_Die peeled = *type, element;
    uint64_t n;

    if (depth == TYPE_MAX_DEPTH || fp->budget-- == 0)
        return -1;
    if (type_peel(&peeled, NULL) != 0) {
        mix_number(fp, 0);
        return 0;
    }
    mix_number(fp, dwarf_tag(&peeled));
    if (die_udata(&peeled, DW_AT_byte_size, &n) == 0)
        mix_number(fp, n);
    if (die_udata(&peeled, DW_AT_encoding, &n) == 0)
        mix_number(fp, n);
    if (die_is_aggregate(&peeled)) {
        members_t members;
        member_t member;
        members_begin(&members, &peeled);
        while (members_next(&members, &member)) {
            if (member.name != NULL)
                mix(fp, member.name, strlen(member.name) + 1);
            mix_number(fp, member.offset);
            mix_number(fp, member.bit_at);
            mix_number(fp, member.bit_size);
            if (mix_type(fp, &member.type, depth + 1) != 0)
                return -1;
        }
        mix_number(fp, members.is_malformed);
    } else if (dwarf_tag(&peeled) == DW_TAG_array_type) {
        dims_t dims;
        if (type_dims(&peeled, &dims) == NULL)
            mix(fp, dims.counts, dims.num * sizeof(dims.counts[0]));
        if (die_type(&peeled, &element) == 0)
            return mix_type(fp, &element, depth + 1);
    }
    return 0;
}

uint64_t type_fingerprint(Dwarf_Die *type)
{
    fingerprint_t fp = {.hash = 14695981039346656037u, .budget = 100000};

    return mix_type(&fp, type, 0) == 0 ? fp.hash | 1 : 0;
}
