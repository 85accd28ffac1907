#ifndef RUNTIME_OUTPUT_STANDARD_H
#define RUNTIME_OUTPUT_STANDARD_H

/*
 * Standard input, output and error, which whoever starts a program may leave closed. The next file that is opened would have their
 * numbers then: a pidfd would be written events into.
 */

/**
 * Gives /dev/null to those that are closed, open the wrong way round: to read from or write to them stays an error. To be called
 * before anything is opened. @return 0, or -1 with errno set
 */
int standard_secure(void);
/** Whether standard output can be written to. */
int standard_can_print(void);

#endif
