/*
 * ASSERTION: every form of operand that a note can have is parsed into the value the compiler meant, or is refused with a reason;
 * never is it parsed into anything else, and never does it move the operands after it.
 */

#include <elf.h>
#include <inttypes.h>
#include <stdint.h>
#include "usdt/operand.h"
#include "usdt/regs.h"
#include "tap.h"

enum { R = PG_OPERAND_READABLE, D = PG_OPERAND_DEREF, S = PG_OPERAND_SIGNED };
enum { NONE_X = PG_NUM_REGS_X86_64, NONE_A = PG_NUM_REGS_AARCH64 };
/* words of struct pt_regs, from arch/x86/include/asm/ptrace.h, written down here independently of regs.c */
enum { R15, R14, R13, R12, BP, BX, R11, R10, R9, R8, AX, CX, DX, SI, DI, ORIG_AX, IP, CS, FLAGS, SP };

struct expect {
    const char *text;
    int size, flags, base, index, shift;
    int64_t disp;
    const char *symbol;
};

static const struct expect x86_64[] = {
    {"8@%rax", 8, R, AX, NONE_X, 0, 0, NULL},
    {"-4@%eax", 4, R | S, AX, NONE_X, 0, 0, NULL},
    {"2@%ax", 2, R, AX, NONE_X, 0, 0, NULL},
    {"1@%al", 1, R, AX, NONE_X, 0, 0, NULL},
    {"-1@%sil", 1, R | S, SI, NONE_X, 0, 0, NULL},
    {"4@%r13d", 4, R, R13, NONE_X, 0, 0, NULL},
    {"-2@%r8w", 2, R | S, R8, NONE_X, 0, 0, NULL},
    {"1@%r15b", 1, R, R15, NONE_X, 0, 0, NULL},
    {"8@%r10", 8, R, R10, NONE_X, 0, 0, NULL},
    {"8@%rsp", 8, R, SP, NONE_X, 0, 0, NULL},
    /* a register that is wider than the value */
    {"-4@%rsi", 4, R | S, SI, NONE_X, 0, 0, NULL},
    {"1@%ebx", 1, R, BX, NONE_X, 0, 0, NULL},
    /* constants */
    {"-4@$1", 4, R | S, NONE_X, NONE_X, 0, 1, NULL},
    {"8@$-1", 8, R, NONE_X, NONE_X, 0, -1, NULL},
    {"8@$0x10", 8, R, NONE_X, NONE_X, 0, 16, NULL},
    {"8@$0XfF", 8, R, NONE_X, NONE_X, 0, 255, NULL},
    {"8@$-0x10", 8, R, NONE_X, NONE_X, 0, -16, NULL},
    {"4@$010", 4, R, NONE_X, NONE_X, 0, 8, NULL},
    {"4@$0", 4, R, NONE_X, NONE_X, 0, 0, NULL},
    {"4@$1+2-4", 4, R, NONE_X, NONE_X, 0, -1, NULL},
    {"8@$18446744073709551615", 8, R, NONE_X, NONE_X, 0, -1, NULL},
    {"-8@$-9223372036854775808", 8, R | S, NONE_X, NONE_X, 0, INT64_MIN, NULL},
    /* the address of a symbol */
    {"8@$counter", 8, R, NONE_X, NONE_X, 0, 0, "counter"},
    {"8@$counter+4", 8, R, NONE_X, NONE_X, 0, 4, "counter"},
    {"8@$counter.0-4", 8, R, NONE_X, NONE_X, 0, -4, "counter.0"},
    {"8@$4+counter", 8, R, NONE_X, NONE_X, 0, 4, "counter"},
    {"8@$.LC0", 8, R, NONE_X, NONE_X, 0, 0, ".LC0"},
    /* memory */
    {"8@32(%rbp)", 8, R | D, BP, NONE_X, 0, 32, NULL},
    {"8@-0x20(%rbp)", 8, R | D, BP, NONE_X, 0, -32, NULL},
    {"8@+8(%rbp)", 8, R | D, BP, NONE_X, 0, 8, NULL},
    {"8@(%rsi)", 8, R | D, SI, NONE_X, 0, 0, NULL},
    {"-4@(%r12)", 4, R | D | S, R12, NONE_X, 0, 0, NULL},
    {"8@0(%rbp,%rdx)", 8, R | D, BP, DX, 0, 0, NULL},
    {"8@8(%rbp,%rdx,8)", 8, R | D, BP, DX, 3, 8, NULL},
    {"8@(%rbp,%rdx,1)", 8, R | D, BP, DX, 0, 0, NULL},
    {"2@(%r8,%r9,2)", 2, R | D, R8, R9, 1, 0, NULL},
    {"8@(,%rdx,4)", 8, R | D, NONE_X, DX, 2, 0, NULL},
    {"8@-16(,%r14,8)", 8, R | D, NONE_X, R14, 3, -16, NULL},
    {"1@4-8(%rsp,%rcx)", 1, R | D, SP, CX, 0, -4, NULL},
    {"-4@counter(%rip)", 4, R | D | S, NONE_X, NONE_X, 0, 0, "counter"},
    {"4@counter+8(%rip)", 4, R | D, NONE_X, NONE_X, 0, 8, "counter"},
    {"4@counter-8(%rip)", 4, R | D, NONE_X, NONE_X, 0, -8, "counter"},
    {"8@16+counter(%rip)", 8, R | D, NONE_X, NONE_X, 0, 16, "counter"},
    {"8@counter", 8, R | D, NONE_X, NONE_X, 0, 0, "counter"},
    {"8@counter+0x10", 8, R | D, NONE_X, NONE_X, 0, 16, "counter"},
    {"8@_table$1(,%rdi,8)", 8, R | D, NONE_X, DI, 3, 0, "_table$1"},
    {"8@table(%rbx)", 8, R | D, BX, NONE_X, 0, 0, "table"},
};

static const struct expect aarch64[] = {
    {"8@x0", 8, R, 0, NONE_A, 0, 0, NULL},
    {"-4@w30", 4, R | S, 30, NONE_A, 0, 0, NULL},
    {"4@x19", 4, R, 19, NONE_A, 0, 0, NULL},
    {"8@x20", 8, R, 20, NONE_A, 0, 0, NULL},
    {"8@sp", 8, R, 31, NONE_A, 0, 0, NULL},
    {"8@fp", 8, R, 29, NONE_A, 0, 0, NULL},
    {"8@lr", 8, R, 30, NONE_A, 0, 0, NULL},
    {"8@xzr", 8, R, NONE_A, NONE_A, 0, 0, NULL},
    {"-4@wzr", 4, R | S, NONE_A, NONE_A, 0, 0, NULL},
    {"8@[sp, 16]", 8, R | D, 31, NONE_A, 0, 16, NULL},
    {"8@[sp,16]", 8, R | D, 31, NONE_A, 0, 16, NULL},
    {"8@[x0, #-16]", 8, R | D, 0, NONE_A, 0, -16, NULL},
    {"-2@[x29, -16]", 2, R | D | S, 29, NONE_A, 0, -16, NULL},
    {"8@[x0]", 8, R | D, 0, NONE_A, 0, 0, NULL},
    {"-4@[x0, x1]", 4, R | D | S, 0, 1, 0, 0, NULL},
    {"8@[x0, x1, lsl 3]", 8, R | D, 0, 1, 3, 0, NULL},
    {"8@[x0, x1, lsl #3]", 8, R | D, 0, 1, 3, 0, NULL},
    {"8@[x0, lr]", 8, R | D, 0, 30, 0, 0, NULL},
    {"4@5", 4, R, NONE_A, NONE_A, 0, 5, NULL},
    {"-4@-5", 4, R | S, NONE_A, NONE_A, 0, -5, NULL},
    {"8@#0x10", 8, R, NONE_A, NONE_A, 0, 16, NULL},
};

/* Not understood, each of them. They may contain no blanks that end an operand. */
static const char *const x86_64_refused[] = {
    /* other registers and sizes */
    "8@%fs:16",
    "8@%gs:(%rax)",
    "8@%fs:x@tpoff",
    "8@%gs",
    "8@%cs",
    "8@%xmm0",
    "8f@%xmm0",
    "4f@%xmm1",
    "-8f@(%rax)",
    "16@%xmm0",
    "1@%ah",
    "-1@%dh",
    "8@%mm0",
    "8@%ymm15",
    "8@%zmm31",
    "8@%k1",
    "8@%st",
    "8@%st(1)",
    "8@%rip",
    "8@%r16",
    "8@%r08",
    "8@%r8x",
    "8@%foo",
    "8@%",
    "8@%RAX",
    "0@%rax",
    "3@%rax",
    "16@(%rax)",
    "-0@%rax",
    "99999999999999999999@%rax",
    "4294967304@%rax",
    /* narrower than the value */
    "8@%eax",
    "4@%ax",
    "-2@%al",
    "8@%r9b",
    /* no size */
    "%rax",
    "$1",
    "(%rax)",
    "4(%rbp)",
    "@%rax",
    "-@%rax",
    "f@%rax",
    "8%rax",
    "8",
    "-",
    "8f",
    "+8@%rax",
    "--8@%rax",
    "8 ",
    "8@",
    /* constants */
    "4@$",
    "4@$-",
    "4@$--1",
    "4@$1+",
    "4@$0x",
    "4@$0xg",
    "4@$08",
    "4@$1f",
    "4@$1.5",
    "4@$18446744073709551616",
    "4@$99999999999999999999999",
    "4@$0x10000000000000000",
    "4@$1x",
    "4@$(1)",
    "4@$%rax",
    "4@$1(%rax)",
    "8@$a+b",
    "8@$a-b",
    "8@$-a",
    "8@$a@GOTPCREL",
    "8@$a*2",
    "8@$a+",
    /* memory */
    "8@(",
    "8@()",
    "8@(%rax",
    "8@(%rax))",
    "8@(%rax)(%rbx)",
    "8@(%rax)x",
    "8@(rax)",
    "8@(%eax)",
    "8@(%rax,%ebx)",
    "8@(%rax,%rbx,3)",
    "8@(%rax,%rbx,16)",
    "8@(%rax,%rbx,0)",
    "8@(%rax,%rbx,)",
    "8@(%rax,)",
    "8@(%rax,,4)",
    "8@(,)",
    "8@(,4)",
    "8@(%rax,%rsp)",
    "8@(%rax,%rbx,4,1)",
    "8@4(%rip)",
    "8@(%rip)",
    "8@x(%rip,%rax)",
    "8@x(%eip)",
    "8@(%xmm0)",
    "8@(%rax,%xmm1,8)",
    "8@(%fs)",
    "8@x@GOTPCREL(%rip)",
    "8@x+y(%rip)",
    "8@-x(%rip)",
    "8@4+(%rax)",
    "8@4x(%rax)",
    "8@*%rax",
    "8@*(%rax)",
    "8@{%rax}",
    "8@%rax,%rbx",
    "8@%rax+4",
    "8@4@%rax",
    "8@!",
    "8@18446744073709551616(%rax)",
    "8@\"x\"(%rip)",
    /* Intel's syntax, unless that is known */
    "8@rax",
    "4@r8d",
    "8@16",
    "8@-1",
    /* it is known, but these are nothing, or cannot be read */
    "8@[rip]",
    "8@[rip+4]",
    "8@[rip+rax+counter]",
    "8@[rax+rbx+rcx]",
    "8@[rax*3]",
    "8@[rax*2+rbx*2]",
    "8@[rsp*2]",
    "8@[rsp+rsp]",
    "8@[-rax]",
    "8@[eax]",
    "8@[rax",
    "8@[]",
    "8@[rax]]",
    "8@[rax]+4",
    "8@[rax][rbx]",
    "8@[rax+]",
    "8@[rax rbx]",
    "8@[xmm0]",
    "8@[counter-other]",
    "8@[counter+other]",
    "8@QWORD PTR f@GOTPCREL[rip]",
    "8@QWORD PTR fs:0",
    "4@DWORD PTR fs:[rax]",
    "4@DWORD PTR ds:4096",
    "8@OFFSET FLAT:",
    "8@[%rax]",
    "8@5(rax)",
};

static const struct expect intel[] = {
    {"8@rax", 8, R, AX, NONE_X, 0, 0, NULL},
    {"-4@edi", 4, R | S, DI, NONE_X, 0, 0, NULL},
    {"1@dl", 1, R, DX, NONE_X, 0, 0, NULL},
    {"-2@r8w", 2, R | S, R8, NONE_X, 0, 0, NULL},
    {"1@ebx", 1, R, BX, NONE_X, 0, 0, NULL},
    {"-4@5", 4, R | S, NONE_X, NONE_X, 0, 5, NULL},
    {"-8@-5", 8, R | S, NONE_X, NONE_X, 0, -5, NULL},
    {"4@0x10", 4, R, NONE_X, NONE_X, 0, 16, NULL},
    {"-4@DWORD PTR -44[rsp]", 4, R | D | S, SP, NONE_X, 0, -44, NULL},
    {"-4@DWORD PTR [rbp-20]", 4, R | D | S, BP, NONE_X, 0, -20, NULL},
    {"8@QWORD PTR [rbp-20+4]", 8, R | D, BP, NONE_X, 0, -16, NULL},
    {"-4@dword ptr [rsp - 104]", 4, R | D | S, SP, NONE_X, 0, -104, NULL},
    {"-1@[rsp - 125]", 1, R | D | S, SP, NONE_X, 0, -125, NULL},
    {"8@[rsp + -8]", 8, R | D, SP, NONE_X, 0, -8, NULL},
    {"8@[rsi]", 8, R | D, SI, NONE_X, 0, 0, NULL},
    {"-2@WORD PTR [rax+r8*2]", 2, R | D | S, AX, R8, 1, 0, NULL},
    {"-4@DWORD PTR 8[rcx+r8*4]", 4, R | D | S, CX, R8, 2, 8, NULL},
    {"8@[r8*4+rcx]", 8, R | D, CX, R8, 2, 0, NULL},
    {"8@[rax + 8*rcx - 3]", 8, R | D, AX, CX, 3, -3, NULL},
    {"8@[rax+rbx]", 8, R | D, AX, BX, 0, 0, NULL},
    {"8@[rax+rsp]", 8, R | D, SP, AX, 0, 0, NULL},
    {"8@[rax*8]", 8, R | D, NONE_X, AX, 3, 0, NULL},
    {"-8@QWORD PTR sv[rip]", 8, R | D | S, NONE_X, NONE_X, 0, 0, "sv"},
    {"-4@DWORD PTR gst[rip+4]", 4, R | D | S, NONE_X, NONE_X, 0, 4, "gst"},
    {"4@DWORD PTR counter+4[rip-8]", 4, R | D, NONE_X, NONE_X, 0, -4, "counter"},
    {"8@qword ptr [rip + counter]", 8, R | D, NONE_X, NONE_X, 0, 0, "counter"},
    {"8@qword ptr [rip + counter - 8]", 8, R | D, NONE_X, NONE_X, 0, -8, "counter"},
    {"-2@WORD PTR tab[rax+rax]", 2, R | D | S, AX, AX, 0, 0, "tab"},
    {"-2@WORD PTR tab[0+rax*2]", 2, R | D | S, NONE_X, AX, 1, 0, "tab"},
    {"4@DWORD PTR counter", 4, R | D, NONE_X, NONE_X, 0, 0, "counter"},
    {"8@OFFSET FLAT:counter", 8, R, NONE_X, NONE_X, 0, 0, "counter"},
    {"8@OFFSET FLAT:counter+4", 8, R, NONE_X, NONE_X, 0, 4, "counter"},
    {"8f@QWORD PTR -8[rbp]", 8, R | D, BP, NONE_X, 0, -8, NULL},
    {"8f@rax", 8, R, AX, NONE_X, 0, 0, NULL},
    /* the other one, in a note that was taken for this one */
    {"8@%rax", 8, R, AX, NONE_X, 0, 0, NULL},
    {"8@$5", 8, R, NONE_X, NONE_X, 0, 5, NULL},
    {"8@8(%rbp,%rdx,8)", 8, R | D, BP, DX, 3, 8, NULL},
};

/* In a note of Intel's syntax. */
static const char *const intel_refused[] = {"8@eax",  "8@xmm0", "8@ah",   "8@rip", "8@5+x",   "8@5x",
                                            "8@-rax", "8@-",    "16@rax", "8@fs",  "8@5(rax)"};

static const char *const aarch64_refused[] = {
    "8@w0",
    "8@x31",
    "4@w31",
    "8@d0",
    "8f@d0",
    "4@s1",
    "8@v0",
    "16@q0",
    "8@pc",
    "8@%x0",
    "8@x",
    "8@x01",
    "8@counter",
    "8@#",
    "8@5x",
    "8@#x0",
    "8@[w0]",
    "8@[x0",
    "8@[]",
    "8@[x0]!",
    "8@[x0,",
    "8@[x0,16",
    "8@[x0, x1, x2]",
    "8@[x0, w1, sxtw 3]",
    "8@[x0, w1]",
    "8@[x0, x1, sxtx 3]",
    "8@[x0, x1, lsl]",
    "8@[x0, x1, lsl 64]",
    "8@[x0, sp]",
    "8@[xzr]",
    "8@[x0, :lo12:counter]",
    "8f@[x6, #:lo12:.LANCHOR1]",
    "8@[x0, counter]",
    "8@[counter]",
    "x0",
    "3@x0",
    "8@[x0]x",
};

static void test_table(const char *machine_name, unsigned machine, const struct expect *table, size_t num)
{
    for (const struct expect *e = table; e != table + num; ++e) {
        operand_t operand;
        const char *pos = e->text;
        int passed = operand_next(&pos, machine, &operand) == 1 && operand.reason == NULL && operand.how.size == e->size &&
                     operand.how.flags == e->flags && operand.how.base == e->base && operand.how.index == e->index &&
                     operand.how.shift == e->shift && operand.how.disp == e->disp &&
                     (operand.symbol != NULL) == (e->symbol != NULL) &&
                     (e->symbol == NULL ||
                      (operand.symbol_len == strlen(e->symbol) && memcmp(operand.symbol, e->symbol, operand.symbol_len) == 0)) &&
                     operand.text == e->text && operand.text_len == strlen(e->text) && *pos == '\0' &&
                     operand_next(&pos, machine, &operand) == 0;
        ok(passed, "%s %s", machine_name, e->text);
        if (!passed)
            diag("size %d flags %d base %d index %d shift %d disp %" PRId64 " symbol %.*s reason %s", operand.how.size,
                 operand.how.flags, operand.how.base, operand.how.index, operand.how.shift, (int64_t)operand.how.disp,
                 (int)operand.symbol_len, operand.symbol != NULL ? operand.symbol : "",
                 operand.reason != NULL ? operand.reason : "none");
    }
}

/* Each is refused, alone and between two good operands, which keep their places. */
static void test_refused(const char *machine_name, unsigned machine, const char *good, const char *const *table, size_t num)
{
    for (size_t i = 0; i < num; ++i) {
        char text[256];
        const char *pos = text;
        operand_t first, bad, last, none;
        snprintf(text, sizeof(text), "%s %s %s", good, table[i], good);
        int passed = operand_next(&pos, machine, &first) && operand_next(&pos, machine, &bad) &&
                     operand_next(&pos, machine, &last) && !operand_next(&pos, machine, &none) && first.reason == NULL &&
                     bad.reason != NULL && last.reason == NULL && memcmp(&first.how, &last.how, sizeof(first.how)) == 0 &&
                     (bad.how.flags & PG_OPERAND_READABLE) == 0 && bad.symbol == NULL;
        if (passed) {
            pos = table[i];
            passed = operand_next(&pos, machine, &bad) && bad.reason != NULL;
        }
        ok(passed, "%s refuses '%s': %s", machine_name, table[i], passed ? bad.reason : "(it was read)");
    }
}

static void test_sequences(void)
{
    const char *pos = "";
    operand_t operand;

    is_int(operand_next(&pos, EM_X86_64, &operand), 0, "no operands in an empty string");
    pos = " \t ";
    is_int(operand_next(&pos, EM_X86_64, &operand), 0, "no operands in blanks");

    pos = "  8@%rax\t-4@$1   1@%al ";
    ok(operand_next(&pos, EM_X86_64, &operand) && operand.how.base == AX, "blanks in front");
    ok(operand_next(&pos, EM_X86_64, &operand) && operand.how.disp == 1 && operand.text_len == 5, "a tab between");
    ok(operand_next(&pos, EM_X86_64, &operand) && operand.how.size == 1, "several blanks between");
    is_int(operand_next(&pos, EM_X86_64, &operand), 0, "blanks at the end");

    pos = "8@[sp, 16] 4@5 8@[x0,x1] -4@w2";
    ok(operand_next(&pos, EM_AARCH64, &operand) && operand.how.disp == 16, "aarch64: a blank in brackets ends nothing");
    ok(operand_next(&pos, EM_AARCH64, &operand) && operand.how.disp == 5 && operand.how.flags == R, "aarch64: the second");
    ok(operand_next(&pos, EM_AARCH64, &operand) && operand.how.index == 1, "aarch64: the third");
    ok(operand_next(&pos, EM_AARCH64, &operand) && operand.how.base == 2, "aarch64: the fourth");
    is_int(operand_next(&pos, EM_AARCH64, &operand), 0, "aarch64: the end");
    pos = "8@[x0, #:lo12:counter]";
    ok(operand_next(&pos, EM_AARCH64, &operand) && operand.reason != NULL && strstr(operand.reason, "symbol") != NULL,
       "aarch64: the low bits of a symbol are refused as that");

    pos = "4@[rsp - 28] -4@dword ptr [rbp - 4] 8@OFFSET FLAT:x 8@%rax";
    for (int i = 0; i < 3; ++i)
        ok(operand_next(&pos, EM_X86_64, &operand) && operand.reason == NULL && operand.is_intel &&
               operand.size == (i == 2 ? 8 : 4),
           "Intel's syntax: %.*s", (int)operand.text_len, operand.text);
    ok(operand_next(&pos, EM_X86_64, &operand) && operand.reason == NULL && !operand_next(&pos, EM_X86_64, &operand),
       "... ends where it has to");
}

/* What compilers write into notes of other machines (gcc 12, clang 14): nothing of it can be read, but sizes, signs and places are
 * those of the note. */
static void test_other_machines(void)
{
    static const struct {
        const char *what, *text;
        unsigned machine;
        int num;
    } strings[] = {
        {"i386", "-4@20(%esp) -4@(%eax,%ebx,4) -4@%ecx 8f@24(%esp) -4@$1 4@counter", EM_386, 6},
        {"i386, Intel syntax", "-4@[esp - 28] -4@DWORD PTR -4[esp] -4@ecx 8f@QWORD PTR [esp+8] -4@1 4@OFFSET FLAT:f", EM_386, 6},
        {"arm", "-4@[r0, #4] -4@r3 -4@[r2, r1, lsl #2] 8f@[r1] -4@#2 4@f", EM_ARM, 6},
        {"ppc64", "-4@0(8) -4@%r9 -4@0(7) 8f@0(4) -8@i2 8@counter@toc@l(9)", EM_PPC64, 6},
        {"s390x", "-4@172(%r15) -4@%r2 -4@8(%r1,%r15) 8f@%f0 -8@2 8@184(%r15)", EM_S390, 6},
        {"riscv", "-4@-20(s0) -4@a5 -4@0(a4) 8f@fa5 -8@1 8@%lo(counter)(a5)", EM_RISCV, 6},
        {"mips", "-4@24($fp) -4@$2 -4@%lo(counter)($2) 8f@8($sp) -4@5 4@0($sp)", EM_MIPS, 6},
        {"loongarch", "-4@$r22,-24 -4@$r12 -4@$r12,0 8f@$f0 -8@1 8@$r3,8", 258, 6},
        {"sparc", "-4@[%fp-20] -4@%o0 -4@[%fp + 2039] 8f@[%sp+2] -8@1 8@%i0", EM_SPARCV9, 6},
        {"unknown", "-4@anything -4@[ -4@{ 8f@] -8@@@ 8@(", 4711, 6},
    };

    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); ++i) {
        const char *pos = strings[i].text;
        int passed = !operand_is_known(strings[i].machine), n = 0;
        for (operand_t operand; operand_next(&pos, strings[i].machine, &operand); ++n) {
            unsigned size = (unsigned)abs(atoi(operand.text));
            passed = passed && operand.reason != NULL && operand.size == size && operand.is_signed == (operand.text[0] == '-') &&
                     operand.is_float == (n == 3) && (operand.how.flags & PG_OPERAND_READABLE) == 0;
        }
        ok(passed && n == strings[i].num, "%s: %d operands, sizes and signs as the note says", strings[i].what, n);
    }
    ok(operand_is_known(EM_X86_64) && operand_is_known(EM_AARCH64), "machines whose operands can be read");
}

/* What the note says of an operand is told, whether or not it can be read. */
static void test_sizes(void)
{
    static const struct {
        const char *text;
        unsigned size;
        int is_signed, is_float;
    } operands[] = {
        {"8@%rax", 8, 0, 0},  {"-4@%eax", 4, 1, 0},    {"-1@$5", 1, 1, 0},      {"8@%xmm0", 8, 0, 0},  {"8f@%xmm0", 8, 0, 1},
        {"4f@%eax", 4, 0, 1}, {"16@%xmm0", 16, 0, 0},  {"16f@%xmm0", 16, 0, 1}, {"3@%eax", 3, 0, 0},   {"-2@nonsense%", 2, 1, 0},
        {"@%rax", 0, 0, 0},   {"%rax", 0, 0, 0},       {"8", 0, 0, 0},          {"8f", 0, 0, 0},       {"-@%rax", 0, 0, 0},
        {"8@", 8, 0, 0},      {"00008@%rax", 0, 0, 0}, {"x8@%rax", 0, 0, 0},    {"8f8@%rax", 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof(operands) / sizeof(operands[0]); ++i) {
        const char *pos = operands[i].text;
        operand_t operand;
        ok(operand_next(&pos, EM_X86_64, &operand) && operand.size == operands[i].size &&
               operand.is_signed == operands[i].is_signed && operand.is_float == operands[i].is_float,
           "%s: %u bytes%s%s", operands[i].text, operand.size, operand.is_signed ? ", signed" : "",
           operand.is_float ? ", floating-point" : "");
    }
}

/* The time must not grow with the square of the length, whatever is in it. */
static void test_long(void)
{
    size_t size = 4 << 20;
    char *text = malloc(size);
    static const char *const fillings[] = {"[", "[ ", "[]", "1@[", "( ", "PTR ", "@", "8@[x0, "};

    for (size_t i = 0; text != NULL && i < sizeof(fillings) / sizeof(fillings[0]); ++i) {
        size_t len = strlen(fillings[i]), n = 0;
        for (size_t at = 0; at < size; ++at)
            text[at] = fillings[i][at % len];
        text[size - 1] = '\0';
        const char *pos = text;
        for (operand_t operand; operand_next(&pos, EM_X86_64, &operand);)
            ++n;
        ok(n > 0 && pos == text + size - 1, "%zu MB of '%s': %zu operands", size >> 20, fillings[i], n);
    }
    free(text);
}

/* All names of all widths, generated from the rules of the architecture's manual. */
static void test_register_names(void)
{
    static const struct {
        const char *wide, *half, *word, *byte;
        int reg;
    } named[] = {{"rax", "eax", "ax", "al", AX},  {"rbx", "ebx", "bx", "bl", BX},  {"rcx", "ecx", "cx", "cl", CX},
                 {"rdx", "edx", "dx", "dl", DX},  {"rsi", "esi", "si", "sil", SI}, {"rdi", "edi", "di", "dil", DI},
                 {"rbp", "ebp", "bp", "bpl", BP}, {"rsp", "esp", "sp", "spl", SP}};
    reg_t reg;
    int passed = 1;

#define CHECK(machine, name, expected_word, expected_size)                                                                         \
    passed = passed && reg_find(machine, name, strlen(name), &reg) == NULL && reg.word == (expected_word) &&                       \
             reg.size == (expected_size)
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); ++i) {
        CHECK(EM_X86_64, named[i].wide, named[i].reg, 8);
        CHECK(EM_X86_64, named[i].half, named[i].reg, 4);
        CHECK(EM_X86_64, named[i].word, named[i].reg, 2);
        CHECK(EM_X86_64, named[i].byte, named[i].reg, 1);
    }
    for (int n = 8; n <= 15; ++n) {
        static const char *const suffix[] = {"", "d", "w", "b"};
        int word = n < 12 ? R8 - (n - 8) : R12 - (n - 12);
        for (int i = 0; i < 4; ++i) {
            char name[32];
            snprintf(name, sizeof(name), "r%d%s", n, suffix[i]);
            CHECK(EM_X86_64, name, word, 8 >> i);
        }
    }
    ok(passed, "x86-64: all names of the 16 registers");
    passed = 1;
    for (int n = 0; n <= 30; ++n) {
        char name[32];
        snprintf(name, sizeof(name), "x%d", n);
        CHECK(EM_AARCH64, name, n, 8);
        name[0] = 'w';
        CHECK(EM_AARCH64, name, n, 4);
    }
    ok(passed, "aarch64: x0..x30, w0..w30");
#undef CHECK
    /* System V ABI, AMD64 supplement, figure 3.36; DWARF for the Arm 64-bit architecture, section 4.1 */
    static const uint8_t numbered[] = {AX, DX, CX, BX, SI, DI, BP, SP, R8, R8 - 1, R8 - 2, R8 - 3, R12, R12 - 1, R12 - 2, R12 - 3};
    passed = 1;
    for (uint64_t n = 0; n < sizeof(numbered); ++n)
        passed = passed && reg_of_dwarf(EM_X86_64, n) == numbered[n];
    ok(passed, "x86-64: the numbers of the registers in DWARF");
    passed = 1;
    for (uint64_t n = 0; n <= 31; ++n)
        passed = passed && reg_of_dwarf(EM_AARCH64, n) == n;
    ok(passed, "aarch64: the same");
    ok(reg_of_dwarf(EM_X86_64, 16) == reg_none(EM_X86_64) && reg_of_dwarf(EM_X86_64, UINT64_MAX) == reg_none(EM_X86_64) &&
           reg_of_dwarf(EM_AARCH64, 32) == reg_none(EM_AARCH64) && reg_of_dwarf(EM_AARCH64, 64) == reg_none(EM_AARCH64),
       "others have no word");
#if defined(__x86_64__)
    is_int(PG_REG_NONE, reg_none(EM_X86_64), "PG_REG_NONE is this machine's");
#elif defined(__aarch64__)
    is_int(PG_REG_NONE, reg_none(EM_AARCH64), "PG_REG_NONE is this machine's");
#endif
}

/* Whatever the text is, the parser ends, stays inside of it, and gives either a whole operand or a reason. */
static void test_noise(void)
{
    static const char alphabet[] = "8842-@@%%$$raxbpi0123(),,[]x :.+f*_s#\t";
    uint64_t seed = 88172645463325252u;
    int passed = 1;

    for (int i = 0; i < 300000; ++i) {
        char *text, buf[24];
        size_t len = 0;
        for (; len < sizeof(buf) - 1; ++len) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            if (seed % 24 == 0)
                break;
            buf[len] = alphabet[seed / 64 % (sizeof(alphabet) - 1)];
        }
        buf[len] = '\0';
        /* on the heap, so that the sanitizer sees the first byte too many */
        if ((text = strdup(buf)) == NULL)
            bail_out("out of memory");
        for (int machine = 0; machine < 2; ++machine) {
            const char *pos = text;
            operand_t operand;
            size_t n = 0;
            while (operand_next(&pos, machine ? EM_AARCH64 : EM_X86_64, &operand)) {
                int none = machine ? NONE_A : NONE_X, readable = (operand.how.flags & PG_OPERAND_READABLE) != 0;
                passed = passed && ++n <= len && operand.text_len > 0 && pos <= text + len &&
                         readable == (operand.reason == NULL) && operand.how.base <= none && operand.how.index <= none &&
                         operand.how.shift <= 4 && operand.how.size <= 8;
            }
        }
        if (!passed)
            diag("'%s'", text);
        free(text);
        if (!passed)
            break;
    }
    ok(passed, "noise");
}

/* operands of a site that somebody else says to have parsed */
static void test_sound(void)
{
    static const struct pg_operand good = {.base = 0, .index = PG_REG_NONE - 1, .shift = 4, .size = 8, .flags = R | D | S},
                                   none = {.base = PG_REG_NONE, .index = PG_REG_NONE, .size = 4, .flags = R | PG_OPERAND_FLOAT};
    struct pg_operand how;

    ok(operand_is_sound(&good) && operand_is_sound(&none), "an operand that can be");
    for (unsigned i = 0; i < 256; ++i) {
        how = good;
        how.size = (uint8_t)i;
        if (operand_is_sound(&how) != (i == 1 || i == 2 || i == 4 || i == 8))
            ok(0, "... of %u bytes", i);
        how = good;
        how.base = (uint8_t)i;
        how.index = (uint8_t)(i > PG_REG_NONE ? 0 : i);
        if (operand_is_sound(&how) != (i <= PG_REG_NONE))
            ok(0, "... whose base is word %u", i);
        how = good;
        how.index = (uint8_t)i;
        if (operand_is_sound(&how) != (i <= PG_REG_NONE))
            ok(0, "... whose index is word %u", i);
        how = good;
        how.shift = (uint8_t)i;
        if (operand_is_sound(&how) != (i <= 4))
            ok(0, "... shifted by %u", i);
    }
    how = none;
    how.size = 8;
    ok(!operand_is_sound(&how), "a number of 4 bytes that has 8 is none");
    how = (struct pg_operand){.base = 255, .index = 255, .size = 3};
    ok(operand_is_sound(&how), "what is not read may be anything");
}

#define TABLE(t) (t), sizeof(t) / sizeof((t)[0])

int main(void)
{
    test_table("x86-64", EM_X86_64, TABLE(x86_64));
    test_table("aarch64", EM_AARCH64, TABLE(aarch64));
    test_refused("x86-64", EM_X86_64, "8@%rdi", TABLE(x86_64_refused));
    test_table("Intel", EM_X86_64 | OPERAND_INTEL, TABLE(intel));
    test_refused("Intel", EM_X86_64 | OPERAND_INTEL, "8@rdi", TABLE(intel_refused));
    test_refused("aarch64", EM_AARCH64, "8@x7", TABLE(aarch64_refused));
    test_sequences();
    test_other_machines();
    test_sizes();
    test_long();
    test_register_names();
    test_noise();
    test_sound();
    return done_testing();
}
