/*
 * JUnit's XML, as Jenkins and GitLab read it: a suite for each provider, a case for each probe and one for what they have in
 * common, and suites for what is about no probe. They read only the first <failure> of a case, so all that fails is in one. A case
 * with nothing but suppressed findings is "skipped".
 */
#include <inttypes.h>
#include <stdlib.h>
#include "audit/report/report.h"
#include "base/text.h"

/** A suite, or all of them. What is in it is printed into memory first, since its counts stand before it. */
typedef struct st_suite_t {
    const audit_report_t *report;
    text_stream_t text;
    unsigned num_tests, num_failures, num_skipped;
} suite_t;

static void begin_suite(suite_t *suite, const audit_report_t *report)
{
    *suite = (suite_t){.report = report};
    text_stream_begin(&suite->text);
}

static void end_suite(suite_t *suite, FILE *out, const char *indent, const char *element, const char *name)
{
    text_stream_end(&suite->text);
    fprintf(out, "%s<%s name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" time=\"0\">\n%s%s</%s>\n", indent,
            element, name, suite->num_tests, suite->num_failures, suite->num_skipped, suite->text.p, indent, element);
    free(suite->text.p);
}

static void add_suite(suite_t *all, suite_t *suite, const char *name)
{
    end_suite(suite, all->text.out, "  ", "testsuite", name);
    all->num_tests += suite->num_tests;
    all->num_failures += suite->num_failures;
    all->num_skipped += suite->num_skipped;
}

static const char *xml(const suite_t *suite, str_t text)
{
    return escaped_text(suite->report->audit->arena, print_xml, text);
}

/* ---- cases: the findings of a probe, of a provider, or all of a kind that are about neither ---- */

typedef struct st_case_t {
    const audit_finding_t **list;
    unsigned num, num_failed, num_suppressed;
    size_t capacity;
} case_t;

static void add_finding(const suite_t *suite, case_t *test, const audit_finding_t *finding)
{
    test->list = arena_grow(suite->report->audit->arena, test->list, &test->capacity, test->num, sizeof(*test->list));
    test->list[test->num++] = finding;
    test->num_failed += (unsigned)finding_fails(finding, &suite->report->verdict);
    test->num_suppressed += finding->suppressed.p != NULL;
}

/* "warning P003 defined but not built: app:free: nothing calls it (app.d:12)" */
static void print_line(const suite_t *suite, const audit_finding_t *finding)
{
    const finding_info_t *info = finding_infos + finding->kind;
    arena_t *arena = suite->report->audit->arena;
    str_t place = finding_place(arena, finding);

    fprintf(suite->text.out, "%s %s %s: %s", severity_name(info->severity), info->id, info->title,
            xml(suite, finding_subject(arena, finding)));
    if (finding->text.n != 0)
        fprintf(suite->text.out, ": %s", xml(suite, finding->text));
    if (place.n != 0)
        fprintf(suite->text.out, " (%s)", xml(suite, place));
    if (finding->suppressed.p != NULL)
        fprintf(suite->text.out, "; suppressed: %s", xml(suite, finding->suppressed));
    fputc('\n', suite->text.out);
}

static void print_lines(const suite_t *suite, const case_t *test, int are_failures)
{
    for (unsigned i = 0; i < test->num; ++i) {
        if (finding_fails(test->list[i], &suite->report->verdict) == are_failures)
            print_line(suite, test->list[i]);
    }
}

static void print_failure(const suite_t *suite, const case_t *test)
{
    const audit_finding_t **finding = test->list;

    while (!finding_fails(*finding, &suite->report->verdict))
        ++finding;
    const finding_info_t *info = finding_infos + (*finding)->kind;
    fprintf(suite->text.out, "      <failure type=\"%s\" message=\"%s %s", info->id, info->id, info->title);
    if (test->num_failed > 1)
        fprintf(suite->text.out, ", and %u more", test->num_failed - 1);
    fputs("\">", suite->text.out);
    print_lines(suite, test, 1);
    fputs("</failure>\n", suite->text.out);
}

static void print_skipped(const suite_t *suite, const case_t *test)
{
    const audit_finding_t **finding = test->list;

    while ((*finding)->suppressed.p == NULL)
        ++finding;
    fprintf(suite->text.out, "      <skipped message=\"%s suppressed: %s", finding_infos[(*finding)->kind].id,
            xml(suite, (*finding)->suppressed));
    if (test->num_suppressed > 1)
        fprintf(suite->text.out, ", and %u more", test->num_suppressed - 1);
    fputs("\"/>\n", suite->text.out);
}

/* what a case has after its attributes */
static void print_case(suite_t *suite, const case_t *test)
{
    ++suite->num_tests;
    suite->num_failures += test->num_failed != 0;
    suite->num_skipped += test->num_failed == 0 && test->num_suppressed != 0;
    fputs(test->num != 0 ? ">\n" : "/>\n", suite->text.out);
    if (test->num_failed != 0)
        print_failure(suite, test);
    else if (test->num_suppressed != 0)
        print_skipped(suite, test);
    if (test->num != test->num_failed) {
        fputs("      <system-out>", suite->text.out);
        print_lines(suite, test, 0);
        fputs("</system-out>\n", suite->text.out);
    }
    if (test->num != 0)
        fputs("    </testcase>\n", suite->text.out);
}

/* ---- suites ---- */

static void print_row(suite_t *suite, const audit_row_t *row)
{
    fprintf(suite->text.out, "    <testcase classname=\"%s\" name=\"%s\"", xml(suite, row->provider), xml(suite, row->name));
    if (row->probe != NULL) {
        const span_t *at = &row->probe->at;
        fprintf(suite->text.out, " file=\"%s\" line=\"%" PRIu32 "\"", xml(suite, str_of(at->src->path)),
                src_position(at->src, at->start).line);
    }
    case_t test = {.num = 0};
    for (const audit_finding_t *finding = row->findings; finding != NULL; finding = finding->next_of_row) {
        if (finding->group == NULL)
            add_finding(suite, &test, finding);
    }
    fputs(" time=\"0\"", suite->text.out);
    print_case(suite, &test);
}

/* What is told once for all probes is one case, so that one mistake is one failure. */
static void print_common(suite_t *suite, const provider_sums_t *provider)
{
    case_t test = {.num = 0};

    for (unsigned i = 0; i < provider->num_told; ++i)
        add_finding(suite, &test, provider->told[i]);
    fprintf(suite->text.out, "    <testcase classname=\"%s\" name=\"all probes\" time=\"0\"", xml(suite, provider->name));
    print_case(suite, &test);
}

static void print_provider(suite_t *all, const provider_sums_t *provider)
{
    suite_t suite;

    begin_suite(&suite, all->report);
    for (unsigned i = 0; i < provider->num_rows; ++i)
        print_row(&suite, provider->rows[i]);
    if (provider->num_told != 0)
        print_common(&suite, provider);
    add_suite(all, &suite, xml(all, provider->name));
}

/* findings of no probe and no provider: a case for each kind, so that cases keep their names */
static void print_inputs(suite_t *all)
{
    suite_t suite = {.report = NULL};

    for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
        case_t test = {.num = 0};
        for (const audit_finding_t *finding = all->report->audit->findings; finding != NULL; finding = finding->next) {
            if (finding->row == NULL && finding->provider == NULL && finding->kind == kind)
                add_finding(all, &test, finding);
        }
        if (test.num == 0)
            continue;
        if (suite.text.out == NULL)
            begin_suite(&suite, all->report);
        fprintf(suite.text.out, "    <testcase classname=\"inputs\" name=\"%s %s\" time=\"0\"", finding_infos[kind].id,
                finding_infos[kind].title);
        print_case(&suite, &test);
    }
    if (suite.text.out != NULL)
        add_suite(all, &suite, "inputs");
}

static void print_policy(suite_t *all)
{
    const audit_verdict_t *verdict = &all->report->verdict;
    suite_t suite;

    if (verdict->fail_under_seen < 0)
        return;
    begin_suite(&suite, all->report);
    suite.num_tests = 1;
    suite.num_failures = (unsigned)verdict->is_under_seen;
    fprintf(suite.text.out, "    <testcase classname=\"policy\" name=\"at least %g %% of the probes are seen\" time=\"0\"",
            verdict->fail_under_seen);
    if (verdict->is_under_seen)
        fprintf(suite.text.out,
                ">\n      <failure type=\"seen\" message=\"%.1f %% are seen\">%u of %u probes</failure>\n    </testcase>\n",
                verdict_seen_percent(verdict), verdict->num_seen, verdict->num_expected);
    else
        fputs("/>\n", suite.text.out);
    add_suite(all, &suite, "policy");
}

void audit_print_junit(const audit_report_t *report, FILE *out)
{
    suite_t all;
    audit_summary_t summary;

    audit_summarize(&summary, report->audit);
    begin_suite(&all, report);
    for (unsigned i = 0; i < summary.num_providers; ++i)
        print_provider(&all, summary.providers + i);
    print_inputs(&all);
    print_policy(&all);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
    end_suite(&all, out, "", "testsuites", "probegen audit");
}
