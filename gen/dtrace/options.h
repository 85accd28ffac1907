#ifndef GEN_DTRACE_OPTIONS_H
#define GEN_DTRACE_OPTIONS_H

#include "base/child.h"
#include "model/ir.h"

/** What a call of dtrace asks for. Strings are those of the command line and of the environment. */
typedef struct st_dtrace_options_t {
    int wants_header, wants_object; /* one of them */
    const char **scripts;           /* -s */
    size_t num_scripts;
    const char *output; /* -o, or derived as dtrace(1) derives it */
    int preprocess;     /* -C */
    /** -I, -D and -U in their order, each in one word, as preprocessors and compilers want them */
    command_t cpp_args;
    char *const *objects; /* with -G: what else is linked; other systems change these files, we only look whether they are there */
    size_t num_objects;
    int is_32, is_verbose;
    site_kind_t site;
} dtrace_options_t;

/**
 * Reads the command line, after the options of the environment variable PROBEGEN_DTRACEFLAGS. --help, -V and wrong usage end the
 * program.
 */
void dtrace_options_parse(dtrace_options_t *options, arena_t *arena, int argc, char **argv);

#endif
