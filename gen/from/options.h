#ifndef GEN_FROM_OPTIONS_H
#define GEN_FROM_OPTIONS_H

#include <sys/types.h>
#include "base/arena.h"

/** The command line of `probegen from`. Strings are those of argv. */
typedef struct st_from_options_t {
    pid_t pid; /* 0: none given */
    char *const *files;
    size_t num_files;
    const char **providers; /* --provider */
    size_t num_providers;
    const char *outdir; /* NULL: standard output */
    int wants_map, is_forced;
} from_options_t;

/** Reads the command line. --help and wrong usage end the program. */
void from_options_parse(from_options_t *options, arena_t *arena, int argc, char **argv);

#endif
