#ifndef GEN_AUDIT_BINARY_BINARY_H
#define GEN_AUDIT_BINARY_BINARY_H

#include <sys/types.h>
#include "audit/evidence/evidence.h"

/**
 * Finds the sites of the audited providers in a program or shared library, and in the shared libraries that it needs, and adds them
 * to the table. It is an audit_fail() if the file cannot be read or is not ELF, or if neither it nor its libraries have such sites.
 */
void audit_binary(audit_t *audit, const char *path);
/** The same with all files that a running process executes. */
void audit_process(audit_t *audit, pid_t pid);

#endif
