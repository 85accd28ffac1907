#ifndef GEN_BASE_EXIT_H
#define GEN_BASE_EXIT_H

/** Exit statuses of probegen; --help and README tell them. */
enum {
    EXIT_OK = 0,
    EXIT_MISTAKES = 1, /* in the definitions or maps */
    EXIT_USAGE = 2,
    EXIT_FILE = 3 /* a file cannot be read or written; out of memory */
};

#endif
