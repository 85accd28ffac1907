/*
 * Which probes are meant. Somebody who types a pattern sees at once what it selects (-l), so what can have one meaning only is
 * taken for that: a name without its provider, another case. What could have two is refused.
 */
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/catalog.h"
#include "common/reason.h"
#include "survey/select.h"
#include "usdt/name.h"

/* names that a message suggests */
#define MAX_SUGGESTED 3

/* what a pattern may come to, besides a number of probes and -1 */
enum { AMBIGUOUS = -2 };

/* ---- one pattern ---- */

static int fits(const char *glob, const char *name, int flags)
{
    return fnmatch(glob, name, flags) == 0;
}

/* Whether a pattern matches a name as the definitions spell it, `query__start`, or as dtrace(1) shows it, `query-start`.
 * @return -1: out of memory */
static int matches(const char *glob, const char *name, int flags)
{
    char *defined = name_defined(glob), *shown = name_shown(name);
    int result = -1;

    if (defined != NULL && shown != NULL)
        result = fits(glob, name, flags) || fits(defined, name, flags) || fits(glob, shown, flags);
    free(defined);
    free(shown);
    return result;
}

/* Adds the probes that "PROVIDER:PROBE" matches. @return how many; -1: out of memory */
static int match_probes(const char *glob, int flags, char *is_matched)
{
    int num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        char *name;
        if (asprintf(&name, "%s:%s", catalog.probes[i].provider, catalog.probes[i].name) < 0)
            return -1;
        int result = matches(glob, name, flags);
        free(name);
        if (result == -1)
            return -1;
        is_matched[i] |= result;
        num += result;
    }
    return num;
}

/* The same for a pattern with something before it and behind it. */
static int match_around(const char *before, const char *glob, const char *behind, int flags, char *is_matched)
{
    char *whole;
    int num = -1;

    if (asprintf(&whole, "%s%s%s", before, glob, behind) >= 0) {
        num = match_probes(whole, flags, is_matched);
        free(whole);
    }
    return num;
}

/* "PROBE" or "PROVIDER". @return as match_probes(), and AMBIGUOUS */
static int match_half(const char *glob, int flags, char *is_matched)
{
    char *of_provider = calloc(catalog.num_probes + 1, 1);
    int num = match_around("*:", glob, "", flags, is_matched);
    int num_of_provider = of_provider != NULL ? match_around("", glob, ":*", flags, of_provider) : -1;

    if (num == -1 || num_of_provider == -1) {
        num = -1;
    } else if (num == 0) {
        memcpy(is_matched, of_provider, catalog.num_probes);
        num = num_of_provider;
    } else if (num_of_provider != 0 && memcmp(is_matched, of_provider, catalog.num_probes) != 0) {
        num = AMBIGUOUS;
    }
    free(of_provider);
    return num;
}

/* Adds what a pattern matches in the first of the ways in which it matches something. */
static int match(const char *glob, char *is_selected)
{
    static const int tries[] = {0, FNM_CASEFOLD};
    char *is_matched = calloc(catalog.num_probes + 1, 1);
    int num = is_matched != NULL ? 0 : -1;

    for (size_t i = 0; num == 0 && i < sizeof(tries) / sizeof(tries[0]); ++i)
        num = strchr(glob, ':') != NULL ? match_probes(glob, tries[i], is_matched) : match_half(glob, tries[i], is_matched);
    for (unsigned i = 0; num > 0 && i < catalog.num_probes; ++i)
        is_selected[i] |= is_matched[i];
    free(is_matched);
    return num;
}

/* ---- what may have been meant ---- */

typedef struct st_suggestions_t {
    struct st_suggestion_t {
        const char *provider, *probe;
    } list[MAX_SUGGESTED];
    size_t num;
    unsigned distance; /* of all of them */
} suggestions_t;

/* The distance from PROVIDER:PROBE or, of a pattern that has no provider, from a half of it, whichever is less. */
static unsigned distance_of(const char *glob, const char *whole, const char *half)
{
    unsigned d = near_distance(glob, whole), of_half = strchr(glob, ':') == NULL ? near_distance(glob, half) : UINT_MAX;

    return d < of_half ? d : of_half;
}

/* @param half the name that a pattern without a provider may mean
 * @param most how far away it may be */
static void consider(suggestions_t *suggestions, const char *glob, unsigned most, struct st_suggestion_t suggestion,
                     const char *half)
{
    char *whole;

    if (asprintf(&whole, "%s:%s", suggestion.provider, suggestion.probe) < 0)
        return;
    unsigned d = distance_of(glob, whole, half);
    if (d <= most && (suggestions->num == 0 || d < suggestions->distance))
        *suggestions = (suggestions_t){.distance = d};
    if (d <= most && d == suggestions->distance && suggestions->num < MAX_SUGGESTED)
        suggestions->list[suggestions->num++] = suggestion;
    free(whole);
}

/* What is nearest: providers first. A probe has to be nearer than they are, since all probes of one are as near as it is. */
static void find_nearest(suggestions_t *suggestions, const char *glob)
{
    unsigned most = near_most(glob);
    const char *last = "";

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const char *provider = catalog.probes[i].provider;
        if (strcmp(provider, last) != 0)
            consider(suggestions, glob, most, (struct st_suggestion_t){provider, "*"}, provider);
        last = provider;
    }
    if (suggestions->num != 0 && suggestions->distance == 0)
        return;
    if (suggestions->num != 0)
        most = suggestions->distance - 1;
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        consider(suggestions, glob, most, (struct st_suggestion_t){probe->provider, probe->name}, probe->name);
    }
}

static void explain_nothing(const char *glob, reason_t *reason)
{
    suggestions_t suggestions = {.num = 0};
    char *names = NULL;
    size_t size;
    FILE *to;

    find_nearest(&suggestions, glob);
    if (suggestions.num != 0 && (to = open_memstream(&names, &size)) != NULL) {
        for (size_t i = 0; i < suggestions.num; ++i)
            fprintf(to, "%s'%s:%s'",
                    i == 0                     ? ""
                    : i + 1 != suggestions.num ? ", "
                                               : " or ",
                    suggestions.list[i].provider, suggestions.list[i].probe);
        fclose(to);
    }
    if (names != NULL)
        reason_set(reason, "no probe matches '%s'; did you mean %s?", glob, names);
    else
        reason_set(reason, "no probe matches '%s'; -l lists them", glob);
    free(names);
}

/* ---- all of them ---- */

typedef struct st_selection_t {
    char *is_wanted, *is_excluded; /* by index */
    int has_wanted;                /* a pattern says what is wanted */
} selection_t;

static int add_pattern(selection_t *selection, const char *glob, reason_t *reason)
{
    int is_excluding = glob[0] == '!',
        num = match(glob + is_excluding, is_excluding ? selection->is_excluded : selection->is_wanted);

    glob += is_excluding;
    if (num == 0)
        explain_nothing(glob, reason);
    else if (num == AMBIGUOUS)
        reason_set(reason, "'%s' may be a provider or a probe: '%s:*' or '*:%s'", glob, glob, glob);
    selection->has_wanted |= !is_excluding;
    return num > 0 ? 0 : -1;
}

static int add_list(selection_t *selection, const char *list, reason_t *reason)
{
    const char *p = list;
    unsigned num = 0;
    int failed = 0;

    for (size_t n; !failed && *p != '\0'; p += n + (p[n] == ',')) {
        n = strcspn(p, ",");
        if (n == 0)
            continue;
        char *glob = strndup(p, n);
        failed = glob != NULL ? add_pattern(selection, glob, reason) : -1;
        free(glob);
        ++num;
    }
    return failed || num != 0 ? failed : reason_set(reason, "-t wants 'PROVIDER:PROBE', not '%s'", list);
}

char *select_probes(const char *const *lists, size_t num_lists, reason_t *reason)
{
    selection_t selection = {.is_wanted = calloc(catalog.num_probes + 1, 1), .is_excluded = calloc(catalog.num_probes + 1, 1)};
    int failed = selection.is_wanted == NULL || selection.is_excluded == NULL ? -1 : 0, num = 0;

    reason->text[0] = '\0';
    for (size_t i = 0; !failed && i < num_lists; ++i)
        failed = add_list(&selection, lists[i], reason);
    for (unsigned i = 0; !failed && i < catalog.num_probes; ++i) {
        selection.is_wanted[i] = (!selection.has_wanted || selection.is_wanted[i]) && !selection.is_excluded[i];
        num += selection.is_wanted[i];
    }
    if (!failed && num == 0 && num_lists != 0)
        failed = reason_set(reason, "what -t excludes is all that it selects");
    free(selection.is_excluded);
    if (!failed)
        return selection.is_wanted;
    free(selection.is_wanted);
    return NULL;
}
