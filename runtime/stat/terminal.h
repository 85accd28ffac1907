#ifndef RUNTIME_STAT_TERMINAL_H
#define RUNTIME_STAT_TERMINAL_H

#include <stdio.h>
#include <sys/types.h>
#include "common/reason.h"
#include "rights/user.h"

/** A terminal that is taken for a screen that is drawn again and again, and gives keys as they are pressed. */
typedef struct st_terminal_t {
    pid_t guard; /* the process that gives it back; 0: it is not taken */
    int end_fd;  /* which does so when nobody has this open any more */
    int fd;
    int has_keys; /* standard input is a terminal, too */
    unsigned rows, columns;
    FILE *held; /* what the tracer has to say meanwhile; NULL: that does not go to a terminal */
    char *said;
    size_t said_size, seen_size; /* and at the last look */
    double seen;                 /* when there was something new: see clock_now() */
} terminal_t;

/** Whether a screen may be drawn there: it is a terminal, and we are in its foreground. */
int terminal_is_ours(int fd);
/**
 * Takes it. That is given back by a process of its own, so it is whatever ends this one. @param user whose rights that process has
 * @return 0, or -1 with a reason
 */
int terminal_open(terminal_t *terminal, int fd, const user_t *user, reason_t *reason);
/** @return a key that was pressed; 0: none */
int terminal_key(const terminal_t *terminal);
/** Asks for its size. @return whether that is another one than before: at first, it is */
int terminal_has_changed(terminal_t *terminal);
/** The last line that the tracer had to say, for some seconds; for free(). NULL: none, or memory is short */
char *terminal_last_line(terminal_t *terminal);
/** Gives it back, if it was taken, and says what there was to say meanwhile. */
void terminal_close(terminal_t *terminal);

#endif
