#ifndef GEN_AUDIT_CALLS_H
#define GEN_AUDIT_CALLS_H

#include "evidence.h"

/**
 * Finds the calls of all probes in the C and C++ sources of a folder (or in one file), through the macros that wrap them, and adds
 * them to the table. A folder that cannot be read or has no source is an audit_fail().
 */
void audit_calls(audit_t *audit, const char *path);

#endif
