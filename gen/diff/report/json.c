/*
 * Everything that the comparison knows, as one JSON document; diff.schema.json describes it. What is not there is null.
 */
#include "print/json_text.h"
#include "diff/report/report.h"
#include "common/version.h"

/** rises when something is renamed or removed, not when something is added */
#define SCHEMA_VERSION 1

/* null for what is not there */
static void str_or_null(json_text_t *json, const char *key, const str_t *text)
{
    if (text != NULL)
        json_str(json, key, *text);
    else
        json_no_value(json, key);
}

static void print_side(json_text_t *json, const char *key, const side_t *side)
{
    json_begin_object(json, key, JSON_INLINE);
    json_text(json, "path", side->path);
    json_text(json, "kind", side->ir != NULL ? "definitions" : "binary");
    json_unsigned(json, "providers", side->num_providers);
    json_unsigned(json, "probes", side->num_probes);
    json_end(json);
}

static void print_verdict(json_text_t *json, const diff_report_t *report)
{
    const diff_t *diff = report->diff;

    json_begin_object(json, "verdict", JSON_INLINE);
    json_boolean(json, "failed", report->is_failed);
    json_str(json, "text", diff_verdict(report));
    json_unsigned(json, "changes", diff->num_changes);
    json_begin_object(json, "breaking", JSON_INLINE);
    for (diff_user_t user = 0; user != NUM_USERS; ++user)
        json_unsigned(json, user_slugs[user], diff->num_breaking[user]);
    json_end(json);
    json_begin_array(json, "fail_on", JSON_INLINE);
    for (diff_user_t user = 0; user != NUM_USERS; ++user) {
        if ((report->fail_on >> user & 1) != 0)
            json_text(json, NULL, user_slugs[user]);
    }
    if ((report->fail_on >> FAIL_ON_CHANGE & 1) != 0)
        json_text(json, NULL, "change");
    json_end(json);
    json_end(json);
}

static void print_sums(json_text_t *json, const diff_t *diff)
{
    json_begin_object(json, "kinds", JSON_INLINE);
    for (change_kind_t kind = 0; kind != CHANGE_NUM_KINDS; ++kind) {
        if (diff->num_kinds[kind] != 0)
            json_unsigned(json, change_slugs[kind], diff->num_kinds[kind]);
    }
    json_end(json);
}

/* ---- a change ---- */

static void print_record(json_text_t *json, const side_probe_t *probe)
{
    if (!side_has_record(probe)) {
        json_no_value(json, "record");
        return;
    }
    json_begin_object(json, "record", JSON_INLINE);
    json_unsigned(json, "id", probe->ir->id);
    json_unsigned(json, "size", probe->ir->size);
    json_unsigned(json, "slots", probe->ir->num_slots);
    json_end(json);
}

static void print_argument(json_text_t *json, const change_end_t *end)
{
    const ir_probe_t *ir = end->probe->ir;

    if (end->arg == -1) {
        json_no_value(json, "argument");
        return;
    }
    json_begin_object(json, "argument", JSON_INLINE);
    json_unsigned(json, "index", (unsigned)end->arg);
    str_or_null(json, "name", ir != NULL && ir->args[end->arg].name.n != 0 ? &ir->args[end->arg].name : NULL);
    json_end(json);
}

static void print_end(json_text_t *json, const char *key, const change_end_t *end)
{
    if (end->provider == NULL && end->text.n == 0) {
        json_no_value(json, key);
        return;
    }
    json_begin_object(json, key, JSON_INLINE);
    if (end->probe != NULL) {
        json_str(json, "probe", end->probe->name);
        if (end->probe->ir != NULL)
            print_record(json, end->probe);
        print_argument(json, end);
        str_or_null(json, "member", end->field != NULL ? &end->field->name : NULL);
    }
    json_str(json, "text", end->text);
    json_end(json);
}

static void print_change(json_text_t *json, const change_t *change)
{
    const change_end_t *end = change_end(change);

    json_begin_object(json, NULL, JSON_INLINE);
    json_text(json, "kind", change_slugs[change->kind]);
    str_or_null(json, "provider", end->provider != NULL ? &end->provider->name : NULL);
    str_or_null(json, "probe", end->probe != NULL ? &end->probe->name : NULL);
    json_str(json, "text", change->text);
    for (diff_user_t user = 0; user != NUM_USERS; ++user)
        json_text(json, user_slugs[user], effect_slugs[change->effects[user]]);
    print_end(json, "old", &change->before);
    print_end(json, "new", &change->after);
    json_end(json);
}

void diff_print_json(const diff_report_t *report, FILE *out)
{
    const diff_t *diff = report->diff;
    json_text_t json = {.out = out};

    json_begin_object(&json, NULL, JSON_ON_LINES);
    json_begin_object(&json, "tool", JSON_INLINE);
    json_text(&json, "name", "probegen diff");
    json_text(&json, "version", PROBEGEN_VERSION);
    json_end(&json);
    json_unsigned(&json, "schema_version", SCHEMA_VERSION);
    print_side(&json, "old", &diff->before);
    print_side(&json, "new", &diff->after);
    print_verdict(&json, report);
    print_sums(&json, diff);
    json_begin_array(&json, "changes", JSON_ON_LINES);
    for (const change_t *change = diff->changes; change != NULL; change = change->next)
        print_change(&json, change);
    json_end(&json);
    json_end(&json);
}
