#include <string.h>
#include <strings.h>
#include "audit/evidence/finding.h"
#include "common/utf8.h"

const finding_info_t finding_infos[FINDING_NUM_KINDS] = {
#define FINDING(id, slug, severity, title, explanation) {#id, slug, SEVERITY_##severity, title, explanation},
#include "audit/evidence/findings.def"
#undef FINDING
};

static const char *const severity_names[] = {[SEVERITY_INFO] = "info", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error"};

const char *severity_name(severity_t severity)
{
    return severity_names[severity];
}

severity_t severity_of_name(const char *name)
{
    for (severity_t severity = SEVERITY_INFO; severity <= SEVERITY_ERROR; ++severity) {
        if (strcmp(severity_names[severity], name) == 0)
            return severity;
    }
    return SEVERITY_NONE;
}

finding_kind_t finding_of_name(const char *name)
{
    finding_kind_t kind = 0;

    while (kind != FINDING_NUM_KINDS && strcasecmp(finding_infos[kind].id, name) != 0 &&
           strcasecmp(finding_infos[kind].slug, name) != 0)
        ++kind;
    return kind;
}

static audit_finding_t *add(audit_t *audit, const audit_provider_t *provider, finding_kind_t kind, const char *fmt, va_list args)
{
    audit_finding_t *finding = arena_alloc(audit->arena, sizeof(*finding));

    *finding = (audit_finding_t){.kind = kind, .provider = provider, .arg = -1};
    finding->text = arena_vprintf(audit->arena, fmt, args);
    *audit->next_finding = finding;
    audit->next_finding = &finding->next;
    return finding;
}

audit_finding_t *finding_add(audit_t *audit, audit_row_t *row, finding_kind_t kind, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    audit_finding_t *finding = add(audit, row != NULL ? row->of : NULL, kind, fmt, args);
    va_end(args);
    finding->row = row;
    if (row != NULL) {
        *row->next_finding = finding;
        row->next_finding = &finding->next_of_row;
        if (row->probe != NULL)
            finding_at(finding, row->probe->at);
    }
    return finding;
}

audit_finding_t *finding_add_of_provider(audit_t *audit, const audit_provider_t *provider, finding_kind_t kind, const char *fmt,
                                         ...)
{
    va_list args;

    va_start(args, fmt);
    audit_finding_t *finding = add(audit, provider, kind, fmt, args);
    va_end(args);
    finding_at(finding, provider->defined->at);
    return finding;
}

/* further to the right characters are not counted: a file may be one line with all probes in it */
#define MAX_COL_COUNTED 1000

static unsigned col_in_chars(span_t at, unsigned col)
{
    const char *p = at.src->text + at.start - (col - 1), *end = at.src->text + at.start;
    unsigned chars = 1;

    if (col > MAX_COL_COUNTED)
        return 0;
    for (size_t n; p < end; p += n != 0 ? n : 1, ++chars)
        n = utf8_length(p, (size_t)(end - p));
    return chars;
}

void finding_at(audit_finding_t *finding, span_t at)
{
    position_t position = src_position(at.src, at.start);

    finding->file = str_of(at.src->path);
    finding->line = position.line;
    finding->col = position.col;
    finding->col_chars = col_in_chars(at, position.col);
}

void finding_in(audit_finding_t *finding, str_t file, unsigned line)
{
    finding->file = file;
    finding->line = line;
    finding->col = finding->col_chars = 0;
}

str_t finding_target(arena_t *arena, const audit_finding_t *finding)
{
    const audit_row_t *row = finding->row;

    if (row == NULL)
        return finding->provider != NULL ? arena_printf(arena, "%.*s:*", STR_ARG(finding->provider->name)) : finding->file;
    if (finding->arg < 0 || row->probe == NULL || (unsigned)finding->arg >= row->probe->num_args)
        return arena_printf(arena, "%.*s:%.*s", STR_ARG(row->provider), STR_ARG(row->name));
    str_t name = row->probe->args[finding->arg].name;
    if (name.n == 0)
        name = arena_printf(arena, "arg%d", finding->arg);
    return arena_printf(arena, "%.*s:%.*s.%.*s", STR_ARG(row->provider), STR_ARG(row->name), STR_ARG(name));
}

str_t finding_subject(arena_t *arena, const audit_finding_t *finding)
{
    const finding_group_t *group = finding->group;

    if (group == NULL && finding->row == NULL && finding->provider != NULL)
        return arena_printf(arena, "all of %.*s", STR_ARG(finding->provider->name));
    if (group == NULL)
        return finding_target(arena, finding);
    return arena_printf(arena, "all %u %s of %.*s", group->num, group->what, STR_ARG(finding->provider->name));
}
