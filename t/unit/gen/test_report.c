/*
 * ASSERTION: every format prints every report, with all evidence and without any, the same each time; sums and stages add up; what
 * is too large is bounded.
 *
 * With arguments it prints instead: `test_report FORMAT shop|bare|huge|big`. t/53audit_formats.t and t/54audit_html.t look at that,
 * and `make golden` accepts it.
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

#define NUM_BIG 1000

static void fill_big_row(report_lab_t *lab, audit_row_t *row, audit_binary_t *binary, unsigned i)
{
    static const char *const operands[] = {"8@%rax", "-4@$1", "8@32(%rbp)", "8@%rdx"};

    for (unsigned j = 0; j < 1 + i % 3; ++j) {
        lab_call(lab, row,
                 (audit_call_t){.file = STR("lib/core/connection.c"), .line = 100 + i, .num_args = 4, .macro = STR("BIG_PROBE")});
        audit_site_t *site = lab_site(lab, row, binary,
                                      (audit_site_t){.address = 0x400000 + 64 * i + j,
                                                     .has_semaphore = 1,
                                                     .function = arena_printf(lab->arena, "function_%u", i / 2),
                                                     .file = STR("lib/core/connection.c"),
                                                     .line = 100 + i});
        for (unsigned k = 0; k < 4; ++k)
            lab_operand(lab, site,
                        (audit_operand_t){.text = {operands[k], strlen(operands[k])}, .size = k == 1 ? 4 : 8, .is_signed = k == 1});
    }
    if (i % 2 == 0) {
        audit_seen_t *seen = lab_seen(lab, row, 1 + i * i, 0);
        seen->first = 1781256000000;
        seen->last = 1781256060000;
        for (unsigned j = 0; j < AUDIT_NUM_BUCKETS; ++j)
            seen->buckets[j] = (i * 7919 + j * 104729) % 97;
    } else {
        lab_finding(lab, row, FINDING_P015, -1, "", NULL, 0, 0);
    }
    if (i % 5 == 0)
        lab_finding(lab, row, FINDING_P006, 1,
                    "lib/core/connection.c: 8@%rax has 8 bytes, 'int depth' has 4: larger values are cut off",
                    "lib/core/connection.c", 100 + i, 0);
}

/* many probes, such as a page has to stay fast with */
static void make_big(report_lab_t *lab)
{
    static char text[NUM_BIG * 256];
    size_t n = (size_t)sprintf(text, "/** Many. */\nprovider big {\n");

    for (unsigned i = 0; i < NUM_BIG; ++i)
        n += (size_t)sprintf(
            text + n,
            "    /** Number %u of a thousand. */\n    probe number_%u(struct st_conn *conn, int depth, const char *text, size_t "
            "text_len);\n",
            i, i);
    n += (size_t)sprintf(text + n, "};\n");
    lab_begin_text(lab, text, n);

    audit_binary_t *binary = arena_alloc(lab->arena, sizeof(*binary));
    *binary = (audit_binary_t){.path = STR("big"), .machine = STR("x86-64"), .bits = 64, .is_readable = 1, .has_functions = 1};
    lab->audit.binaries = binary;
    lab->audit.sources = (audit_sources_t){.is_given = 1, .num_files = 1};
    audit_trace_t *trace = arena_alloc(lab->arena, sizeof(*trace));
    *trace = (audit_trace_t){.path = STR("big.jsonl"), .num_lines = 100, .num_events = 100};
    lab->audit.traces = trace;
    lab->audit.time = (audit_time_t){.first = 1781256000000, .last = 1781256060000, .start = 1781256000000, .bucket_size = 1000};
    for (unsigned i = 0; i < NUM_BIG; ++i)
        fill_big_row(lab, lab->audit.rows[i], binary, i);
    lab_judge(lab, SEVERITY_WARNING, -1);
}

static void make(report_lab_t *lab, const char *what)
{
    if (strcmp(what, "big") == 0) {
        make_big(lab);
        return;
    }
    lab_begin(lab, shop, sizeof(shop) / sizeof(shop[0]));
    if (strcmp(what, "shop") == 0)
        lab_fill(lab);
    else if (strcmp(what, "huge") == 0)
        fill_huge(lab);
}

static const format_t *format_find(const format_t *formats, const char *name)
{
    while (formats->name != NULL && strcmp(formats->name, name) != 0)
        ++formats;
    return formats->name != NULL ? formats : NULL;
}

/* @return what is printed, to be freed */
static char *print(const format_t *format, const char *what, size_t *n)
{
    report_lab_t lab;
    char *text;
    FILE *out = open_memstream(&text, n);

    if (out == NULL)
        bail_out("out of memory");
    make(&lab, what);
    format->print(&lab.report, out);
    fclose(out);
    lab_end(&lab);
    return text;
}

static int print_one(const char *name, const char *what)
{
    const format_t *format = format_find(audit_formats, name);
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
    static const char *const kinds[] = {"shop", "bare", "huge", "big"};

    for (const format_t *format = audit_formats; format->name != NULL; ++format) {
        for (int i = 0; i < 4; ++i) {
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
    char *markdown = print(format_find(audit_formats, "markdown"), "huge", &n);

    ok(n < 65536, "a comment is shorter than what GitHub takes: %zu bytes", n);
    ok(strstr(markdown, "the only error") != NULL, "... and has the error");
    ok(strstr(markdown, "- … and 149") != NULL, "... and says how many are left out");
    free(markdown);

    char *sarif = print(format_find(audit_formats, "sarif"), "huge", &n);
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
    unsigned num_rows = 0, num_findings = 0, num_kinds = 0;

    make(&lab, "shop");
    audit_summarize(&summary, &lab.audit);
    is_int(summary.num_providers, 3, "providers");
    for (unsigned i = 0; i < summary.num_providers; ++i) {
        const provider_sums_t *sums = summary.providers + i;
        unsigned num = 0, num_defined = 0;
        for (stage_t stage = 0; stage != NUM_STAGES; ++stage)
            num += sums->num_at_stage[stage];
        ok(num == sums->num[STAGE_DEFINED], "%.*s: stages add up", STR_ARG(sums->name));
        for (unsigned j = 0; j < sums->num_rows; ++j) {
            ok(str_eq(sums->rows[j]->provider, sums->name), "... row %u is of the provider", j);
            ok(sums->rows[j]->probe != NULL ? j == num_defined : 1, "... those that are defined come first");
            num_defined += sums->rows[j]->probe != NULL;
        }
        is_int(num_defined, sums->num[STAGE_DEFINED], "... so many are defined");
        num_rows += sums->num_rows;
    }
    is_int(num_rows, lab.audit.num_rows, "each row has its provider");
    is_int(summary.total.num[STAGE_DEFINED], 9, "defined");
    is_int(summary.total.num[STAGE_CALLED], 5, "called");
    is_int(summary.total.num[STAGE_BUILT], 4, "built");
    is_int(summary.total.num[STAGE_SEEN], 3, "seen");
    is_int(summary.total.num_at_stage[STAGE_DEFINED], 4, "no further than defined");
    is_int(summary.total.num_at_stage[STAGE_CALLED], 1, "no further than called");
    is_int(summary.total.num_at_stage[STAGE_BUILT], 1, "no further than built");
    for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
        num_findings += summary.num_of_kind[kind];
        num_kinds += summary.num_of_kind[kind] != 0;
    }
    ok(num_kinds >= 24, "the report has findings of nearly all kinds: %u", num_kinds);
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
