#include <elf.h>
#include "audit/binary/machine.h"

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* Machines that people build probes for; others have only a number: https://www.sco.com/developers/gabi/latest/ch4.eheader.html */
static const struct {
    unsigned machine;
    const char *name;
} names[] = {
    {EM_X86_64, "x86-64"}, {EM_AARCH64, "aarch64"},     {EM_386, "i386"},  {EM_ARM, "arm"}, {EM_PPC64, "ppc64"}, {EM_PPC, "ppc"},
    {EM_RISCV, "riscv"},   {EM_LOONGARCH, "loongarch"}, {EM_MIPS, "mips"},
};

/* https://wiki.debian.org/Multiarch/Tuples; x32 is x86-64 with 32 bits */
static const struct {
    unsigned machine, bits;
    int is_big_endian;
    const char *folder;
} folders[] = {
    {EM_X86_64, 64, 0, "x86_64-linux-gnu"},
    {EM_X86_64, 32, 0, "x86_64-linux-gnux32"},
    {EM_AARCH64, 64, 0, "aarch64-linux-gnu"},
    {EM_386, 32, 0, "i386-linux-gnu"},
    {EM_ARM, 32, 0, "arm-linux-gnueabihf"},
    {EM_PPC64, 64, 0, "powerpc64le-linux-gnu"},
    {EM_PPC64, 64, 1, "powerpc64-linux-gnu"},
    {EM_PPC, 32, 1, "powerpc-linux-gnu"},
    {EM_S390, 64, 1, "s390x-linux-gnu"},
    {EM_RISCV, 64, 0, "riscv64-linux-gnu"},
    {EM_LOONGARCH, 64, 0, "loongarch64-linux-gnu"},
    {EM_MIPS, 64, 0, "mips64el-linux-gnuabi64"},
    {EM_MIPS, 32, 0, "mipsel-linux-gnu"},
};

str_t machine_name(arena_t *arena, const notes_t *notes)
{
    if (notes->machine == EM_S390)
        return notes->is_64 ? STR("s390x") : STR("s390");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (names[i].machine == notes->machine)
            return arena_printf(arena, "%s", names[i].name);
    }
    return arena_printf(arena, "machine %u", notes->machine);
}

const char *machine_folder(const notes_t *notes)
{
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); ++i) {
        if (folders[i].machine == notes->machine && folders[i].bits == (notes->is_64 ? 64 : 32) &&
            folders[i].is_big_endian == notes->is_big_endian)
            return folders[i].folder;
    }
    return NULL;
}
