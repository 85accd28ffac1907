#ifndef RUNTIME_OUTPUT_DESCRIBE_H
#define RUNTIME_OUTPUT_DESCRIBE_H

/*
 * What a stream of events says of itself, in lines of the tracer's own: the first one, what is traced and by what; the last one,
 * why it ended, and the sums. Without a last line, the tracer was killed, or its output failed.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "output/account.h"

/** What is traced. */
typedef struct st_describe_start_t {
    uint64_t time;                         /* ns since the epoch */
    pid_t pid;                             /* 0: there may be several */
    const char *program;                   /* its path; NULL: it is not known yet */
    const char *build_id;                  /* hex digits; "": it has none */
    const char *is_selected, *is_attached; /* by index in the catalog; NULL: none is attached yet */
    size_t num_sites;
    uint32_t show;         /* PG_SHOW_* */
    const char *filters;   /* which events are wanted: options, one a line; "": all */
    uint32_t string_limit; /* bytes; it is not printed */
} describe_start_t;

/** Why it ended. */
typedef struct st_describe_end_t {
    uint64_t time;
    double seconds;
    const char *why;   /* "signal", "duration", "count", "until" or "target" */
    int signal;        /* that ended the trace; 0: none */
    int target_status; /* as waitpid(2) has it; -1: not known, or it did not end */
} describe_end_t;

/** @return the line, with its newline, for free(); NULL: out of memory */
char *describe_start(const describe_start_t *start);
/** @return the same */
char *describe_end(const describe_end_t *end, const account_t *account);

#endif
