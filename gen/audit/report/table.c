/*
 * The table for people: a row for each probe, then the findings by kind, then what it comes to. At most 80 columns wide, unless
 * names or paths are longer, which are never cut.
 */
#include <inttypes.h>
#include <string.h>
#include "audit/report/report.h"

#define MAX_NAME_WIDTH 34
#define COUNT_WIDTH 8

static const char *const colors[] = {
    [SEVERITY_NONE] = "\033[1m", [SEVERITY_INFO] = "\033[36m", [SEVERITY_WARNING] = "\033[33m", [SEVERITY_ERROR] = "\033[31m"};

typedef struct st_table_printer_t {
    const audit_report_t *report;
    FILE *out;
    int name_width;
    const char *end_color; /* "": nothing is coloured */
} table_printer_t;

static const char *color(const table_printer_t *printer, severity_t severity)
{
    return printer->report->is_color ? colors[severity] : "";
}

/* ---- rows ---- */

static int name_width_of(const audit_t *audit)
{
    size_t width = 20;

    for (unsigned i = 0; i < audit->num_rows; ++i) {
        size_t n = audit->rows[i]->name.n;
        if (n <= MAX_NAME_WIDTH && n > width)
            width = n;
    }
    return (int)width;
}

static void print_count(const table_printer_t *printer, uint64_t n)
{
    if (n == 0)
        fprintf(printer->out, "%*s", COUNT_WIDTH, "-");
    else if (n < 10000000)
        fprintf(printer->out, "%*" PRIu64, COUNT_WIDTH, n);
    else
        fprintf(printer->out, "%*" PRIu64 "M", COUNT_WIDTH - 1, n / 1000000);
}

/* the kinds of findings of a probe, each once, with their number; but those that all probes have */
static void print_kinds(const table_printer_t *printer, const audit_row_t *row, int room)
{
    int is_first = 1;

    for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
        unsigned n = 0;
        for (const audit_finding_t *finding = row->findings; finding != NULL; finding = finding->next_of_row)
            n += finding->kind == kind && finding->suppressed.p == NULL && finding->group == NULL;
        if (n == 0)
            continue;
        char text[32];
        int len = snprintf(text, sizeof(text), n == 1 ? "%s" : "%s*%u", finding_infos[kind].id, n);
        if (room < len + 4) {
            fputs(" ...", printer->out);
            return;
        }
        room -= len + 1;
        fprintf(printer->out, "%s%s%s%s", is_first ? "  " : " ", color(printer, finding_infos[kind].severity), text,
                printer->end_color);
        is_first = 0;
    }
}

static void print_row(const table_printer_t *printer, const audit_row_t *row)
{
    const audit_t *audit = printer->report->audit;
    int room = PRINT_WIDTH - 2 - printer->name_width - 1;

    fputs("  ", printer->out);
    print_safely(printer->out, row->name);
    if (row->name.n > (size_t)printer->name_width)
        fprintf(printer->out, "\n%*s", 2 + printer->name_width, "");
    else if (audit->sources.is_given || audit->binaries != NULL || audit->traces != NULL || row->findings != NULL)
        fprintf(printer->out, "%*s", printer->name_width - (int)row->name.n, "");
    for (stage_t stage = STAGE_CALLED; stage != NUM_STAGES; ++stage) {
        if (audit_has_stage(audit, stage)) {
            print_count(printer, stage_count(row, stage));
            room -= COUNT_WIDTH;
        }
    }
    print_kinds(printer, row, room);
    fputc('\n', printer->out);
}

static void print_head(const table_printer_t *printer, const char *title, str_t provider)
{
    fputs(color(printer, SEVERITY_NONE), printer->out);
    print_safely(printer->out, provider);
    fputs(title, printer->out);
    int width = (int)provider.n + (int)strlen(title), column = 2 + printer->name_width;
    fprintf(printer->out, "%*s", width < column ? column - width : 0, "");
    for (stage_t stage = STAGE_CALLED; stage != NUM_STAGES; ++stage) {
        if (audit_has_stage(printer->report->audit, stage))
            fprintf(printer->out, "%*s", COUNT_WIDTH, stage_names[stage]);
    }
    fprintf(printer->out, "  findings%s\n", printer->end_color);
}

static void print_rows(const table_printer_t *printer)
{
    const audit_t *audit = printer->report->audit;

    for (unsigned i = 0; i < audit->num_rows; ++i) {
        const audit_row_t *row = audit->rows[i], *previous = i != 0 ? audit->rows[i - 1] : NULL;
        if (previous == NULL || !str_eq(row->provider, previous->provider) || (row->probe == NULL) != (previous->probe == NULL)) {
            if (previous != NULL)
                fputc('\n', printer->out);
            print_head(printer, row->probe == NULL ? " (not defined)" : "", row->provider);
        }
        print_row(printer, row);
    }
}

/* ---- findings ---- */

static str_t target_of(const table_printer_t *printer, const audit_finding_t *finding)
{
    arena_t *arena = printer->report->audit->arena;

    if (finding->row == NULL && finding->provider == NULL && finding->line != 0)
        return arena_printf(arena, "%.*s:%u", STR_ARG(finding->file), finding->line);
    return finding_subject(arena, finding);
}

/* Findings without a text: their targets stand side by side. */
static int print_target(const table_printer_t *printer, str_t target, int column)
{
    if (column != 0 && column + 2 + target.n > PRINT_WIDTH) {
        fputc('\n', printer->out);
        column = 0;
    }
    column += fprintf(printer->out, "  ") + (int)target.n;
    print_safely(printer->out, target);
    return column;
}

static void print_text(const table_printer_t *printer, str_t target, str_t text)
{
    int is_below = 4 + target.n + text.n > PRINT_WIDTH, indent = is_below ? 6 : 4 + (int)target.n;

    fputs("  ", printer->out);
    print_safely(printer->out, target);
    fputs(is_below ? "\n      " : "  ", printer->out);
    print_wrapped(printer->out, text, indent, PRINT_WIDTH);
    fputc('\n', printer->out);
}

static void print_kind(const table_printer_t *printer, finding_kind_t kind, unsigned n)
{
    const finding_info_t *info = finding_infos + kind;
    int column = 0;

    if (n == 0)
        return;
    fprintf(printer->out, "\n%s%s %s%s %s (%u)\n", color(printer, info->severity), severity_name(info->severity), info->id,
            printer->end_color, info->title, n);
    for (const audit_finding_t *finding = printer->report->audit->findings; finding != NULL; finding = finding->next) {
        if (finding->kind != kind || finding->suppressed.p != NULL || !finding_has_line(finding))
            continue;
        str_t target = target_of(printer, finding);
        if (finding->text.n != 0)
            print_text(printer, target, finding->text);
        else
            column = print_target(printer, target, column);
    }
    if (column != 0)
        fputc('\n', printer->out);
}

static void print_suppressed(const table_printer_t *printer)
{
    if (printer->report->verdict.num_suppressed == 0)
        return;
    fprintf(printer->out, "\nsuppressed (%u)\n", printer->report->verdict.num_suppressed);
    for (const audit_finding_t *finding = printer->report->audit->findings; finding != NULL; finding = finding->next) {
        if (finding->suppressed.p == NULL || !finding_has_line(finding))
            continue;
        str_t target = target_of(printer, finding);
        print_text(printer,
                   arena_printf(printer->report->audit->arena, "%s %.*s", finding_infos[finding->kind].id, STR_ARG(target)),
                   finding->suppressed);
    }
}

/* ---- end ---- */

static void print_verdict(const table_printer_t *printer)
{
    const audit_verdict_t *verdict = &printer->report->verdict;
    str_t text = verdict_line(printer->report->audit->arena, verdict);

    fprintf(printer->out, "\n%s%s: %.*s%s\n%.*s\n", color(printer, verdict->is_failed ? SEVERITY_ERROR : SEVERITY_NONE),
            verdict->is_failed ? "FAILED" : "ok", STR_ARG(text), printer->end_color, STR_ARG(printer->report->sums));
}

void audit_print_table(const audit_report_t *report, FILE *out)
{
    table_printer_t printer = {
        .report = report, .out = out, .name_width = name_width_of(report->audit), .end_color = report->is_color ? "\033[0m" : ""};
    audit_summary_t summary;

    audit_summarize(&summary, report->audit);
    print_rows(&printer);
    for (int i = 0; i < FINDING_NUM_KINDS; ++i)
        print_kind(&printer, summary.worst_first[i], summary.num_of_kind[summary.worst_first[i]]);
    print_suppressed(&printer);
    print_verdict(&printer);
}
