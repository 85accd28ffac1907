/*
 * One page for a browser, with everything in it: no network, no framework. It is whole without its script, which adds the search
 * and the filters. A content security policy names the hashes of style and script and allows nothing else, so text that escaped
 * would still do nothing.
 *
 * What is the same in every page is page.html, which page.S makes a part of the program with page.css and page.js. Each $NAME$ in
 * it stands for a part: a text, or what a function here prints.
 */
#include <stdlib.h>
#include <string.h>
#include "audit/report/html/parts.h"
#include "common/version.h"

/* page.S; the hashes are SHA-256 in base64 */
extern const char page_html[], page_html_end[], page_css[], page_css_end[], page_js[], page_js_end[];
extern const char page_css_hash[], page_css_hash_end[], page_js_hash[], page_js_hash_end[];

/* ---- what it comes to ---- */

static void print_outcome(const html_t *html)
{
    fputs(html->report->verdict.is_failed ? "Failed" : "Passed", html->out);
}

static void print_outcome_class(const html_t *html)
{
    fputs(html->report->verdict.is_failed ? "failed" : "passed", html->out);
}

static void print_verdict(const html_t *html)
{
    fputs(html_str(html, verdict_text(html->arena, &html->report->verdict)), html->out);
}

static void print_verdict_line(const html_t *html)
{
    fputs(html_str(html, verdict_line(html->arena, &html->report->verdict)), html->out);
}

static void print_figure(const html_t *html, const char *name, uint64_t n, str_t more)
{
    fprintf(html->out, "<div><dt>%s</dt><dd><b>%s</b> <span>%s</span></dd></div>\n", name, html_count(html, n), more.p);
}

static void print_figures(const html_t *html)
{
    const audit_sources_t *sources = &html->audit->sources;
    const audit_verdict_t *verdict = &html->report->verdict;
    unsigned num_providers = html->summary->num_providers;

    print_figure(html, "Defined", verdict->num_defined,
                 arena_printf(html->arena, "probe%s of %u provider%s", plural_of(verdict->num_defined), num_providers,
                              plural_of(num_providers)));
    if (sources->is_given)
        print_figure(html, "Called", html->summary->total.num[STAGE_CALLED],
                     arena_printf(html->arena, "by %u call%s in %u file%s", sources->num_calls, plural_of(sources->num_calls),
                                  sources->num_files, plural_of(sources->num_files)));
    if (html->audit->binaries != NULL)
        print_figure(html, "Built", verdict->num_built,
                     arena_printf(html->arena, "at %u site%s", verdict->num_sites, plural_of(verdict->num_sites)));
    if (html->audit->traces != NULL)
        print_figure(html, "Seen", verdict->num_seen,
                     arena_printf(html->arena, "of %u, %.1f %%", verdict->num_expected, verdict_seen_percent(verdict)));
}

/* ---- providers ---- */

/* whether anything is compared with the definitions */
static int has_evidence(const html_t *html)
{
    return audit_has_stage(html->audit, STAGE_CALLED) || audit_has_stage(html->audit, STAGE_BUILT) ||
           audit_has_stage(html->audit, STAGE_SEEN);
}

static void print_provider_columns(const html_t *html)
{
    static const char *const titles[NUM_STAGES] = {"Defined", "Called", "Built", "Seen"};

    fputs("<th scope=\"col\">Provider</th>", html->out);
    if (has_evidence(html))
        fputs("<th scope=\"col\" class=\"wide\"><span class=\"vh\">How far its probes came</span></th>", html->out);
    for (stage_t stage = STAGE_DEFINED; stage != NUM_STAGES; ++stage) {
        if (audit_has_stage(html->audit, stage))
            fprintf(html->out, "<th scope=\"col\" class=\"n\">%s</th>", titles[stage]);
    }
}

static void print_provider_row(const html_t *html, const provider_sums_t *sums, unsigned number)
{
    unsigned num_defined = sums->num[STAGE_DEFINED];

    fprintf(html->out, "<tr><th scope=\"row\"><a href=\"#provider-%u\">%s</a></th>", number, html_str(html, sums->name));
    if (has_evidence(html)) {
        fputs("<td class=\"wide\">", html->out);
        if (num_defined != 0)
            html_bar(html, sums);
        fputs("</td>", html->out);
    }
    for (stage_t stage = STAGE_DEFINED; stage != NUM_STAGES; ++stage) {
        if (audit_has_stage(html->audit, stage))
            fprintf(html->out, "<td class=\"n%s\">%s</td>", sums->num[stage] < num_defined ? " less" : "",
                    html_count(html, sums->num[stage]));
    }
    fputs("</tr>\n", html->out);
}

static void print_provider_rows(const html_t *html)
{
    for (unsigned i = 0; i < html->summary->num_providers; ++i)
        print_provider_row(html, html->summary->providers + i, i + 1);
}

static void print_legend(const html_t *html)
{
    if (!has_evidence(html))
        return;
    fputs("<ul class=\"legend\" aria-hidden=\"true\">", html->out);
    for (stage_t stage = STAGE_SEEN; stage != STAGE_DEFINED; --stage) {
        int is_next_known = stage != STAGE_SEEN && audit_has_stage(html->audit, stage + 1);
        if (audit_has_stage(html->audit, stage))
            fprintf(html->out, "<li class=\"stage%d\">%s%s%s</li>", stage, stage_names[stage], is_next_known ? ", not " : "",
                    is_next_known ? stage_names[stage + 1] : "");
    }
    fputs("<li class=\"stage0\">only defined</li></ul>\n", html->out);
}

/* ---- search and filters: shown by the script ---- */

static void print_filter(const html_t *html, const char *tag, const char *class, const char *text, const char *more)
{
    fprintf(html->out,
            "<li><button type=\"button\" aria-pressed=\"false\" data-tag=\"%s\"><span class=\"%s\">%s</span> %s"
            "<span class=\"num\"></span></button></li>\n",
            tag, class, text, more);
}

static void print_evidence_filters(const html_t *html)
{
    if (!has_evidence(html))
        return;
    fputs("<fieldset><legend>Evidence</legend><ul>\n", html->out);
    for (stage_t stage = STAGE_CALLED; stage != NUM_STAGES; ++stage) {
        if (audit_has_stage(html->audit, stage))
            print_filter(html, arena_printf(html->arena, "not-%s", stage_names[stage]).p, "title",
                         arena_printf(html->arena, "Not %s", stage_names[stage]).p, "");
    }
    if (html->audit->num_undefined != 0)
        print_filter(html, "not-defined", "title", "Not defined", "");
    fputs("</ul></fieldset>\n", html->out);
}

static void print_severity_filters(const html_t *html)
{
    print_filter(html, "error", "title error", "Error", "");
    print_filter(html, "warning", "title warning", "Warning", "");
    print_filter(html, "info", "title info", "Info", "");
    if (html->report->verdict.num_suppressed != 0)
        print_filter(html, "suppressed", "title", "Suppressed", "");
    print_filter(html, "clean", "title", "No finding", "");
}

static void print_finding_filters(const html_t *html)
{
    for (int i = 0; i < FINDING_NUM_KINDS; ++i) {
        finding_kind_t kind = html->summary->worst_first[i];
        const finding_info_t *info = finding_infos + kind;
        if (html->summary->num_of_kind[kind] != 0)
            print_filter(html, info->id, arena_printf(html->arena, "badge %s", severity_name(info->severity)).p, info->id,
                         arena_printf(html->arena, "<span class=\"title\">%s</span> ", info->title).p);
    }
}

/* ---- findings that are not told of a probe ---- */

static int is_about_inputs(const audit_finding_t *finding)
{
    return finding->row == NULL && finding->provider == NULL;
}

static void print_item(const html_t *html, const audit_finding_t *finding)
{
    const finding_info_t *info = finding_infos + finding->kind;

    if (finding->suppressed.p != NULL)
        fputs("<li class=\"row suppressed\" data-tags=\"suppressed\">", html->out);
    else
        fprintf(html->out, "<li class=\"row\" data-tags=\"%s %s\">", severity_name(info->severity), info->id);
    html_finding(html, finding);
    fputs("</li>\n", html->out);
}

static void print_told(const html_t *html, const provider_sums_t *sums)
{
    if (sums->num_told == 0)
        return;
    fputs("<ul class=\"findings\">\n", html->out);
    for (unsigned i = 0; i < sums->num_told; ++i)
        print_item(html, sums->told[i]);
    fputs("</ul>\n", html->out);
}

/* ---- probes ---- */

static void print_column_heads(const html_t *html)
{
    for (stage_t stage = STAGE_CALLED; stage != NUM_STAGES; ++stage) {
        if (audit_has_stage(html->audit, stage))
            fprintf(html->out, "<span class=\"number %s\" aria-hidden=\"true\">%s</span>", stage_names[stage], stage_names[stage]);
    }
    if (audit_has_stage(html->audit, STAGE_SEEN))
        fputs("<span class=\"spark\" aria-hidden=\"true\">over time</span>", html->out);
    fputs("<span class=\"badges\" aria-hidden=\"true\">findings</span>", html->out);
}

static void print_provider(const html_t *html, const provider_sums_t *sums, unsigned number)
{
    const ir_provider_t *provider = sums->num_rows != 0 && sums->rows[0]->probe != NULL ? sums->rows[0]->probe->provider : NULL;

    fprintf(html->out,
            "<section class=\"group\" aria-labelledby=\"provider-%u\">\n<div class=\"top\"><h3 id=\"provider-%u\">%s "
            "<span class=\"shown\">%u probe%s</span></h3>",
            number, number, html_str(html, sums->name), sums->num_rows, plural_of(sums->num_rows));
    print_column_heads(html);
    fputs("</div>\n", html->out);
    if (provider != NULL && provider->doc.n != 0)
        fprintf(html->out, "<div class=\"doc\">%s</div>\n", html_doc(html, provider->doc));
    print_told(html, sums);
    for (unsigned i = 0; i < sums->num_rows; ++i)
        html_probe(html, sums->rows[i]);
    fputs("</section>\n", html->out);
}

static void print_probes(const html_t *html)
{
    for (unsigned i = 0; i < html->summary->num_providers; ++i)
        print_provider(html, html->summary->providers + i, i + 1);
}

/* findings of no probe, and of no provider */
static void print_other_findings(const html_t *html)
{
    unsigned num = 0;

    for (const audit_finding_t *finding = html->audit->findings; finding != NULL; finding = finding->next)
        num += is_about_inputs(finding);
    if (num == 0)
        return;
    fprintf(html->out,
            "<section class=\"group\" aria-labelledby=\"inputs\">\n<div class=\"top\"><h3 id=\"inputs\">Inputs "
            "<span class=\"shown\">%u finding%s</span></h3></div>\n<ul class=\"findings\">\n",
            num, plural_of(num));
    for (const audit_finding_t *finding = html->audit->findings; finding != NULL; finding = finding->next) {
        if (is_about_inputs(finding))
            print_item(html, finding);
    }
    fputs("</ul></section>\n", html->out);
}

/* ---- what was read, and what makes the audit fail ---- */

static void print_paths(const html_t *html, const char *name, const audit_paths_t *paths)
{
    fprintf(html->out, "<dt>%s</dt><dd>", name);
    for (size_t i = 0; i < paths->num; ++i)
        fprintf(html->out, "%s<span class=\"place\">%s</span>", i == 0 ? "" : ", ", html_str(html, str_of(paths->list[i])));
    fputs("</dd>\n", html->out);
}

static void print_binary(const html_t *html, const audit_binary_t *binary)
{
    fprintf(html->out, "<dt>Binary</dt><dd><span class=\"place\">%s</span>: %s, %u bits, %u probe%s at %u site%s",
            html_str(html, binary->path), html_str(html, binary->machine), binary->bits, binary->num_probes,
            plural_of(binary->num_probes), binary->num_sites, plural_of(binary->num_sites));
    if (!binary->has_functions)
        fputs(", no symbols", html->out);
    if (!binary->is_readable)
        fputs(", operands are not checked", html->out);
    if (binary->num_broken != 0)
        fprintf(html->out, ", %u damaged note%s", binary->num_broken, plural_of(binary->num_broken));
    if (binary->num_dropped != 0)
        fprintf(html->out, ", %u more site%s of unknown probes", binary->num_dropped, plural_of(binary->num_dropped));
    fputs("</dd>\n", html->out);
}

static void print_trace(const html_t *html, const audit_trace_t *trace)
{
    fprintf(html->out, "<dt>Trace</dt><dd><span class=\"place\">%s</span>: %s event%s in %s line%s", html_str(html, trace->path),
            html_count(html, trace->num_events), plural_of(trace->num_events), html_count(html, trace->num_lines),
            plural_of(trace->num_lines));
    if (trace->num_foreign != 0)
        fprintf(html->out, ", %s of other providers", html_count(html, trace->num_foreign));
    if (trace->num_lost != 0)
        fprintf(html->out, ", %s lost", html_count(html, trace->num_lost));
    fputs("</dd>\n", html->out);
}

static void print_inputs(const html_t *html)
{
    static const char *const failing[] = {
        [SEVERITY_INFO] = "all findings", [SEVERITY_WARNING] = "errors and warnings", [SEVERITY_ERROR] = "errors"};
    const audit_report_t *report = html->report;

    print_paths(html, "Definitions", &report->definitions);
    if (report->audit->sources.is_given)
        print_paths(html, "Sources", &report->sources);
    for (const audit_binary_t *binary = report->audit->binaries; binary != NULL; binary = binary->next)
        print_binary(html, binary);
    for (const audit_trace_t *trace = report->audit->traces; trace != NULL; trace = trace->next)
        print_trace(html, trace);
    if (report->suppress != NULL)
        print_paths(html, "Suppressions", &(audit_paths_t){.list = (const char *[]){report->suppress}, .num = 1});
    fprintf(html->out, "<dt>Policy</dt><dd>fails on %s", failing[report->verdict.fail_on]);
    if (report->verdict.fail_under_seen >= 0)
        fprintf(html->out, ", and if less than %g %% of the probes are seen", report->verdict.fail_under_seen);
    fputs("</dd>\n", html->out);
}

/* ---- explanations ---- */

static void print_explanation(const html_t *html, finding_kind_t kind)
{
    const finding_info_t *info = finding_infos + kind;

    fprintf(html->out,
            "<article id=\"explain-%s\">\n<h3>%s %s</h3>\n<div class=\"doc\">%s</div>\n"
            "<p class=\"filter\"><a href=\"#%s\">Show those</a></p>\n</article>\n",
            info->id, html_badge(html, kind, 1), info->title, html_doc(html, str_of(info->explanation)), info->id);
}

/* of the kinds that are there */
static void print_explanations(const html_t *html)
{
    int is_there[FINDING_NUM_KINDS] = {0};

    if (html->audit->findings == NULL)
        return;
    for (const audit_finding_t *finding = html->audit->findings; finding != NULL; finding = finding->next)
        is_there[finding->kind] = 1;
    fputs("<section class=\"explanations\" aria-labelledby=\"findings\">\n<h2 id=\"findings\">What the findings mean</h2>\n",
          html->out);
    for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
        if (is_there[kind])
            print_explanation(html, kind);
    }
    fputs("</section>\n", html->out);
}

/* ---- the page ---- */

static const char version[] = PROBEGEN_VERSION;

static const struct {
    const char *name;
    void (*print)(const html_t *html); /* NULL: it is a text */
    const char *text, *end;
} parts[] = {
    {"style", .text = page_css, .end = page_css_end},
    {"style_hash", .text = page_css_hash, .end = page_css_hash_end},
    {"script", .text = page_js, .end = page_js_end},
    {"script_hash", .text = page_js_hash, .end = page_js_hash_end},
    {"version", .text = version, .end = version + sizeof(version) - 1},
    {"outcome", .print = print_outcome},
    {"outcome_class", .print = print_outcome_class},
    {"verdict", .print = print_verdict},
    {"verdict_line", .print = print_verdict_line},
    {"figures", .print = print_figures},
    {"provider_columns", .print = print_provider_columns},
    {"provider_rows", .print = print_provider_rows},
    {"legend", .print = print_legend},
    {"evidence_filters", .print = print_evidence_filters},
    {"severity_filters", .print = print_severity_filters},
    {"finding_filters", .print = print_finding_filters},
    {"other_findings", .print = print_other_findings},
    {"probes", .print = print_probes},
    {"inputs", .print = print_inputs},
    {"explanations", .print = print_explanations},
};

static void print_part(const html_t *html, str_t name)
{
    size_t i = 0;

    while (!str_is(name, parts[i].name)) {
        if (++i == sizeof(parts) / sizeof(parts[0]))
            abort(); /* page.html has a name that is not in the table */
    }
    if (parts[i].print != NULL)
        parts[i].print(html);
    else
        fwrite(parts[i].text, 1, (size_t)(parts[i].end - parts[i].text), html->out);
}

void audit_print_html(const audit_report_t *report, FILE *out)
{
    audit_summary_t summary;
    html_t html = {.report = report, .audit = report->audit, .summary = &summary, .arena = report->audit->arena, .out = out};
    str_t rest = {page_html, (size_t)(page_html_end - page_html)};

    audit_summarize(&summary, report->audit);
    for (int is_name = 0; rest.n != 0; is_name = !is_name) {
        const char *dollar = memchr(rest.p, '$', rest.n);
        size_t n = dollar != NULL ? (size_t)(dollar - rest.p) : rest.n;
        if (is_name)
            print_part(&html, (str_t){rest.p, n});
        else
            fwrite(rest.p, 1, n, out);
        n += dollar != NULL;
        rest = (str_t){rest.p + n, rest.n - n};
    }
}
