#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/reason.h"
#include "stat/by.h"
#include "survey/select.h"

static const catalog_field_t *field_of(const catalog_probe_t *probe, const char *name)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (strcmp(probe->fields[i].name, name) == 0)
            return probe->fields + i;
    }
    return NULL;
}

/* The nearest name of a field of these probes; NULL: none is near. */
static const char *nearest(const char *name, const char *is_meant)
{
    unsigned least = near_most(name) + 1;
    const char *found = NULL;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        for (unsigned j = 0; is_meant[i] && j < probe->num_fields; ++j) {
            unsigned distance = near_distance(name, probe->fields[j].name);
            if (distance < least) {
                least = distance;
                found = probe->fields[j].name;
            }
        }
    }
    return found;
}

static void explain_none(const char *name, const char *is_meant, reason_t *reason)
{
    const char *near = nearest(name, is_meant);

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (field_of(catalog.probes + i, name) == NULL)
            continue;
        reason_set(reason, "--by: no selected probe has a field '%s'; %s:%s has one", name, catalog.probes[i].provider,
                   catalog.probes[i].name);
        return;
    }
    if (near != NULL)
        reason_set(reason, "--by: no selected probe has a field '%s'; did you mean '%s'?", name, near);
    else
        reason_set(reason, "--by: no probe has a field '%s'; -l -v lists their JSON keys", name);
}

/* @return 0, or -1 with a reason */
static int check(const catalog_probe_t *probe, const catalog_field_t *field, uint32_t show, reason_t *reason)
{
    uint32_t hidden = field->gate & PG_SHOW_PRIVATE & ~show;

    if (hidden != 0)
        return reason_set(reason, "--by: %s:%s.%s is %s, which is not counted by unless it may be shown (%s)", probe->provider,
                          probe->name, field->name, hidden & PG_SHOW_APPDATA ? "application data" : "a secret",
                          hidden & PG_SHOW_APPDATA ? "-a" : "--secrets");
    if (field->value == CATALOG_VALUE_DURATION)
        return reason_set(reason, "--by: %s:%s.%s is a duration, of which --stat has a histogram", probe->provider, probe->name,
                          field->name);
    if (field->value == CATALOG_VALUE_OBJECT)
        return reason_set(reason, "--by: %s:%s.%s is a whole struct; events are counted by numbers, text, bytes and addresses",
                          probe->provider, probe->name, field->name);
    return 0;
}

/* @param is_meant of which probes the field is looked for */
static int find(const char *name, const char *is_meant, uint32_t show, const catalog_field_t **fields, reason_t *reason)
{
    unsigned num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        fields[i] = is_meant[i] ? field_of(probe, name) : NULL;
        if (fields[i] != NULL && check(probe, fields[i], show, reason) != 0)
            return -1;
        num += fields[i] != NULL;
    }
    if (num != 0)
        return 0;
    explain_none(name, is_meant, reason);
    return -1;
}

/* The probes that "PROVIDER:PROBE" in front of a field's name means, of those that are selected; for free(). NULL: as by_find() */
static char *probes_of(const char *name, size_t n, const char *is_selected, reason_t *reason)
{
    char *glob = strndup(name, n), *is_meant = glob != NULL ? select_probes((const char *const *)&glob, 1, reason) : NULL;
    unsigned num = 0;

    for (unsigned i = 0; is_meant != NULL && i < catalog.num_probes; ++i)
        num += is_meant[i] = is_meant[i] && is_selected[i];
    if (is_meant != NULL && num == 0) {
        reason_set(reason, "--by: '%s' is not selected", glob);
        free(is_meant);
        is_meant = NULL;
    }
    free(glob);
    return is_meant;
}

const catalog_field_t **by_find(const char *name, const char *is_selected, uint32_t show, reason_t *reason)
{
    const char *dot = strrchr(name, '.');
    const catalog_field_t **fields = calloc(catalog.num_probes + 1, sizeof(*fields));
    char *is_meant = NULL;
    int failed = fields == NULL;

    reason->text[0] = '\0';
    if (!failed && dot != NULL)
        failed = (is_meant = probes_of(name, (size_t)(dot - name), is_selected, reason)) == NULL;
    if (!failed)
        failed = find(dot != NULL ? dot + 1 : name, is_meant != NULL ? is_meant : is_selected, show, fields, reason) != 0;
    free(is_meant);
    if (!failed)
        return fields;
    free(fields);
    return NULL;
}
