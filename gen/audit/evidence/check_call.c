/*
 * Definitions against calls. Builds rename the macros of a header ("sed s/BANK_/TRACE_BANK_/"), and then sources call what nothing
 * in them defines: if no probe of a provider is called, its macros may all be renamed, which is one finding.
 */
#include "audit/evidence/check_parts.h"

/* ---- providers ---- */

static void count_rows(audit_t *audit)
{
    for (unsigned i = 0; i < audit->num_rows; ++i) {
        audit_row_t *row = audit->rows[i];
        if (row->probe == NULL)
            continue;
        row->of->num_called += row->calls != NULL;
        row->of->num_built += row->sites != NULL;
    }
}

static void tell_uncalled(audit_t *audit, const audit_provider_t *provider)
{
    str_t built = STR("");

    if (provider->num_built != 0)
        built = provider->num_built == provider->num_probes
                    ? STR(", though binaries have them all")
                    : arena_printf(audit->arena, ", though binaries have %u of them", provider->num_built);
    finding_add_of_provider(audit, provider, FINDING_P029,
                            "none of its %u probe%s is called in the sources%.*s: if the build renames the macros, give "
                            "the folder with the header that it makes to --source, too",
                            provider->num_probes, provider->num_probes == 1 ? "" : "s", STR_ARG(built));
}

void audit_check_providers(audit_t *audit)
{
    count_rows(audit);
    if (!audit->sources.is_given)
        return;
    for (unsigned i = 0; i < audit->num_providers; ++i) {
        const audit_provider_t *provider = audit->provider_list[i];
        if (provider->num_called == 0 && provider->num_probes != 0)
            tell_uncalled(audit, provider);
    }
}

/* ---- calls ---- */

static void check_call(audit_t *audit, audit_row_t *row, const audit_call_t *call)
{
    audit_finding_t *finding;

    if (row->probe == NULL)
        finding =
            finding_add(audit, row, FINDING_P002, "%.*s:%u: by %.*s()", STR_ARG(call->file), call->line, STR_ARG(call->macro));
    else if (call->num_args != row->probe->num_args)
        finding = finding_add(audit, row, FINDING_P005, "%.*s:%u: %u are passed, %u are defined", STR_ARG(call->file), call->line,
                              call->num_args, row->probe->num_args);
    else
        return;
    finding_in(finding, call->file, call->line);
}

void audit_check_calls(audit_t *audit, audit_row_t *row)
{
    /* a site has been a call; and if no call of the provider was found, that is one finding */
    if (row->probe != NULL && row->calls == NULL && row->sites == NULL && row->of->num_called != 0)
        finding_add(audit, row, FINDING_P001, "%s", "");
    for (const audit_call_t *call = row->calls; call != NULL; call = call->next)
        check_call(audit, row, call);
}
