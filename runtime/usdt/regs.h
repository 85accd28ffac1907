#ifndef RUNTIME_USDT_REGS_H
#define RUNTIME_USDT_REGS_H

/*
 * All that knows a register: the words of the kernel's struct pt_regs that a site's operands can name. The index of a register is
 * its place in that struct in 8-byte words (x86-64: arch/x86/include/asm/ptrace.h; aarch64: struct user_pt_regs in
 * arch/arm64/include/uapi/asm/ptrace.h). regs.c has the names.
 */

#define PG_NUM_REGS_X86_64 20 /* r15..ax, orig_ax, ip, cs, flags, sp */
#define PG_REG_IP_X86_64 16
#define PG_NUM_REGS_AARCH64 32 /* x0..x30, sp */

#ifdef __aarch64__
#define PG_NUM_REGS PG_NUM_REGS_AARCH64
#else
#define PG_NUM_REGS PG_NUM_REGS_X86_64
#endif
#define PG_REG_NONE PG_NUM_REGS
#define PG_REG_SP (PG_NUM_REGS - 1) /* the stack pointer, on both */

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

/** e_machine of the machine that this is compiled for. */
#ifdef __aarch64__
#define OWN_MACHINE EM_AARCH64
#else
#define OWN_MACHINE EM_X86_64
#endif

/** A register's name in an operand, resolved. */
typedef struct st_reg_t {
    uint8_t word; /* of struct pt_regs; reg_none() of the machine for xzr and wzr of aarch64, which read as 0 */
    uint8_t size; /* bytes that the name denotes (rax 8, eax 4, ax 2, al 1) */
} reg_t;

/**
 * Looks a register's name up (without "%").
 * @param machine EM_X86_64 or EM_AARCH64
 * @return NULL, or why the name cannot be read (a literal): not a register, or one that struct pt_regs has no word for
 */
const char *reg_find(unsigned machine, const char *name, size_t len, reg_t *reg);
/**
 * The word of the register that has this number in DWARF (the ABIs of the machines have the tables); reg_none() of the machine for
 * one that struct pt_regs has no word for.
 */
uint8_t reg_of_dwarf(unsigned machine, uint64_t number);
/** Whether it is the name of a register, whether or not it can be read. */
int reg_is_name(unsigned machine, const char *name, size_t len);
/** What stands for "no register" in operands of that machine; PG_REG_NONE for the one that this is compiled for. */
uint8_t reg_none(unsigned machine);
/** The word of the instruction pointer, which is at the site when the program runs; reg_none(): that is not read on this machine.
 */
uint8_t reg_ip(unsigned machine);

#endif
