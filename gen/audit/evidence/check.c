/*
 * From evidence to findings: one function for each pair of columns that can contradict each other. A finding needs the evidence
 * that it is about: without sources nothing is "not called", without binaries nothing is "not built". What is checked of calls is
 * in check_call.c, of sites in check_site.c.
 */
#include <inttypes.h>
#include <string.h>
#include "audit/evidence/check.h"
#include "audit/evidence/check_parts.h"
#include "model/secret.h"
#include "print/print.h"

static void at_arg(audit_finding_t *finding, unsigned i)
{
    finding->arg = (int)i;
    finding_at(finding, finding->row->probe->args[i].at);
}

/* ---- definitions by themselves ---- */

static void check_arg(audit_t *audit, audit_row_t *row, unsigned i)
{
    const ir_arg_t *arg = row->probe->args + i;

    if (is_unmarked_secret(row->probe, i))
        at_arg(finding_add(audit, row, FINDING_P012, "'%.*s' is shown to everyone", STR_ARG(arg->declaration)), i);
    if (arg->meaning.scalar == SCALAR_STRING && arg->length_kind == LENGTH_NUL)
        at_arg(finding_add(audit, row, FINDING_P010, "%s", ""), i);
    else if (arg->meaning.scalar == SCALAR_BYTES && arg->length_kind == LENGTH_NONE)
        at_arg(finding_add(audit, row, FINDING_P011, "%s", ""), i);
}

static void check_definition(audit_t *audit, audit_row_t *row)
{
    const ir_probe_t *probe = row->probe;

    if (probe->num_args > IR_MAX_ARGS)
        finding_add(audit, row, FINDING_P009, "%u arguments", probe->num_args);
    for (unsigned i = 0; i < probe->num_args && i < IR_MAX_ARGS; ++i)
        check_arg(audit, row, i);
    if (probe->doc.n == 0)
        finding_add(audit, row, FINDING_P018, "%s", "");
}

/* ---- traces ---- */

static void check_fields(audit_t *audit, audit_row_t *row)
{
    const audit_seen_t *seen = row->seen;

    for (unsigned i = 0; i < row->probe->num_fields; ++i) {
        const ir_field_t *field = row->probe->fields + i;
        audit_finding_t *finding;
        if (field->pair != NULL)
            continue; /* what began before the trace has no duration, and nobody is to be blamed for that */
        if (seen->num_nulls[i] != 0)
            finding = finding_add(audit, row, FINDING_P016, "'%.*s' is null in %" PRIu64 " of %" PRIu64 " events",
                                  STR_ARG(field->name), seen->num_nulls[i], seen->num_present[i]);
        else if (seen->num_present[i] == 0 && field->gate == GATE_NONE && !field->is_optional)
            finding = finding_add(audit, row, FINDING_P017, "no event has '%.*s'", STR_ARG(field->name));
        else
            continue;
        finding->arg = (int)field->arg;
        finding_at(finding, field->at);
    }
    for (const audit_key_t *key = seen->unknown_keys; key != NULL; key = key->next)
        finding_add(audit, row, FINDING_P017, "%" PRIu64 " %s '%.*s', which the definition does not have", key->count,
                    key->count == 1 ? "event has" : "events have", STR_ARG(key->name));
}

static void check_seen(audit_t *audit, audit_row_t *row)
{
    const audit_seen_t *seen = row->seen;

    if (row->probe == NULL) {
        if (seen != NULL && seen->num_events != 0)
            finding_add(audit, row, FINDING_P017, "%" PRIu64 " %s of a probe that is not defined", seen->num_events,
                        seen->num_events == 1 ? "event" : "events");
        return;
    }
    if (audit_is_expected(audit, row) && (seen == NULL || seen->num_events == 0))
        finding_add(audit, row, FINDING_P015, "%s", "");
    if (seen == NULL)
        return;
    if (seen->num_events != 0)
        check_fields(audit, row);
    if (seen->num_lost != 0)
        finding_add(audit, row, FINDING_P019, "%" PRIu64 " beside %" PRIu64 " that were written", seen->num_lost, seen->num_events);
}

/* ---- inputs ---- */

static void check_inputs(audit_t *audit)
{
    for (const audit_binary_t *binary = audit->binaries; binary != NULL; binary = binary->next) {
        if (binary->num_broken != 0)
            finding_in(finding_add(audit, NULL, FINDING_P021, "%u of its notes%s%.*s", binary->num_broken,
                                   binary->refused.n != 0 ? ": " : "", STR_ARG(binary->refused)),
                       binary->path, 0);
    }
    for (const audit_trace_t *trace = audit->traces; trace != NULL; trace = trace->next) {
        if (trace->num_bad_lines != 0)
            finding_in(finding_add(audit, NULL, FINDING_P020,
                                   "%" PRIu64 " of %" PRIu64 " lines are no events, the first is line %" PRIu64,
                                   trace->num_bad_lines, trace->num_lines, trace->first_bad_line),
                       trace->path, 0);
        if (trace->is_cut)
            finding_in(finding_add(audit, NULL, FINDING_P020, "its compressed data end early, or are damaged"), trace->path, 0);
    }
}

void audit_check(audit_t *audit)
{
    audit_check_providers(audit);
    if (audit->binaries != NULL)
        audit_check_words(audit);
    for (unsigned i = 0; i < audit->num_rows; ++i) {
        audit_row_t *row = audit->rows[i];
        if (row->probe != NULL)
            check_definition(audit, row);
        if (audit->sources.is_given)
            audit_check_calls(audit, row);
        if (audit->binaries != NULL)
            audit_check_sites(audit, row);
        if (audit->traces != NULL)
            check_seen(audit, row);
    }
    check_inputs(audit);
}
