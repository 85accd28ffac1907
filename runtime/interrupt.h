#ifndef RUNTIME_INTERRUPT_H
#define RUNTIME_INTERRUPT_H

/**
 * The signals that end a trace (SIGINT, SIGTERM, SIGHUP): the first one ends it in an orderly way, also while the output is stuck;
 * a second one ends the program at once.
 */

/** Holds the signals back. @return a file descriptor that becomes readable when one has come, or -1 with errno set */
int interrupt_open(void);
/** Takes the first signal; from now on they have their ordinary effect. */
void interrupt_take(int fd);

#endif
