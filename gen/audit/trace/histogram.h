#ifndef GEN_AUDIT_TRACE_HISTOGRAM_H
#define GEN_AUDIT_TRACE_HISTOGRAM_H

#include "audit/evidence.h"

/** times of events are from 0 to below this, the year 10000; in ms */
#define HISTOGRAM_MAX_TIME 253402300800000.0

/**
 * Counts an event of a row in audit->time and in the row's buckets.
 * @param time ms, 0 <= time < HISTOGRAM_MAX_TIME
 */
void histogram_add(audit_t *audit, audit_seen_t *seen, double time);
/** Lets the axis begin with the bucket of the first event, for readers. More may be added. */
void histogram_settle(audit_t *audit);

#endif
