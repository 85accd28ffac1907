/*
 * A probe is a <details>: its summary is the line of the list, its contents are all that is known of it. What filters look for is
 * in data-tags: ids and severities of findings, and which evidence is missing.
 */
#include <inttypes.h>
#include <string.h>
#include "audit/report/html/parts.h"

/* ---- findings ---- */

/* where to look, unless the page says it already: it is the subject, or where the probe is defined */
static str_t place_of(const html_t *html, const audit_finding_t *finding)
{
    const ir_probe_t *probe = finding->row != NULL ? finding->row->probe : NULL;

    if (finding->row == NULL && finding->provider == NULL && finding->line != 0)
        return (str_t){NULL, 0};
    if (probe != NULL && finding->line == src_position(probe->at.src, probe->at.start).line &&
        str_eq(finding->file, str_of(probe->at.src->path)))
        return (str_t){NULL, 0};
    return finding_place(html->arena, finding);
}

/* whether its subject is a phrase, not a name */
static int is_about_all(const audit_finding_t *finding)
{
    return finding->group != NULL || (finding->row == NULL && finding->provider != NULL);
}

/* the argument, or the input, or all probes of a provider */
static str_t subject_of(const html_t *html, const audit_finding_t *finding)
{
    arena_t *arena = html->arena;
    str_t target = finding_subject(arena, finding);

    if (is_about_all(finding))
        return target;
    if (finding->row == NULL)
        return finding->line != 0 ? arena_printf(arena, "%.*s:%u", STR_ARG(target), finding->line) : target;
    const char *dot = finding->arg >= 0 ? memrchr(target.p, '.', target.n) : NULL;
    return dot != NULL ? (str_t){dot + 1, (size_t)(target.p + target.n - dot - 1)} : (str_t){NULL, 0};
}

void html_finding(const html_t *html, const audit_finding_t *finding)
{
    const finding_info_t *info = finding_infos + finding->kind;
    str_t place = place_of(html, finding), subject = subject_of(html, finding);
    int is_phrase = is_about_all(finding);

    fprintf(html->out, "%s<span class=\"what\"><a href=\"#explain-%s\">%s</a>%s</span><span class=\"told\">%s%s%s</span>",
            html_badge(html, finding->kind, 1), info->id, info->title,
            html_around(html, is_phrase ? ": " : " <code>", subject, is_phrase ? "" : "</code>"), html_str(html, finding->text),
            html_around(html, " <span class=\"place\">", place, "</span>"),
            html_around(html, " <span class=\"reason\">Suppressed: ", finding->suppressed, "</span>"));
}

/** Findings of a probe, counted, but those that the provider's list has for all of its probes. */
typedef struct st_row_findings_t {
    unsigned num_of_kind[FINDING_NUM_KINDS], num_of_severity[SEVERITY_ERROR + 1], num, num_suppressed;
} row_findings_t;

static row_findings_t count_findings(const audit_row_t *row)
{
    row_findings_t findings = {.num = 0};

    for (const audit_finding_t *finding = row->findings; finding != NULL; finding = finding->next_of_row) {
        if (finding->group != NULL)
            continue;
        if (finding->suppressed.p != NULL) {
            ++findings.num_suppressed;
            continue;
        }
        ++findings.num;
        ++findings.num_of_kind[finding->kind];
        ++findings.num_of_severity[finding_infos[finding->kind].severity];
    }
    return findings;
}

/* of one severity, suppressed ones or the others */
static void print_findings_of(const html_t *html, const audit_row_t *row, severity_t severity, int is_suppressed)
{
    for (const audit_finding_t *finding = row->findings; finding != NULL; finding = finding->next_of_row) {
        if (finding_infos[finding->kind].severity != severity || (finding->suppressed.p != NULL) != is_suppressed ||
            finding->group != NULL)
            continue;
        fputs(is_suppressed ? "<li class=\"suppressed\">" : "<li>", html->out);
        html_finding(html, finding);
        fputs("</li>\n", html->out);
    }
}

static void print_findings(const html_t *html, const audit_row_t *row, const row_findings_t *findings)
{
    if (findings->num + findings->num_suppressed == 0)
        return;
    fputs("<section><h4>Findings</h4>\n<ul class=\"findings\">\n", html->out);
    for (int is_suppressed = 0; is_suppressed < 2; ++is_suppressed) {
        for (severity_t severity = SEVERITY_ERROR; severity != SEVERITY_NONE; --severity)
            print_findings_of(html, row, severity, is_suppressed);
    }
    fputs("</ul></section>\n", html->out);
}

/* ---- the line ---- */

/* whether it is a mistake if a probe has not come so far */
static int is_wanted(const html_t *html, const audit_row_t *row, stage_t stage)
{
    return stage == STAGE_SEEN ? audit_is_expected(html->audit, row) : row->probe != NULL;
}

static void print_tags(const html_t *html, const audit_row_t *row, const row_findings_t *findings)
{
    fprintf(html->out, " data-tags=\"%s", row->probe != NULL ? "defined" : "not-defined");
    for (stage_t stage = STAGE_CALLED; stage != NUM_STAGES; ++stage) {
        if (audit_has_stage(html->audit, stage) && is_wanted(html, row, stage) && stage_count(row, stage) == 0)
            fprintf(html->out, " not-%s", stage_names[stage]);
    }
    for (severity_t severity = SEVERITY_ERROR; severity != SEVERITY_NONE; --severity) {
        if (findings->num_of_severity[severity] != 0)
            fprintf(html->out, " %s", severity_name(severity));
    }
    for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
        if (findings->num_of_kind[kind] != 0)
            fprintf(html->out, " %s", finding_infos[kind].id);
    }
    if (findings->num == 0)
        fputs(" clean", html->out);
    if (findings->num_suppressed != 0)
        fputs(" suppressed", html->out);
    fputc('"', html->out);
}

/* the worst first */
static void print_badges(const html_t *html, const row_findings_t *findings)
{
    fputs("<span class=\"badges\">", html->out);
    for (int i = 0; i < FINDING_NUM_KINDS; ++i) {
        finding_kind_t kind = html->summary->worst_first[i];
        if (findings->num_of_kind[kind] != 0)
            fputs(html_badge(html, kind, findings->num_of_kind[kind]), html->out);
    }
    if (findings->num_suppressed != 0)
        fprintf(html->out, "<span class=\"badge quiet\">%u suppressed</span>", findings->num_suppressed);
    fputs("</span>", html->out);
}

static void print_number(const html_t *html, const audit_row_t *row, stage_t stage)
{
    const char *name = stage_names[stage];
    uint64_t n = stage_count(row, stage);

    fprintf(html->out, "<span class=\"number %s%s\"><span class=\"label\">%s </span>%s</span>", name,
            n != 0                        ? ""
            : is_wanted(html, row, stage) ? " missing"
                                          : " zero",
            name, html_count(html, n));
}

static void print_line(const html_t *html, const audit_row_t *row, const row_findings_t *findings)
{
    fprintf(html->out, "<summary><span class=\"name\">%s%s</span>", html_str(html, row->name),
            row->probe == NULL       ? " <span class=\"mark\">not defined</span>"
            : row->probe->is_skipped ? " <span class=\"mark\">skipped</span>"
                                     : "");
    for (stage_t stage = STAGE_CALLED; stage != NUM_STAGES; ++stage) {
        if (audit_has_stage(html->audit, stage))
            print_number(html, row, stage);
    }
    if (audit_has_stage(html->audit, STAGE_SEEN)) {
        fputs("<span class=\"spark\">", html->out);
        html_spark(html, row->seen);
        fputs("</span>", html->out);
    }
    print_badges(html, findings);
    fputs("</summary>\n", html->out);
}

/* ---- what it opens to ---- */

static void print_definition(const html_t *html, const ir_probe_t *probe)
{
    if (probe == NULL) {
        fputs("<p class=\"none\">No definition has a probe of this name.</p>\n", html->out);
        return;
    }
    fprintf(html->out,
            "<div class=\"doc\">%s</div>\n<p class=\"meta\"><span class=\"place\">%s:%" PRIu32 "</span> <code>%s()</code>",
            html_doc(html, probe->doc), html_str(html, str_of(probe->at.src->path)),
            src_position(probe->at.src, probe->at.start).line, html_str(html, probe->macro));
    if (!str_eq(probe->json_name, probe->name))
        fprintf(html->out, " events are called <code>%s</code>", html_str(html, probe->json_name));
    fputs(probe->is_skipped ? " a map says that it has no events</p>\n" : "</p>\n", html->out);
}

static void print_calls(const html_t *html, const audit_row_t *row)
{
    fputs("<section><h4>Calls</h4>\n", html->out);
    if (row->calls == NULL) {
        fputs("<p class=\"none\">No call of it was found.</p></section>\n", html->out);
        return;
    }
    fputs("<ul class=\"plain\">\n", html->out);
    for (const audit_call_t *call = row->calls; call != NULL; call = call->next) {
        int differs = row->probe != NULL && call->num_args != row->probe->num_args;
        fprintf(html->out,
                "<li><span class=\"place\">%s:%u</span> <code>%s()</code> <span class=\"size%s\">%u argument%s</span>%s</li>\n",
                html_str(html, call->file), call->line, html_str(html, call->macro), differs ? " differs error" : "",
                call->num_args, plural_of(call->num_args),
                html_around(html, " <span class=\"condition\">if <code>", call->condition, "</code></span>"));
    }
    fputs("</ul></section>\n", html->out);
}

void html_probe(const html_t *html, const audit_row_t *row)
{
    row_findings_t findings = count_findings(row);

    fprintf(html->out, "<details class=\"row probe\" data-name=\"%s:%s\"", html_str(html, row->provider),
            html_str(html, row->name));
    print_tags(html, row, &findings);
    fputs(">\n", html->out);
    print_line(html, row, &findings);
    fputs("<div class=\"body\">\n", html->out);
    print_definition(html, row->probe);
    print_findings(html, row, &findings);
    if (row->probe != NULL || row->sites != NULL)
        html_arguments(html, row);
    if (html->audit->sources.is_given)
        print_calls(html, row);
    if (html->audit->traces != NULL)
        html_chart(html, row);
    fputs("</div></details>\n", html->out);
}
