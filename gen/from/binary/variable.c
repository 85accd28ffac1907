/*
 * Which variable is an operand? A note says where an argument is at a site: `-4@%ebx`, `8@-24(%rbp)`, `8@16(%rdi)`. Debug
 * information says where each variable is while the code of that address runs. What is in the same place is what was passed, unless
 * the compiler made a copy of it, or two variables have one value. Looked for are
 *
 *     a variable in the same register, at the same place of the stack, or at the same address; the innermost scope first
 *     a member of a struct: of one that a variable in the operand's base register points to, or of one that is such a variable
 */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "common/die.h"
#include "from/binary/names.h"
#include "from/binary/spell.h"
#include "from/binary/variable.h"
#include "usdt/regs.h"

/* of one site */
#define MAX_VARIABLES 20000

/* Where a value is. */
typedef struct st_place_t {
    enum { PLACE_NONE, PLACE_REGISTER, PLACE_MEMORY, PLACE_FIXED } kind;
    uint8_t reg; /* a word of struct pt_regs: the value, or what `at` is added to for its address */
    int64_t at;
} place_t;

/* ---- places of variables ---- */

static place_t in_register(const debug_t *debug, uint64_t number)
{
    uint8_t reg = reg_of_dwarf(debug->notes->machine, number);

    return (place_t){.kind = reg != reg_none(debug->notes->machine) ? PLACE_REGISTER : PLACE_NONE, .reg = reg};
}

static place_t in_memory(const debug_t *debug, uint64_t number, int64_t at)
{
    place_t place = in_register(debug, number);

    if (place.kind == PLACE_REGISTER)
        place = (place_t){.kind = PLACE_MEMORY, .reg = place.reg, .at = at};
    return place;
}

/* An expression of one operation; or a register's value, said in two. Places relative to the frame are PLACE_NONE. */
static place_t place_of_ops(const debug_t *debug, const Dwarf_Op *ops, size_t num)
{
    int atom = num != 0 ? ops[0].atom : 0;

    if (num == 2 && ops[1].atom == DW_OP_stack_value && atom >= DW_OP_breg0 && atom <= DW_OP_breg31 && ops[0].number == 0)
        return in_register(debug, (uint64_t)(atom - DW_OP_breg0));
    if (num != 1)
        return (place_t){.kind = PLACE_NONE};
    if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31)
        return in_register(debug, (uint64_t)(atom - DW_OP_reg0));
    if (atom == DW_OP_regx)
        return in_register(debug, ops[0].number);
    if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
        return in_memory(debug, (uint64_t)(atom - DW_OP_breg0), (int64_t)ops[0].number);
    if (atom == DW_OP_bregx)
        return in_memory(debug, ops[0].number, (int64_t)ops[0].number2);
    if (atom == DW_OP_addr)
        return (place_t){.kind = PLACE_FIXED, .at = (int64_t)ops[0].number};
    return (place_t){.kind = PLACE_NONE};
}

/* Where the frame of the function began: what a debugger unwinds by. */
static place_t frame_address(debug_t *debug, uint64_t pc)
{
    Dwarf_CFI *const tables[] = {debug->frames, debug->eh_frames};
    place_t place = {.kind = PLACE_NONE};

    for (size_t i = 0; i < 2 && place.kind == PLACE_NONE; ++i) {
        Dwarf_Frame *frame;
        Dwarf_Op *ops;
        size_t num;
        if (tables[i] == NULL || dwarf_cfi_addrframe(tables[i], pc, &frame) != 0)
            continue;
        if (dwarf_frame_cfa(frame, &ops, &num) == 0)
            place = place_of_ops(debug, ops, num);
        free(frame);
    }
    return place;
}

static int location_of(Dwarf_Die *die, unsigned name, uint64_t pc, Dwarf_Op **ops, size_t *num)
{
    Dwarf_Attribute attr;

    return dwarf_attr_integrate(die, name, &attr) != NULL && dwarf_getlocation_addr(&attr, pc, ops, num, 1) == 1 ? 0 : -1;
}

/* What the places of a function's variables are relative to. */
static place_t frame_base(debug_t *debug, const scopes_t *scopes, uint64_t pc)
{
    Dwarf_Op *ops;
    size_t num;

    if (scopes->num == 0 || location_of(&scopes->list[scopes->num - 1], DW_AT_frame_base, pc, &ops, &num) != 0)
        return (place_t){.kind = PLACE_NONE};
    if (num == 1 && ops[0].atom == DW_OP_call_frame_cfa)
        return frame_address(debug, pc);
    place_t place = place_of_ops(debug, ops, num);
    /* the value of the register is the address */
    if (place.kind == PLACE_REGISTER)
        place.kind = PLACE_MEMORY;
    return place;
}

static place_t place_of(debug_t *debug, place_t frame, Dwarf_Die *die, uint64_t pc)
{
    Dwarf_Op *ops;
    size_t num;

    if (location_of(die, DW_AT_location, pc, &ops, &num) != 0)
        return (place_t){.kind = PLACE_NONE};
    if (num == 1 && ops[0].atom == DW_OP_fbreg) {
        if (frame.kind == PLACE_MEMORY)
            frame.at += (int64_t)ops[0].number;
        return frame;
    }
    return place_of_ops(debug, ops, num);
}

/* ---- the operand ---- */

static place_t place_of_operand(const debug_t *debug, uint64_t pc, const operand_t *operand)
{
    const struct pg_operand *how = &operand->how;
    uint8_t none = reg_none(debug->notes->machine);
    int is_memory = (how->flags & PG_OPERAND_DEREF) != 0;
    uint64_t address;

    if (operand->reason != NULL || how->index != none)
        return (place_t){.kind = PLACE_NONE};
    if (is_memory && how->base == none && operand->symbol != NULL &&
        notes_symbol(debug->notes, operand->symbol, operand->symbol_len, pc, &address) == NULL)
        return (place_t){.kind = PLACE_FIXED, .at = (int64_t)address + how->disp};
    if (operand->symbol != NULL || how->base == none || (!is_memory && how->disp != 0))
        return (place_t){.kind = PLACE_NONE};
    return (place_t){.kind = is_memory ? PLACE_MEMORY : PLACE_REGISTER, .reg = how->base, .at = how->disp};
}

/* What one place has to do with the other, for a variable of a type. */
static int match(const operand_t *operand, place_t wanted, place_t place, Dwarf_Die *die, variable_t *variable)
{
    Dwarf_Die type, to;
    const char *name;
    spelled_t spelled;

    if (place.kind == PLACE_NONE || die_type(die, &type) != 0)
        return -1;
    Dwarf_Die peeled = type;
    int is_aggregate = die_peel(&peeled, NULL, NULL) == 0 && die_is_aggregate(&peeled);
    if (wanted.kind == place.kind && wanted.reg == place.reg && wanted.at == place.at && !is_aggregate) {
        *variable = (variable_t){.origin = dwarf_tag(die) == DW_TAG_formal_parameter ? ORIGIN_PARAMETER : ORIGIN_VARIABLE,
                                 .name = dwarf_diename(die),
                                 .has_type = 1,
                                 .type = type};
        return variable->name != NULL ? 0 : -1;
    }
    /* a member of a struct that the variable is, or points to */
    if (wanted.kind == PLACE_REGISTER || wanted.reg != place.reg)
        return -1;
    if (is_aggregate && place.kind == wanted.kind && wanted.at >= place.at)
        to = peeled, wanted.at -= place.at;
    else if (wanted.kind == PLACE_MEMORY && place.kind == PLACE_REGISTER && wanted.at >= 0 && spell_type(&type, &spelled) == 0 &&
             spelled.struct_name[0] != '\0')
        to = spelled.pointee;
    else
        return -1;
    if (find_member(&to, (uint64_t)wanted.at, operand->size, &name, &type) != 0)
        return -1;
    *variable = (variable_t){.origin = ORIGIN_MEMBER, .name = name, .has_type = 1, .type = type};
    return 0;
}

/* Names that begin so are of what a macro or the compiler made. */
static int is_made(const char *name)
{
    return name[0] == '_' || !is_definable(str_of(name));
}

/* Variables before members, and the names of people before others. */
static int is_better(const variable_t *a, const variable_t *b)
{
    if (b->origin == ORIGIN_NONE)
        return 1;
    int is_made_a = is_made(a->name), is_made_b = is_made(b->name);
    return is_made_a != is_made_b ? is_made_b : a->origin != ORIGIN_MEMBER && b->origin == ORIGIN_MEMBER;
}

static void find_in_scope(debug_t *debug, Dwarf_Die *scope, place_t frame, uint64_t pc, const operand_t *operand, place_t wanted,
                          unsigned *budget, variable_t *best)
{
    Dwarf_Die die;

    if (dwarf_child(scope, &die) != 0)
        return;
    do {
        int tag = dwarf_tag(&die);
        variable_t variable;
        if (tag != DW_TAG_formal_parameter && tag != DW_TAG_variable)
            continue;
        if (match(operand, wanted, place_of(debug, frame, &die, pc), &die, &variable) == 0 && is_better(&variable, best))
            *best = variable;
    } while (*budget != 0 && --*budget != 0 && die_next(&die));
}

/* ---- public ---- */

int scopes_find(scopes_t *scopes, Dwarf_Die *unit, uint64_t pc)
{
    Dwarf_Die *inner;
    int num = dwarf_getscopes(unit, pc, &inner);

    *scopes = (scopes_t){.unit = *unit};
    if (num <= 0)
        return -1;
    num = dwarf_getscopes_die(&inner[0], &scopes->list);
    free(inner);
    /* functions that were inlined, blocks, and the function itself; what is around that has no place */
    for (int i = 0; i < num; ++i) {
        if (dwarf_tag(&scopes->list[i]) == DW_TAG_subprogram) {
            scopes->num = i + 1;
            return 0;
        }
    }
    if (num > 0)
        free(scopes->list);
    scopes->list = NULL;
    return -1;
}

int variable_find(debug_t *debug, const scopes_t *scopes, uint64_t pc, const operand_t *operand, variable_t *variable)
{
    place_t wanted = place_of_operand(debug, pc, operand), frame;
    unsigned budget = MAX_VARIABLES;

    *variable = (variable_t){.origin = ORIGIN_NONE};
    if (wanted.kind == PLACE_NONE)
        return -1;
    frame = frame_base(debug, scopes, pc);
    for (int i = 0; i < scopes->num && budget != 0; ++i) {
        find_in_scope(debug, &scopes->list[i], frame, pc, operand, wanted, &budget, variable);
        if (variable->origin != ORIGIN_NONE && variable->origin != ORIGIN_MEMBER && !is_made(variable->name))
            break;
    }
    if (wanted.kind == PLACE_FIXED && variable->origin == ORIGIN_NONE) {
        Dwarf_Die unit = scopes->unit;
        find_in_scope(debug, &unit, frame, pc, operand, wanted, &budget, variable);
    }
    return variable->origin != ORIGIN_NONE ? 0 : -1;
}
