#ifndef GEN_AUDIT_CHECK_H
#define GEN_AUDIT_CHECK_H

#include "finding.h"

/** Compares all evidence, column with column, and adds the findings. */
void audit_check(audit_t *audit);

#endif
