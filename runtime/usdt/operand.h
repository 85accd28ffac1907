#ifndef RUNTIME_USDT_OPERAND_H
#define RUNTIME_USDT_OPERAND_H

#include <stddef.h>
#include "common/record.h"

/** One operand of a note's argument string ("8@%rax", "-4@$1", "8@0(%rbp,%rdx)", "4@counter+8(%rip)"), parsed. */
typedef struct st_operand_t {
    struct pg_operand how;
    /** symbol whose address is to be added to how.disp (not NUL-terminated); NULL when there is none */
    const char *symbol;
    size_t symbol_len;
    /** the operand's text within the argument string */
    const char *text;
    size_t text_len;
    /** what the note says of the value, also when it cannot be read: its bytes (0: nothing), sign, and whether it is a
     * floating-point number, whose bits are read */
    unsigned size;
    int is_signed, is_float;
    /** it can be in Intel's syntax only */
    int is_intel;
    /** in AT&T's syntax, the same text would be a variable that is called like a register */
    int is_bare_register;
    /** why it cannot be read (how.flags lacks PG_OPERAND_READABLE), a literal; else NULL */
    const char *reason;
} operand_t;

/**
 * Parses the next operand of a note's argument string (format: https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation).
 * An operand that is not understood is returned with a reason, and those after it keep their places.
 * @param pos     in: where to start; out: the end of the operand
 * @param syntax  e_machine of the ELF file (see operand_is_known()), and OPERAND_INTEL if the note is known to be in that syntax
 * @return 1, or 0 at the end of the string
 */
int operand_next(const char **pos, unsigned syntax, operand_t *operand);

/** Whether an operand of that machine is known to be a constant: its value is how.disp, nothing of the program is read for it. */
int operand_is_constant(const operand_t *operand, unsigned machine);

/** With the machine x86-64: a note in which "rax" is a register and "5" is a constant, as with -masm=intel. */
#define OPERAND_INTEL 0x10000

/** Whether an operand of this machine is one that operand_next() can return: it may have come from somebody who is not trusted. */
int operand_is_sound(const struct pg_operand *how);

/** Whether operands of a machine can be read. If not, each has a reason; its text, size, sign and kind are right all the same. */
int operand_is_known(unsigned machine);

#endif
