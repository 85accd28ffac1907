#ifndef GEN_AUDIT_EVIDENCE_GROUP_H
#define GEN_AUDIT_EVIDENCE_GROUP_H

#include "audit/evidence/finding.h"

/**
 * Puts findings into groups that reports for people tell in one line: those of one kind, with the same text and the same reason for
 * suppression, if all probes of a provider have one that can. To be called when no finding is added or suppressed any more.
 */
void audit_group(audit_t *audit);

#endif
