#ifndef GEN_AUDIT_OPTIONS_H
#define GEN_AUDIT_OPTIONS_H

#include <sys/types.h>
#include "audit/evidence/finding.h"
#include "audit/report/report.h"

/** The command line of `probegen audit`. */
typedef struct st_audit_options_t {
    audit_paths_t definitions, sources, binaries, traces;
    pid_t pid;            /* 0: none */
    unsigned format;      /* of audit_formats */
    const char *output;   /* NULL: standard output */
    const char *suppress; /* file; NULL: none */
    severity_t fail_on;
    double fail_under_seen; /* percent; negative: not asked for */
} audit_options_t;

/** Reads the command line. --help and wrong usage end the program. */
void audit_options_parse(audit_options_t *options, arena_t *arena, int argc, char **argv);

#endif
