/*
 * The formats by name, and what all of them say of the verdict. Formats read the table and the findings, and print: what there is
 * to work out for more than one of them is done here and in summary.c.
 */
#include "audit/report/report.h"

#define AUDIT_FORMAT(name, help) FORMAT_FUNCTIONS(audit_print, name, audit_report_t)
#include "audit/report/formats.def"
#undef AUDIT_FORMAT

const format_t audit_formats[] = {
#define AUDIT_FORMAT(name, help) {#name, help, print_##name},
#include "audit/report/formats.def"
#undef AUDIT_FORMAT
    {NULL, NULL, NULL}};

double verdict_seen_percent(const audit_verdict_t *verdict)
{
    return verdict->num_expected != 0 ? 100.0 * verdict->num_seen / verdict->num_expected : 100;
}

str_t verdict_text(arena_t *arena, const audit_verdict_t *verdict)
{
    unsigned errors = verdict->num_findings[SEVERITY_ERROR], warnings = verdict->num_findings[SEVERITY_WARNING],
             infos = verdict->num_findings[SEVERITY_INFO];
    str_t text = arena_printf(arena, "%u error%s, %u warning%s, %u info%s", errors, plural_of(errors), warnings,
                              plural_of(warnings), infos, plural_of(infos));

    return verdict->num_suppressed != 0 ? arena_printf(arena, "%.*s; %u suppressed", STR_ARG(text), verdict->num_suppressed) : text;
}

str_t verdict_line(arena_t *arena, const audit_verdict_t *verdict)
{
    str_t text = verdict_text(arena, verdict);

    return !verdict->is_under_seen ? text
                                   : arena_printf(arena, "%.*s; %.1f %% of the probes are seen, %g %% are asked for", STR_ARG(text),
                                                  verdict_seen_percent(verdict), verdict->fail_under_seen);
}
