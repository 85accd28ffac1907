#ifndef RUNTIME_OUTPUT_INTERRUPT_H
#define RUNTIME_OUTPUT_INTERRUPT_H

/**
 * The signals that end a trace (SIGINT, SIGTERM, SIGHUP). They never end the program by themselves: the first one ends the trace in
 * an orderly way, a second one gives up an output that is stuck. Either way the program detaches before it exits; a process that is
 * killed while it detaches during its exit, by one more signal, can leave breakpoints in the target.
 */
typedef struct st_interrupt_t {
    int fd;       /* readable when a signal has come that is not taken yet */
    int has_come; /* at least one was taken */
} interrupt_t;

/** Holds the signals back. @return 0, or -1 with errno set */
int interrupt_open(interrupt_t *interrupt);
/** Whether one has come, taken or not. */
int interrupt_has_come(const interrupt_t *interrupt);
/** Whether there is one to take. */
int interrupt_is_pending(const interrupt_t *interrupt);
void interrupt_close(interrupt_t *interrupt);
/** Takes the signals that have come so far; several at once are one. */
void interrupt_take(interrupt_t *interrupt);

#endif
