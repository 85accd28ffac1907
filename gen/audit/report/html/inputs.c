/* The last section of the page: what was read, and what would make the audit fail. */
#include "audit/report/html/parts.h"

static void print_paths(const html_t *html, const char *name, const audit_paths_t *paths)
{
    fprintf(html->out, "<dt>%s</dt><dd>", name);
    for (size_t i = 0; i < paths->num; ++i)
        fprintf(html->out, "%s<span class=\"place\">%s</span>", i == 0 ? "" : ", ", html_text(html, paths->list[i]));
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

void html_inputs(const html_t *html)
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
