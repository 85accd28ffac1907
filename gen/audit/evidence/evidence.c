/*
 * A row is found by two names: notes and calls have that of the probe ("provider:name"), events have the one that maps may have
 * given them ("module:type"). Probes that no definition has get rows, too, so their number is limited: inputs are hostile.
 */
#include <stdlib.h>
#include <string.h>
#include "audit/evidence/evidence.h"

static void put_row(audit_t *audit, table_t *table, str_t name, audit_row_t *row)
{
    str_t key = arena_printf(audit->arena, "%.*s:%.*s", STR_ARG(row->provider), STR_ARG(name));

    table_put(table, key, row);
    if (key.n > audit->max_key)
        audit->max_key = key.n;
}

static audit_row_t *add_row(audit_t *audit, str_t provider, str_t name, const ir_probe_t *probe)
{
    audit_row_t *row = arena_alloc(audit->arena, sizeof(*row));

    *row = (audit_row_t){.provider = provider, .name = name, .probe = probe, .of = table_get(&audit->providers, provider)};
    row->next_finding = &row->findings;
    audit->rows[audit->num_rows++] = row;
    return row;
}

static void add_provider(audit_t *audit, const ir_provider_t *defined)
{
    audit_provider_t *provider = table_get(&audit->providers, defined->name);

    if (provider == NULL) {
        provider = arena_alloc(audit->arena, sizeof(*provider));
        *provider = (audit_provider_t){.name = defined->name, .index = audit->num_providers, .defined = defined};
        table_put(&audit->providers, defined->name, provider);
        audit->provider_list[audit->num_providers++] = provider;
    }
    provider->num_probes += defined->num_probes;
}

void audit_init(audit_t *audit, arena_t *arena, diag_t *diag, const ir_t *ir)
{
    *audit = (audit_t){.arena = arena, .diag = diag, .ir = ir, .max_key = AUDIT_MIN_KEY, .time = {.first = 1, .last = 0}};
    audit->by_key.arena = audit->by_type.arena = audit->providers.arena = arena;
    audit->next_finding = &audit->findings;
    audit->rows = arena_alloc(arena, (ir->num_probes + AUDIT_MAX_UNDEFINED) * sizeof(*audit->rows));
    audit->provider_list = arena_alloc(arena, ir->num_providers * sizeof(*audit->provider_list));
    for (unsigned i = 0; i < ir->num_providers; ++i)
        add_provider(audit, ir->providers + i);
    for (unsigned i = 0; i < ir->num_probes; ++i) {
        const ir_probe_t *probe = ir->probes + i;
        audit_row_t *row = add_row(audit, probe->provider->name, probe->name, probe);
        put_row(audit, &audit->by_key, probe->name, row);
        put_row(audit, &audit->by_type, probe->json_name, row);
    }
    audit->key = arena_alloc(arena, audit->max_key);
}

int audit_has_provider(const audit_t *audit, str_t provider)
{
    return table_get(&audit->providers, provider) != NULL;
}

/* The key is kept only when a row is made: a trace may ask a hundred million times. */
static audit_row_t *row_of(audit_t *audit, table_t *table, str_t provider, str_t name, int is_made)
{
    char *key = audit->key;
    audit_row_t *row;

    if (provider.n + 1 + name.n > audit->max_key)
        return NULL;
    memcpy(key, provider.p, provider.n);
    key[provider.n] = ':';
    memcpy(key + provider.n + 1, name.p, name.n);
    str_t found = {key, provider.n + 1 + name.n};
    if ((row = table_get(table, found)) != NULL || !is_made)
        return row;
    /* a probe that is defined and whose events have another name is not the one that is meant */
    if ((row = table_get(&audit->by_key, found)) == NULL || row->probe != NULL) {
        if (audit->num_undefined == AUDIT_MAX_UNDEFINED)
            return NULL;
        ++audit->num_undefined;
        row = add_row(audit, arena_strdup(audit->arena, provider), arena_strdup(audit->arena, name), NULL);
    }
    found = arena_strdup(audit->arena, found);
    table_put(table, found, row);
    table_put(&audit->by_key, found, row);
    return row;
}

audit_row_t *audit_row(audit_t *audit, str_t provider, str_t name)
{
    return row_of(audit, &audit->by_key, provider, name, 1);
}

audit_row_t *audit_row_of_event(audit_t *audit, str_t module, str_t type, int is_made)
{
    return row_of(audit, &audit->by_type, module, type, is_made);
}

static int compare_str(str_t a, str_t b)
{
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_rows(const void *a, const void *b)
{
    const audit_row_t *x = *(audit_row_t *const *)a, *y = *(audit_row_t *const *)b;
    int order = compare_str(x->provider, y->provider);

    return order != 0 ? order : compare_str(x->name, y->name);
}

void audit_sort(audit_t *audit)
{
    qsort(audit->rows + audit->ir->num_probes, audit->num_undefined, sizeof(*audit->rows), compare_rows);
}

int audit_is_expected(const audit_t *audit, const audit_row_t *row)
{
    return row->probe != NULL && !row->probe->is_skipped && (audit->binaries == NULL || row->sites != NULL);
}

void audit_fail(audit_t *audit, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    diag_report(audit->diag, E_FILE, (span_t){.src = NULL}, "%s", arena_vprintf(audit->arena, fmt, args).p);
    va_end(args);
}
