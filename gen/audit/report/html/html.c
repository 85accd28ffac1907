/*
 * One page for a browser, with everything in it: no network, no framework. It is whole without its script, which adds the search
 * and the filters. Style and script are files of their own, page.css and page.js, that page.S makes a part of the program; a
 * content security policy names their hashes and allows nothing else, so text that escaped would still do nothing.
 *
 * The parts are in html_*.c.
 */
#include <inttypes.h>
#include <string.h>
#include "audit/report/html/html.h"
#include "common/version.h"

/* page.S; the hashes are SHA-256 in base64 */
extern const char page_css[], page_css_end[], page_js[], page_js_end[];
extern const char page_css_hash[], page_css_hash_end[], page_js_hash[], page_js_hash_end[];

static void print_file(FILE *out, const char *start, const char *end)
{
    fwrite(start, 1, (size_t)(end - start), out);
}

/* ---- head ---- */

static void print_head(const html_t *html, str_t verdict)
{
    FILE *out = html->out;

    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-",
          out);
    print_file(out, page_css_hash, page_css_hash_end);
    fputs("'; script-src 'sha256-", out);
    print_file(out, page_js_hash, page_js_hash_end);
    fputs("'; base-uri 'none'; form-action 'none'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta name=\"generator\" content=\"probegen " PROBEGEN_VERSION "\">\n<title>",
          out);
    fputs(html->report->verdict.is_failed ? "Failed: " : "Passed: ", out);
    html_str(html, verdict);
    fputs(" – probe audit</title>\n<style>", out);
    print_file(out, page_css, page_css_end);
    fputs("</style>\n</head>\n<body>\n", out);
}

/* ---- sums ---- */

static void print_figure(const html_t *html, const char *name, uint64_t n, const char *more)
{
    fprintf(html->out, "<div><dt>%s</dt><dd><b>", name);
    html_count(html, n);
    fprintf(html->out, "</b> <span>%s</span></dd></div>\n", more);
}

static void print_figures(const html_t *html)
{
    const audit_t *audit = html->report->audit;
    const audit_verdict_t *verdict = &html->report->verdict;
    const provider_sums_t *total = &html->summary->total;
    char more[128];

    fputs("<dl class=\"figures\">\n", html->out);
    snprintf(more, sizeof(more), "probe%s of %u provider%s", plural_of(verdict->num_defined), html->summary->num_providers,
             plural_of(html->summary->num_providers));
    print_figure(html, "Defined", verdict->num_defined, more);
    if (audit->sources.is_given) {
        snprintf(more, sizeof(more), "by %u call%s in %u file%s", audit->sources.num_calls, plural_of(audit->sources.num_calls),
                 audit->sources.num_files, plural_of(audit->sources.num_files));
        print_figure(html, "Called", total->num_called, more);
    }
    if (audit->binaries != NULL) {
        snprintf(more, sizeof(more), "at %u site%s", verdict->num_sites, plural_of(verdict->num_sites));
        print_figure(html, "Built", verdict->num_built, more);
    }
    if (audit->traces != NULL) {
        snprintf(more, sizeof(more), "of %u, %.1f %%", verdict->num_expected, verdict_seen_percent(verdict));
        print_figure(html, "Seen", verdict->num_seen, more);
    }
    fputs("</dl>\n", html->out);
}

static void print_masthead(const html_t *html, str_t text)
{
    const audit_verdict_t *verdict = &html->report->verdict;

    fprintf(html->out, "<header>\n<h1>Probe audit <span class=\"verdict %s\">%s</span></h1>\n<p class=\"lead\">",
            verdict->is_failed ? "failed" : "passed", verdict->is_failed ? "Failed" : "Passed");
    html_str(html, text);
    if (verdict->is_under_seen)
        fprintf(html->out, "; %.1f %% of the probes are seen, %g %% are asked for", verdict_seen_percent(verdict),
                verdict->fail_under_seen);
    fputs(".</p>\n", html->out);
    print_figures(html);
    fputs("</header>\n", html->out);
}

/* ---- providers ---- */

/* whether anything is compared with the definitions */
static int has_evidence(const html_t *html)
{
    const audit_t *audit = html->report->audit;

    return audit->sources.is_given || audit->binaries != NULL || audit->traces != NULL;
}

static void print_share(const html_t *html, unsigned n, unsigned of)
{
    fprintf(html->out, "<td class=\"n%s\">", n < of ? " less" : "");
    html_count(html, n);
    fputs("</td>", html->out);
}

static void print_provider_sums(const html_t *html, const provider_sums_t *sums, unsigned number)
{
    const audit_t *audit = html->report->audit;

    fprintf(html->out, "<tr><th scope=\"row\"><a href=\"#provider-%u\">", number);
    html_str(html, sums->name);
    fputs("</a></th>", html->out);
    if (has_evidence(html)) {
        fputs("<td class=\"wide\">", html->out);
        if (sums->num_defined != 0)
            html_bar(html, sums);
        fputs("</td>", html->out);
    }
    print_share(html, sums->num_defined, 0);
    if (audit->sources.is_given)
        print_share(html, sums->num_called, sums->num_defined);
    if (audit->binaries != NULL)
        print_share(html, sums->num_built, sums->num_defined);
    if (audit->traces != NULL)
        print_share(html, sums->num_seen, sums->num_defined);
    fputs("</tr>\n", html->out);
}

static void print_legend(const html_t *html)
{
    const audit_t *audit = html->report->audit;

    fputs("<ul class=\"legend\" aria-hidden=\"true\">", html->out);
    if (audit->traces != NULL)
        fputs("<li class=\"stage3\">seen</li>", html->out);
    if (audit->binaries != NULL)
        fprintf(html->out, "<li class=\"stage2\">built%s</li>", audit->traces != NULL ? ", not seen" : "");
    if (audit->sources.is_given)
        fprintf(html->out, "<li class=\"stage1\">called%s</li>", audit->binaries != NULL ? ", not built" : "");
    fputs("<li class=\"stage0\">only defined</li></ul>\n", html->out);
}

static void print_providers(const html_t *html)
{
    const audit_t *audit = html->report->audit;

    fputs("<section class=\"providers\" aria-labelledby=\"providers\">\n<h2 id=\"providers\">Providers</h2>\n"
          "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Provider</th>",
          html->out);
    if (has_evidence(html))
        fputs("<th scope=\"col\" class=\"wide\"><span class=\"vh\">How far its probes came</span></th>", html->out);
    fputs("<th scope=\"col\" class=\"n\">Defined</th>", html->out);
    if (audit->sources.is_given)
        fputs("<th scope=\"col\" class=\"n\">Called</th>", html->out);
    if (audit->binaries != NULL)
        fputs("<th scope=\"col\" class=\"n\">Built</th>", html->out);
    if (audit->traces != NULL)
        fputs("<th scope=\"col\" class=\"n\">Seen</th>", html->out);
    fputs("</tr></thead>\n<tbody>\n", html->out);
    for (unsigned i = 0; i < html->summary->num_providers; ++i)
        print_provider_sums(html, html->summary->providers + i, i + 1);
    fputs("</tbody></table></div>\n", html->out);
    if (has_evidence(html))
        print_legend(html);
    fputs("</section>\n", html->out);
}

/* ---- search and filters: shown by the script ---- */

static void print_filter(const html_t *html, const char *tag, const char *class, const char *text)
{
    fprintf(html->out, "<li><button type=\"button\" aria-pressed=\"false\" data-tag=\"%s\"><span class=\"%s\">%s</span> ", tag,
            class, text);
    if (class[0] == 'b') /* a badge says what it stands for */
        fprintf(html->out, "<span class=\"title\">%s</span> ", finding_infos[finding_of_name(tag)].title);
    fputs("<span class=\"num\"></span></button></li>\n", html->out);
}

static void print_evidence_filters(const html_t *html)
{
    const audit_t *audit = html->report->audit;

    if (!has_evidence(html))
        return;
    fputs("<fieldset><legend>Evidence</legend><ul>\n", html->out);
    if (audit->sources.is_given)
        print_filter(html, "not-called", "title", "Not called");
    if (audit->binaries != NULL)
        print_filter(html, "not-built", "title", "Not built");
    if (audit->traces != NULL)
        print_filter(html, "not-seen", "title", "Not seen");
    if (audit->num_undefined != 0)
        print_filter(html, "not-defined", "title", "Not defined");
    fputs("</ul></fieldset>\n", html->out);
}

static void print_finding_filters(const html_t *html)
{
    fputs("<fieldset><legend>Severity</legend><ul>\n", html->out);
    print_filter(html, "error", "title error", "Error");
    print_filter(html, "warning", "title warning", "Warning");
    print_filter(html, "info", "title info", "Info");
    if (html->report->verdict.num_suppressed != 0)
        print_filter(html, "suppressed", "title", "Suppressed");
    print_filter(html, "clean", "title", "No finding");
    fputs("</ul></fieldset>\n<fieldset><legend>Finding</legend><ul>\n", html->out);
    for (severity_t severity = SEVERITY_ERROR; severity != SEVERITY_NONE; --severity) {
        for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
            const finding_info_t *info = finding_infos + kind;
            char class[32];
            if (info->severity != severity || html->summary->num_of_kind[kind] == 0)
                continue;
            snprintf(class, sizeof(class), "badge %s", severity_name(severity));
            print_filter(html, info->id, class, info->id);
        }
    }
    fputs("</ul></fieldset>\n", html->out);
}

static void print_controls(const html_t *html)
{
    fputs("<aside id=\"controls\" aria-label=\"Search and filters\" hidden>\n"
          "<div class=\"search\"><label for=\"search\">Search</label>\n"
          "<input id=\"search\" type=\"search\" placeholder=\"name, file, text\" autocomplete=\"off\" spellcheck=\"false\" "
          "aria-keyshortcuts=\"/\"><kbd aria-hidden=\"true\">/</kbd></div>\n"
          "<p class=\"status\"><span id=\"status\" role=\"status\" aria-live=\"polite\"></span>\n"
          "<button type=\"button\" id=\"clear\" hidden>Clear</button></p>\n"
          "<details class=\"filters\" open><summary>Filters</summary>\n",
          html->out);
    print_evidence_filters(html);
    print_finding_filters(html);
    fputs("</details>\n</aside>\n", html->out);
}

/* ---- probes ---- */

static void print_column_heads(const html_t *html)
{
    const audit_t *audit = html->report->audit;

    if (audit->sources.is_given)
        fputs("<span class=\"number called\" aria-hidden=\"true\">called</span>", html->out);
    if (audit->binaries != NULL)
        fputs("<span class=\"number built\" aria-hidden=\"true\">built</span>", html->out);
    if (audit->traces != NULL)
        fputs("<span class=\"number seen\" aria-hidden=\"true\">seen</span>"
              "<span class=\"spark\" aria-hidden=\"true\">over time</span>",
              html->out);
    fputs("<span class=\"badges\" aria-hidden=\"true\">findings</span>", html->out);
}

static void print_provider(const html_t *html, const provider_sums_t *sums, unsigned number)
{
    const ir_provider_t *provider = sums->num_rows != 0 && sums->rows[0]->probe != NULL ? sums->rows[0]->probe->provider : NULL;

    fprintf(html->out, "<section class=\"group\" aria-labelledby=\"provider-%u\">\n<div class=\"top\"><h3 id=\"provider-%u\">",
            number, number);
    html_str(html, sums->name);
    fprintf(html->out, " <span class=\"shown\">%u probe%s</span></h3>", sums->num_rows, plural_of(sums->num_rows));
    print_column_heads(html);
    fputs("</div>\n", html->out);
    if (provider != NULL && provider->doc.n != 0) {
        fputs("<div class=\"doc\">", html->out);
        html_doc(html, provider->doc);
        fputs("</div>\n", html->out);
    }
    for (unsigned i = 0; i < sums->num_rows; ++i)
        html_probe(html, sums->rows[i]);
    fputs("</section>\n", html->out);
}

/* findings of no probe */
static void print_other_findings(const html_t *html)
{
    unsigned num = 0;

    for (const audit_finding_t *finding = html->report->audit->findings; finding != NULL; finding = finding->next)
        num += finding->row == NULL;
    if (num == 0)
        return;
    fprintf(html->out,
            "<section class=\"group\" aria-labelledby=\"inputs\">\n<div class=\"top\"><h3 id=\"inputs\">Inputs "
            "<span class=\"shown\">%u finding%s</span></h3></div>\n<ul class=\"findings\">\n",
            num, plural_of(num));
    for (const audit_finding_t *finding = html->report->audit->findings; finding != NULL; finding = finding->next) {
        const finding_info_t *info = finding_infos + finding->kind;
        if (finding->row != NULL)
            continue;
        if (finding->suppressed.p != NULL)
            fputs("<li class=\"row suppressed\" data-tags=\"suppressed\">", html->out);
        else
            fprintf(html->out, "<li class=\"row\" data-tags=\"%s %s\">", severity_name(info->severity), info->id);
        html_finding(html, finding);
        fputs("</li>\n", html->out);
    }
    fputs("</ul></section>\n", html->out);
}

static void print_probes(const html_t *html)
{
    fputs("<section class=\"probes\" aria-labelledby=\"probes\">\n<h2 id=\"probes\">Probes</h2>\n"
          "<p id=\"nothing\" class=\"none\" hidden>Nothing matches.</p>\n",
          html->out);
    print_other_findings(html);
    for (unsigned i = 0; i < html->summary->num_providers; ++i)
        print_provider(html, html->summary->providers + i, i + 1);
    fputs("</section>\n", html->out);
}

/* ---- explanations ---- */

static void print_explanation(const html_t *html, finding_kind_t kind)
{
    const finding_info_t *info = finding_infos + kind;

    fprintf(html->out, "<article id=\"explain-%s\">\n<h3>", info->id);
    html_badge(html, kind, 1);
    fprintf(html->out, " %s</h3>\n<div class=\"doc\">", info->title);
    html_doc(html, str_of(info->explanation));
    fprintf(html->out, "</div>\n<p class=\"filter\"><a href=\"#%s\">Show those</a></p>\n</article>\n", info->id);
}

/* of the kinds that are there */
static void print_explanations(const html_t *html)
{
    int is_there[FINDING_NUM_KINDS] = {0}, num = 0;

    for (const audit_finding_t *finding = html->report->audit->findings; finding != NULL; finding = finding->next)
        num += !is_there[finding->kind], is_there[finding->kind] = 1;
    if (num == 0)
        return;
    fputs("<section class=\"explanations\" aria-labelledby=\"findings\">\n<h2 id=\"findings\">What the findings mean</h2>\n",
          html->out);
    for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
        if (is_there[kind])
            print_explanation(html, kind);
    }
    fputs("</section>\n", html->out);
}

/* ---- the page ---- */

void audit_print_html(const audit_report_t *report, FILE *out)
{
    audit_summary_t summary;
    html_t html = {.report = report, .summary = &summary, .out = out};
    str_t verdict = verdict_text(report->audit->arena, &report->verdict);

    audit_summarize(&summary, report->audit);
    print_head(&html, verdict);
    print_masthead(&html, verdict);
    fputs("<main>\n", out);
    print_providers(&html);
    fputs("<div class=\"sides\">\n", out);
    print_controls(&html);
    fputs("<div class=\"content\">\n", out);
    print_probes(&html);
    html_inputs(&html);
    print_explanations(&html);
    fputs("</div>\n</div>\n</main>\n<footer>probegen audit " PROBEGEN_VERSION "</footer>\n<script>", out);
    print_file(out, page_js, page_js_end);
    fputs("</script>\n</body>\n</html>\n", out);
}
