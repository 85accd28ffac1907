#ifndef GEN_PRINT_PROGRESS_H
#define GEN_PRINT_PROGRESS_H

#include <stdint.h>

/**
 * Shows on standard error, if that is a terminal, how far a long job is; a line that overwrites itself, ten times a second at most,
 * so that it may be called often.
 * @param total 0: not known
 */
void progress_show(const char *what, uint64_t done, uint64_t total, const char *unit);
/** Removes the line. */
void progress_end(void);

#endif
