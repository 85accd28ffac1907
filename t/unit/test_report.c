/*
 * ASSERTION: every format prints every report, with all evidence and without any, the same each time; sums and stages add up; what
 * is too large is bounded.
 *
 * With arguments it prints instead: `test_report FORMAT shop|bare|huge`. t/53audit_formats.t and t/54audit_html.t look at that, and
 * `make golden` accepts it.
 */

#include <unistd.h>
#include "report_lab.h"

static const char *const shop[] = {"t/golden/audit/shop.d", "t/golden/audit/shop.map"};

#define NUM_HUGE 30000

/* more findings than a comment or GitHub takes, with texts longer than anyone reads */
static void fill_huge(report_lab_t *lab)
{
    char *text = arena_alloc(lab->arena, 20001);
    audit_row_t *row = lab_row(lab, "shop", "order");

    memset(text, '@', 20000);
    for (int i = 0; i < NUM_HUGE; ++i)
        lab_finding(lab, i % 2 == 0 ? row : NULL, i % 2 == 0 ? FINDING_P007 : FINDING_P020, -1, i < 100 ? text : "many", "many.c",
                    0, 0);
    lab_finding(lab, row, FINDING_P005, -1, "the only error", "many.c", 1, 1);
    lab_judge(lab, SEVERITY_WARNING, -1);
}

static void make(report_lab_t *lab, const char *what)
{
    lab_begin(lab, shop, sizeof(shop) / sizeof(shop[0]));
    if (strcmp(what, "shop") == 0)
        lab_fill(lab);
    else if (strcmp(what, "huge") == 0)
        fill_huge(lab);
}

static const audit_format_t *format_of(const char *name)
{
    const audit_format_t *format = audit_formats;

    while (format->name != NULL && strcmp(format->name, name) != 0)
        ++format;
    return format->name != NULL ? format : NULL;
}

/* @return what is printed, to be freed */
static char *print(const audit_format_t *format, const char *what, size_t *n)
{
    report_lab_t lab;
    char *text;
    FILE *out = open_memstream(&text, n);

    if (out == NULL)
        bail_out("out of memory");
    make(&lab, what);
    lab.report.format = format;
    format->print(&lab.report, out);
    fclose(out);
    lab_end(&lab);
    return text;
}

static int print_one(const char *name, const char *what)
{
    const audit_format_t *format = format_of(name);
    size_t n;

    if (format == NULL) {
        fprintf(stderr, "there is no format '%s'\n", name);
        return 2;
    }
    char *text = print(format, what, &n);
    fwrite(text, 1, n, stdout);
    free(text);
    return fflush(stdout) == 0 ? 0 : 1;
}

/* ---- tests ---- */

static void test_formats(void)
{
    static const char *const kinds[] = {"shop", "bare", "huge"};

    for (const audit_format_t *format = audit_formats; format->name != NULL; ++format) {
        for (int i = 0; i < 3; ++i) {
            size_t n1, n2;
            char *first = print(format, kinds[i], &n1), *second = print(format, kinds[i], &n2);
            ok(n1 > 50 && first[n1 - 1] == '\n', "%s, %s: something is printed, and ends with a line", format->name, kinds[i]);
            ok(n1 == n2 && memcmp(first, second, n1) == 0, "%s, %s: the same twice", format->name, kinds[i]);
            ok(memchr(first, '\0', n1) == NULL && memchr(first, 0x1b, n1) == NULL, "%s, %s: no control characters", format->name,
               kinds[i]);
            free(first);
            free(second);
        }
    }
}

static void test_bounds(void)
{
    size_t n;
    unsigned num_results = 0;
    char *markdown = print(format_of("markdown"), "huge", &n);

    ok(n < 65536, "a comment is shorter than what GitHub takes: %zu bytes", n);
    ok(strstr(markdown, "the only error") != NULL, "... and has the error");
    ok(strstr(markdown, "- … and 149") != NULL, "... and says how many are left out");
    free(markdown);

    char *sarif = print(format_of("sarif"), "huge", &n);
    for (const char *p = sarif; (p = strstr(p, "{\"ruleId\":")) != NULL; ++p)
        ++num_results;
    is_int(num_results, 25000, "SARIF has as many results as GitHub takes");
    ok(strstr(sarif, "the only error") != NULL, "... the error is among them");
    ok(strstr(sarif, "5001 more findings are left out") != NULL, "... and it says how many are left out");
    free(sarif);
}

static void test_summary(void)
{
    report_lab_t lab;
    audit_summary_t summary;
    unsigned num_rows = 0, num_findings = 0;

    make(&lab, "shop");
    audit_summarize(&summary, &lab.audit);
    is_int(summary.num_providers, 3, "providers");
    for (unsigned i = 0; i < summary.num_providers; ++i) {
        const provider_sums_t *sums = summary.providers + i;
        unsigned num = 0, num_defined = 0;
        for (stage_t stage = 0; stage != NUM_STAGES; ++stage)
            num += sums->num_at_stage[stage];
        ok(num == sums->num_defined, "%.*s: stages add up", STR_ARG(sums->name));
        for (unsigned j = 0; j < sums->num_rows; ++j) {
            ok(str_eq(sums->rows[j]->provider, sums->name), "... row %u is of the provider", j);
            ok(sums->rows[j]->probe != NULL ? j == num_defined : 1, "... those that are defined come first");
            num_defined += sums->rows[j]->probe != NULL;
        }
        is_int(num_defined, sums->num_defined, "... so many are defined");
        num_rows += sums->num_rows;
    }
    is_int(num_rows, lab.audit.num_rows, "each row has its provider");
    is_int(summary.total.num_defined, 9, "defined");
    is_int(summary.total.num_called, 5, "called");
    is_int(summary.total.num_built, 4, "built");
    is_int(summary.total.num_seen, 3, "seen");
    is_int(summary.total.num_at_stage[STAGE_DEFINED], 4, "no further than defined");
    is_int(summary.total.num_at_stage[STAGE_CALLED], 1, "no further than called");
    is_int(summary.total.num_at_stage[STAGE_BUILT], 1, "no further than built");
    for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
        num_findings += summary.num_of_kind[kind];
        ok(summary.num_of_kind[kind] != 0 || kind == FINDING_P012 || kind == FINDING_P021, "%s is in the report",
           finding_infos[kind].id);
    }
    const audit_verdict_t *verdict = &lab.report.verdict;
    is_int(num_findings,
           verdict->num_findings[SEVERITY_INFO] + verdict->num_findings[SEVERITY_WARNING] + verdict->num_findings[SEVERITY_ERROR],
           "kinds add up to severities");
    lab_end(&lab);
}

int main(int argc, char **argv)
{
    const char *root = getenv("PROBEGEN_ROOT");

    if (root != NULL && chdir(root) != 0)
        bail_out("PROBEGEN_ROOT is no folder");
    if (argc == 3)
        return print_one(argv[1], argv[2]);
    test_formats();
    test_bounds();
    test_summary();
    return done_testing();
}
