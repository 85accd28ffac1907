/*
 * SARIF 2.1.0 (OASIS), as GitHub's code scanning wants it: a rule for each kind of finding, and results each of which has a
 * physical location, since a file with one result without is refused as a whole. So findings that are nowhere in a file (an event
 * of an unknown probe) are put to the first file of definitions; what they are about is always said by a logical location, too.
 *
 * Fingerprints have a key of their own: GitHub's upload computes "primaryLocationLineHash" itself and complains of any other value.
 */
#include <string.h>
#include "print/json_text.h"
#include "audit/report/report.h"
#include "common/version.h"

/** GitHub refuses files with more */
#define MAX_RESULTS 25000

typedef struct st_sarif_t {
    const audit_report_t *report;
    table_t occurrences; /* fingerprint's text -> unsigned *: how often it was there already */
} sarif_t;

static const char *level_of(severity_t severity)
{
    return severity == SEVERITY_ERROR ? "error" : severity == SEVERITY_WARNING ? "warning" : "note";
}

/* an object with one member */
static void print_single(json_text_t *json, const char *key, const char *member, str_t value)
{
    json_begin_object(json, key, JSON_INLINE);
    json_str(json, member, value);
    json_end(json);
}

/* ---- rules ---- */

/* "not-called" -> "NotCalled" */
static str_t rule_name(arena_t *arena, const char *slug)
{
    char *name = arena_alloc(arena, strlen(slug) + 1);
    size_t n = 0;

    for (int is_start = 1; *slug != '\0'; is_start = *slug++ == '-') {
        if (*slug != '-')
            name[n++] = is_start ? (char)(*slug & ~0x20) : *slug;
    }
    return (str_t){name, n};
}

static void print_rule(json_text_t *json, arena_t *arena, const finding_info_t *info)
{
    const char *end = strstr(info->explanation, "\n\n");
    size_t n = end != NULL ? (size_t)(end - info->explanation) : strlen(info->explanation);

    json_begin_object(json, NULL, JSON_INLINE);
    json_text(json, "id", info->id);
    json_str(json, "name", rule_name(arena, info->slug));
    print_single(json, "shortDescription", "text", str_of(info->title));
    print_single(json, "fullDescription", "text", (str_t){info->explanation, n});
    print_single(json, "help", "text", str_of(info->explanation));
    print_single(json, "defaultConfiguration", "level", str_of(level_of(info->severity)));
    json_begin_object(json, "properties", JSON_INLINE);
    json_text(json, "problem.severity", info->severity == SEVERITY_INFO ? "recommendation" : level_of(info->severity));
    json_begin_array(json, "tags", JSON_INLINE);
    json_text(json, NULL, "tracing");
    json_end(json);
    json_end(json);
    json_end(json);
}

static void print_tool(json_text_t *json, arena_t *arena)
{
    json_begin_object(json, "tool", JSON_INLINE);
    json_begin_object(json, "driver", JSON_INLINE);
    json_text(json, "name", "probegen audit");
    json_text(json, "version", PROBEGEN_VERSION);
    json_begin_array(json, "rules", JSON_ON_LINES);
    for (finding_kind_t kind = 0; kind != FINDING_NUM_KINDS; ++kind)
        print_rule(json, arena, finding_infos + kind);
    json_end(json);
    json_end(json);
    json_end(json);
}

/* ---- locations ---- */

static void print_physical(json_text_t *json, arena_t *arena, str_t file, unsigned line, unsigned col)
{
    json_begin_object(json, "physicalLocation", JSON_INLINE);
    print_single(json, "artifactLocation", "uri", uri_of_path(arena, file));
    if (line != 0) {
        json_begin_object(json, "region", JSON_INLINE);
        json_unsigned(json, "startLine", line);
        if (col != 0)
            json_unsigned(json, "startColumn", col);
        json_end(json);
    }
    json_end(json);
}

static void print_logical(json_text_t *json, const audit_finding_t *finding, str_t target)
{
    if (finding->row == NULL)
        return;
    json_begin_array(json, "logicalLocations", JSON_INLINE);
    json_begin_object(json, NULL, JSON_INLINE);
    json_str(json, "fullyQualifiedName", target);
    json_text(json, "kind", finding->arg >= 0 ? "parameter" : "function");
    json_end(json);
    json_end(json);
}

static void print_location(const sarif_t *sarif, json_text_t *json, const audit_finding_t *finding, str_t target)
{
    const audit_report_t *report = sarif->report;
    arena_t *arena = report->audit->arena;

    json_begin_array(json, "locations", JSON_INLINE);
    json_begin_object(json, NULL, JSON_INLINE);
    if (finding->file.n != 0)
        print_physical(json, arena, finding->file, finding->line, finding->col_chars);
    else
        print_physical(json, arena, report->definitions.num != 0 ? str_of(report->definitions.list[0]) : STR("probes.d"), 0, 0);
    print_logical(json, finding, target);
    json_end(json);
    json_end(json);
}

/* where the probe is defined, if the finding is elsewhere */
static void print_related(json_text_t *json, arena_t *arena, const audit_finding_t *finding)
{
    const ir_probe_t *probe = finding->row != NULL ? finding->row->probe : NULL;

    if (probe == NULL || str_eq(finding->file, str_of(probe->at.src->path)))
        return;
    position_t position = src_position(probe->at.src, probe->at.start);
    json_begin_array(json, "relatedLocations", JSON_INLINE);
    json_begin_object(json, NULL, JSON_INLINE);
    print_single(json, "message", "text", STR("the definition"));
    print_physical(json, arena, str_of(probe->at.src->path), position.line, position.col);
    json_end(json);
    json_end(json);
}

/* ---- results ---- */

/*
 * What identifies a finding from one version to the next: its kind, what it is about, in which file, and which of several such it
 * is. Its line and its text do not, since lines and addresses change.
 */
static void print_fingerprint(sarif_t *sarif, json_text_t *json, const audit_finding_t *finding, str_t target)
{
    arena_t *arena = sarif->report->audit->arena;
    str_t text = arena_printf(arena, "%s %.*s %.*s", finding_infos[finding->kind].id, STR_ARG(target), STR_ARG(finding->file));
    unsigned *num = table_get(&sarif->occurrences, text);

    if (num == NULL) {
        num = arena_alloc(arena, sizeof(*num));
        table_put(&sarif->occurrences, text, num);
    }
    json_begin_object(json, "partialFingerprints", JSON_INLINE);
    json_str(json, "probegen/v1", arena_printf(arena, "%016lx:%u", str_hash(text), ++*num));
    json_end(json);
}

/* either all results have this list or none has; an empty one says that the result is not suppressed */
static void print_suppressions(json_text_t *json, const audit_finding_t *finding)
{
    json_begin_array(json, "suppressions", JSON_INLINE);
    if (finding->suppressed.p != NULL) {
        json_begin_object(json, NULL, JSON_INLINE);
        json_text(json, "kind", "external");
        json_text(json, "status", "accepted");
        json_str(json, "justification", finding->suppressed);
        json_end(json);
    }
    json_end(json);
}

static void print_result(sarif_t *sarif, json_text_t *json, const audit_finding_t *finding)
{
    arena_t *arena = sarif->report->audit->arena;
    const finding_info_t *info = finding_infos + finding->kind;
    str_t target = finding_target(arena, finding), text = arena_printf(arena, "%.*s: %s", STR_ARG(target), info->title);

    if (finding->text.n != 0)
        text = arena_printf(arena, "%.*s: %.*s", STR_ARG(text), STR_ARG(finding->text));
    json_begin_object(json, NULL, JSON_INLINE);
    json_text(json, "ruleId", info->id);
    json_unsigned(json, "ruleIndex", finding->kind);
    json_text(json, "level", level_of(info->severity));
    print_single(json, "message", "text", text);
    print_location(sarif, json, finding, target);
    print_related(json, arena, finding);
    print_fingerprint(sarif, json, finding, target);
    if (sarif->report->verdict.num_suppressed != 0)
        print_suppressions(json, finding);
    json_end(json);
}

/* The worst first, since there is a limit. @return how many are left out */
static unsigned print_results(sarif_t *sarif, json_text_t *json)
{
    unsigned num = 0;

    json_begin_array(json, "results", JSON_ON_LINES);
    for (severity_t severity = SEVERITY_ERROR; severity != SEVERITY_NONE; --severity) {
        for (const audit_finding_t *finding = sarif->report->audit->findings; finding != NULL; finding = finding->next) {
            if (finding_infos[finding->kind].severity == severity && ++num <= MAX_RESULTS)
                print_result(sarif, json, finding);
        }
    }
    json_end(json);
    return num <= MAX_RESULTS ? 0 : num - MAX_RESULTS;
}

static void print_invocation(const sarif_t *sarif, json_text_t *json, unsigned num_left_out)
{
    json_begin_array(json, "invocations", JSON_INLINE);
    json_begin_object(json, NULL, JSON_INLINE);
    json_boolean(json, "executionSuccessful", 1);
    json_begin_array(json, "toolExecutionNotifications", JSON_INLINE);
    if (num_left_out != 0) {
        json_begin_object(json, NULL, JSON_INLINE);
        json_text(json, "level", "warning");
        print_single(
            json, "message", "text",
            arena_printf(sarif->report->audit->arena, "%u more findings are left out: --format=json has them all", num_left_out));
        json_end(json);
    }
    json_end(json);
    json_end(json);
    json_end(json);
}

void audit_print_sarif(const audit_report_t *report, FILE *out)
{
    arena_t *arena = report->audit->arena;
    sarif_t sarif = {.report = report, .occurrences = {.arena = arena}};
    json_text_t json = {.out = out};

    json_begin_object(&json, NULL, JSON_ON_LINES);
    json_text(&json, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    json_text(&json, "version", "2.1.0");
    json_begin_array(&json, "runs", JSON_INLINE);
    json_begin_object(&json, NULL, JSON_ON_LINES);
    print_tool(&json, arena);
    json_text(&json, "columnKind", "unicodeCodePoints");
    unsigned num_left_out = print_results(&sarif, &json);
    print_invocation(&sarif, &json, num_left_out);
    json_end(&json);
    json_end(&json);
    json_end(&json);
}
