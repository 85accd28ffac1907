#ifndef T_UNIT_BPF_MACHINE_H
#define T_UNIT_BPF_MACHINE_H

/*
 * Runs the instructions of a BPF program at a uprobe, one firing, and is as strict as the kernel's verifier where that is cheap:
 * nothing is read that was not written, not even a register that a call has left to chance; all accesses are aligned and within
 * the stack, the context or the variable; jumps stay in the function. What other functions do, the test says.
 */

#include <linux/bpf.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "common/record.h"
#include "usdt/regs.h"

#define MACHINE_STACK 512
#define MACHINE_MAX_STEPS 100000
/* where things are, as the program sees them */
#define MACHINE_STACK_END 0x57ac000000001000u
#define MACHINE_CONTEXT 0xc047e87000000000u
#define MACHINE_STATE 0x57a7e00000000000u
#define MACHINE_MAP 0x3a900000000000u /* and the descriptor */
/* what the clock says */
#define MACHINE_TIME 0x7133000000000001u

typedef struct st_machine_t {
    const struct bpf_insn *insns;
    size_t num_insns; /* of the functions that are run: the entry, and those that it calls */
    int state_fd;
    uint64_t cookie, context[PG_NUM_REGS];
    struct pg_state state;
    /** Plays the function that begins at an instruction. @return what it leaves in r0 */
    uint64_t (*call)(struct st_machine_t *machine, size_t target);
    /** Before each instruction. */
    void (*step)(struct st_machine_t *machine);
    /** Reads the target's memory. @param faults whether pages are faulted in @return whether it could */
    int (*read)(void *to, size_t size, uint64_t address, int faults);
    void *data; /* of the test */
    /* the state of the run */
    uint64_t regs[11];
    unsigned known; /* bits of registers that may be read */
    unsigned char stack[MACHINE_STACK], is_written[MACHINE_STACK];
    size_t lowest; /* byte of the stack that was used */
    size_t pc, num_steps;
    size_t return_to;                     /* from the function that the entry has called; 0: this is the entry */
    uint64_t kept[4];                     /* r6 to r9 of the entry */
    unsigned num_reads, num_single_reads; /* of the target's memory: without, and with faulting pages in */
    char fault[160];                      /* the first one; "": none */
} machine_t;

static inline __attribute__((format(printf, 2, 3))) void machine_fault(machine_t *machine, const char *fmt, ...)
{
    va_list args;

    if (machine->fault[0] != '\0')
        return;
    int n = snprintf(machine->fault, sizeof(machine->fault), "instruction %zu: ", machine->pc);
    va_start(args, fmt);
    vsnprintf(machine->fault + n, sizeof(machine->fault) - (size_t)n, fmt, args);
    va_end(args);
}

static inline uint64_t machine_reg(machine_t *machine, unsigned reg)
{
    if (reg > 10 || !(machine->known & 1u << reg)) {
        machine_fault(machine, "r%u is read, and nothing is in it", reg);
        return 0;
    }
    return machine->regs[reg];
}

static inline void machine_set_reg(machine_t *machine, unsigned reg, uint64_t value)
{
    if (reg > 9) {
        machine_fault(machine, "r%u is written", reg);
        return;
    }
    machine->regs[reg] = value;
    machine->known |= 1u << reg;
}

/* ---- memory of the program ---- */

/* Bytes of the stack, which get written now, or have to be written already. NULL: they are not there */
static inline unsigned char *machine_stack(machine_t *machine, uint64_t address, size_t size, int is_write)
{
    uint64_t at = address - (MACHINE_STACK_END - MACHINE_STACK);

    if (at >= MACHINE_STACK || size > MACHINE_STACK - at) {
        machine_fault(machine, "%zu bytes at r10 %+lld are not on the stack", size, (long long)(address - MACHINE_STACK_END));
        return NULL;
    }
    if (at < machine->lowest)
        machine->lowest = at;
    for (size_t i = at; i < at + size; ++i) {
        if (!is_write && !machine->is_written[i])
            machine_fault(machine, "byte %d of the stack is read, and nothing is in it", (int)i - MACHINE_STACK);
        machine->is_written[i] |= (unsigned char)is_write;
    }
    return machine->stack + at;
}

static inline const void *machine_readable(machine_t *machine, uint64_t address, size_t size)
{
    if (address - MACHINE_CONTEXT < sizeof(machine->context)) {
        if (size == 8 && address % 8 == 0)
            return (const char *)machine->context + (address - MACHINE_CONTEXT);
        machine_fault(machine, "a part of a word of the context is read");
        return NULL;
    }
    if (address - MACHINE_STATE < sizeof(machine->state) && size <= sizeof(machine->state) - (address - MACHINE_STATE))
        return (const char *)&machine->state + (address - MACHINE_STATE);
    return machine_stack(machine, address, size, 0);
}

static inline size_t machine_size(const struct bpf_insn *insn)
{
    switch (BPF_SIZE(insn->code)) {
    case BPF_B:
        return 1;
    case BPF_H:
        return 2;
    case BPF_W:
        return 4;
    default:
        return 8;
    }
}

static inline uint64_t machine_address(machine_t *machine, const struct bpf_insn *insn, unsigned reg)
{
    uint64_t address = machine_reg(machine, reg) + (uint64_t)(int64_t)insn->off;

    if (BPF_MODE(insn->code) != BPF_MEM)
        machine_fault(machine, "code 0x%x is not known", insn->code);
    if (address % machine_size(insn) != 0)
        machine_fault(machine, "an access of %zu bytes is not aligned", machine_size(insn));
    return address;
}

static inline void machine_load(machine_t *machine, const struct bpf_insn *insn)
{
    const void *from = machine_readable(machine, machine_address(machine, insn, insn->src_reg), machine_size(insn));
    uint64_t value = 0;

    if (from != NULL)
        memcpy(&value, from, machine_size(insn));
    machine_set_reg(machine, insn->dst_reg, value);
}

static inline void machine_store(machine_t *machine, const struct bpf_insn *insn)
{
    uint64_t value = BPF_CLASS(insn->code) == BPF_ST ? (uint64_t)(int64_t)insn->imm : machine_reg(machine, insn->src_reg);
    void *to = machine_stack(machine, machine_address(machine, insn, insn->dst_reg), machine_size(insn), 1);

    if (to != NULL)
        memcpy(to, &value, machine_size(insn));
}

static inline void machine_load_constant(machine_t *machine, const struct bpf_insn *insn)
{
    uint64_t value = (uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32;

    if (insn->code != (BPF_LD | BPF_IMM | BPF_DW) || machine->pc + 1 == machine->num_insns || insn[1].code != 0)
        machine_fault(machine, "code 0x%x is not known", insn->code);
    else if (insn->src_reg == BPF_PSEUDO_MAP_VALUE && insn[0].imm == machine->state_fd)
        value = MACHINE_STATE + (uint32_t)insn[1].imm;
    else if (insn->src_reg == BPF_PSEUDO_MAP_FD)
        value += MACHINE_MAP;
    else if (insn->src_reg != 0)
        machine_fault(machine, "the address of no variable is loaded");
    machine_set_reg(machine, insn->dst_reg, value);
    ++machine->pc;
}

/* ---- calls ---- */

/* bpf_probe_read_user() and bpf_copy_from_user(): where they fail, there are zeros */
static inline uint64_t machine_read_user(machine_t *machine, int faults)
{
    uint64_t to = machine_reg(machine, 1), size = machine_reg(machine, 2), from = machine_reg(machine, 3);
    void *bytes = size != 0 && size <= MACHINE_STACK ? machine_stack(machine, to, size, 1) : NULL;

    if (bytes == NULL) {
        machine_fault(machine, "%llu bytes are read", (unsigned long long)size);
        return 0;
    }
    ++*(faults ? &machine->num_single_reads : &machine->num_reads);
    if (machine->read(bytes, size, from, faults))
        return 0;
    memset(bytes, 0, size);
    return (uint64_t)-14; /* -EFAULT */
}

static inline uint64_t machine_help(machine_t *machine, int32_t number)
{
    if (number == BPF_FUNC_probe_read_user || number == BPF_FUNC_copy_from_user)
        return machine_read_user(machine, number == BPF_FUNC_copy_from_user);
    if (number == BPF_FUNC_get_attach_cookie && machine_reg(machine, 1) == MACHINE_CONTEXT)
        return machine->cookie;
    if (number == BPF_FUNC_ktime_get_ns)
        return MACHINE_TIME;
    machine_fault(machine, "helper %d is called", number);
    return 0;
}

/* The functions that are called so have no stack of their own, and call none of their kind. */
static inline void machine_enter(machine_t *machine, size_t target)
{
    if (machine->return_to != 0)
        machine_fault(machine, "a function calls another one");
    machine->return_to = machine->pc;
    memcpy(machine->kept, machine->regs + 6, sizeof(machine->kept));
    machine->known &= 0x43eu; /* r1 to r5, r10 */
    machine->pc = target - 1;
}

static inline void machine_leave(machine_t *machine)
{
    machine->pc = machine->return_to;
    machine->return_to = 0;
    memcpy(machine->regs + 6, machine->kept, sizeof(machine->kept));
    machine->known = 1u << 0 | 0x3c0u | 1u << 10; /* what the entry has not written, it cannot read now, either: it exits */
}

static inline void machine_call(machine_t *machine, const struct bpf_insn *insn)
{
    size_t target = (size_t)((int64_t)machine->pc + insn->imm + 1);
    uint64_t result = 0;

    if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL && target < machine->num_insns) {
        machine_enter(machine, target);
        return;
    }
    if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg > BPF_PSEUDO_CALL)
        machine_fault(machine, "code 0x%x is not known", insn->code);
    else if (insn->src_reg == 0)
        result = machine_help(machine, insn->imm);
    else
        result = machine->call(machine, target);
    machine->known &= ~0x3eu; /* r1 to r5 */
    machine_set_reg(machine, 0, result);
}

/* ---- arithmetic ---- */

static inline uint64_t machine_compute(machine_t *machine, const struct bpf_insn *insn, uint64_t a, uint64_t b, unsigned bits)
{
    int64_t negative = bits == 64 ? (int64_t)a : (int32_t)a;
    unsigned op = BPF_OP(insn->code);

    if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) && b >= bits)
        machine_fault(machine, "a shift by %llu bits", (unsigned long long)b);
    b &= op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH ? bits - 1 : UINT64_MAX;
    switch (op) {
    case BPF_MOV:
        return b;
    case BPF_ADD:
        return a + b;
    case BPF_SUB:
        return a - b;
    case BPF_MUL:
        return a * b;
    case BPF_OR:
        return a | b;
    case BPF_AND:
        return a & b;
    case BPF_XOR:
        return a ^ b;
    case BPF_LSH:
        return a << b;
    case BPF_RSH:
        return a >> b;
    case BPF_ARSH:
        return (uint64_t)(negative >> b);
    case BPF_NEG:
        return -a;
    }
    machine_fault(machine, "code 0x%x is not known", insn->code);
    return 0;
}

static inline void machine_alu(machine_t *machine, const struct bpf_insn *insn)
{
    int is_64 = BPF_CLASS(insn->code) == BPF_ALU64, op = BPF_OP(insn->code);
    uint64_t a = op != BPF_MOV ? machine_reg(machine, insn->dst_reg) : 0, b = (uint64_t)(int64_t)insn->imm, result;

    if (BPF_SRC(insn->code) == BPF_X)
        b = machine_reg(machine, insn->src_reg);
    if (insn->off != 0)
        machine_fault(machine, "code 0x%x is not known", insn->code);
    result =
        is_64 ? machine_compute(machine, insn, a, b, 64) : (uint32_t)machine_compute(machine, insn, (uint32_t)a, (uint32_t)b, 32);
    machine_set_reg(machine, insn->dst_reg, result);
}

/* ---- jumps ---- */

static inline int machine_is_true(machine_t *machine, const struct bpf_insn *insn)
{
    int is_64 = BPF_CLASS(insn->code) == BPF_JMP;
    uint64_t a, b = (uint64_t)(int64_t)insn->imm;

    if (insn->code == (BPF_JMP | BPF_JA))
        return 1;
    a = machine_reg(machine, insn->dst_reg);
    if (BPF_SRC(insn->code) == BPF_X)
        b = machine_reg(machine, insn->src_reg);
    int64_t c = is_64 ? (int64_t)a : (int32_t)a, d = is_64 ? (int64_t)b : (int32_t)b;
    a = is_64 ? a : (uint32_t)a;
    b = is_64 ? b : (uint32_t)b;
    switch (BPF_OP(insn->code)) {
    case BPF_JEQ:
        return a == b;
    case BPF_JNE:
        return a != b;
    case BPF_JSET:
        return (a & b) != 0;
    case BPF_JGT:
        return a > b;
    case BPF_JGE:
        return a >= b;
    case BPF_JLT:
        return a < b;
    case BPF_JLE:
        return a <= b;
    case BPF_JSGT:
        return c > d;
    case BPF_JSGE:
        return c >= d;
    case BPF_JSLT:
        return c < d;
    case BPF_JSLE:
        return c <= d;
    }
    machine_fault(machine, "code 0x%x is not known", insn->code);
    return 0;
}

/* @return whether the program goes on */
static inline int machine_jump(machine_t *machine, const struct bpf_insn *insn)
{
    if (BPF_OP(insn->code) == BPF_EXIT) {
        machine_reg(machine, 0);
        if (machine->return_to == 0)
            return 0;
        machine_leave(machine);
        return 1;
    }
    if (BPF_OP(insn->code) == BPF_CALL)
        machine_call(machine, insn);
    else if (machine_is_true(machine, insn))
        machine->pc += (size_t)insn->off;
    return 1;
}

/* ---- the whole ---- */

/** Runs it from its first instruction to its exit, or to the first fault. */
static inline void machine_run(machine_t *machine)
{
    int goes_on = 1;

    machine->known = 1u << 1 | 1u << 10;
    machine->regs[1] = MACHINE_CONTEXT;
    machine->regs[10] = MACHINE_STACK_END;
    memset(machine->is_written, 0, sizeof(machine->is_written));
    machine->lowest = MACHINE_STACK;
    machine->pc = machine->num_steps = machine->return_to = 0;
    machine->num_reads = machine->num_single_reads = 0;
    machine->fault[0] = '\0';
    while (goes_on && machine->fault[0] == '\0') {
        const struct bpf_insn *insn = machine->insns + machine->pc;
        if (machine->pc >= machine->num_insns || ++machine->num_steps > MACHINE_MAX_STEPS) {
            machine_fault(machine, "there is none, or there is no end");
            return;
        }
        machine->step(machine);
        switch (BPF_CLASS(insn->code)) {
        case BPF_LD:
            machine_load_constant(machine, insn);
            break;
        case BPF_LDX:
            machine_load(machine, insn);
            break;
        case BPF_ST:
        case BPF_STX:
            machine_store(machine, insn);
            break;
        case BPF_ALU:
        case BPF_ALU64:
            machine_alu(machine, insn);
            break;
        default:
            goes_on = machine_jump(machine, insn);
        }
        ++machine->pc;
    }
}

#endif
