#ifndef GEN_DTRACE_OPTIONS_H
#define GEN_DTRACE_OPTIONS_H

#include "model/ir.h"

/** What a call of dtrace asks for. Strings are those of the command line and of the environment. */
typedef struct st_dtrace_options_t {
    int wants_object;     /* else a header */
    const char **scripts; /* -s */
    size_t num_scripts;
    const char *output; /* -o, or derived as dtrace(1) derives it */
    int preprocess;     /* -C */
    /** -I, -D and -U in their order, each in one word, as preprocessors and compilers want them */
    char **cpp_args;
    size_t num_cpp_args;
    char *const *objects; /* with -G: what else is linked; other systems change these files, we only look whether they are there */
    size_t num_objects;
    int is_32, is_verbose;
    site_t site;
} dtrace_options_t;

/**
 * Options that are wrong end the program with EXIT_USAGE, --help and -V with EXIT_OK. Those of the environment variable
 * PROBEGEN_DTRACEFLAGS come before those of the command line.
 */
void dtrace_options_parse(dtrace_options_t *options, arena_t *arena, int argc, char **argv);

#endif
