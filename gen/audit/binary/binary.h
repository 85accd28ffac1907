#ifndef GEN_AUDIT_BINARY_BINARY_H
#define GEN_AUDIT_BINARY_BINARY_H

#include <sys/types.h>
#include "audit/evidence.h"

/**
 * Finds the sites of the audited providers in a program or shared library, and in the shared libraries that it needs, and adds them
 * to the table. A file that cannot be read, is not ELF, or has no note at all (nor its libraries) is an audit_fail().
 */
void audit_binary(audit_t *audit, const char *path);
/** The same with all files that a running process executes. */
void audit_process(audit_t *audit, pid_t pid);

#endif
