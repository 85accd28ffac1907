#ifndef GEN_AUDIT_BINARY_DEMANGLE_H
#define GEN_AUDIT_BINARY_DEMANGLE_H

#include "base/arena.h"

/** A mangled name that is longer stays as it is. */
#define DEMANGLE_MAX 1024

/** Whether a symbol looks like the mangled name of a C++ function. */
int is_mangled(str_t symbol);
/**
 * The name of a C++ function as people write it, with its parameters: "pool::take(int)". Names are hostile, and the library that
 * reads them may crash or take a long time: to be called in a worker (runtime/common/worker.h).
 * @return on the heap; NULL: it is none, or too long, or the machine has no C++ library
 */
char *demangle(str_t symbol);

#endif
