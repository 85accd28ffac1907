#ifndef RUNTIME_OPTIONS_EXIT_H
#define RUNTIME_OPTIONS_EXIT_H

/** Exit statuses of a tracer, which --help and its man page list. */
enum {
    TRACER_OK = 0,
    /* 2: wrong usage, see common/cmdline.h */
    TRACER_ENVIRONMENT = 3, /* no rights, no BPF, kernel too old, out of memory */
    TRACER_TARGET = 4,      /* no such process, no probes in it */
    TRACER_OUTPUT = 5,      /* the events cannot be written */
    TRACER_LOST = 6         /* with --strict: events were lost */
};

#endif
