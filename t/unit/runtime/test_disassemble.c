/*
 * ASSERTION: every instruction of a tracer's BPF object is written as llvm-objdump writes it; those that are in none are written as
 * the kernel would.
 */

#include <ctype.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>
#include "assemble/disassemble.h"
#include "tap.h"
#include "usdt/symbol.h"

/* ---- what llvm-objdump has no object for ---- */

#define INSN(op, dst, src, offset, number)                                                                                         \
    {                                                                                                                              \
        .code = (op), .dst_reg = (dst), .src_reg = (src), .off = (offset), .imm = (number)                                         \
    }

static const struct {
    struct bpf_insn insns[2];
    const char *text;
} cases[] = {
    {{INSN(BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 5), INSN(0, 0, 0, 0, 1)}, "r1 = 4294967301 ll"},
    {{INSN(BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, -2), INSN(0, 0, 0, 0, -1)}, "r1 = -2 ll"},
    {{INSN(BPF_LD | BPF_IMM | BPF_DW, 9, BPF_PSEUDO_MAP_FD, 0, 12)}, "r9 = map[fd:12]"},
    {{INSN(BPF_LD | BPF_IMM | BPF_DW, 9, BPF_PSEUDO_MAP_VALUE, 0, 12), INSN(0, 0, 0, 0, 16)}, "r9 = map[fd:12][0]+16"},
    {{INSN(BPF_LD | BPF_IMM | BPF_DW, 9, BPF_PSEUDO_FUNC, 0, 12)}, "code 0x18, r9, r4, 0, 12"},
    {{INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -184, 0)}, "*(u64 *)(r10 - 184) = 0"},
    {{INSN(BPF_ST | BPF_MEM | BPF_H, 10, 0, -32768, -1)}, "*(u16 *)(r10 - 32768) = -1"},
    {{INSN(BPF_STX | BPF_MEM | BPF_B, 10, 3, 32767, 0)}, "*(u8 *)(r10 + 32767) = r3"},
    {{INSN(BPF_STX | BPF_ATOMIC | BPF_W, 1, 2, 0, BPF_ADD)}, "lock *(u32 *)(r1 + 0) += r2"},
    {{INSN(BPF_STX | BPF_ATOMIC | BPF_W, 1, 2, 0, BPF_XCHG)}, "code 0xc3, r1, r2, 0, 225"},
    {{INSN(BPF_LDX | BPF_MEM | BPF_DW, 1, 6, 112, 0)}, "r1 = *(u64 *)(r6 + 112)"},
    {{INSN(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 4)}, "code 0x20, r0, r0, 0, 4"},
    {{INSN(BPF_ALU64 | BPF_DIV | BPF_X, 1, 2, 0, 0)}, "r1 /= r2"},
    {{INSN(BPF_ALU64 | BPF_MUL | BPF_K, 1, 0, 0, -3)}, "r1 *= -3"},
    {{INSN(BPF_ALU64 | BPF_MOD | BPF_K, 1, 0, 0, 3)}, "r1 %= 3"},
    {{INSN(BPF_ALU | BPF_ARSH | BPF_K, 1, 0, 0, 3)}, "w1 s>>= 3"},
    {{INSN(BPF_ALU | BPF_NEG, 1, 0, 0, 0)}, "w1 = -w1"},
    {{INSN(BPF_ALU | BPF_END | BPF_TO_BE, 1, 0, 0, 16)}, "r1 = be16 r1"},
    {{INSN(BPF_ALU | BPF_END | BPF_TO_LE, 1, 0, 0, 64)}, "r1 = le64 r1"},
    {{INSN(BPF_ALU64 | BPF_DIV | BPF_X, 1, 2, 1, 0)}, "code 0x3f, r1, r2, 1, 0"},
    {{INSN(BPF_ALU64 | 0xe0, 1, 0, 0, 0)}, "code 0xe7, r1, r0, 0, 0"},
    {{INSN(BPF_JMP | BPF_JSLE | BPF_X, 1, 2, -1, 0)}, "if r1 s<= r2 goto -1"},
    {{INSN(BPF_JMP32 | BPF_JSET | BPF_K, 1, 0, 7, 8)}, "if w1 & 8 goto +7"},
    {{INSN(BPF_JMP | 0xf0, 1, 0, 7, 8)}, "code 0xf5, r1, r0, 7, 8"},
    {{INSN(BPF_JMP | BPF_JA, 0, 0, -12, 0)}, "goto -12"},
    {{INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_user)}, "call bpf_probe_read_user#112"},
    {{INSN(BPF_JMP | BPF_CALL, 0, 0, 0, 100000)}, "call unknown#100000"},
    {{INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, -4)}, "call pc-4"},
    {{INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 4)}, "call pc+4"},
    {{INSN(BPF_JMP | BPF_CALL, 0, 2, 0, 4)}, "code 0x85, r0, r2, 0, 4"},
};

static void test_cases(void)
{
    char text[DISASSEMBLE_MAX];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        size_t num = disassemble(cases[i].insns, text);
        is_str(text, cases[i].text, text);
        if (num != (cases[i].insns[0].code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1))
            ok(0, "... takes %zu instructions", num);
    }
}

/* whatever the bits are */
static void test_any(void)
{
    size_t longest = 0, num_bad = 0;

    for (unsigned i = 0; i < 65536; ++i) {
        char text[DISASSEMBLE_MAX];
        const struct bpf_insn insns[2] = {INSN((uint8_t)i, i >> 8 & 15, i >> 12, INT16_MIN, INT32_MIN),
                                          INSN(0, 0, 0, 0, INT32_MIN)};
        size_t num = disassemble(insns, text), len = strlen(text);
        longest = len > longest ? len : longest;
        num_bad += num > 2 || len == 0;
    }
    ok(num_bad == 0 && longest < DISASSEMBLE_MAX - 1, "all other ones: at most %zu bytes", longest);
}

/* ---- the object of a tracer ---- */

/* "call pc+5" and "call bpf_x#5" are "call 5" there. */
static void simplify_call(char *text)
{
    const char *number = strchr(text, '#');

    if (strncmp(text, "call ", 5) != 0)
        return;
    number = number != NULL ? number + 1 : text + 7 + (text[7] == '+');
    memmove(text + 5, number, strlen(number) + 1);
}

/* A line "   12:\tr1 = r2 <label>": its number, and what is after it; NULL: it is another one. */
static char *instruction_of(char *line, size_t *number)
{
    char *end, *label;

    *number = strtoul(line, &end, 10);
    if (end == line || end[0] != ':')
        return NULL;
    for (++end; isspace((unsigned char)*end); ++end)
        ;
    end[strcspn(end, "\n")] = '\0';
    if (end[0] != '\0' && end[strlen(end) - 1] == '>' && (label = strrchr(end, '<')) != NULL)
        label[-1] = '\0';
    return end;
}

/* The program as it is in the file: what the linker and the loader put into it is not there yet. */
static const struct bpf_insn *find_program(Elf *elf, size_t *num)
{
    GElf_Shdr header;
    Elf_Scn *section = elf != NULL ? elf_section_named(elf, "uprobe", &header) : NULL;
    Elf_Data *data = section != NULL ? elf_rawdata(section, NULL) : NULL;

    if (data == NULL)
        bail_out("the object has no program");
    *num = data->d_size / sizeof(struct bpf_insn);
    return data->d_buf;
}

static void test_object(const char *path)
{
    char command[1024], line[1024], text[DISASSEMBLE_MAX], *expected;
    size_t num, next = 0, at, num_bad = 0, num_lines = 0;
    int fd = open(path, O_RDONLY);
    Elf *elf = elf_version(EV_CURRENT) != EV_NONE ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
    const struct bpf_insn *insns = find_program(elf, &num);
    FILE *from;

    snprintf(command, sizeof(command), "llvm-objdump -d --no-show-raw-insn --no-print-imm-hex '%s'", path);
    if ((from = popen(command, "r")) == NULL)
        bail_out("llvm-objdump cannot be run");
    while (fgets(line, sizeof(line), from) != NULL) {
        if ((expected = instruction_of(line, &at)) == NULL)
            continue;
        if (at != next || at >= num) {
            ok(0, "instruction %zu follows", at);
            break;
        }
        next += disassemble(insns + at, text);
        simplify_call(text);
        if (strcmp(text, expected) != 0 && ++num_bad < 10)
            diag("instruction %zu: '%s', not '%s'", at, text, expected);
        ++num_lines;
    }
    is_int(pclose(from), 0, "llvm-objdump reads the object");
    ok(num_bad == 0 && num_lines > 1000 && next == num, "its %zu instructions are written in the same way", num_lines);
    elf_end(elf);
    close(fd);
}

int main(void)
{
    const char *path = getenv("PROBEGEN_OBJECT");

    if (path == NULL)
        bail_out("no BPF object to be read: PROBEGEN_OBJECT names it");
    test_cases();
    test_any();
    if (system("llvm-objdump --version >/dev/null 2>&1") != 0)
        skip("the object of the tracer", "there is no llvm-objdump");
    else
        test_object(path);
    return done_testing();
}
