#include <fnmatch.h>
#include <string.h>
#include "audit/evidence/suppress.h"
#include "base/chars.h"
#include "base/file.h"

/* since each is compared with every finding */
#define MAX_ENTRIES 10000

/* One line, taken apart. */
typedef struct st_entry_t {
    int is_maybe; /* it may match nothing, since builds differ */
    span_t id, target;
    str_t reason;
} entry_t;

static span_t take_word(span_t *rest)
{
    const char *text = rest->src->text;
    span_t word;

    while (rest->start < rest->end && char_is_blank(text[rest->start]))
        ++rest->start;
    word = *rest;
    while (rest->start < rest->end && !char_is_blank(text[rest->start]))
        ++rest->start;
    word.end = rest->start;
    return word;
}

/* "[maybe] ID TARGET REASON" */
static entry_t split(span_t line)
{
    entry_t entry;
    const char *text = line.src->text;
    span_t rest = line;

    entry.id = take_word(&rest);
    entry.is_maybe = str_is(span_text(entry.id), "maybe");
    if (entry.is_maybe)
        entry.id = take_word(&rest);
    entry.target = take_word(&rest);
    while (rest.start < rest.end && char_is_blank(text[rest.start]))
        ++rest.start;
    while (rest.start < rest.end && char_is_blank(text[rest.end - 1]))
        --rest.end;
    entry.reason = span_text(rest);
    return entry;
}

/* What each finding is about, worked out once for all lines. */
static const char **list_targets(const audit_t *audit)
{
    size_t num = 0;

    for (const audit_finding_t *finding = audit->findings; finding != NULL; finding = finding->next)
        ++num;
    const char **targets = arena_alloc(audit->arena, num * sizeof(*targets));
    num = 0;
    for (const audit_finding_t *finding = audit->findings; finding != NULL; finding = finding->next)
        targets[num++] = arena_strdup(audit->arena, finding_target(audit->arena, finding)).p;
    return targets;
}

/* Findings about suppressions have come after the others and have no target, but they are of another kind, too. */
static unsigned mark(audit_t *audit, const char *const *targets, finding_kind_t kind, const char *pattern, str_t reason)
{
    unsigned num_matches = 0;

    for (audit_finding_t *finding = audit->findings; finding != NULL; finding = finding->next, ++targets) {
        if (finding->kind != kind || fnmatch(pattern, *targets, 0) != 0)
            continue;
        ++num_matches;
        finding->suppressed = reason;
    }
    return num_matches;
}

/* What is missing in an entry, a literal; NULL: nothing. */
static const char *incompleteness(finding_kind_t kind, str_t target, str_t reason)
{
    /* those about suppressions may not be suppressed */
    if (kind == FINDING_NUM_KINDS || kind == FINDING_P024 || kind == FINDING_P025)
        return "there is no such finding that can be suppressed";
    if (target.n == 0)
        return "it does not say what it is about";
    return reason.n == 0 ? "it does not say why" : NULL;
}

static void apply(audit_t *audit, const char *const *targets, const entry_t *entry)
{
    str_t id = arena_strdup(audit->arena, span_text(entry->id)), target = arena_strdup(audit->arena, span_text(entry->target));
    finding_kind_t kind = finding_of_name(id.p);
    const char *missing = incompleteness(kind, target, entry->reason);
    audit_finding_t *finding;

    if (missing != NULL)
        finding = finding_add(audit, NULL, FINDING_P024, "'%.*s%s%.*s': %s", STR_ARG(id), target.n != 0 ? " " : "", STR_ARG(target),
                              missing);
    else if (mark(audit, targets, kind, target.p, entry->reason) == 0 && !entry->is_maybe)
        finding = finding_add(audit, NULL, FINDING_P025, "'%.*s %.*s'", STR_ARG(id), STR_ARG(target));
    else
        return;
    finding_at(finding, entry->id);
}

void audit_suppress(audit_t *audit, const char *path)
{
    src_t *src = src_load(audit->arena, audit->diag, path);
    const char **targets = list_targets(audit);
    unsigned num_entries = 0;

    for (uint32_t start = 0, end; src != NULL && start < src->len; start = end + 1) {
        const char *newline = memchr(src->text + start, '\n', src->len - start);
        end = newline != NULL ? (uint32_t)(newline - src->text) : src->len;
        entry_t entry = split((span_t){.src = src, .start = start, .end = end});
        if (!entry.is_maybe && (entry.id.start == entry.id.end || src->text[entry.id.start] == '#'))
            continue;
        if (num_entries++ == MAX_ENTRIES) {
            audit_fail(audit, "'%s' has more than %d suppressions: use patterns", path, MAX_ENTRIES);
            break;
        }
        apply(audit, targets, &entry);
    }
}
