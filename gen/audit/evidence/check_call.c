/*
 * Definitions against calls. Builds rename the macros of a header ("sed s/BANK_/TRACE_BANK_/"), and then sources call what nothing
 * in them defines. That is told once for a provider, not of each of its probes, and the macros that look like those of the provider
 * are not taken for probes that someone forgot to define:
 *
 *     no probe of the provider is called        its macros may all be renamed
 *     BANK_DTRACE_ORDER_DONE(), and so on       "dtrace_" stands before the names of most of its probes
 */
#include <string.h>
#include <strings.h>
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

/* PROVIDER_NAME without the provider, in lower case: what rows of unknown macros are called */
static str_t macro_part(arena_t *arena, const ir_probe_t *probe)
{
    size_t skip = probe->provider->name.n + 1;
    str_t part = arena_strdup(arena, (str_t){probe->macro.p + skip, probe->macro.n - skip});

    for (size_t i = 0; i < part.n; ++i) {
        if (part.p[i] >= 'A' && part.p[i] <= 'Z')
            ((char *)part.p)[i] += 'a' - 'A';
    }
    return part;
}

/* Whether all that is known of a row is that macros are called whose name is the provider's and the row's. */
static int is_only_a_macro(const audit_row_t *row)
{
    if (row->probe != NULL || row->sites != NULL || row->seen != NULL || row->calls == NULL)
        return 0;
    for (const audit_call_t *call = row->calls; call != NULL; call = call->next) {
        size_t n = row->provider.n;
        if (call->macro.n != n + 1 + row->name.n || strncasecmp(call->macro.p, row->provider.p, n) != 0 ||
            strncasecmp(call->macro.p + n + 1, row->name.p, row->name.n) != 0)
            return 0;
    }
    return 1;
}

/* ---- renamed macros ---- */

/* names of macros are looked at in so many parts: "dtrace_", "dtrace_order_", ... */
#define MAX_PARTS 8

/* "bank dtrace_" -> how many of the provider's probes have a macro that begins like that */
typedef struct st_prefixes_t {
    arena_t *arena;
    table_t num; /* of unsigned */
    table_t probes;
} prefixes_t;

static str_t prefix_key(arena_t *arena, str_t provider, str_t text)
{
    return arena_printf(arena, "%.*s %.*s", STR_ARG(provider), STR_ARG(text));
}

/* The first, second, ... underscore of a name. @return the length of the prefix that it ends; 0: there is none */
static size_t next_part(str_t name, size_t start)
{
    const char *underscore = start < name.n ? memchr(name.p + start, '_', name.n - start) : NULL;

    return underscore != NULL ? (size_t)(underscore + 1 - name.p) : 0;
}

static void count_prefixes(prefixes_t *prefixes, const audit_row_t *row)
{
    size_t n = 0;

    for (int i = 0; i < MAX_PARTS && (n = next_part(row->name, n)) != 0; ++i) {
        str_t rest = {row->name.p + n, row->name.n - n}, prefix = {row->name.p, n};
        if (table_get(&prefixes->probes, prefix_key(prefixes->arena, row->provider, rest)) == NULL)
            continue;
        str_t key = prefix_key(prefixes->arena, row->provider, prefix);
        unsigned *num = table_get(&prefixes->num, key);
        if (num == NULL) {
            num = arena_alloc(prefixes->arena, sizeof(*num));
            table_put(&prefixes->num, key, num);
        }
        ++*num;
    }
}

/* Whether it begins like the macros of most of the provider's probes do. */
static int is_under_prefix(const prefixes_t *prefixes, const audit_row_t *row)
{
    size_t n = 0;

    for (int i = 0; i < MAX_PARTS && (n = next_part(row->name, n)) != 0; ++i) {
        const unsigned *num = table_get(&prefixes->num, prefix_key(prefixes->arena, row->provider, (str_t){row->name.p, n}));
        if (num != NULL && 2 * *num >= row->of->num_probes)
            return 1;
    }
    return 0;
}

/* Removes the rows of macros that are no probes, and their calls with them. */
static void remove_macros(audit_t *audit, const prefixes_t *prefixes)
{
    unsigned num = audit->ir->num_probes;

    for (unsigned i = num; i < audit->num_rows; ++i) {
        audit_row_t *row = audit->rows[i];
        if (!is_only_a_macro(row) || !(row->of->num_called == 0 || is_under_prefix(prefixes, row))) {
            audit->rows[num++] = row;
            continue;
        }
        if (row->of->num_macros++ == 0)
            row->of->macro = row->calls->macro;
        audit->sources.num_calls -= row->num_calls;
        --audit->num_undefined;
    }
    audit->num_rows = num;
}

static void find_renamed(audit_t *audit)
{
    prefixes_t prefixes = {.arena = audit->arena, .num.arena = audit->arena, .probes.arena = audit->arena};

    for (unsigned i = 0; i < audit->num_rows; ++i) {
        audit_row_t *row = audit->rows[i];
        if (row->probe != NULL)
            table_put(&prefixes.probes, prefix_key(audit->arena, row->provider, macro_part(audit->arena, row->probe)), row);
    }
    for (unsigned i = audit->ir->num_probes; i < audit->num_rows; ++i) {
        if (is_only_a_macro(audit->rows[i]))
            count_prefixes(&prefixes, audit->rows[i]);
    }
    remove_macros(audit, &prefixes);
}

static void tell_uncalled(audit_t *audit, const audit_provider_t *provider)
{
    str_t built = STR(""), macros = STR("");

    if (provider->num_built != 0)
        built = provider->num_built == provider->num_probes
                    ? STR(", though binaries have them all")
                    : arena_printf(audit->arena, ", though binaries have %u of them", provider->num_built);
    if (provider->num_macros != 0)
        macros = arena_printf(audit->arena, "; %.*s() is called, which nothing defines", STR_ARG(provider->macro));
    finding_add_of_provider(audit, provider, FINDING_P029,
                            "none of its %u probe%s is called in the sources%.*s%.*s: if the build renames the macros, give "
                            "the folder with the header that it makes to --source, too",
                            provider->num_probes, provider->num_probes == 1 ? "" : "s", STR_ARG(built), STR_ARG(macros));
}

void audit_check_providers(audit_t *audit)
{
    count_rows(audit);
    if (!audit->sources.is_given)
        return;
    if (audit->num_undefined != 0)
        find_renamed(audit);
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
