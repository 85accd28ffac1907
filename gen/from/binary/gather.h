#ifndef GEN_FROM_BINARY_GATHER_H
#define GEN_FROM_BINARY_GATHER_H

#include <sys/types.h>
#include "from/binary/gathered.h"

void gather_begin(gathered_t *gathered, arena_t *arena, diag_t *diag, const char *const *wanted, size_t num_wanted);
/** Adds the probes of a program or shared library. What is wrong with it is reported: E_FILE. */
void gather_file(gathered_t *gathered, const char *path);
/** Adds those of all files that a process executes. */
void gather_process(gathered_t *gathered, pid_t pid);
/** To be called after the last file: sorts. */
void gather_finish(gathered_t *gathered);

#endif
