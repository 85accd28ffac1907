/*
 * Everything that the audit knows, as one JSON document; audit.schema.json describes it. A column whose input was not given is
 * null, one that was looked for and is not there is empty.
 */
#include <inttypes.h>
#include <string.h>
#include "print/json_text.h"
#include "audit/report/report.h"

#ifndef PROBEGEN_VERSION
#define PROBEGEN_VERSION "unknown"
#endif

/** rises when something is renamed or removed, not when something is added */
#define SCHEMA_VERSION 1

/* null for what is not known */
static void str_or_null(json_t *json, const char *key, str_t text)
{
    if (text.n != 0)
        json_str(json, key, text);
    else
        json_null(json, key);
}

static void line_or_null(json_t *json, const char *key, unsigned line)
{
    if (line != 0)
        json_unsigned(json, key, line);
    else
        json_null(json, key);
}

static void print_paths(json_t *json, const char *key, const audit_paths_t *paths)
{
    json_begin_array(json, key, JSON_INLINE);
    for (size_t i = 0; i < paths->num; ++i)
        json_text(json, NULL, paths->list[i]);
    json_end(json);
}

/* ---- what it comes to ---- */

static void print_verdict(json_t *json, const audit_report_t *report)
{
    const audit_verdict_t *verdict = &report->verdict;

    json_begin_object(json, "verdict", JSON_INLINE);
    json_boolean(json, "failed", verdict->is_failed);
    json_begin_object(json, "findings", JSON_INLINE);
    for (severity_t severity = SEVERITY_ERROR; severity != SEVERITY_NONE; --severity)
        json_unsigned(json, severity_name(severity), verdict->num_findings[severity]);
    json_unsigned(json, "suppressed", verdict->num_suppressed);
    json_end(json);
    json_boolean(json, "under_seen", verdict->is_under_seen);
    json_begin_object(json, "policy", JSON_INLINE);
    json_text(json, "fail_on", severity_name(verdict->fail_on));
    if (verdict->fail_under_seen >= 0)
        json_number(json, "fail_under_seen", verdict->fail_under_seen, 3);
    else
        json_null(json, "fail_under_seen");
    if (report->suppress != NULL)
        json_text(json, "suppress", report->suppress);
    else
        json_null(json, "suppress");
    json_end(json);
    json_end(json);
}

static void print_sums(json_t *json, const audit_report_t *report)
{
    const audit_t *audit = report->audit;
    const audit_verdict_t *verdict = &report->verdict;

    json_begin_object(json, "sums", JSON_INLINE);
    json_str(json, "text", report->sums);
    json_unsigned(json, "defined", verdict->num_defined);
    json_unsigned(json, "undefined", audit->num_undefined);
    if (audit->sources.is_given)
        json_unsigned(json, "calls", audit->sources.num_calls);
    else
        json_null(json, "calls");
    if (audit->binaries != NULL) {
        json_unsigned(json, "built", verdict->num_built);
        json_unsigned(json, "sites", verdict->num_sites);
    } else {
        json_null(json, "built");
        json_null(json, "sites");
    }
    if (audit->traces != NULL) {
        json_unsigned(json, "expected", verdict->num_expected);
        json_unsigned(json, "seen", verdict->num_seen);
        json_number(json, "seen_percent", verdict_seen_percent(verdict), 3);
    } else {
        json_null(json, "expected");
        json_null(json, "seen");
        json_null(json, "seen_percent");
    }
    json_end(json);
}

/* ---- inputs ---- */

static void print_binary(json_t *json, const audit_binary_t *binary)
{
    json_begin_object(json, NULL, JSON_INLINE);
    json_str(json, "path", binary->path);
    json_str(json, "machine", binary->machine);
    json_unsigned(json, "bits", binary->bits);
    json_boolean(json, "readable", binary->is_readable);
    json_boolean(json, "functions", binary->has_functions);
    json_unsigned(json, "notes", binary->num_notes);
    json_unsigned(json, "sites", binary->num_sites);
    json_unsigned(json, "probes", binary->num_probes);
    json_unsigned(json, "broken", binary->num_broken);
    json_unsigned(json, "dropped", binary->num_dropped);
    json_end(json);
}

static void print_trace(json_t *json, const audit_trace_t *trace)
{
    json_begin_object(json, NULL, JSON_INLINE);
    json_str(json, "path", trace->path);
    json_unsigned(json, "lines", trace->num_lines);
    json_unsigned(json, "events", trace->num_events);
    json_unsigned(json, "foreign", trace->num_foreign);
    json_unsigned(json, "lost", trace->num_lost);
    json_unsigned(json, "bad_lines", trace->num_bad_lines);
    if (trace->first_bad_line != 0)
        json_unsigned(json, "first_bad_line", trace->first_bad_line);
    else
        json_null(json, "first_bad_line");
    json_boolean(json, "cut", trace->is_cut);
    json_end(json);
}

static void print_inputs(json_t *json, const audit_report_t *report)
{
    const audit_t *audit = report->audit;

    json_begin_object(json, "inputs", JSON_ON_LINES);
    print_paths(json, "definitions", &report->definitions);
    if (audit->sources.is_given) {
        json_begin_object(json, "sources", JSON_INLINE);
        print_paths(json, "paths", &report->sources);
        json_unsigned(json, "files", audit->sources.num_files);
        json_unsigned(json, "calls", audit->sources.num_calls);
        json_end(json);
    } else {
        json_null(json, "sources");
    }
    if (audit->binaries != NULL) {
        json_begin_array(json, "binaries", JSON_ON_LINES);
        for (const audit_binary_t *binary = audit->binaries; binary != NULL; binary = binary->next)
            print_binary(json, binary);
        json_end(json);
    } else {
        json_null(json, "binaries");
    }
    if (audit->traces != NULL) {
        json_begin_array(json, "traces", JSON_ON_LINES);
        for (const audit_trace_t *trace = audit->traces; trace != NULL; trace = trace->next)
            print_trace(json, trace);
        json_end(json);
    } else {
        json_null(json, "traces");
    }
    json_end(json);
}

static void print_time(json_t *json, const audit_t *audit)
{
    const audit_time_t *time = &audit->time;

    if (audit->traces == NULL || time->first > time->last) {
        json_null(json, "time");
        return;
    }
    json_begin_object(json, "time", JSON_INLINE);
    json_number(json, "first", time->first, 3);
    json_number(json, "last", time->last, 3);
    json_number(json, "start", time->start, 3);
    json_number(json, "bucket_size", time->bucket_size, 3);
    json_unsigned(json, "buckets", AUDIT_NUM_BUCKETS);
    json_end(json);
}

/* ---- definitions ---- */

static const char *const kinds[] = {[SCALAR_INT] = "int",         [SCALAR_UINT] = "uint",       [SCALAR_BOOL] = "bool",
                                    [SCALAR_FLOAT] = "float",     [SCALAR_STRING] = "string",   [SCALAR_BYTES] = "bytes",
                                    [SCALAR_POINTER] = "pointer", [SCALAR_UNKNOWN] = "unknown", [SCALAR_UNREADABLE] = "unreadable"};

static void print_arg(json_t *json, const ir_probe_t *probe, const ir_arg_t *arg)
{
    json_begin_object(json, NULL, JSON_INLINE);
    str_or_null(json, "name", arg->name);
    json_str(json, "type", arg->type->text);
    json_text(json, "kind", kinds[arg->meaning.scalar]);
    json_unsigned(json, "size", arg->meaning.size);
    json_boolean(json, "secret", arg->is_secret);
    json_boolean(json, "appdata", arg->is_appdata);
    json_boolean(json, "flag", arg->is_flag);
    if (arg->length_kind == LENGTH_FIXED)
        json_unsigned(json, "length", arg->length);
    else if (arg->length_kind == LENGTH_ARG)
        json_str(json, "length", probe->args[arg->length].name);
    else if (arg->length_kind == LENGTH_NUL)
        json_text(json, "length", "NUL");
    else
        json_null(json, "length");
    json_end(json);
}

static void print_definition(json_t *json, const ir_probe_t *probe)
{
    if (probe == NULL) {
        json_null(json, "defined");
        return;
    }
    json_begin_object(json, "defined", JSON_INLINE);
    json_text(json, "file", probe->at.src->path);
    json_unsigned(json, "line", src_position(probe->at.src, probe->at.start).line);
    str_or_null(json, "doc", probe->doc);
    json_str(json, "macro", probe->macro);
    json_str(json, "event", probe->json_name);
    json_boolean(json, "skipped", probe->is_skipped);
    json_begin_array(json, "args", JSON_INLINE);
    for (unsigned i = 0; i < probe->num_args; ++i)
        print_arg(json, probe, probe->args + i);
    json_end(json);
    json_end(json);
}

/* ---- calls and sites ---- */

static void print_calls(json_t *json, const audit_t *audit, const audit_row_t *row)
{
    if (!audit->sources.is_given) {
        json_null(json, "calls");
        return;
    }
    json_begin_array(json, "calls", JSON_INLINE);
    for (const audit_call_t *call = row->calls; call != NULL; call = call->next) {
        json_begin_object(json, NULL, JSON_INLINE);
        json_str(json, "file", call->file);
        json_unsigned(json, "line", call->line);
        json_str(json, "macro", call->macro);
        json_unsigned(json, "args", call->num_args);
        str_or_null(json, "condition", call->condition);
        json_end(json);
    }
    json_end(json);
}

static void print_operand(json_t *json, const audit_operand_t *operand)
{
    json_begin_object(json, NULL, JSON_INLINE);
    json_str(json, "text", operand->text);
    line_or_null(json, "size", operand->size);
    json_boolean(json, "signed", operand->is_signed);
    json_boolean(json, "float", operand->is_float);
    if (operand->reason != NULL)
        json_text(json, "reason", operand->reason);
    else
        json_null(json, "reason");
    json_end(json);
}

static void print_site(json_t *json, const audit_site_t *site)
{
    char address[32];

    snprintf(address, sizeof(address), "0x%" PRIx64, site->address);
    json_begin_object(json, NULL, JSON_INLINE);
    json_str(json, "binary", site->binary->path);
    json_text(json, "address", address);
    str_or_null(json, "function", site->function);
    str_or_null(json, "file", site->file);
    line_or_null(json, "line", site->file.n != 0 ? site->line : 0);
    json_boolean(json, "semaphore", site->has_semaphore);
    json_begin_array(json, "operands", JSON_INLINE);
    for (unsigned i = 0; i < site->num_operands; ++i)
        print_operand(json, site->operands + i);
    json_end(json);
    json_end(json);
}

static void print_sites(json_t *json, const audit_t *audit, const audit_row_t *row)
{
    if (audit->binaries == NULL) {
        json_null(json, "sites");
        return;
    }
    json_begin_array(json, "sites", JSON_INLINE);
    for (const audit_site_t *site = row->sites; site != NULL; site = site->next)
        print_site(json, site);
    json_end(json);
}

/* ---- events ---- */

static void print_fields(json_t *json, const audit_row_t *row)
{
    json_begin_object(json, "fields", JSON_INLINE);
    for (unsigned i = 0; row->probe != NULL && row->seen != NULL && row->seen->num_present != NULL && i < row->probe->num_fields;
         ++i) {
        json_key(json, row->probe->fields[i].name);
        json_begin_object(json, NULL, JSON_INLINE);
        json_unsigned(json, "present", row->seen->num_present[i]);
        json_unsigned(json, "null", row->seen->num_nulls[i]);
        json_end(json);
    }
    json_end(json);
}

static void print_buckets(json_t *json, const audit_seen_t *seen)
{
    json_begin_array(json, "buckets", JSON_INLINE);
    for (unsigned i = 0; seen->num_events != 0 && i < AUDIT_NUM_BUCKETS; ++i)
        json_unsigned(json, NULL, seen->buckets[i]);
    json_end(json);
}

static void print_seen(json_t *json, const audit_t *audit, const audit_row_t *row)
{
    static const audit_seen_t none;
    const audit_seen_t *seen = row->seen != NULL ? row->seen : &none;

    if (audit->traces == NULL) {
        json_null(json, "seen");
        return;
    }
    json_begin_object(json, "seen", JSON_INLINE);
    json_unsigned(json, "events", seen->num_events);
    json_unsigned(json, "lost", seen->num_lost);
    if (seen->num_events != 0) {
        json_number(json, "first", seen->first, 3);
        json_number(json, "last", seen->last, 3);
    } else {
        json_null(json, "first");
        json_null(json, "last");
    }
    print_fields(json, row);
    json_begin_array(json, "unknown_keys", JSON_INLINE);
    for (const audit_key_t *key = seen->unknown_keys; key != NULL; key = key->next) {
        json_begin_object(json, NULL, JSON_INLINE);
        json_str(json, "name", key->name);
        json_unsigned(json, "events", key->count);
        json_end(json);
    }
    json_end(json);
    print_buckets(json, seen);
    json_end(json);
}

/* ---- findings ---- */

static void print_finding(json_t *json, const audit_t *audit, const audit_finding_t *finding)
{
    const finding_info_t *info = finding_infos + finding->kind;

    json_begin_object(json, NULL, JSON_INLINE);
    json_text(json, "id", info->id);
    json_text(json, "slug", info->slug);
    json_text(json, "severity", severity_name(info->severity));
    json_text(json, "title", info->title);
    str_or_null(json, "target", finding_target(audit->arena, finding));
    if (finding->arg >= 0)
        json_unsigned(json, "arg", (unsigned)finding->arg);
    else
        json_null(json, "arg");
    json_str(json, "text", finding->text);
    str_or_null(json, "file", finding->file);
    line_or_null(json, "line", finding->line);
    line_or_null(json, "col", finding->line != 0 ? finding->col : 0);
    if (finding->suppressed.p != NULL)
        json_str(json, "suppressed", finding->suppressed);
    else
        json_null(json, "suppressed");
    json_end(json);
}

/* ---- the document ---- */

static void print_row(json_t *json, const audit_t *audit, const audit_row_t *row)
{
    json_begin_object(json, NULL, JSON_ON_LINES);
    json_str(json, "provider", row->provider);
    json_str(json, "name", row->name);
    print_definition(json, row->probe);
    print_calls(json, audit, row);
    print_sites(json, audit, row);
    print_seen(json, audit, row);
    json_begin_array(json, "findings", JSON_INLINE);
    for (const audit_finding_t *finding = row->findings; finding != NULL; finding = finding->next_of_row)
        print_finding(json, audit, finding);
    json_end(json);
    json_end(json);
}

void audit_print_json(const audit_report_t *report, FILE *out)
{
    const audit_t *audit = report->audit;
    json_t json = {.out = out};

    json_begin_object(&json, NULL, JSON_ON_LINES);
    json_begin_object(&json, "tool", JSON_INLINE);
    json_text(&json, "name", "probegen audit");
    json_text(&json, "version", PROBEGEN_VERSION);
    json_end(&json);
    json_unsigned(&json, "schema_version", SCHEMA_VERSION);
    print_verdict(&json, report);
    print_sums(&json, report);
    print_inputs(&json, report);
    print_time(&json, audit);
    json_begin_array(&json, "findings", JSON_ON_LINES); /* those of no probe */
    for (const audit_finding_t *finding = audit->findings; finding != NULL; finding = finding->next) {
        if (finding->row == NULL)
            print_finding(&json, audit, finding);
    }
    json_end(&json);
    json_begin_array(&json, "probes", JSON_ON_LINES);
    for (unsigned i = 0; i < audit->num_rows; ++i)
        print_row(&json, audit, audit->rows[i]);
    json_end(&json);
    json_end(&json);
}
