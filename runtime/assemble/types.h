#ifndef RUNTIME_ASSEMBLE_TYPES_H
#define RUNTIME_ASSEMBLE_TYPES_H

/*
 * What the verifier is told of the functions of a program. Those that take and return nothing but numbers are global ones to it: it
 * goes through each of them once, with arguments that may be anything, and not again for every call.
 */

#include <linux/bpf.h>
#include "assemble/assemble.h"

#define TYPES_MAX_SIZE 1024

/** The types: the same for all programs. @return number of bytes */
size_t types_make(char bytes[TYPES_MAX_SIZE]);
/** Of each function of a program where it begins, and its type. @return the caller's, NULL when memory is out; *num of them */
struct bpf_func_info *types_describe(const program_t *program, uint32_t *num);

#endif
