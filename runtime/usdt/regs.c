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
    int is_numbered; /* digits follow */
    const char *names[8], *reason;
} unreadable_regs[] = {
    {EM_X86_64, 0, {"ah"}, "the second byte of a register (%ah) is not supported"},
    {EM_X86_64, 0, {"bh"}, "the second byte of a register (%bh) is not supported"},
    {EM_X86_64, 0, {"ch"}, "the second byte of a register (%ch) is not supported"},
    {EM_X86_64, 0, {"dh"}, "the second byte of a register (%dh) is not supported"},
    {EM_X86_64, 0, {"rip", "eip"}, "the instruction pointer is not an argument"},
    {EM_X86_64, 0, {"fs", "gs"}, "a segment register (thread-local storage) is not supported"},
    {EM_X86_64, 0, {"cs", "ds", "es", "ss"}, "a segment register is not supported"},
    {EM_X86_64, 0, {"st"}, "a floating-point register is not supported"},
    {EM_X86_64, 1, {"xmm", "ymm", "zmm", "mm"}, "a vector register is not supported"},
    {EM_X86_64, 1, {"k"}, "a mask register is not supported"},
    {EM_AARCH64, 0, {"pc"}, "the instruction pointer is not an argument"},
    {EM_AARCH64, 1, {"b", "h", "s", "d", "q", "v", "z"}, "a vector register is not supported"},
};

static const char no_register[] = "not the name of a register";

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
        for (const char *const *known = unreadable_regs[i].names; unreadable_regs[i].machine == machine && *known != NULL;
             ++known) {
            size_t known_len = strlen(*known);
            if (len < known_len || memcmp(name, *known, known_len) != 0)
                continue;
            if (unreadable_regs[i].is_numbered ? is_number(name + known_len, len - known_len) : len == known_len)
                return unreadable_regs[i].reason;
        }
    }
    return no_register;
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
        {"xzr", {.word = PG_NUM_REGS_AARCH64, .size = 8}},
        {"wzr", {.word = PG_NUM_REGS_AARCH64, .size = 4}},
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
    *reg = (reg_t){.word = reg_none(machine)};
    if (machine == EM_X86_64 ? find_x86_64(name, len, reg) : machine == EM_AARCH64 && find_aarch64(name, len, reg))
        return NULL;
    return why_unreadable(machine, name, len);
}

uint8_t reg_of_dwarf(unsigned machine, uint64_t number)
{
    static const char *const x86_64[] = {"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp",
                                         "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    reg_t reg;

    if (machine == EM_X86_64 && number < sizeof(x86_64) / sizeof(x86_64[0]) &&
        find_x86_64(x86_64[number], strlen(x86_64[number]), &reg))
        return reg.word;
    if (machine == EM_AARCH64 && number < PG_NUM_REGS_AARCH64)
        return (uint8_t)number; /* x0 to x30, sp */
    return reg_none(machine);
}

int reg_is_name(unsigned machine, const char *name, size_t len)
{
    reg_t reg;

    return reg_find(machine, name, len, &reg) != no_register;
}

uint8_t reg_none(unsigned machine)
{
    return machine == EM_X86_64 ? PG_NUM_REGS_X86_64 : machine == EM_AARCH64 ? PG_NUM_REGS_AARCH64 : PG_REG_NONE;
}

uint8_t reg_ip(unsigned machine)
{
    return machine == EM_X86_64 ? PG_REG_IP_X86_64 : reg_none(machine);
}
