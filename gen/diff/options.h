#ifndef GEN_DIFF_OPTIONS_H
#define GEN_DIFF_OPTIONS_H

#include "diff/report/report.h"
#include "diff/side/load.h"

/** The command line of `probegen diff`. */
typedef struct st_diff_options_t {
    const char *before, *after;
    side_maps_t maps;
    unsigned format;    /* of diff_formats */
    const char *output; /* NULL: standard output */
    uint64_t fail_on;   /* FAIL_ON_* */
} diff_options_t;

/** Reads the command line. --help and wrong usage end the program. */
void diff_options_parse(diff_options_t *options, arena_t *arena, int argc, char **argv);

#endif
