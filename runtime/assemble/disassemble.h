#ifndef RUNTIME_ASSEMBLE_DISASSEMBLE_H
#define RUNTIME_ASSEMBLE_DISASSEMBLE_H

#include <linux/bpf.h>
#include <stddef.h>

#define DISASSEMBLE_MAX 96 /* bytes of one instruction's text, with its NUL */

/**
 * Writes an instruction as the kernel's verifier and llvm-objdump(1) do: "r1 = *(u64 *)(r6 + 112)", "if r0 == 0 goto +12". The
 * verifier names helpers, "call bpf_probe_read_user#112", and calls of functions are "call pc+5".
 * @param insn the second one, too, if it takes two
 * @return how many it takes
 */
size_t disassemble(const struct bpf_insn *insn, char text[DISASSEMBLE_MAX]);

#endif
