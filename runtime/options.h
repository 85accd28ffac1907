#ifndef RUNTIME_OPTIONS_H
#define RUNTIME_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "output/rotate.h"
#include "rights/user.h"

/** The command line of a tracer. */
typedef struct st_tracer_options_t {
    pid_t pid; /* 0: none given */
    const char *const *globs;
    size_t num_globs;
    const char *file; /* NULL: standard output */
    int truncates;    /* what is in the file goes */
    rotation_t rotation;
    uint32_t show; /* PG_SHOW_* */
    uint32_t string_limit;
    uint64_t buffer_size; /* of the ring in bytes, a power of 2 */
    uint64_t count;       /* stop after so many events; 0: do not */
    uint64_t duration;    /* ns after which to stop; 0: do not */
    int is_quiet;         /* neither talk nor lines about the stream itself */
    int is_strict;        /* that events are lost is told by the exit status */
    int list, is_verbose;
    unsigned debug;        /* how often it was given */
    int use_perf;          /* attach as on old kernels */
    const char *user_name; /* NULL: none given */
    int keeps_root;
    user_t user; /* that comes of these two; not for lists */
} tracer_options_t;

/** Reads the command line. --help, --version and wrong usage end the program. */
void tracer_options_parse(tracer_options_t *options, int argc, char **argv);
/**
 * Which probes of the catalog the globs select: an array of flags by index, to be freed by the caller. A glob that selects nothing
 * is wrong usage.
 */
char *tracer_options_select(const tracer_options_t *options);

#endif
