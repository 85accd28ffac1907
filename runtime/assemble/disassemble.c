/* A BPF instruction as text; the format is in the kernel's Documentation/bpf/standardization/instruction-set.rst. */
#include <stdint.h>
#include <stdio.h>
#include "assemble/disassemble.h"

#define SAY(...) snprintf(text, DISASSEMBLE_MAX, __VA_ARGS__)

static unsigned size_of(const struct bpf_insn *insn)
{
    static const uint8_t sizes[] = {[BPF_W >> 3] = 32, [BPF_H >> 3] = 16, [BPF_B >> 3] = 8, [BPF_DW >> 3] = 64};

    return sizes[BPF_SIZE(insn->code) >> 3];
}

static void say_unknown(const struct bpf_insn *insn, char *text)
{
    SAY("code 0x%02x, r%u, r%u, %d, %d", insn->code, insn->dst_reg, insn->src_reg, insn->off, insn->imm);
}

/* ---- memory ---- */

/* The address of something large: a number, or where a map or its first element will be. */
static void say_constant(const struct bpf_insn *insn, char *text)
{
    uint64_t value = (uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32;

    if (insn->src_reg == 0)
        SAY("r%u = %lld ll", insn->dst_reg, (long long)value);
    else if (insn->src_reg == BPF_PSEUDO_MAP_FD)
        SAY("r%u = map[fd:%d]", insn->dst_reg, insn->imm);
    else if (insn->src_reg == BPF_PSEUDO_MAP_VALUE)
        SAY("r%u = map[fd:%d][0]+%d", insn->dst_reg, insn->imm, insn[1].imm);
    else
        say_unknown(insn, text);
}

/* "*(u64 *)(r6 + 112)" */
static void say_place(const struct bpf_insn *insn, unsigned reg, char place[32])
{
    snprintf(place, 32, "*(u%u *)(r%u %c %d)", size_of(insn), reg, insn->off < 0 ? '-' : '+',
             insn->off < 0 ? -insn->off : insn->off);
}

static void say_memory(const struct bpf_insn *insn, char *text)
{
    int class = BPF_CLASS(insn->code), is_atomic = BPF_MODE(insn->code) == BPF_ATOMIC && class == BPF_STX;
    char place[32];

    say_place(insn, class == BPF_LDX ? insn->src_reg : insn->dst_reg, place);
    if (is_atomic && insn->imm == BPF_ADD)
        SAY("lock %s += r%u", place, insn->src_reg);
    else if (is_atomic && insn->imm == BPF_XCHG && size_of(insn) == 64)
        SAY("r%u = xchg_64(r%u %c %d, r%u)", insn->src_reg, insn->dst_reg, insn->off < 0 ? '-' : '+',
            insn->off < 0 ? -insn->off : insn->off, insn->src_reg);
    else if (BPF_MODE(insn->code) != BPF_MEM)
        say_unknown(insn, text);
    else if (class == BPF_LDX)
        SAY("r%u = %s", insn->dst_reg, place);
    else if (class == BPF_STX)
        SAY("%s = r%u", place, insn->src_reg);
    else
        SAY("%s = %d", place, insn->imm);
}

/* ---- arithmetic ---- */

static void say_alu(const struct bpf_insn *insn, char *text)
{
    static const char *const signs[16] = {"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "", "%=", "^=", "=", "s>>="};
    const char *sign = signs[BPF_OP(insn->code) >> 4];
    char letter = BPF_CLASS(insn->code) == BPF_ALU64 ? 'r' : 'w';

    if (insn->off != 0)
        say_unknown(insn, text);
    else if (BPF_OP(insn->code) == BPF_NEG)
        SAY("%c%u = -%c%u", letter, insn->dst_reg, letter, insn->dst_reg);
    else if (BPF_OP(insn->code) == BPF_END && letter == 'w')
        SAY("r%u = %s%d r%u", insn->dst_reg, BPF_SRC(insn->code) == BPF_TO_BE ? "be" : "le", insn->imm, insn->dst_reg);
    else if (sign == NULL)
        say_unknown(insn, text);
    else if (BPF_SRC(insn->code) == BPF_X)
        SAY("%c%u %s %c%u", letter, insn->dst_reg, sign, letter, insn->src_reg);
    else
        SAY("%c%u %s %d", letter, insn->dst_reg, sign, insn->imm);
}

/* ---- jumps ---- */

static const char *helper_name(int number)
{
#define NAME_OF(name, ...) "bpf_" #name
    static const char *const helpers[] = {__BPF_FUNC_MAPPER(NAME_OF)};
#undef NAME_OF

    return number >= 0 && (size_t)number < sizeof(helpers) / sizeof(helpers[0]) ? helpers[number] : "unknown";
}

static void say_call(const struct bpf_insn *insn, char *text)
{
    if (insn->src_reg == BPF_PSEUDO_CALL)
        SAY("call pc%+d", insn->imm);
    else if (insn->src_reg == 0)
        SAY("call %s#%d", helper_name(insn->imm), insn->imm);
    else
        say_unknown(insn, text);
}

static void say_jump(const struct bpf_insn *insn, char *text)
{
    static const char *const signs[16] = {NULL, "==", ">", ">=", "&", "!=", "s>", "s>=", NULL, NULL, "<", "<=", "s<", "s<="};
    const char *sign = signs[BPF_OP(insn->code) >> 4];
    char letter = BPF_CLASS(insn->code) == BPF_JMP ? 'r' : 'w';

    if (insn->code == (BPF_JMP | BPF_CALL))
        say_call(insn, text);
    else if (insn->code == (BPF_JMP | BPF_EXIT))
        SAY("exit");
    else if (insn->code == (BPF_JMP | BPF_JA))
        SAY("goto %+d", insn->off);
    else if (sign == NULL)
        say_unknown(insn, text);
    else if (BPF_SRC(insn->code) == BPF_X)
        SAY("if %c%u %s %c%u goto %+d", letter, insn->dst_reg, sign, letter, insn->src_reg, insn->off);
    else
        SAY("if %c%u %s %d goto %+d", letter, insn->dst_reg, sign, insn->imm, insn->off);
}

size_t disassemble(const struct bpf_insn *insn, char text[DISASSEMBLE_MAX])
{
    if (insn->code == (BPF_LD | BPF_IMM | BPF_DW)) {
        say_constant(insn, text);
        return 2;
    }
    switch (BPF_CLASS(insn->code)) {
    case BPF_LD:
        say_unknown(insn, text);
        break;
    case BPF_LDX:
    case BPF_ST:
    case BPF_STX:
        say_memory(insn, text);
        break;
    case BPF_ALU:
    case BPF_ALU64:
        say_alu(insn, text);
        break;
    default:
        say_jump(insn, text);
    }
    return 1;
}
