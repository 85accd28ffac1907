/*
 * Sums by provider, for the formats that show them. A probe is counted in each column that has it, and at one stage, the furthest:
 * these numbers add up, so that a bar can be made of them.
 */
#include <string.h>
#include "audit/report/summary.h"

const char *const stage_names[NUM_STAGES] = {
    [STAGE_DEFINED] = "defined", [STAGE_CALLED] = "called", [STAGE_BUILT] = "built", [STAGE_SEEN] = "seen"};

int audit_has_stage(const audit_t *audit, stage_t stage)
{
    return stage == STAGE_CALLED  ? audit->sources.is_given
           : stage == STAGE_BUILT ? audit->binaries != NULL
           : stage == STAGE_SEEN  ? audit->traces != NULL
                                  : 1;
}

uint64_t stage_count(const audit_row_t *row, stage_t stage)
{
    return stage == STAGE_CALLED  ? row->num_calls
           : stage == STAGE_BUILT ? row->num_sites
           : stage == STAGE_SEEN  ? (row->seen != NULL ? row->seen->num_events : 0)
                                  : row->probe != NULL;
}

static void count_row(provider_sums_t *sums, const audit_row_t *row)
{
    stage_t furthest = STAGE_DEFINED;

    for (stage_t stage = STAGE_DEFINED; stage != NUM_STAGES; ++stage) {
        if (stage_count(row, stage) != 0) {
            ++sums->num[stage];
            furthest = stage;
        }
    }
    ++sums->num_at_stage[furthest];
}

/* @return the sums of each row's provider, by index of the row */
static provider_sums_t **find_providers(audit_summary_t *summary, const audit_t *audit)
{
    provider_sums_t **of_row = arena_alloc(audit->arena, (audit->num_rows + 1) * sizeof(*of_row));
    table_t by_name = {.arena = audit->arena};

    /* there are at most as many providers as rows */
    summary->providers = arena_alloc(audit->arena, (audit->num_rows + 1) * sizeof(*summary->providers));
    for (unsigned i = 0; i < audit->num_rows; ++i) {
        str_t name = audit->rows[i]->provider;
        if ((of_row[i] = table_get(&by_name, name)) == NULL) {
            of_row[i] = summary->providers + summary->num_providers++;
            of_row[i]->name = name;
            table_put(&by_name, name, of_row[i]);
        }
        ++of_row[i]->num_rows;
    }
    return of_row;
}

void audit_summarize(audit_summary_t *summary, const audit_t *audit)
{
    *summary = (audit_summary_t){.num_providers = 0};
    provider_sums_t **of_row = find_providers(summary, audit);

    for (unsigned i = 0; i < summary->num_providers; ++i) {
        provider_sums_t *sums = summary->providers + i;
        sums->rows = arena_alloc(audit->arena, sums->num_rows * sizeof(*sums->rows));
        sums->num_rows = 0;
    }
    /* rows that are defined come first in the table */
    for (unsigned i = 0; i < audit->num_rows; ++i) {
        const audit_row_t *row = audit->rows[i];
        of_row[i]->rows[of_row[i]->num_rows++] = row;
        if (row->probe != NULL) {
            count_row(of_row[i], row);
            count_row(&summary->total, row);
        }
    }
    for (const audit_finding_t *finding = audit->findings; finding != NULL; finding = finding->next)
        summary->num_of_kind[finding->kind] += finding->suppressed.p == NULL;
}

int finding_fails(const audit_finding_t *finding, const audit_verdict_t *verdict)
{
    return finding->suppressed.p == NULL && finding_infos[finding->kind].severity >= verdict->fail_on;
}

static int begins_with(str_t text, str_t start)
{
    return text.n >= start.n && (start.n == 0 || memcmp(text.p, start.p, start.n) == 0);
}

str_t finding_place(arena_t *arena, const audit_finding_t *finding)
{
    str_t place = finding->line != 0 ? arena_printf(arena, "%.*s:%u", STR_ARG(finding->file), finding->line) : finding->file;

    return str_eq(place, finding_target(arena, finding)) || begins_with(finding->text, place) ? (str_t){NULL, 0} : place;
}
