#ifndef RUNTIME_USDT_NOP_H
#define RUNTIME_USDT_NOP_H

#include <stddef.h>

/** No instruction is longer, on no machine that is looked at. */
#define NOP_MAX_SIZE 15

/**
 * Whether an instruction begins here that does nothing, as one does at every site that a compiler made.
 * @param machine e_machine of the ELF file; of machines that are not known every instruction is taken for one
 * @param bytes   of the file, as many as there are, up to NOP_MAX_SIZE
 */
int nop_is(unsigned machine, const unsigned char *bytes, size_t size);

#endif
