/*
 * A short report in GitHub's Markdown, for the comment on a pull request: the verdict, a table of providers, the findings by kind,
 * folded. A comment has 65 536 characters at most, and one that is longer is refused, so findings are printed as long as they fit.
 */
#include "common/utf8.h"
#include "audit/report/report.h"

/** bytes, which are never fewer than characters; some are left for what others write around it */
#define MAX_SIZE 60000
/** for the heads of all kinds, and what is left out of each */
#define RESERVED 6000
/** more of one kind are not read in a comment; other formats have them all */
#define MAX_PER_KIND 50
/** bytes of a path or text that is printed; names may be long, but a reader will not read more */
#define MAX_TEXT 400

typedef struct st_markdown_t {
    const audit_report_t *report;
    const audit_summary_t *summary;
    arena_t *arena;
    FILE *out;
    size_t size; /* of what was printed */
} markdown_t;

/* @return whether it was printed: it is not when the report would get larger than that */
__attribute__((format(printf, 3, 4))) static int print_within(markdown_t *markdown, size_t max_size, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    str_t text = arena_vprintf(markdown->arena, fmt, args);
    va_end(args);
    if (markdown->size + text.n > max_size)
        return 0;
    fwrite(text.p, 1, text.n, markdown->out);
    markdown->size += text.n;
    return 1;
}

static const char *escaped(const markdown_t *markdown, str_t text)
{
    return escaped_text(markdown->arena, print_markdown, text);
}

/* the same, of a bounded length */
static const char *shortened(const markdown_t *markdown, str_t text)
{
    size_t n = utf8_cut(text.p, text.n, MAX_TEXT);

    return arena_printf(markdown->arena, "%s%s", escaped(markdown, (str_t){text.p, n}), n < text.n ? "…" : "").p;
}

/* ---- sums ---- */

static void print_head(markdown_t *markdown)
{
    const audit_report_t *report = markdown->report;
    str_t text = verdict_line(markdown->arena, &report->verdict);

    print_within(markdown, MAX_SIZE, "### %s probegen audit: %.*s\n\n%s\n", report->verdict.is_failed ? "❌" : "✅", STR_ARG(text),
                 escaped(markdown, report->sums));
}

/* @return whether there was room for it */
static int print_provider(markdown_t *markdown, const provider_sums_t *sums, const char *name, size_t max_size)
{
    unsigned num_defined = sums->num[STAGE_DEFINED];
    str_t shares = STR("");

    for (stage_t stage = STAGE_DEFINED; stage != NUM_STAGES; ++stage) {
        if (!audit_has_stage(markdown->report->audit, stage))
            continue;
        shares = arena_printf(markdown->arena, "%.*s | %u", STR_ARG(shares), sums->num[stage]);
        if (sums->num[stage] != num_defined)
            shares = arena_printf(markdown->arena, "%.*s (%.0f&nbsp;%%)", STR_ARG(shares), 100.0 * sums->num[stage] / num_defined);
    }
    return print_within(markdown, max_size, "| %s%.*s |\n", name, STR_ARG(shares));
}

static void print_columns(markdown_t *markdown)
{
    arena_t *arena = markdown->arena;
    str_t names = STR(""), lines = STR("");

    for (stage_t stage = STAGE_DEFINED; stage != NUM_STAGES; ++stage) {
        if (audit_has_stage(markdown->report->audit, stage)) {
            names = arena_printf(arena, "%.*s %s |", STR_ARG(names), stage_names[stage]);
            lines = arena_printf(arena, "%.*s ---: |", STR_ARG(lines));
        }
    }
    print_within(markdown, MAX_SIZE, "\n| provider |%.*s\n| :--- |%.*s\n", STR_ARG(names), STR_ARG(lines));
}

static void print_providers(markdown_t *markdown)
{
    const audit_summary_t *summary = markdown->summary;
    unsigned i = 0;

    print_columns(markdown);
    for (; i < summary->num_providers; ++i) {
        const provider_sums_t *sums = summary->providers + i;
        str_t name = arena_printf(markdown->arena, "<code>%s</code>", shortened(markdown, sums->name));
        if (!print_provider(markdown, sums, name.p, MAX_SIZE / 4))
            break;
    }
    if (summary->num_providers > 1)
        print_provider(markdown, &summary->total, "together", MAX_SIZE);
    if (i < summary->num_providers)
        print_within(markdown, MAX_SIZE, "\n… and %u more providers\n", summary->num_providers - i);
}

/* ---- findings ---- */

static int print_finding(markdown_t *markdown, const audit_finding_t *finding)
{
    arena_t *arena = markdown->arena;
    int is_suppressed = finding->suppressed.p != NULL;
    str_t target = finding_subject(arena, finding), place = finding_place(arena, finding),
          text = is_suppressed ? finding->suppressed : finding->text;

    return print_within(markdown, MAX_SIZE - RESERVED, "- %s%s<code>%s</code>%s%s%s\n",
                        is_suppressed ? finding_infos[finding->kind].id : "", is_suppressed ? " " : "",
                        shortened(markdown, target.n != 0 ? target : STR("?")), text.n != 0 ? ": " : "", shortened(markdown, text),
                        place.n != 0 ? arena_printf(arena, " (<code>%s</code>)", shortened(markdown, place)).p : "");
}

/* Those of a kind, or (FINDING_NUM_KINDS) those that are suppressed. */
static void print_list(markdown_t *markdown, finding_kind_t kind, unsigned num)
{
    const audit_finding_t *finding = markdown->report->audit->findings;
    unsigned num_told = 0, num_lines = 0;

    for (; finding != NULL; finding = finding->next) {
        if ((finding->suppressed.p != NULL ? FINDING_NUM_KINDS : finding->kind) != kind)
            continue;
        if (finding_has_line(finding)) {
            if (num_lines == MAX_PER_KIND || !print_finding(markdown, finding))
                break;
            ++num_lines;
        }
        ++num_told;
    }
    if (num_told < num)
        print_within(markdown, MAX_SIZE, "- … and %u more\n", num - num_told);
    print_within(markdown, MAX_SIZE, "\n</details>\n");
}

static void print_kind(markdown_t *markdown, finding_kind_t kind)
{
    static const char *const marks[] = {[SEVERITY_INFO] = "ℹ️", [SEVERITY_WARNING] = "⚠️", [SEVERITY_ERROR] = "❌"};
    const finding_info_t *info = finding_infos + kind;
    unsigned num = markdown->summary->num_of_kind[kind];

    if (num == 0)
        return;
    print_within(markdown, MAX_SIZE, "\n<details><summary>%s <b>%s</b> %s (%u)</summary>\n\n", marks[info->severity], info->id,
                 info->title, num);
    print_list(markdown, kind, num);
}

static void print_suppressed(markdown_t *markdown)
{
    unsigned num = markdown->report->verdict.num_suppressed;

    if (num == 0)
        return;
    print_within(markdown, MAX_SIZE, "\n<details><summary>suppressed (%u)</summary>\n\n", num);
    print_list(markdown, FINDING_NUM_KINDS, num);
}

void audit_print_markdown(const audit_report_t *report, FILE *out)
{
    audit_summary_t summary;
    markdown_t markdown = {.report = report, .summary = &summary, .arena = report->audit->arena, .out = out};

    audit_summarize(&summary, report->audit);
    print_head(&markdown);
    if (summary.num_providers != 0)
        print_providers(&markdown);
    for (int i = 0; i < FINDING_NUM_KINDS; ++i)
        print_kind(&markdown, summary.worst_first[i]);
    print_suppressed(&markdown);
}
