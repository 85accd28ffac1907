/*
 * No-ops. A breakpoint may only be put where an instruction begins: one in the middle of an instruction makes the target execute
 * something else, and mostly dies of it. Whether an instruction begins at an address is not known without disassembling all that is
 * before it; but every site begins with a no-op (sys/sdt.h: "nop"; others: five bytes of it, which the kernel replaces by a call; a
 * function that was made at run time: endbr64 first), so what is none shows a note that is wrong.
 *
 * What counts are the bytes of the file: in memory, the breakpoint of somebody else may stand there.
 */
#include <elf.h>
#include <stdint.h>
#include "usdt/nop.h"

/* lock is not among them: no no-op may have it */
static int is_prefix(unsigned char c)
{
    return c == 0x66 || c == 0x67 || c == 0xf2 || c == 0xf3 || c == 0x2e || c == 0x36 || c == 0x3e || c == 0x26 || c == 0x64 ||
           c == 0x65;
}

/* nop, pause, xchg %ax,%ax, endbr, and nopw and nopl with whatever prefixes */
static int is_x86_nop(const unsigned char *bytes, size_t size, int is_64)
{
    size_t i = 0;
    int has_rep = 0, rex = 0;

    for (; i < size && is_prefix(bytes[i]); ++i)
        has_rep |= bytes[i] == 0xf3;
    if (i < size && is_64 && (bytes[i] & 0xf0) == 0x40)
        rex = bytes[i++];
    if (i < size && bytes[i] == 0x90)
        return (rex & 1) == 0; /* with REX.B it exchanges two registers */
    if (size - i < 3 || bytes[i] != 0x0f)
        return 0;
    return bytes[i + 1] == 0x1f || (bytes[i + 1] == 0x1e && has_rep && (bytes[i + 2] == 0xfa || bytes[i + 2] == 0xfb));
}

/* nop and bti; the other hints may do something */
static int is_aarch64_nop(const unsigned char *bytes, size_t size)
{
    if (size < 4)
        return 0;
    uint32_t instruction = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return instruction == 0xd503201f || (instruction & 0xffffff3f) == 0xd503241f;
}

int nop_is(unsigned machine, const unsigned char *bytes, size_t size)
{
    switch (machine) {
    case EM_X86_64:
    case EM_386:
        return is_x86_nop(bytes, size, machine == EM_X86_64);
    case EM_AARCH64:
        return is_aarch64_nop(bytes, size);
    default:
        return 1;
    }
}
