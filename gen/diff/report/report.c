/* The formats by name, and what more than one of them says of changes. */
#include "diff/report/report.h"
#include "base/text.h"
#include "print/print.h"

#define DIFF_FORMAT(name, help) FORMAT_FUNCTIONS(diff_print, name, diff_report_t)
#include "diff/report/formats.def"
#undef DIFF_FORMAT

const format_t diff_formats[] = {
#define DIFF_FORMAT(name, help) {#name, help, print_as_##name},
#include "diff/report/formats.def"
#undef DIFF_FORMAT
    {NULL, NULL, NULL}};

const char *const effect_words[] = {[EFFECT_COMPATIBLE] = "ok", [EFFECT_BREAKING] = "BREAKING", [EFFECT_UNKNOWN] = "?"};

int diff_is_failed(const diff_t *diff, uint64_t fail_on)
{
    int is_failed = (fail_on >> FAIL_ON_CHANGE & 1) != 0 && diff->num_changes != 0;

    for (diff_user_t user = 0; user != NUM_USERS; ++user)
        is_failed |= (fail_on >> user & 1) != 0 && diff->num_breaking[user] != 0;
    return is_failed;
}

/* "breaking for scripts 2, JSON 1" */
static str_t breaking_text(const diff_t *diff)
{
    str_t text = {NULL, 0};

    for (diff_user_t user = 0; user != NUM_USERS; ++user) {
        if (diff->num_breaking[user] != 0)
            text = arena_printf(diff->arena, "%.*s%s%s %u", STR_ARG(text), text.n == 0 ? "breaking for " : ", ", user_titles[user],
                                diff->num_breaking[user]);
    }
    return text.n != 0 ? text : STR("none is breaking");
}

str_t diff_verdict(const diff_report_t *report)
{
    const diff_t *diff = report->diff;
    unsigned before = diff->before.num_probes, after = diff->after.num_probes;
    str_t breaking = breaking_text(diff);

    if (diff->num_changes == 0)
        return arena_printf(diff->arena, "no changes: %u probe%s", after, plural_of(after));
    return arena_printf(diff->arena, "%s: %u change%s; %.*s; %u -> %u probe%s", report->is_failed ? "FAILED" : "ok",
                        diff->num_changes, plural_of(diff->num_changes), STR_ARG(breaking), before, after, plural_of(after));
}

const change_end_t *change_end(const change_t *change)
{
    return change->after.provider != NULL ? &change->after : &change->before;
}

int change_is_of_provider(const change_t *change)
{
    return (change->kind == CHANGE_PROBE_ADDED || change->kind == CHANGE_PROBE_REMOVED) &&
           change_end(change)->provider->partner == NULL;
}

str_t provider_probes(arena_t *arena, const side_provider_t *provider)
{
    text_t text = {.arena = arena};

    for (unsigned i = 0; i < provider->num_probes; ++i) {
        if (i != 0)
            text_put(&text, ", ", 2);
        text_put(&text, provider->probes[i].name.p, provider->probes[i].name.n);
    }
    return (str_t){text.p, text.n};
}
