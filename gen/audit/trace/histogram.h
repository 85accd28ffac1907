#ifndef GEN_AUDIT_TRACE_HISTOGRAM_H
#define GEN_AUDIT_TRACE_HISTOGRAM_H

#include "audit/evidence/evidence.h"

/** Times of events are lower than this, the year 10000; ms since 1970 */
#define HISTOGRAM_MAX_TIME 253402300800000.0

/**
 * Counts an event in the row's buckets. audit->time says which times these stand for; if this one is none of them, the buckets of
 * all rows become wider.
 * @param time ms, 0 <= time < HISTOGRAM_MAX_TIME
 */
void histogram_add(audit_t *audit, audit_seen_t *seen, double time);
/** Moves the axis to begin with the bucket of the first event, as reports want it. More events may be added. */
void histogram_settle(audit_t *audit);

#endif
