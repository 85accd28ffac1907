#ifndef GEN_AUDIT_EVIDENCE_CHECK_PARTS_H
#define GEN_AUDIT_EVIDENCE_CHECK_PARTS_H

/* The parts of audit_check(). */

#include "audit/evidence/finding.h"

/* ---- check_call.c: sources ---- */

/** What sources and binaries say of providers as a whole; before all other checks. It removes rows that are no probes. */
void audit_check_providers(audit_t *audit);
void audit_check_calls(audit_t *audit, audit_row_t *row);

/* ---- check_site.c: binaries ---- */

/** Which providers pass all integers as words; before the sites are checked. */
void audit_check_words(audit_t *audit);
void audit_check_sites(audit_t *audit, audit_row_t *row);

#endif
