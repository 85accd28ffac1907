#include <elf.h>
#include <string.h>
#include "usdt/regs.h"

/* One row for each general register of x86-64: all its names, and its word in struct pt_regs. */
static const struct {
    const char *names[4]; /* of 8, 4, 2, 1 bytes */
    uint8_t word;
} x86_64_regs[] = {
    {{"rax", "eax", "ax", "al"}, 10},     {{"rbx", "ebx", "bx", "bl"}, 5},      {{"rcx", "ecx", "cx", "cl"}, 11},
    {{"rdx", "edx", "dx", "dl"}, 12},     {{"rsi", "esi", "si", "sil"}, 13},    {{"rdi", "edi", "di", "dil"}, 14},
    {{"rbp", "ebp", "bp", "bpl"}, 4},     {{"rsp", "esp", "sp", "spl"}, 19},    {{"r8", "r8d", "r8w", "r8b"}, 9},
    {{"r9", "r9d", "r9w", "r9b"}, 8},     {{"r10", "r10d", "r10w", "r10b"}, 7}, {{"r11", "r11d", "r11w", "r11b"}, 6},
    {{"r12", "r12d", "r12w", "r12b"}, 3}, {{"r13", "r13d", "r13w", "r13b"}, 2}, {{"r14", "r14d", "r14w", "r14b"}, 1},
    {{"r15", "r15d", "r15w", "r15b"}, 0},
};

/* Names that are registers but not words of struct pt_regs, and why they are not read. */
static const struct {
    unsigned machine;
    const char *prefix; /* followed by digits, or by nothing when `is_whole` */
    int is_whole;
    const char *reason;
} unreadable_regs[] = {
    {EM_X86_64, "ah", 1, "the second byte of a register (%ah) is not supported"},
    {EM_X86_64, "bh", 1, "the second byte of a register (%bh) is not supported"},
    {EM_X86_64, "ch", 1, "the second byte of a register (%ch) is not supported"},
    {EM_X86_64, "dh", 1, "the second byte of a register (%dh) is not supported"},
    {EM_X86_64, "rip", 1, "the instruction pointer is not an argument"},
    {EM_X86_64, "eip", 1, "the instruction pointer is not an argument"},
    {EM_X86_64, "fs", 1, "a segment register (thread-local storage) is not supported"},
    {EM_X86_64, "gs", 1, "a segment register (thread-local storage) is not supported"},
    {EM_X86_64, "cs", 1, "a segment register is not supported"},
    {EM_X86_64, "ds", 1, "a segment register is not supported"},
    {EM_X86_64, "es", 1, "a segment register is not supported"},
    {EM_X86_64, "ss", 1, "a segment register is not supported"},
    {EM_X86_64, "st", 1, "a floating-point register is not supported"},
    {EM_X86_64, "xmm", 0, "a vector register is not supported"},
    {EM_X86_64, "ymm", 0, "a vector register is not supported"},
    {EM_X86_64, "zmm", 0, "a vector register is not supported"},
    {EM_X86_64, "mm", 0, "a vector register is not supported"},
    {EM_X86_64, "k", 0, "a mask register is not supported"},
    {EM_AARCH64, "pc", 1, "the instruction pointer is not an argument"},
    {EM_AARCH64, "b", 0, "a vector register is not supported"},
    {EM_AARCH64, "h", 0, "a vector register is not supported"},
    {EM_AARCH64, "s", 0, "a vector register is not supported"},
    {EM_AARCH64, "d", 0, "a vector register is not supported"},
    {EM_AARCH64, "q", 0, "a vector register is not supported"},
    {EM_AARCH64, "v", 0, "a vector register is not supported"},
    {EM_AARCH64, "z", 0, "a vector register is not supported"},
};

static const char not_a_register[] = "not the name of a register";

static int name_is(const char *name, size_t len, const char *lit)
{
    return strlen(lit) == len && memcmp(name, lit, len) == 0;
}

static int is_number(const char *s, size_t len)
{
    if (len == 0 || len > 2 || (len == 2 && s[0] == '0'))
        return 0;
    for (size_t i = 0; i < len; ++i)
        if (!('0' <= s[i] && s[i] <= '9'))
            return 0;
    return 1;
}

static const char *why_unreadable(unsigned machine, const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(unreadable_regs) / sizeof(unreadable_regs[0]); ++i) {
        const char *prefix = unreadable_regs[i].prefix;
        size_t prefix_len = strlen(prefix);
        if (unreadable_regs[i].machine != machine || len < prefix_len || memcmp(name, prefix, prefix_len) != 0)
            continue;
        if (unreadable_regs[i].is_whole ? len == prefix_len : is_number(name + prefix_len, len - prefix_len))
            return unreadable_regs[i].reason;
    }
    return not_a_register;
}

static int find_x86_64(const char *name, size_t len, reg_t *reg)
{
    for (size_t i = 0; i < sizeof(x86_64_regs) / sizeof(x86_64_regs[0]); ++i) {
        for (unsigned width = 0; width < 4; ++width) {
            if (name_is(name, len, x86_64_regs[i].names[width])) {
                *reg = (reg_t){.word = x86_64_regs[i].word, .size = 8 >> width};
                return 1;
            }
        }
    }
    return 0;
}

/* The names of aarch64 are regular: x0..x30 and their low halves w0..w30; 31 is sp or the zero register, depending on the name. */
static int find_aarch64(const char *name, size_t len, reg_t *reg)
{
    static const struct {
        const char *name;
        reg_t reg;
    } special[] = {
        {"sp", {.word = 31, .size = 8}},
        {"wsp", {.word = 31, .size = 4}},
        {"fp", {.word = 29, .size = 8}},
        {"lr", {.word = 30, .size = 8}},
        {"xzr", {.word = PG_NUM_REGS_AARCH64, .size = 8, .is_zero = 1}},
        {"wzr", {.word = PG_NUM_REGS_AARCH64, .size = 4, .is_zero = 1}},
    };

    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); ++i) {
        if (name_is(name, len, special[i].name)) {
            *reg = special[i].reg;
            return 1;
        }
    }
    if (len < 2 || !(name[0] == 'x' || name[0] == 'w') || !is_number(name + 1, len - 1))
        return 0;
    unsigned n = len == 2 ? name[1] - '0' : (name[1] - '0') * 10 + name[2] - '0';
    if (n > 30)
        return 0;
    *reg = (reg_t){.word = n, .size = name[0] == 'x' ? 8 : 4};
    return 1;
}

const char *reg_find(unsigned machine, const char *name, size_t len, reg_t *reg)
{
    int found = 0;

    *reg = (reg_t){.word = reg_none(machine)};
    switch (machine) {
    case EM_X86_64:
        found = find_x86_64(name, len, reg);
        break;
    case EM_AARCH64:
        found = find_aarch64(name, len, reg);
        break;
    }
    return found ? NULL : why_unreadable(machine, name, len);
}

uint8_t reg_none(unsigned machine)
{
    switch (machine) {
    case EM_X86_64:
        return PG_NUM_REGS_X86_64;
    case EM_AARCH64:
        return PG_NUM_REGS_AARCH64;
    default:
        return PG_REG_NONE;
    }
}
