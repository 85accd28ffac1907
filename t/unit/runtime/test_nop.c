/*
 * ASSERTION: every no-op that compilers and assemblers write is taken for one, on its machine; other instructions, the middle of
 * one, and what the file cuts off are not.
 */

#include <elf.h>
#include "usdt/nop.h"
#include "lab.h"

#ifdef __x86_64__
/* What the assembler makes of it, up to the end of the section, is put before bytes that are none. */
static int is_nop(const char *assembly, int bits)
{
    unsigned char bytes[NOP_MAX_SIZE];
    FILE *fp;
    size_t size;

    lab_write("n.s", assembly);
    if (!lab_run("as --%d -o n.o n.s && objcopy -O binary -j .text n.o n.bin", bits) ||
        (fp = fopen(lab_path("n.bin"), "r")) == NULL)
        bail_out("cannot assemble");
    size = fread(bytes, 1, sizeof(bytes), fp);
    fclose(fp);
    return nop_is(bits == 64 ? EM_X86_64 : EM_386, bytes, size);
}

static void test_x86(void)
{
    static const char *const nops[] = {"nop",
                                       "pause",
                                       "xchg %ax,%ax",
                                       ".byte 0x66,0x66,0x90",
                                       "rex.W nop",
                                       "endbr64",
                                       "repne nop",
                                       "nopl (%rax)",
                                       "nopl 0(%rax,%rax,1)",
                                       ".byte 0x0f,0x1f,0x44,0,0",
                                       "nopw 0(%rax,%rax,1)",
                                       ".byte 0x66,0x66,0x2e,0x0f,0x1f,0x84,0,0,0,0,0",
                                       ".nops 2",
                                       ".nops 5",
                                       ".nops 9",
                                       ".nops 11",
                                       ".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x2e,0x0f,0x1f,0x84,0,0,0,0,0"},
                             *const others[] = {
                                 "int3",
                                 "ret",
                                 "xchg %rax,%r8",
                                 "mov %rax,%rax",
                                 "lea 0(%rax),%rax",
                                 "call .",
                                 "ud2",
                                 "lock nop",
                                 "push %rax",
                                 ".byte 0x66",
                                 ".byte 0x0f,0x1f",
                                 ".byte 0x0f",
                                 ".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90",
                                 "rdsspq %rax",
                                 ".byte 0x78,0x56,0x34,0x12",
                                 "prefetchnta (%rax)",
                                 ".byte 0x48"};

    for (size_t i = 0; i < sizeof(nops) / sizeof(nops[0]); ++i) {
        char text[256];
        snprintf(text, sizeof(text), "%s\n    ret\n", nops[i]);
        ok(is_nop(text, 64), "%s", nops[i]);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); ++i) {
        char text[256];
        snprintf(text, sizeof(text), "%s\n", others[i]);
        /* the assembler knows that lock goes with no no-op */
        if (strcmp(others[i], "lock nop") == 0)
            strcpy(text, ".byte 0xf0,0x90\n");
        ok(!is_nop(text, 64), "not %s", others[i]);
    }
    ok(is_nop("nop\n", 32) && is_nop("endbr32\n", 32) && is_nop("nopl 0(%eax,%eax,1)\n", 32), "in 32 bits");
    ok(!is_nop(".byte 0x48,0x90\n", 32), "not dec %%eax");
}

#else

static void test_x86(void)
{
    skip("x86", "the assembler is another");
}

#endif

static void test_others(void)
{
    static const unsigned char nop[] = {0x1f, 0x20, 0x03, 0xd5}, bti[] = {0x5f, 0x24, 0x03, 0xd5},
                               paciasp[] = {0x3f, 0x23, 0x03, 0xd5}, ret[] = {0xc0, 0x03, 0x5f, 0xd6};

    ok(nop_is(EM_AARCH64, nop, 4) && nop_is(EM_AARCH64, bti, 4), "nop and bti of aarch64");
    ok(!nop_is(EM_AARCH64, paciasp, 4) && !nop_is(EM_AARCH64, ret, 4) && !nop_is(EM_AARCH64, nop, 3), "... and no others");
    ok(nop_is(EM_S390, ret, 4), "of other machines nothing is known");
}

int main(void)
{
    lab_init();
    test_x86();
    test_others();
    return done_testing();
}
