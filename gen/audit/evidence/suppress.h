#ifndef GEN_AUDIT_EVIDENCE_SUPPRESS_H
#define GEN_AUDIT_EVIDENCE_SUPPRESS_H

#include "audit/evidence/finding.h"

/**
 * Reads a suppression file and marks the findings that it names. Its lines are "ID TARGET REASON", where TARGET is a pattern
 * (fnmatch(3)) for finding_target(); empty lines and those that begin with # are comments. Incomplete lines become findings, and so
 * do those that match nothing, unless "maybe" stands in front; a file that cannot be read is an audit_fail().
 */
void audit_suppress(audit_t *audit, const char *path);

#endif
