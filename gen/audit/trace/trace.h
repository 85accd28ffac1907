#ifndef GEN_AUDIT_TRACE_TRACE_H
#define GEN_AUDIT_TRACE_TRACE_H

#include "audit/evidence.h"

/**
 * Counts the events of a trace, JSON lines as tracers write them, plain or compressed by gzip or zstd, and adds them to the table.
 * The file is streamed; "-" is standard input. One that cannot be read, or in which no line is an event, is an audit_fail().
 */
void audit_trace(audit_t *audit, const char *path);

#endif
