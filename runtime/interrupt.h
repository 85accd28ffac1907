#ifndef RUNTIME_INTERRUPT_H
#define RUNTIME_INTERRUPT_H

/**
 * The signals that end a trace (SIGINT, SIGTERM, SIGHUP). They never end the program by themselves: the first one ends the trace in
 * an orderly way, a second one gives up an output that is stuck. Either way the program detaches before it exits; a process that is
 * killed while its exit detaches, by one signal more, can leave breakpoints in the target.
 */

/** Holds the signals back. @return a file descriptor that becomes readable when one has come, or -1 with errno set */
int interrupt_open(void);
/** Takes the signals that have come so far; several at once are one. */
void interrupt_take(int fd);

#endif
