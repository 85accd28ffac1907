#ifndef GEN_AUDIT_CALLS_CALLS_H
#define GEN_AUDIT_CALLS_CALLS_H

#include "audit/evidence/evidence.h"

/**
 * Finds the calls of all probes in the C and C++ sources of folders and files, through the macros that wrap them, and adds them to
 * the table. Macros of one may be used in another. A folder that cannot be read or has no source is an audit_fail(); of a file that
 * cannot be looked at in full there is a finding.
 */
void audit_calls(audit_t *audit, const char *const *paths, size_t num_paths);

#endif
