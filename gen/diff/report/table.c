/*
 * The table for people: a heading for each provider, a line for each probe that came or went, and under each of the others what
 * changed in it. At most 80 columns wide, unless a word is longer.
 */
#include <string.h>
#include "print/print.h"
#include "diff/report/report.h"

/* where the columns of the users begin */
static const int columns[NUM_USERS] = {53, 62, 71};
#define TEXT_WIDTH 52

typedef struct st_printer_t {
    const diff_report_t *report;
    FILE *out;
    const side_provider_t *provider; /* whose heading was printed last */
    const side_probe_t *probe;
} printer_t;

static void print_in_color(const printer_t *printer, const char *color, str_t text)
{
    if (printer->report->is_color)
        fprintf(printer->out, "\033[%sm", color);
    print_safely(printer->out, text);
    if (printer->report->is_color)
        fputs("\033[0m", printer->out);
}

/* ---- lines ---- */

static void print_effects(const printer_t *printer, const change_t *change, int column)
{
    static const char *const colors[] = {[EFFECT_COMPATIBLE] = "32", [EFFECT_BREAKING] = "31", [EFFECT_UNKNOWN] = "33"};

    if (column >= columns[0]) {
        fputc('\n', printer->out);
        column = 0;
    }
    for (diff_user_t user = 0; user != NUM_USERS; ++user) {
        const char *word = effect_words[change->effects[user]];
        fprintf(printer->out, "%*s", columns[user] - column, "");
        print_in_color(printer, colors[change->effects[user]], str_of(word));
        column = columns[user] + (int)strlen(word);
    }
    fputc('\n', printer->out);
}

/* as many words as there is room for, one at least */
static str_t first_line(str_t text, size_t room)
{
    size_t n = 0, next = 0;

    while (next < text.n) {
        const char *blank = memchr(text.p + next, ' ', text.n - next);
        size_t end = blank != NULL ? (size_t)(blank - text.p) : text.n;
        if (n != 0 && end > room)
            break;
        n = end;
        next = end + 1;
    }
    return (str_t){text.p, n};
}

/* The text in its column, wrapped; the effects beside its first line. */
static void print_row(const printer_t *printer, const change_t *change, const char *lead, str_t text)
{
    int indent = (int)strlen(lead);
    str_t line = first_line(text, (size_t)(TEXT_WIDTH - indent));

    fputs(lead, printer->out);
    print_safely(printer->out, line);
    print_effects(printer, change, indent + (int)line.n);
    if (line.n < text.n) {
        text = (str_t){text.p + line.n + 1, text.n - line.n - 1};
        fprintf(printer->out, "%*s", indent + 2, "");
        print_wrapped(printer->out, text, indent + 2, TEXT_WIDTH);
        fputc('\n', printer->out);
    }
}

/* ---- headings ---- */

static void print_side(const printer_t *printer, const char *word, const side_t *side)
{
    fprintf(printer->out, "%s  ", word);
    print_safely(printer->out, str_of(side->path));
    fprintf(printer->out, ": %u probe%s%s\n", side->num_probes, plural_of(side->num_probes),
            side->ir == NULL ? ", as they are built" : "");
}

static void print_head(const printer_t *printer)
{
    print_side(printer, "old", &printer->report->diff->before);
    print_side(printer, "new", &printer->report->diff->after);
    fputc('\n', printer->out);
    for (diff_user_t user = 0, column = 0; user != NUM_USERS; ++user) {
        fprintf(printer->out, "%*s%s", columns[user] - (int)column, "", user_titles[user]);
        column = (unsigned)columns[user] + (unsigned)strlen(user_titles[user]);
    }
    fputc('\n', printer->out);
}

static void print_provider(printer_t *printer, const side_provider_t *provider)
{
    /* the two of a pair are one */
    const side_provider_t *last = printer->provider;

    if (provider == last || (last != NULL && provider == last->partner))
        return;
    if (last != NULL)
        fputc('\n', printer->out);
    print_in_color(printer, "1", provider->name);
    fputc('\n', printer->out);
    printer->provider = provider;
}

static void print_probe(printer_t *printer, const side_probe_t *probe)
{
    if (probe == printer->probe)
        return;
    fputs("  ", printer->out);
    print_safely(printer->out, probe->name);
    fputc('\n', printer->out);
    printer->probe = probe;
}

/* ---- changes ---- */

static void print_change(printer_t *printer, const change_t *change)
{
    const side_provider_t *provider = change_end(change)->provider;
    const side_probe_t *probe = change_end(change)->probe;

    if (change_is_of_provider(change))
        return;
    if (provider == NULL) {
        fputs(printer->provider != NULL ? "\n" : "", printer->out);
        print_row(printer, change, "", change->text);
        return;
    }
    print_provider(printer, provider);
    if (change->kind == CHANGE_PROBE_ADDED) {
        print_row(printer, change, "  + ", change->text);
    } else if (change->kind == CHANGE_PROBE_REMOVED) {
        print_row(printer, change, "  - ", change->text);
    } else if (probe != NULL) {
        print_probe(printer, probe);
        print_row(printer, change, "      ", change->text);
    } else {
        print_row(printer, change, "  ", change->text);
        if (provider->partner == NULL && provider->num_probes != 0) {
            fputs("      ", printer->out);
            print_wrapped(printer->out, provider_probes(printer->report->diff->arena, provider), 6, TEXT_WIDTH);
            fputc('\n', printer->out);
        }
    }
}

void diff_print_table(const diff_report_t *report, FILE *out)
{
    printer_t printer = {.report = report, .out = out};

    if (report->diff->num_changes != 0)
        print_head(&printer);
    for (const change_t *change = report->diff->changes; change != NULL; change = change->next)
        print_change(&printer, change);
    if (report->diff->num_changes != 0)
        fputc('\n', out);
    print_in_color(&printer, report->is_failed ? "31" : "1", diff_verdict(report));
    fputc('\n', out);
}
