/*
 * Everything that the audit knows, as one JSON document; audit.schema.json describes it. A column whose input was not given is
 * null, one that was looked for and is not there is empty.
 */
#include <inttypes.h>
#include <math.h>
#include "print/json_text.h"
#include "audit/report/report.h"
#include "common/version.h"

/** rises when something is renamed or removed, not when something is added */
#define SCHEMA_VERSION 1

/* ---- null for what is not known ---- */

static void str_or_null(json_text_t *json, const char *key, str_t text)
{
    if (text.n != 0)
        json_str(json, key, text);
    else
        json_no_value(json, key);
}

static void unsigned_or_null(json_text_t *json, const char *key, uint64_t value, int is_known)
{
    if (is_known)
        json_unsigned(json, key, value);
    else
        json_no_value(json, key);
}

static void number_or_null(json_text_t *json, const char *key, double value, int is_known)
{
    json_number(json, key, is_known ? value : NAN, 3);
}

typedef void (*begin_t)(json_text_t *json, const char *key, json_layout_t layout);

/* @return is_known */
static int begin_or_null(json_text_t *json, const char *key, begin_t begin, json_layout_t layout, int is_known)
{
    if (is_known)
        begin(json, key, layout);
    else
        json_no_value(json, key);
    return is_known;
}

/* ---- what it comes to ---- */

static void print_verdict(json_text_t *json, const audit_report_t *report)
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
    number_or_null(json, "fail_under_seen", verdict->fail_under_seen, verdict->fail_under_seen >= 0);
    json_text(json, "suppress", report->suppress);
    json_end(json);
    json_end(json);
}

static void print_sums(json_text_t *json, const audit_report_t *report)
{
    const audit_t *audit = report->audit;
    const audit_verdict_t *verdict = &report->verdict;

    json_begin_object(json, "sums", JSON_INLINE);
    json_str(json, "text", report->sums);
    json_unsigned(json, "defined", verdict->num_defined);
    json_unsigned(json, "undefined", audit->num_undefined);
    unsigned_or_null(json, "calls", audit->sources.num_calls, audit->sources.is_given);
    unsigned_or_null(json, "built", verdict->num_built, audit->binaries != NULL);
    unsigned_or_null(json, "sites", verdict->num_sites, audit->binaries != NULL);
    unsigned_or_null(json, "expected", verdict->num_expected, audit->traces != NULL);
    unsigned_or_null(json, "seen", verdict->num_seen, audit->traces != NULL);
    number_or_null(json, "seen_percent", verdict_seen_percent(verdict), audit->traces != NULL);
    json_end(json);
}

/* ---- inputs ---- */

static void print_paths(json_text_t *json, const char *key, const audit_paths_t *paths)
{
    json_begin_array(json, key, JSON_INLINE);
    for (size_t i = 0; i < paths->num; ++i)
        json_text(json, NULL, paths->list[i]);
    json_end(json);
}

static void print_binary(json_text_t *json, const audit_binary_t *binary)
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

static void print_trace(json_text_t *json, const audit_trace_t *trace)
{
    json_begin_object(json, NULL, JSON_INLINE);
    json_str(json, "path", trace->path);
    json_unsigned(json, "lines", trace->num_lines);
    json_unsigned(json, "events", trace->num_events);
    json_unsigned(json, "foreign", trace->num_foreign);
    json_unsigned(json, "lost", trace->num_lost);
    json_unsigned(json, "bad_lines", trace->num_bad_lines);
    unsigned_or_null(json, "first_bad_line", trace->first_bad_line, trace->first_bad_line != 0);
    json_boolean(json, "cut", trace->is_cut);
    json_end(json);
}

static void print_inputs(json_text_t *json, const audit_report_t *report)
{
    const audit_t *audit = report->audit;

    json_begin_object(json, "inputs", JSON_ON_LINES);
    print_paths(json, "definitions", &report->definitions);
    if (begin_or_null(json, "sources", json_begin_object, JSON_INLINE, audit->sources.is_given)) {
        print_paths(json, "paths", &report->sources);
        json_unsigned(json, "files", audit->sources.num_files);
        json_unsigned(json, "calls", audit->sources.num_calls);
        json_end(json);
    }
    if (begin_or_null(json, "binaries", json_begin_array, JSON_ON_LINES, audit->binaries != NULL)) {
        for (const audit_binary_t *binary = audit->binaries; binary != NULL; binary = binary->next)
            print_binary(json, binary);
        json_end(json);
    }
    if (begin_or_null(json, "traces", json_begin_array, JSON_ON_LINES, audit->traces != NULL)) {
        for (const audit_trace_t *trace = audit->traces; trace != NULL; trace = trace->next)
            print_trace(json, trace);
        json_end(json);
    }
    json_end(json);
}

static void print_time(json_text_t *json, const audit_t *audit)
{
    const audit_time_t *time = &audit->time;

    if (!begin_or_null(json, "time", json_begin_object, JSON_INLINE, audit->traces != NULL && time->first <= time->last))
        return;
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

static void print_arg(json_text_t *json, const ir_probe_t *probe, const ir_arg_t *arg)
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
        json_str(json, "length", probe->args[arg->length].target_name);
    else if (arg->length_kind == LENGTH_NUL)
        json_text(json, "length", "NUL");
    else
        json_no_value(json, "length");
    json_end(json);
}

static void print_definition(json_text_t *json, const ir_probe_t *probe)
{
    if (!begin_or_null(json, "defined", json_begin_object, JSON_INLINE, probe != NULL))
        return;
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

static void print_calls(json_text_t *json, const audit_t *audit, const audit_row_t *row)
{
    if (!begin_or_null(json, "calls", json_begin_array, JSON_INLINE, audit->sources.is_given))
        return;
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

static void print_operand(json_text_t *json, const audit_operand_t *operand)
{
    json_begin_object(json, NULL, JSON_INLINE);
    json_str(json, "text", operand->text);
    unsigned_or_null(json, "size", operand->size, operand->size != 0);
    json_boolean(json, "signed", operand->is_signed);
    json_boolean(json, "float", operand->is_float);
    json_text(json, "reason", operand->reason);
    json_end(json);
}

static void print_site(json_text_t *json, const audit_site_t *site)
{
    char address[32];

    snprintf(address, sizeof(address), "0x%" PRIx64, site->address);
    json_begin_object(json, NULL, JSON_INLINE);
    json_str(json, "binary", site->binary->path);
    json_text(json, "address", address);
    str_or_null(json, "function", site->function);
    str_or_null(json, "symbol", site->symbol.n != 0 ? site->symbol : site->function);
    str_or_null(json, "file", site->file);
    unsigned_or_null(json, "line", site->line, site->file.n != 0 && site->line != 0);
    json_boolean(json, "semaphore", site->has_semaphore);
    json_begin_array(json, "operands", JSON_INLINE);
    for (unsigned i = 0; i < site->num_operands; ++i)
        print_operand(json, site->operands + i);
    json_end(json);
    json_end(json);
}

static void print_sites(json_text_t *json, const audit_t *audit, const audit_row_t *row)
{
    if (!begin_or_null(json, "sites", json_begin_array, JSON_INLINE, audit->binaries != NULL))
        return;
    for (const audit_site_t *site = row->sites; site != NULL; site = site->next)
        print_site(json, site);
    json_end(json);
}

/* ---- events ---- */

static void print_fields(json_text_t *json, const audit_t *audit, const audit_row_t *row)
{
    json_begin_object(json, "fields", JSON_INLINE);
    for (unsigned i = 0; row->probe != NULL && row->seen != NULL && row->seen->num_present != NULL && i < row->probe->num_fields;
         ++i) {
        json_begin_object(json, arena_strdup(audit->arena, row->probe->fields[i].name).p, JSON_INLINE);
        json_unsigned(json, "present", row->seen->num_present[i]);
        json_unsigned(json, "null", row->seen->num_nulls[i]);
        json_end(json);
    }
    json_end(json);
}

static void print_buckets(json_text_t *json, const audit_seen_t *seen)
{
    json_begin_array(json, "buckets", JSON_INLINE);
    for (unsigned i = 0; seen->num_events != 0 && i < AUDIT_NUM_BUCKETS; ++i)
        json_unsigned(json, NULL, seen->buckets[i]);
    json_end(json);
}

static void print_seen(json_text_t *json, const audit_t *audit, const audit_row_t *row)
{
    static const audit_seen_t none;
    const audit_seen_t *seen = row->seen != NULL ? row->seen : &none;

    if (!begin_or_null(json, "seen", json_begin_object, JSON_INLINE, audit->traces != NULL))
        return;
    json_unsigned(json, "events", seen->num_events);
    json_unsigned(json, "lost", seen->num_lost);
    number_or_null(json, "first", seen->first, seen->num_events != 0);
    number_or_null(json, "last", seen->last, seen->num_events != 0);
    print_fields(json, audit, row);
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

static void print_finding(json_text_t *json, const audit_t *audit, const audit_finding_t *finding)
{
    const finding_info_t *info = finding_infos + finding->kind;

    json_begin_object(json, NULL, JSON_INLINE);
    json_text(json, "id", info->id);
    json_text(json, "slug", info->slug);
    json_text(json, "severity", severity_name(info->severity));
    json_text(json, "title", info->title);
    str_or_null(json, "target", finding_target(audit->arena, finding));
    unsigned_or_null(json, "arg", (unsigned)finding->arg, finding->arg >= 0);
    json_str(json, "text", finding->text);
    str_or_null(json, "file", finding->file);
    unsigned_or_null(json, "line", finding->line, finding->line != 0);
    unsigned_or_null(json, "col", finding->col, finding->line != 0 && finding->col != 0);
    str_or_null(json, "suppressed", finding->suppressed);
    json_end(json);
}

/* ---- the document ---- */

static void print_row(json_text_t *json, const audit_t *audit, const audit_row_t *row)
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
    json_text_t json = {.out = out};

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
