/*
 * The formats by name, and what all of them say of the verdict. Formats read the table and the findings, and print: what there is
 * to work out for more than one of them is done here.
 */
#include "audit/report/report.h"

#define AUDIT_FORMAT(name, help) FORMAT_FUNCTIONS(audit_print, name, audit_report_t)
#include "audit/report/formats.def"
#undef AUDIT_FORMAT

const format_t audit_formats[] = {
#define AUDIT_FORMAT(name, help) {#name, help, print_as_##name},
#include "audit/report/formats.def"
#undef AUDIT_FORMAT
    {NULL, NULL, NULL}};

double verdict_seen_percent(const audit_verdict_t *verdict)
{
    return verdict->num_expected != 0 ? 100.0 * verdict->num_seen / verdict->num_expected : 100;
}

str_t verdict_text(arena_t *arena, const audit_verdict_t *verdict)
{
    unsigned errors = verdict->num_findings[SEVERITY_ERROR], warnings = verdict->num_findings[SEVERITY_WARNING],
             infos = verdict->num_findings[SEVERITY_INFO];
    str_t text = arena_printf(arena, "%u error%s, %u warning%s, %u info%s", errors, plural_of(errors), warnings,
                              plural_of(warnings), infos, plural_of(infos));

    return verdict->num_suppressed != 0 ? arena_printf(arena, "%.*s; %u suppressed", STR_ARG(text), verdict->num_suppressed) : text;
}

str_t verdict_line(arena_t *arena, const audit_verdict_t *verdict)
{
    str_t text = verdict_text(arena, verdict);

    return !verdict->is_under_seen ? text
                                   : arena_printf(arena, "%.*s; %.1f %% of the probes are seen, %g %% are asked for", STR_ARG(text),
                                                  verdict_seen_percent(verdict), verdict->fail_under_seen);
}

/* ---- sums by provider ---- */

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

static provider_sums_t *provider_of(audit_summary_t *summary, table_t *by_name, str_t name)
{
    provider_sums_t *sums = table_get(by_name, name);

    if (sums == NULL) {
        sums = summary->providers + summary->num_providers++;
        sums->name = name;
        table_put(by_name, name, sums);
    }
    return sums;
}

static void add_told(arena_t *arena, provider_sums_t *sums, const audit_finding_t *finding)
{
    sums->told = arena_grow(arena, sums->told, &sums->told_capacity, sums->num_told, sizeof(*sums->told));
    sums->told[sums->num_told++] = finding;
}

void audit_summarize(audit_summary_t *summary, const audit_t *audit)
{
    table_t by_name = {.arena = audit->arena};
    unsigned num_kinds = 0;

    /* there are at most as many providers as rows */
    *summary = (audit_summary_t){.providers = arena_alloc(audit->arena, (audit->num_rows + 1) * sizeof(*summary->providers))};
    /* rows that are defined come first in the table */
    for (unsigned i = 0; i < audit->num_rows; ++i) {
        const audit_row_t *row = audit->rows[i];
        provider_sums_t *sums = provider_of(summary, &by_name, row->provider);
        sums->rows = arena_grow(audit->arena, sums->rows, &sums->capacity, sums->num_rows, sizeof(*sums->rows));
        sums->rows[sums->num_rows++] = row;
        if (row->probe != NULL) {
            count_row(sums, row);
            count_row(&summary->total, row);
        }
    }
    for (const audit_finding_t *finding = audit->findings; finding != NULL; finding = finding->next) {
        summary->num_of_kind[finding->kind] += finding->suppressed.p == NULL;
        if (finding->provider != NULL && (finding->group != NULL ? finding->group->first == finding : finding->row == NULL))
            add_told(audit->arena, provider_of(summary, &by_name, finding->provider->name), finding);
    }
    for (severity_t severity = SEVERITY_ERROR; severity != SEVERITY_NONE; --severity) {
        for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
            if (finding_infos[kind].severity == severity)
                summary->worst_first[num_kinds++] = kind;
        }
    }
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

    if (finding->group != NULL)
        return (str_t){NULL, 0};
    return str_eq(place, finding_target(arena, finding)) || begins_with(finding->text, place) ? (str_t){NULL, 0} : place;
}
