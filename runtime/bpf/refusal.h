#ifndef RUNTIME_BPF_REFUSAL_H
#define RUNTIME_BPF_REFUSAL_H

#include <stddef.h>

/**
 * The line of a verifier's log that says why a program is refused.
 * @param is_cut the log was larger than its buffer: older kernels keep its beginning then, which does not say
 * @param len length of the line; unchanged if there is none
 * @return where the line begins in `log`, or NULL: it is not there
 */
const char *refusal_line(const char *log, int is_cut, size_t *len);
/** What in this process or this machine may be behind EPERM or EACCES: " (...)"; "" for any other error. Leaves errno alone. */
const char *refusal_denied(int error);

#endif
