/*
 * The list of changes, in the order in which compare.c finds them, and the words for kinds, users and effects that all formats
 * share. What can change is a table, changes.def; whom it breaks is for rules.c to say, later.
 */
#include "diff/compare/change.h"

const char *const change_slugs[] = {
#define CHANGE(id, slug, scripts, json, records) slug,
#include "diff/compare/changes.def"
#undef CHANGE
};
const char *const user_titles[] = {[USER_SCRIPTS] = "scripts", [USER_JSON] = "JSON", [USER_RECORDS] = "records"};
const char *const user_slugs[] = {[USER_SCRIPTS] = "scripts", [USER_JSON] = "json", [USER_RECORDS] = "records"};
const char *const effect_slugs[] = {
    [EFFECT_COMPATIBLE] = "compatible", [EFFECT_BREAKING] = "breaking", [EFFECT_UNKNOWN] = "unknown"};

change_end_t end_of_provider(const side_provider_t *provider)
{
    return (change_end_t){.provider = provider, .arg = -1};
}

change_end_t end_of_probe(const side_probe_t *probe)
{
    return (change_end_t){.provider = probe->provider, .probe = probe, .arg = -1};
}

change_end_t end_of_arg(const side_probe_t *probe, int arg)
{
    const ir_field_t *field = probe->ways == NULL ? ir_field_of_arg(probe->ir, (unsigned)arg) : NULL;

    return (change_end_t){.provider = probe->provider, .probe = probe, .arg = arg, .field = field};
}

change_end_t end_of_field(const side_probe_t *probe, const ir_field_t *field)
{
    return (change_end_t){.provider = probe->provider, .probe = probe, .arg = (int)field->arg, .field = field};
}

void change_add(diff_t *diff, change_kind_t kind, change_end_t before, str_t old_text, change_end_t after, str_t new_text,
                const char *fmt, ...)
{
    change_t *change = arena_alloc(diff->arena, sizeof(*change));
    va_list args;

    *change = (change_t){.kind = kind, .before = before, .after = after};
    change->before.text = old_text;
    change->after.text = new_text;
    va_start(args, fmt);
    change->text = arena_vprintf(diff->arena, fmt, args);
    va_end(args);
    *diff->next = change;
    diff->next = &change->next;
    ++diff->num_changes;
}
