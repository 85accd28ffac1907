/*
 * JUnit's XML, as Jenkins and GitLab read it: a suite for each provider, a case for each probe, and suites for what is about no
 * probe. They read only the first <failure> of a case, so all that fails is in one. A case with nothing but suppressed
 * findings is "skipped".
 */
#include <inttypes.h>
#include <string.h>
#include "print/escape.h"
#include "audit/report/summary.h"

typedef struct st_junit_t {
    const audit_report_t *report;
    FILE *out;
} junit_t;

/* ---- findings of one case ---- */

/** The findings of a probe, or all of a kind that are about no probe. */
typedef struct st_case_t {
    const audit_finding_t *first;
    finding_kind_t kind; /* for those of no probe; else FINDING_NUM_KINDS */
    unsigned num_failed, num_suppressed, num_other;
} case_t;

static const audit_finding_t *next_of_case(const case_t *test, const audit_finding_t *finding)
{
    if (test->kind == FINDING_NUM_KINDS)
        return finding->next_of_row;
    do {
        finding = finding->next;
    } while (finding != NULL && (finding->row != NULL || finding->kind != test->kind));
    return finding;
}

static void count_case(case_t *test, const audit_verdict_t *verdict)
{
    for (const audit_finding_t *finding = test->first; finding != NULL; finding = next_of_case(test, finding)) {
        if (finding->suppressed.p != NULL)
            ++test->num_suppressed;
        else if (finding_fails(finding, verdict))
            ++test->num_failed;
        else
            ++test->num_other;
    }
}

static case_t case_of_row(const audit_row_t *row, const audit_verdict_t *verdict)
{
    case_t test = {.first = row->findings, .kind = FINDING_NUM_KINDS};

    count_case(&test, verdict);
    return test;
}

static case_t case_of_kind(const audit_t *audit, finding_kind_t kind, const audit_verdict_t *verdict)
{
    case_t test = {.first = audit->findings, .kind = kind};

    if (test.first != NULL && (test.first->row != NULL || test.first->kind != kind))
        test.first = next_of_case(&test, test.first);
    count_case(&test, verdict);
    return test;
}

/* ---- printing ---- */

static const char *xml(const junit_t *junit, str_t text)
{
    return escaped_text(junit->report->audit->arena, print_xml, text);
}

/* "warning P003 defined but not built: app:free: nothing calls it (app.d:12)" */
static void print_line(const junit_t *junit, const audit_finding_t *finding)
{
    const finding_info_t *info = finding_infos + finding->kind;
    arena_t *arena = junit->report->audit->arena;
    str_t place = finding_place(arena, finding);

    fprintf(junit->out, "%s %s %s: %s", severity_name(info->severity), info->id, info->title,
            xml(junit, finding_target(arena, finding)));
    if (finding->text.n != 0)
        fprintf(junit->out, ": %s", xml(junit, finding->text));
    if (place.n != 0)
        fprintf(junit->out, " (%s)", xml(junit, place));
    if (finding->suppressed.p != NULL)
        fprintf(junit->out, "; suppressed: %s", xml(junit, finding->suppressed));
    fputc('\n', junit->out);
}

static void print_failure(const junit_t *junit, const case_t *test)
{
    const audit_verdict_t *verdict = &junit->report->verdict;
    const audit_finding_t *finding = test->first;

    while (!finding_fails(finding, verdict))
        finding = next_of_case(test, finding);
    const finding_info_t *info = finding_infos + finding->kind;
    fprintf(junit->out, "      <failure type=\"%s\" message=\"%s %s", info->id, info->id, info->title);
    if (test->num_failed > 1)
        fprintf(junit->out, ", and %u more", test->num_failed - 1);
    fputs("\">", junit->out);
    for (; finding != NULL; finding = next_of_case(test, finding)) {
        if (finding_fails(finding, verdict))
            print_line(junit, finding);
    }
    fputs("</failure>\n", junit->out);
}

static int is_skipped(const case_t *test)
{
    return test->num_failed == 0 && test->num_suppressed != 0;
}

static void print_skipped(const junit_t *junit, const case_t *test)
{
    const audit_finding_t *finding = test->first;

    while (finding->suppressed.p == NULL)
        finding = next_of_case(test, finding);
    fprintf(junit->out, "      <skipped message=\"%s suppressed: %s", finding_infos[finding->kind].id,
            xml(junit, finding->suppressed));
    if (test->num_suppressed > 1)
        fprintf(junit->out, ", and %u more", test->num_suppressed - 1);
    fputs("\"/>\n", junit->out);
}

/* what does not fail */
static void print_others(const junit_t *junit, const case_t *test)
{
    if (test->num_other + test->num_suppressed == 0)
        return;
    fputs("      <system-out>", junit->out);
    for (const audit_finding_t *finding = test->first; finding != NULL; finding = next_of_case(test, finding)) {
        if (!finding_fails(finding, &junit->report->verdict))
            print_line(junit, finding);
    }
    fputs("</system-out>\n", junit->out);
}

static void print_case_end(const junit_t *junit, const case_t *test)
{
    if (test->first == NULL) {
        fputs("/>\n", junit->out);
        return;
    }
    fputs(">\n", junit->out);
    if (test->num_failed != 0)
        print_failure(junit, test);
    else if (is_skipped(test))
        print_skipped(junit, test);
    print_others(junit, test);
    fputs("    </testcase>\n", junit->out);
}

static void print_row(const junit_t *junit, const audit_row_t *row)
{
    case_t test = case_of_row(row, &junit->report->verdict);

    fprintf(junit->out, "    <testcase classname=\"%s\" name=\"%s\"", xml(junit, row->provider), xml(junit, row->name));
    if (row->probe != NULL) {
        const span_t *at = &row->probe->at;
        fprintf(junit->out, " file=\"%s\" line=\"%" PRIu32 "\"", xml(junit, str_of(at->src->path)),
                src_position(at->src, at->start).line);
    }
    fputs(" time=\"0\"", junit->out);
    print_case_end(junit, &test);
}

/* ---- suites ---- */

typedef struct st_suite_t {
    unsigned num_tests, num_failures, num_skipped;
} suite_t;

static void add_case(suite_t *suite, const case_t *test)
{
    ++suite->num_tests;
    suite->num_failures += test->num_failed != 0;
    suite->num_skipped += (unsigned)is_skipped(test);
}

static void print_counts(const junit_t *junit, const suite_t *suite)
{
    fprintf(junit->out, "tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" time=\"0\">\n", suite->num_tests,
            suite->num_failures, suite->num_skipped);
}

static suite_t count_provider(const junit_t *junit, const provider_sums_t *provider)
{
    suite_t suite = {0};

    for (unsigned i = 0; i < provider->num_rows; ++i) {
        case_t test = case_of_row(provider->rows[i], &junit->report->verdict);
        add_case(&suite, &test);
    }
    return suite;
}

static suite_t count_kinds(const junit_t *junit)
{
    suite_t suite = {0};

    for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
        case_t test = case_of_kind(junit->report->audit, kind, &junit->report->verdict);
        if (test.first != NULL)
            add_case(&suite, &test);
    }
    return suite;
}

static void print_provider(const junit_t *junit, const provider_sums_t *provider)
{
    suite_t suite = count_provider(junit, provider);

    fprintf(junit->out, "  <testsuite name=\"%s\" ", xml(junit, provider->name));
    print_counts(junit, &suite);
    for (unsigned i = 0; i < provider->num_rows; ++i)
        print_row(junit, provider->rows[i]);
    fputs("  </testsuite>\n", junit->out);
}

/* findings of no probe: a case for each kind, so that cases keep their names */
static void print_kinds(const junit_t *junit, const suite_t *suite)
{
    if (suite->num_tests == 0)
        return;
    fputs("  <testsuite name=\"inputs\" ", junit->out);
    print_counts(junit, suite);
    for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
        case_t test = case_of_kind(junit->report->audit, kind, &junit->report->verdict);
        if (test.first == NULL)
            continue;
        fprintf(junit->out, "    <testcase classname=\"inputs\" name=\"%s %s\" time=\"0\"", finding_infos[kind].id,
                finding_infos[kind].title);
        print_case_end(junit, &test);
    }
    fputs("  </testsuite>\n", junit->out);
}

static int has_policy(const junit_t *junit)
{
    return junit->report->verdict.fail_under_seen >= 0;
}

static void print_policy(const junit_t *junit)
{
    const audit_verdict_t *verdict = &junit->report->verdict;
    suite_t suite = {.num_tests = 1, .num_failures = (unsigned)verdict->is_under_seen};

    if (!has_policy(junit))
        return;
    fputs("  <testsuite name=\"policy\" ", junit->out);
    print_counts(junit, &suite);
    fprintf(junit->out, "    <testcase classname=\"policy\" name=\"at least %g %% of the probes are seen\" time=\"0\"",
            verdict->fail_under_seen);
    if (verdict->is_under_seen)
        fprintf(junit->out,
                ">\n      <failure type=\"seen\" message=\"%.1f %% are seen\">%u of %u probes</failure>\n    </testcase>\n",
                verdict_seen_percent(verdict), verdict->num_seen, verdict->num_expected);
    else
        fputs("/>\n", junit->out);
    fputs("  </testsuite>\n", junit->out);
}

void audit_print_junit(const audit_report_t *report, FILE *out)
{
    junit_t junit = {.report = report, .out = out};
    audit_summary_t summary;

    audit_summarize(&summary, report->audit);
    suite_t all = count_kinds(&junit), kinds = all;
    for (unsigned i = 0; i < summary.num_providers; ++i) {
        suite_t suite = count_provider(&junit, summary.providers + i);
        all.num_tests += suite.num_tests;
        all.num_failures += suite.num_failures;
        all.num_skipped += suite.num_skipped;
    }
    all.num_tests += (unsigned)has_policy(&junit);
    all.num_failures += (unsigned)report->verdict.is_under_seen;

    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"probegen audit\" ", out);
    print_counts(&junit, &all);
    for (unsigned i = 0; i < summary.num_providers; ++i)
        print_provider(&junit, summary.providers + i);
    print_kinds(&junit, &kinds);
    print_policy(&junit);
    fputs("</testsuites>\n", out);
}
