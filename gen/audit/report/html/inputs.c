#include "audit/report/html/html.h"

static void print_paths(const html_t *html, const char *name, const audit_paths_t *paths)
{
    fprintf(html->out, "<dt>%s</dt><dd>", name);
    for (size_t i = 0; i < paths->num; ++i) {
        fputs(i == 0 ? "<span class=\"place\">" : ", <span class=\"place\">", html->out);
        html_text(html, paths->list[i]);
        fputs("</span>", html->out);
    }
    fputs("</dd>\n", html->out);
}

static void print_binary(const html_t *html, const audit_binary_t *binary)
{
    fputs("<dt>Binary</dt><dd><span class=\"place\">", html->out);
    html_str(html, binary->path);
    fputs("</span>: ", html->out);
    html_str(html, binary->machine);
    fprintf(html->out, ", %u bits, %u probe%s at %u site%s", binary->bits, binary->num_probes, plural_of(binary->num_probes),
            binary->num_sites, plural_of(binary->num_sites));
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
    fputs("<dt>Trace</dt><dd><span class=\"place\">", html->out);
    html_str(html, trace->path);
    fputs("</span>: ", html->out);
    html_count(html, trace->num_events);
    fprintf(html->out, " event%s in ", plural_of(trace->num_events));
    html_count(html, trace->num_lines);
    fprintf(html->out, " line%s", plural_of(trace->num_lines));
    if (trace->num_foreign != 0) {
        fputs(", ", html->out);
        html_count(html, trace->num_foreign);
        fputs(" of other providers", html->out);
    }
    if (trace->num_lost != 0) {
        fputs(", ", html->out);
        html_count(html, trace->num_lost);
        fputs(" lost", html->out);
    }
    fputs("</dd>\n", html->out);
}

void html_inputs(const html_t *html)
{
    static const char *const failing[] = {
        [SEVERITY_INFO] = "all findings", [SEVERITY_WARNING] = "errors and warnings", [SEVERITY_ERROR] = "errors"};
    const audit_t *audit = html->report->audit;

    fputs("<section class=\"inputs\" aria-labelledby=\"read\">\n<h2 id=\"read\">What was read</h2>\n<dl>\n", html->out);
    print_paths(html, "Definitions", &html->report->definitions);
    if (audit->sources.is_given)
        print_paths(html, "Sources", &html->report->sources);
    for (const audit_binary_t *binary = audit->binaries; binary != NULL; binary = binary->next)
        print_binary(html, binary);
    for (const audit_trace_t *trace = audit->traces; trace != NULL; trace = trace->next)
        print_trace(html, trace);
    if (html->report->suppress != NULL) {
        fputs("<dt>Suppressions</dt><dd><span class=\"place\">", html->out);
        html_text(html, html->report->suppress);
        fputs("</span></dd>\n", html->out);
    }
    fprintf(html->out, "<dt>Policy</dt><dd>fails on %s", failing[html->report->verdict.fail_on]);
    if (html->report->verdict.fail_under_seen >= 0)
        fprintf(html->out, ", and if less than %g %% of the probes are seen", html->report->verdict.fail_under_seen);
    fputs("</dd>\n</dl></section>\n", html->out);
}
