#ifndef GEN_BASE_EXIT_H
#define GEN_BASE_EXIT_H

/** Exit statuses of probegen, which --help and the man pages list. */
enum {
    EXIT_OK = 0,
    EXIT_MISTAKES = 1, /* in the definitions or maps */
    /* 2: wrong usage, see common/cmdline.h */
    EXIT_FILE = 3 /* a file cannot be read or written; out of memory */
};

#endif
