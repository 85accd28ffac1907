#ifndef GEN_AUDIT_TRACE_EVENTS_H
#define GEN_AUDIT_TRACE_EVENTS_H

#include "audit/evidence/evidence.h"

/**
 * Counts the events of a trace, JSON lines as tracers write them, plain or compressed by gzip or zstd, and adds them to the table.
 * The file is streamed; "-" is standard input. If it cannot be read, or no line in it is an event, it is an audit_fail().
 */
void audit_trace(audit_t *audit, const char *path);

#endif
