#ifndef GEN_AUDIT_REPORT_SUMMARY_H
#define GEN_AUDIT_REPORT_SUMMARY_H

#include "audit/report/report.h"

/** How far a probe has come: what the columns of a report are, too. */
typedef enum en_stage_t { STAGE_DEFINED, STAGE_CALLED, STAGE_BUILT, STAGE_SEEN, NUM_STAGES } stage_t;

/** "defined", "called", "built", "seen" */
extern const char *const stage_names[NUM_STAGES];
/** Whether the audit was given what it needs for a stage: definitions, sources, binaries, traces. */
int audit_has_stage(const audit_t *audit, stage_t stage);
/** Definitions (one, or none), calls, sites or events of a probe. */
uint64_t stage_count(const audit_row_t *row, stage_t stage);

/** What several formats show of a provider. Only probes that are defined are counted. */
typedef struct st_provider_sums_t {
    str_t name;
    const audit_row_t **rows; /* all its rows, those that are not defined last */
    unsigned num_rows;
    unsigned num[NUM_STAGES];          /* probes that have something in this column */
    unsigned num_at_stage[NUM_STAGES]; /* probes whose furthest stage it is: they add up to num[STAGE_DEFINED] */
} provider_sums_t;

typedef struct st_audit_summary_t {
    provider_sums_t *providers; /* in the order of the definitions */
    unsigned num_providers;
    provider_sums_t total;                   /* without rows */
    unsigned num_of_kind[FINDING_NUM_KINDS]; /* findings that are not suppressed */
} audit_summary_t;

void audit_summarize(audit_summary_t *summary, const audit_t *audit);

/** Whether a finding makes the audit fail. */
int finding_fails(const audit_finding_t *finding, const audit_verdict_t *verdict);
/** Where to look: "file:line", "file"; n == 0: nowhere, or its target or text begin with that. */
str_t finding_place(arena_t *arena, const audit_finding_t *finding);
#endif
