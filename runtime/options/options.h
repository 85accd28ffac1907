#ifndef RUNTIME_OPTIONS_OPTIONS_H
#define RUNTIME_OPTIONS_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "choose/choose.h"
#include "connection/wanted.h"
#include "output/rotate.h"
#include "rights/user.h"
#include "stat/stat.h"
#include "view/ring.h"
#include "view/view.h"

/** A process that is to be traced. */
typedef struct st_wanted_process_t {
    pid_t pid;
    const char *file; /* has the pid; NULL: it is given */
} wanted_process_t;

/** The command line of a tracer. */
typedef struct st_tracer_options_t {
    wanted_process_t *processes;
    size_t num_processes;
    const char **programs; /* files: all processes that execute them are to be traced */
    size_t num_programs;
    const char *cgroup; /* a control group, whose processes are to be traced; NULL: none */
    char **command;     /* a command to start and to trace, and its arguments; NULL: none */
    int children;       /* the descendants of the processes, too */
    int wait;           /* what is not there yet is waited for */
    const char *const *globs;
    size_t num_globs;
    wanted_t wanted;                            /* which connections */
    choose_texts_t expressions, headers, masks; /* which events, and what of them */
    char *filters;                              /* these and `wanted` as they were given, one a line; NULL: none were */
    choose_texts_t untils;                      /* which one is the last */
    choose_t choose, until, groups;             /* what these come to, when tracer_options_select() has been called */
    char *is_shown;                             /* by index: what is selected to be shown; the same */
    char *pairs_asked;     /* by number of a pair: whether events are shown that end it, with durations; the same */
    const view_t *view;    /* how events are shown */
    int is_http;           /* as HTTP */
    int tells_connections; /* records say whose requests of HTTP are */
    view_wish_t view_wish;
    stat_wish_t stat;   /* how they are counted instead */
    const char *replay; /* a recording that is shown instead of a trace; NULL: none */
    const char *file;   /* NULL: standard output */
    const char *keylog; /* file for TLS secrets; NULL: none */
    int truncates;      /* what is in the file goes */
    rotation_t rotation;
    uint32_t show; /* PG_SHOW_* */
    uint32_t string_limit;
    uint64_t buffer_size; /* of the ring in bytes, a power of 2 */
    uint64_t count;       /* stop after so many events; 0: do not */
    uint64_t duration;    /* ns after which to stop; 0: do not */
    int rings;            /* only the last events are kept, until the end */
    ring_wish_t ring;     /* how many */
    int is_quiet;         /* neither talk nor lines about the stream itself */
    int is_strict;        /* that events are lost is told by the exit status */
    int list, is_verbose;
    unsigned debug;        /* how often it was given */
    int use_perf;          /* attach as on old kernels */
    const char *user_name; /* NULL: none given */
    int keeps_root;
    user_t user; /* that comes of these two; not for lists */
} tracer_options_t;

/** @param end is set behind its digits @return the process id that a text begins with; 0: it is none */
pid_t tracer_options_read_pid(const char *text, const char **end);
/** Reads the command line. --help, --version and wrong usage end the program. */
void tracer_options_parse(tracer_options_t *options, int argc, char **argv);
/**
 * Which probes of the catalog the globs and expressions select: an array of flags by index, to be freed by the caller. A glob that
 * selects nothing is wrong usage, and so is an expression that means nothing. Sets what the events have to be like, and
 * which one is the last.
 */
char *tracer_options_select(tracer_options_t *options);
/**
 * Finds the fields that events are to be counted by; a name that none of these probes has is wrong usage.
 * @param is_selected by index in the catalog
 */
void tracer_options_find_fields(tracer_options_t *options, const char *is_selected);
/** Names the options that say which events are wanted: "-e", "-S and -A". "": none was given. */
void tracer_options_name_filters(const tracer_options_t *options, reason_t *names);

#endif
