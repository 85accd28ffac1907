#ifndef RUNTIME_EXIT_H
#define RUNTIME_EXIT_H

/** Exit statuses of a tracer; --help and README tell them. */
enum {
    EXIT_OK = 0,
    EXIT_USAGE = 2,
    EXIT_ENVIRONMENT = 3, /* not root, no BPF, kernel too old, out of memory */
    EXIT_TARGET = 4,      /* no such process, no probes in it, no permission to look at it */
    EXIT_OUTPUT = 5       /* the events cannot be written */
};

#endif
