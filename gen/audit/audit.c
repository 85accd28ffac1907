/*
 * `probegen audit`: four pieces of evidence for every probe, put side by side.
 *
 *     definitions -> rows;  sources, binaries, traces -> their columns;  check -> findings;  suppress;  verdict;  report
 *
 * Each kind of evidence has its own folder, and knows only the table (evidence.h); what contradicts what is in check.c; formats
 * only print. Everything that comes from outside is hostile: a file that cannot be what it should be makes the audit fail with
 * status 3, since "nothing found" would be a lie then.
 */
#include <inttypes.h>
#include <string.h>
#include "audit/audit.h"
#include "audit/binary/binary.h"
#include "audit/calls/calls.h"
#include "audit/evidence/check.h"
#include "audit/evidence/group.h"
#include "base/exit.h"
#include "model/load.h"
#include "audit/options.h"
#include "audit/report/report.h"
#include "model/sema.h"
#include "audit/evidence/suppress.h"
#include "audit/trace/events.h"

/* ---- definitions ---- */

/* A mistake in the definitions that becomes a finding: the audit goes on. */
typedef struct st_taken_t {
    struct st_taken_t *next;
    finding_kind_t kind;
    span_t at;
    str_t text;
} taken_t;

typedef struct st_taker_t {
    arena_t *arena;
    taken_t *taken, **next;
} taker_t;

static int take(void *arg, diag_tag_t tag, span_t at, const char *text)
{
    taker_t *taker = arg;
    taken_t *taken;
    finding_kind_t kind;

    switch (tag) {
    case W_MAP_UNMATCHED:
    case W_MAP_UNFIT:
    case W_APPDATA:
        kind = FINDING_P013;
        break;
    case E_TYPE:
        kind = FINDING_P022;
        break;
    case W_TYPE:
        kind = FINDING_P023;
        break;
    case E_LIMIT:
    case E_DUP_ARG:
    case E_DUP_FIELD:
        kind = FINDING_P030;
        break;
    case E_COLLISION:
        kind = FINDING_P031;
        break;
    case E_TOO_MANY_ARGS:
    case W_SECRET:
        return 1; /* check.c sees it in the model */
    default:
        return 0;
    }
    taken = arena_alloc(taker->arena, sizeof(*taken));
    *taken = (taken_t){.kind = kind, .at = at, .text = arena_strdup(taker->arena, str_of(text))};
    *taker->next = taken;
    taker->next = &taken->next;
    return 1;
}

/* @return NULL when there are mistakes that no model can be made of */
static ir_t *read_definitions(arena_t *arena, diag_t *diag, const audit_paths_t *paths, taker_t *taker)
{
    inputs_t inputs;
    ir_t *ir = NULL;

    inputs_init(&inputs);
    for (size_t i = 0; i < paths->num; ++i)
        inputs_read(&inputs, arena, diag, paths->list[i]);
    if (diag->num_errors == 0 && inputs.files == NULL)
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "only .map files given, no definitions");
    diag->take = take;
    diag->taker = taker;
    if (diag->num_errors == 0)
        ir = sema(arena, diag, inputs.files, inputs.maps, &(sema_wish_t){.records = RECORDS_SHOWN, .one_by_one = 1});
    diag->take = NULL;
    return diag->num_errors == 0 ? ir : NULL;
}

/* ---- evidence ---- */

static void gather(audit_t *audit, const audit_options_t *options)
{
    if (options->sources.num != 0)
        audit_calls(audit, options->sources.list, options->sources.num);
    for (size_t i = 0; i < options->binaries.num; ++i)
        audit_binary(audit, options->binaries.list[i]);
    if (options->pid != 0)
        audit_process(audit, options->pid);
    for (size_t i = 0; i < options->traces.num; ++i)
        audit_trace(audit, options->traces.list[i]);
    audit_sort(audit);
}

static void add_taken(audit_t *audit, const taker_t *taker)
{
    for (const taken_t *taken = taker->taken; taken != NULL; taken = taken->next)
        finding_at(finding_add(audit, NULL, taken->kind, "%.*s", STR_ARG(taken->text)), taken->at);
}

/* ---- verdict ---- */

static audit_verdict_t judge(const audit_t *audit, const audit_options_t *options)
{
    audit_verdict_t verdict = {.fail_on = options->fail_on, .fail_under_seen = options->fail_under_seen};

    for (const audit_finding_t *finding = audit->findings; finding != NULL; finding = finding->next) {
        if (finding->suppressed.p != NULL)
            ++verdict.num_suppressed;
        else
            ++verdict.num_findings[finding_infos[finding->kind].severity];
    }
    for (unsigned i = 0; i < audit->num_rows; ++i) {
        const audit_row_t *row = audit->rows[i];
        verdict.num_defined += row->probe != NULL;
        verdict.num_built += row->probe != NULL && row->sites != NULL;
        verdict.num_sites += row->num_sites;
        if (audit_is_expected(audit, row)) {
            ++verdict.num_expected;
            verdict.num_seen += row->seen != NULL && row->seen->num_events != 0;
        }
    }
    verdict.is_under_seen = options->fail_under_seen >= 0 && verdict_seen_percent(&verdict) < options->fail_under_seen;
    verdict.is_failed = verdict.is_under_seen;
    for (severity_t severity = options->fail_on; severity <= SEVERITY_ERROR; ++severity)
        verdict.is_failed |= verdict.num_findings[severity] != 0;
    return verdict;
}

static str_t count(arena_t *arena, str_t sums, uint64_t n, const char *one)
{
    return arena_printf(arena, "%.*s%s%" PRIu64 " %s%s", STR_ARG(sums), sums.n != 0 ? ", " : "", n, one, plural_of(n));
}

static str_t sum_up(const audit_t *audit, const audit_verdict_t *verdict)
{
    arena_t *arena = audit->arena;
    str_t sums = count(arena, STR(""), verdict->num_defined, "definition");
    unsigned num_traces = 0;

    if (audit->binaries != NULL) {
        sums = count(arena, sums, verdict->num_built, "probe");
        sums = arena_printf(arena, "%.*s at %u site%s", STR_ARG(sums), verdict->num_sites, plural_of(verdict->num_sites));
    }
    if (audit->sources.is_given)
        sums = count(arena, sums, audit->sources.num_calls, "call");
    for (const audit_trace_t *trace = audit->traces; trace != NULL; trace = trace->next)
        ++num_traces;
    if (num_traces != 0) {
        sums = count(arena, sums, num_traces, "trace");
        sums = arena_printf(arena, "%.*s (%.1f %% seen)", STR_ARG(sums), verdict_seen_percent(verdict));
    }
    return sums;
}

/* ---- report ---- */

static int print_verdict(const audit_t *audit, const audit_options_t *options, const audit_verdict_t *verdict)
{
    audit_report_t report = {.audit = audit,
                             .verdict = *verdict,
                             .definitions = options->definitions,
                             .sources = options->sources,
                             .suppress = options->suppress,
                             .sums = sum_up(audit, verdict),
                             .is_color = print_has_color(options->output)};

    return print_report(audit->arena, audit->diag, options->output, audit_formats[options->format].print, &report);
}

int audit_main(int argc, char **argv)
{
    arena_t *arena = arena_create();
    diag_t diag = {0};
    taker_t taker = {.arena = arena, .next = &taker.taken};
    audit_options_t options;
    audit_t audit;
    int status = EXIT_FILE;

    audit_options_parse(&options, arena, argc, argv);
    const ir_t *ir = read_definitions(arena, &diag, &options.definitions, &taker);
    if (ir == NULL)
        goto Exit;
    audit_init(&audit, arena, &diag, ir);
    gather(&audit, &options);
    add_taken(&audit, &taker);
    audit_check(&audit);
    if (options.suppress != NULL)
        audit_suppress(&audit, options.suppress);
    audit_group(&audit);
    if (diag.num_errors != 0)
        goto Exit; /* without an input its probes would look clean, or all wrong */
    audit_verdict_t verdict = judge(&audit, &options);
    status = print_verdict(&audit, &options, &verdict);
    if (status == EXIT_OK && verdict.is_failed)
        status = EXIT_MISTAKES;

Exit:
    arena_destroy(arena);
    return status;
}
