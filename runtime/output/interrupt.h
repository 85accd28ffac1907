#ifndef RUNTIME_OUTPUT_INTERRUPT_H
#define RUNTIME_OUTPUT_INTERRUPT_H

#include <stdint.h>

/**
 * The signals of a trace. None of them ends the program by itself: a process that is killed while it detaches during its exit can
 * leave breakpoints in the target.
 *
 * SIGINT, SIGTERM, SIGHUP and SIGALRM end the trace: the first one in an orderly way, a second one gives up an output that is
 * stuck. SIGUSR1, and SIGHUP where it is to reopen a file, are requests, which end nothing. What was ignored when the program
 * started stays so: nohup and the shells' `&` in scripts mean that.
 */
typedef struct st_interrupt_t {
    int fd;         /* readable when a signal that ends the trace has come and is not taken yet */
    int request_fd; /* the same of requests */
    int has_come;   /* number of the first one that was taken; 0: none */

    /* the caller's, NULL: nothing is done; called by whoever takes the signal, which may be while output waits for its reader */
    void (*on_end)(void *arg); /* for the first one */
    void (*on_request)(void *arg, int signal);
    void *arg;
} interrupt_t;

/** Holds the signals back. @param reopens whether SIGHUP is a request @return 0, or -1 with errno set */
int interrupt_open(interrupt_t *interrupt, int reopens);
/** Holds requests back until interrupt_open(): one that comes early ends nothing, either. */
void interrupt_delay_requests(void);
/** Ends the trace by SIGALRM after so many ns. */
void interrupt_after(uint64_t ns);
/** Whether one that ends the trace has come, taken or not. */
int interrupt_has_come(const interrupt_t *interrupt);
/** Whether there is one to take. */
int interrupt_is_pending(const interrupt_t *interrupt);
void interrupt_close(interrupt_t *interrupt);
/** Takes those that have come so far; several at once are one. */
void interrupt_take(interrupt_t *interrupt);
/** Does what was requested so far. */
void interrupt_answer(interrupt_t *interrupt);

#endif
