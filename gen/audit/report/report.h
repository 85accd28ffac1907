#ifndef GEN_AUDIT_REPORT_REPORT_H
#define GEN_AUDIT_REPORT_REPORT_H

#include <stdio.h>
#include "audit/evidence/finding.h"
#include "print/formats.h"
#include "print/print.h"

/** What the findings come to; those that are suppressed are counted by num_suppressed alone. */
typedef struct st_audit_verdict_t {
    unsigned num_findings[SEVERITY_ERROR + 1]; /* by severity */
    unsigned num_suppressed;
    unsigned num_defined;
    unsigned num_built;              /* probes that are defined and have a site */
    unsigned num_sites;              /* of all providers that are audited */
    unsigned num_expected, num_seen; /* probes that traces should have, those of them that they have */
    severity_t fail_on;              /* findings of this severity and above fail */
    double fail_under_seen;          /* percent; negative: not asked for */
    int is_under_seen;               /* fewer are seen than that */
    int is_failed;                   /* findings fail it, or is_under_seen */
} audit_verdict_t;

/** A list of arguments of the command line. */
typedef struct st_audit_paths_t {
    const char **list;
    size_t num;
} audit_paths_t;

/** All that a report is made of. */
typedef struct st_audit_report_t {
    const audit_t *audit;
    audit_verdict_t verdict;
    audit_paths_t definitions, sources; /* as given */
    const char *suppress;               /* file; NULL: none */
    str_t sums;                         /* "135 definitions, 132 probes at 150 sites, …": what was read, one line */
    int is_color;                       /* for a terminal */
} audit_report_t;

/** The output formats: formats.def */
extern const format_t audit_formats[];

/** seen probes of those expected, in percent; 100 of none */
double verdict_seen_percent(const audit_verdict_t *verdict);
/** "2 errors, 3 warnings, 4 infos; 1 suppressed" */
str_t verdict_text(arena_t *arena, const audit_verdict_t *verdict);
/** The same, and whether too few probes are seen. */
str_t verdict_line(arena_t *arena, const audit_verdict_t *verdict);

#endif
