/*
 * A table in GitHub's Markdown, for the comment on a pull request. A comment has 65 536 characters at most, and one that is longer
 * is refused, so changes are printed as long as they fit, those that break somebody first.
 */
#include <string.h>
#include "print/escape.h"
#include "common/utf8.h"
#include "diff/report/report.h"

/** bytes, which are never fewer than characters; some are left for what others write around it */
#define MAX_SIZE 60000
/** a row is not longer than that, but for its text, which is cut */
#define MAX_TEXT 400
#define MAX_ROW (6 * MAX_TEXT)

static int is_breaking(const change_t *change)
{
    int is = 0;

    for (diff_user_t user = 0; user != NUM_USERS; ++user)
        is |= change->effects[user] == EFFECT_BREAKING;
    return is;
}

/* Inside of <code>, where GitHub looks for no mentions and links. */
static void print_code(FILE *out, str_t text)
{
    size_t n = utf8_cut(text.p, text.n, MAX_TEXT);

    fputs("<code>", out);
    print_markdown(out, (str_t){text.p, n});
    fputs(n < text.n ? "…</code>" : "</code>", out);
}

static str_t target_of(arena_t *arena, const change_t *change)
{
    const change_end_t *end = change_end(change);

    if (end->probe != NULL)
        return arena_printf(arena, "%.*s:%.*s", STR_ARG(end->provider->name), STR_ARG(end->probe->name));
    return end->provider != NULL ? end->provider->name : STR("");
}

static void print_row(FILE *out, const diff_t *diff, const change_t *change)
{
    str_t target = target_of(diff->arena, change);

    fputs("| ", out);
    if (target.n != 0)
        print_code(out, target);
    fputs(" | ", out);
    if (change->kind == CHANGE_PROBE_ADDED || change->kind == CHANGE_PROBE_REMOVED)
        fputs(change->kind == CHANGE_PROBE_ADDED ? "probe added: " : "probe removed: ", out);
    print_code(out, change->text);
    if (change->kind == CHANGE_PROVIDER_ADDED || change->kind == CHANGE_PROVIDER_REMOVED) {
        fputs(": ", out);
        print_code(out, provider_probes(diff->arena, change_end(change)->provider));
    }
    for (diff_user_t user = 0; user != NUM_USERS; ++user) {
        const char *mark = change->effects[user] == EFFECT_BREAKING ? "**" : "";
        fprintf(out, " | %s%s%s", mark, effect_words[change->effects[user]], mark);
    }
    fputs(" |\n", out);
}

/* @return the number of rows for which there was no room */
static unsigned print_rows(FILE *out, const diff_t *diff)
{
    unsigned num_left = 0;

    for (int breaking = 1; breaking >= 0; --breaking) {
        for (const change_t *change = diff->changes; change != NULL; change = change->next) {
            if (is_breaking(change) != breaking || change_is_of_provider(change))
                continue;
            if (num_left != 0 || ftell(out) > MAX_SIZE - MAX_ROW)
                ++num_left;
            else
                print_row(out, diff, change);
        }
    }
    return num_left;
}

void diff_print_markdown(const diff_report_t *report, FILE *out)
{
    const diff_t *diff = report->diff;

    fprintf(out, "### %s probegen diff: ", report->is_failed ? "❌" : "✅");
    print_markdown(out, diff_verdict(report));
    fputs("\n\n", out);
    print_code(out, str_of(diff->before.path));
    fputs(" → ", out);
    print_code(out, str_of(diff->after.path));
    fputc('\n', out);
    if (diff->num_changes == 0)
        return;
    fputs("\n| | change | scripts | JSON | records |\n| :--- | :--- | :---: | :---: | :---: |\n", out);
    unsigned num_left = print_rows(out, diff);
    if (num_left != 0)
        fprintf(out, "\n… and %u more changes\n", num_left);
}
