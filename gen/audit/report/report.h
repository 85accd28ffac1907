#ifndef GEN_AUDIT_REPORT_REPORT_H
#define GEN_AUDIT_REPORT_REPORT_H

#include <stdio.h>
#include "audit/evidence/finding.h"
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

/* ---- what several formats show ---- */

/** How far a probe has come: what the columns of a report are, too. */
typedef enum en_stage_t { STAGE_DEFINED, STAGE_CALLED, STAGE_BUILT, STAGE_SEEN, NUM_STAGES } stage_t;

/** "defined", "called", "built", "seen" */
extern const char *const stage_names[NUM_STAGES];
/** Whether the audit was given what it needs for a stage: definitions, sources, binaries, traces. */
int audit_has_stage(const audit_t *audit, stage_t stage);
/** Definitions (one, or none), calls, sites or events of a probe. */
uint64_t stage_count(const audit_row_t *row, stage_t stage);

/** Sums of a provider. Only probes that are defined are counted. */
typedef struct st_provider_sums_t {
    str_t name;
    const audit_row_t **rows; /* all its rows, those that are not defined last */
    unsigned num_rows;
    size_t capacity;
    const audit_finding_t **told; /* findings of it as a whole, and those that are told once for all its probes */
    unsigned num_told;
    size_t told_capacity;
    unsigned num[NUM_STAGES];          /* probes that have something in this column */
    unsigned num_at_stage[NUM_STAGES]; /* probes whose furthest stage it is: they add up to num[STAGE_DEFINED] */
} provider_sums_t;

typedef struct st_audit_summary_t {
    provider_sums_t *providers; /* in the order of the definitions */
    unsigned num_providers;
    provider_sums_t total;                         /* without rows */
    unsigned num_of_kind[FINDING_NUM_KINDS];       /* findings that are not suppressed */
    finding_kind_t worst_first[FINDING_NUM_KINDS]; /* all kinds, by their severity */
} audit_summary_t;

void audit_summarize(audit_summary_t *summary, const audit_t *audit);

/** Whether a finding makes the audit fail. */
int finding_fails(const audit_finding_t *finding, const audit_verdict_t *verdict);
/** Where to look: "file:line", "file"; n == 0: nowhere, or its target or text begin with that, or it stands for a group. */
str_t finding_place(arena_t *arena, const audit_finding_t *finding);

#endif
