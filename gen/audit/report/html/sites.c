/*
 * Arguments and sites side by side: a line for each argument, a column for each site, so that a reader sees how what is passed
 * differs from what is declared.
 */
#include <inttypes.h>
#include <string.h>
#include "audit/evidence/check.h"
#include "audit/report/html/parts.h"

/** columns of the table; what is beyond is listed below it. Both bounds keep the table from growing with their product. */
#define MAX_COLUMNS 12
#define MAX_LINES 32

/* ---- declarations ---- */

/* how long a text is, as a mark */
static const char *length_of(const html_t *html, const ir_probe_t *probe, const ir_arg_t *arg)
{
    str_t text = STR("up to NUL");

    if (arg->length_kind == LENGTH_NONE)
        return "";
    if (arg->length_kind == LENGTH_FIXED)
        text = arena_printf(html->arena, "%u bytes", arg->length);
    else if (arg->length_kind == LENGTH_ARG)
        text = arena_printf(html->arena, "length in <code>%s</code>", html_str(html, probe->args[arg->length].target_name));
    return arena_printf(html->arena, " <span class=\"mark\">%s</span>", text.p).p;
}

static void print_declaration(const html_t *html, const ir_probe_t *probe, unsigned i)
{
    if (probe == NULL || i >= probe->num_args) {
        fputs("<td class=\"none\" colspan=\"2\">not defined</td>", html->out);
        return;
    }
    const ir_arg_t *arg = probe->args + i;
    str_t name = arg->name.n != 0 ? arg->name : arena_printf(html->arena, "arg%u", i);
    fprintf(html->out, "<th scope=\"row\"><code>%s</code></th><td><code>%s</code>%s%s%s%s</td>", html_str(html, name),
            html_str(html, arg->type->text), arg->is_secret ? " <span class=\"mark\">secret</span>" : "",
            arg->is_appdata ? " <span class=\"mark\">application data</span>" : "",
            arg->is_flag ? " <span class=\"mark\">flag</span>" : "", length_of(html, probe, arg));
}

/* ---- operands ---- */

/* "4 bytes, signed", or why it cannot be read */
static const char *form_of(const html_t *html, const audit_operand_t *operand)
{
    if (operand->reason != NULL)
        return html_str(html, str_of(operand->reason));
    if (operand->size == 0)
        return "";
    return arena_printf(html->arena, "%u byte%s, %s", operand->size, plural_of(operand->size),
                        operand->is_float    ? "floating-point"
                        : operand->is_signed ? "signed"
                                             : "unsigned")
        .p;
}

/* what differs from the declaration is marked, and says so in words */
static void print_operand(const html_t *html, const audit_row_t *row, const audit_site_t *site, unsigned i)
{
    finding_kind_t kind = FINDING_NUM_KINDS;
    const char *begin = "<td>", *why = "";

    if (i >= site->num_operands) {
        fputs("<td class=\"none\">not passed</td>", html->out);
        return;
    }
    if (row->probe != NULL && site->num_operands == row->probe->num_args)
        kind = audit_operand_differs(row, site, i);
    if (kind != FINDING_NUM_KINDS) {
        const finding_info_t *info = finding_infos + kind;
        begin = arena_printf(html->arena, "<td class=\"differs %s\">", severity_name(info->severity)).p;
        why = arena_printf(html->arena, " <a class=\"why\" href=\"#explain-%s\">%s</a>", info->id, info->title).p;
    }
    fprintf(html->out, "%s<code>%s</code> <span class=\"size\">%s</span>%s</td>", begin, html_str(html, site->operands[i].text),
            form_of(html, site->operands + i), why);
}

/* ---- sites ---- */

static void print_site(const html_t *html, const audit_site_t *site)
{
    /* of C++ it has its parameters */
    int has_parameters = site->function.n != 0 && memchr(site->function.p, '(', site->function.n) != NULL;

    fputs(html_around(html, "<code>", site->function, has_parameters ? "</code> " : "()</code> "), html->out);
    if (site->file.n != 0)
        fprintf(html->out, "<span class=\"place\">%s:%u</span> ", html_str(html, site->file), site->line);
    fprintf(html->out, "<span class=\"place\">0x%" PRIx64 "</span>", site->address);
    if (html->audit->binaries->next != NULL)
        fprintf(html->out, " <span class=\"place\">%s</span>", html_str(html, site->binary->path));
    if (!site->has_semaphore)
        fputs(" <span class=\"mark\">no semaphore</span>", html->out);
}

/* the first site that the table has no room for */
static const audit_site_t *end_of_columns(const audit_row_t *row)
{
    const audit_site_t *site = row->sites;

    for (unsigned i = 0; i < MAX_COLUMNS && site != NULL; ++i)
        site = site->next;
    return site;
}

static unsigned count_lines(const audit_row_t *row, const audit_site_t *end)
{
    unsigned num = row->probe != NULL ? row->probe->num_args : 0;

    for (const audit_site_t *site = row->sites; site != end; site = site->next) {
        if (site->num_operands > num)
            num = site->num_operands;
    }
    return num;
}

static void print_head(const html_t *html, const audit_row_t *row, const audit_site_t *end)
{
    fputs("<thead><tr><th scope=\"col\">Argument</th><th scope=\"col\">Declared as</th>", html->out);
    for (const audit_site_t *site = row->sites; site != end; site = site->next) {
        fputs("<th scope=\"col\" class=\"site\">", html->out);
        print_site(html, site);
        fputs("</th>", html->out);
    }
    fputs("</tr></thead>\n", html->out);
}

static void print_line(const html_t *html, const audit_row_t *row, unsigned i, const audit_site_t *end)
{
    fputs("<tr>", html->out);
    print_declaration(html, row->probe, i);
    for (const audit_site_t *site = row->sites; site != end; site = site->next)
        print_operand(html, row, site, i);
    fputs("</tr>\n", html->out);
}

static void print_more_sites(const html_t *html, const audit_row_t *row, const audit_site_t *site)
{
    fprintf(html->out, "<p>%u more sites:</p><ul class=\"plain\">\n", row->num_sites - MAX_COLUMNS);
    for (; site != NULL; site = site->next) {
        fputs("<li>", html->out);
        print_site(html, site);
        for (unsigned i = 0; i < site->num_operands; ++i)
            fprintf(html->out, "%s <code>%s</code>", i == 0 ? ":" : "", html_str(html, site->operands[i].text));
        fputs("</li>\n", html->out);
    }
    fputs("</ul>\n", html->out);
}

void html_arguments(const html_t *html, const audit_row_t *row)
{
    const audit_site_t *end = end_of_columns(row);
    unsigned num_lines = count_lines(row, end);

    fprintf(html->out, "<section><h4>Arguments%s</h4>\n", row->sites != NULL ? " and sites" : "");
    if (num_lines == 0 && row->sites == NULL) {
        fputs("<p class=\"none\">It has none.</p></section>\n", html->out);
        return;
    }
    fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"arguments\">\n", html->out);
    print_head(html, row, end);
    fputs("<tbody>\n", html->out);
    for (unsigned i = 0; i < num_lines && i < MAX_LINES; ++i)
        print_line(html, row, i, end);
    fputs("</tbody></table></div>\n", html->out);
    if (num_lines > MAX_LINES)
        fprintf(html->out, "<p>… and %u more operands.</p>\n", num_lines - MAX_LINES);
    if (end != NULL)
        print_more_sites(html, row, end);
    fputs("</section>\n", html->out);
}
