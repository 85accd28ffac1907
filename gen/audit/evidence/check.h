#ifndef GEN_AUDIT_EVIDENCE_CHECK_H
#define GEN_AUDIT_EVIDENCE_CHECK_H

#include "audit/evidence/finding.h"

/** Compares all evidence, column with column, and adds the findings. */
void audit_check(audit_t *audit);

/**
 * How operand i of a site differs from the argument that it is: FINDING_P006, P007, P008, P027 or P028; FINDING_NUM_KINDS: it does
 * not. To be asked only where a site has as many operands as the definition arguments, after audit_check().
 */
finding_kind_t audit_operand_differs(const audit_row_t *row, const audit_site_t *site, unsigned i);

#endif
