/*
 * A short report in GitHub's Markdown, for the comment on a pull request: the verdict, a table of providers, the findings by kind,
 * folded. A comment has 65 536 characters at most, and one that is longer is refused, so findings are printed as long as they fit.
 */
#include <stdlib.h>
#include "print/escape.h"
#include "common/utf8.h"
#include "audit/report/summary.h"

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
    FILE *out;
    size_t size; /* of what was printed */
} markdown_t;

/* ---- blocks: printed into memory first, to know whether they fit ---- */

typedef struct st_block_t {
    FILE *out;
    char *text;
    size_t n;
} block_t;

static void begin_block(block_t *block)
{
    *block = (block_t){.out = NULL};
    if ((block->out = open_memstream(&block->text, &block->n)) == NULL)
        abort(); /* out of memory */
}

/* @return whether it was printed: it is not when there is no room for it */
static int end_block(markdown_t *markdown, block_t *block, size_t room)
{
    int is_fit;

    if (fclose(block->out) != 0)
        abort();
    if ((is_fit = markdown->size + block->n <= room) != 0) {
        fwrite(block->text, 1, block->n, markdown->out);
        markdown->size += block->n;
    }
    free(block->text);
    return is_fit;
}

static void print_text(FILE *out, str_t text)
{
    size_t n = utf8_cut(text.p, text.n, MAX_TEXT);

    print_markdown(out, (str_t){text.p, n});
    fputs(n < text.n ? "…" : "", out);
}

static void print_code(FILE *out, str_t text)
{
    fputs("<code>", out);
    print_text(out, text);
    fputs("</code>", out);
}

/* ---- sums ---- */

static void print_head(FILE *out, const markdown_t *markdown)
{
    const audit_report_t *report = markdown->report;
    const audit_verdict_t *verdict = &report->verdict;
    str_t text = verdict_line(report->audit->arena, verdict);

    fprintf(out, "### %s probegen audit: %.*s\n\n", verdict->is_failed ? "❌" : "✅", STR_ARG(text));
    print_markdown(out, report->sums);
    fputc('\n', out);
}

static void print_share(FILE *out, unsigned n, unsigned of)
{
    if (n == of)
        fprintf(out, " | %u", n);
    else
        fprintf(out, " | %u (%.0f&nbsp;%%)", n, 100.0 * n / of);
}

static void print_provider(FILE *out, const audit_t *audit, const provider_sums_t *sums)
{
    fprintf(out, "| ");
    if (sums->name.n != 0)
        print_code(out, sums->name);
    else
        fputs("together", out);
    for (stage_t stage = STAGE_DEFINED; stage != NUM_STAGES; ++stage) {
        if (audit_has_stage(audit, stage))
            print_share(out, sums->num[stage], sums->num[STAGE_DEFINED]);
    }
    fputs(" |\n", out);
}

static void print_columns(FILE *out, const audit_t *audit)
{
    str_t names = STR(""), lines = STR("");

    for (stage_t stage = STAGE_DEFINED; stage != NUM_STAGES; ++stage) {
        if (audit_has_stage(audit, stage)) {
            names = arena_printf(audit->arena, "%.*s %s |", STR_ARG(names), stage_names[stage]);
            lines = arena_printf(audit->arena, "%.*s ---: |", STR_ARG(lines));
        }
    }
    fprintf(out, "\n| provider |%.*s\n| :--- |%.*s\n", STR_ARG(names), STR_ARG(lines));
}

static void print_providers(markdown_t *markdown)
{
    const audit_t *audit = markdown->report->audit;
    const audit_summary_t *summary = markdown->summary;
    unsigned i = 0;
    block_t block;

    begin_block(&block);
    print_columns(block.out, audit);
    end_block(markdown, &block, MAX_SIZE);
    do {
        begin_block(&block);
        print_provider(block.out, audit, summary->providers + i);
    } while (end_block(markdown, &block, MAX_SIZE / 4) && ++i < summary->num_providers);
    if (summary->num_providers > 1) {
        begin_block(&block);
        print_provider(block.out, audit, &summary->total);
        end_block(markdown, &block, MAX_SIZE);
    }
    if (i < summary->num_providers)
        markdown->size += (size_t)fprintf(markdown->out, "\n… and %u more providers\n", summary->num_providers - i);
}

/* ---- findings ---- */

static void print_finding(FILE *out, const markdown_t *markdown, const audit_finding_t *finding, const char *id)
{
    arena_t *arena = markdown->report->audit->arena;
    str_t target = finding_target(arena, finding), place = finding_place(arena, finding),
          text = finding->suppressed.p != NULL ? finding->suppressed : finding->text;

    fprintf(out, "- %s%s", id, id[0] != '\0' ? " " : "");
    print_code(out, target.n != 0 ? target : STR("?"));
    if (text.n != 0) {
        fputs(": ", out);
        print_text(out, text);
    }
    if (place.n != 0) {
        fputs(" (", out);
        print_code(out, place);
        fputc(')', out);
    }
    fputc('\n', out);
}

static int is_of_list(const audit_finding_t *finding, finding_kind_t kind)
{
    return kind == FINDING_NUM_KINDS ? finding->suppressed.p != NULL : finding->suppressed.p == NULL && finding->kind == kind;
}

/* Those of a kind, or (FINDING_NUM_KINDS) those that are suppressed. */
static void print_list(markdown_t *markdown, finding_kind_t kind, unsigned num)
{
    const audit_finding_t *finding = markdown->report->audit->findings;
    unsigned num_printed = 0;
    block_t block;

    for (; finding != NULL && num_printed < MAX_PER_KIND; finding = finding->next) {
        if (!is_of_list(finding, kind))
            continue;
        begin_block(&block);
        print_finding(block.out, markdown, finding, kind == FINDING_NUM_KINDS ? finding_infos[finding->kind].id : "");
        if (!end_block(markdown, &block, MAX_SIZE - RESERVED))
            break;
        ++num_printed;
    }
    if (num_printed < num)
        markdown->size += (size_t)fprintf(markdown->out, "- … and %u more\n", num - num_printed);
    markdown->size += (size_t)fprintf(markdown->out, "\n</details>\n");
}

static void print_kind(markdown_t *markdown, finding_kind_t kind)
{
    static const char *const marks[] = {[SEVERITY_INFO] = "ℹ️", [SEVERITY_WARNING] = "⚠️", [SEVERITY_ERROR] = "❌"};
    const finding_info_t *info = finding_infos + kind;
    unsigned num = markdown->summary->num_of_kind[kind];
    block_t block;

    if (num == 0)
        return;
    begin_block(&block);
    fprintf(block.out, "\n<details><summary>%s <b>%s</b> %s (%u)</summary>\n\n", marks[info->severity], info->id, info->title, num);
    end_block(markdown, &block, MAX_SIZE);
    print_list(markdown, kind, num);
}

static void print_suppressed(markdown_t *markdown)
{
    unsigned num = markdown->report->verdict.num_suppressed;

    if (num == 0)
        return;
    markdown->size += (size_t)fprintf(markdown->out, "\n<details><summary>suppressed (%u)</summary>\n\n", num);
    print_list(markdown, FINDING_NUM_KINDS, num);
}

void audit_print_markdown(const audit_report_t *report, FILE *out)
{
    audit_summary_t summary;
    markdown_t markdown = {.report = report, .summary = &summary, .out = out};
    block_t block;

    audit_summarize(&summary, report->audit);
    begin_block(&block);
    print_head(block.out, &markdown);
    end_block(&markdown, &block, MAX_SIZE);
    if (summary.num_providers != 0)
        print_providers(&markdown);
    for (severity_t severity = SEVERITY_ERROR; severity != SEVERITY_NONE; --severity) {
        for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
            if (finding_infos[kind].severity == severity)
                print_kind(&markdown, kind);
        }
    }
    print_suppressed(&markdown);
}
