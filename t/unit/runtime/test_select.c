/*
 * ASSERTION: a tracer selects the probes that its patterns match and none excludes, whatever the length of their names; what is
 * written otherwise is understood if it can mean one thing only, and is refused, with what may have been meant, if not.
 */

#include "common/catalog.h"
#include "survey/select.h"
#include "tap.h"

#define LONG 600

static char long_name[LONG + 1], longer_name[LONG + 2];
static const catalog_probe_t probes[] = {
    {.provider = "app", .name = "short"},         {.provider = "app", .name = long_name}, {.provider = "app", .name = longer_name},
    {.provider = "app", .name = "query__start"},  {.provider = "app", .name = "close"},   {.provider = "Lib", .name = "close"},
    {.provider = "Lib", .name = "receive_frame"}, {.provider = "Lib", .name = "app"},     {.provider = "Lib", .name = "APP"},
};

enum { NUM = sizeof(probes) / sizeof(probes[0]) };

const catalog_t catalog = {.tracer = "test", .probes = probes, .num_probes = NUM};

/* What two lists select, one character a probe, or the reason why that is nothing. */
static const char *select_both(const char *first, const char *second)
{
    static char text[sizeof(reason_t)];
    const char *const lists[] = {first, second};
    reason_t reason;
    char *is_selected = select_probes(lists, (first != NULL) + (second != NULL), &reason);

    if (is_selected == NULL) {
        snprintf(text, sizeof(text), "%s", reason.text);
        return text;
    }
    for (unsigned i = 0; i < NUM; ++i)
        text[i] = is_selected[i] ? 'x' : '.';
    text[NUM] = '\0';
    free(is_selected);
    return text;
}

static void selects(const char *list, const char *expected, const char *what)
{
    is_str(select_both(list, NULL), expected, what);
}

static void test_patterns(void)
{
    char longest[LONG + 16];

    selects(NULL, "xxxxxxxxx", "no pattern: all probes");
    selects("app:*", "xxxxx....", "all of a provider");
    selects("app:short", "x........", "a short name");
    selects("app:n*", ".xx......", "names of 600 bytes, by how they begin");
    snprintf(longest, sizeof(longest), "app:%s", long_name);
    selects(longest, ".x.......", "one, and not a longer one that begins so");
    snprintf(longest, sizeof(longest), "app:%s", longer_name);
    selects(longest, "..x......", "the longer one");
    snprintf(longest, sizeof(longest), "app:%s?", long_name);
    selects(longest, "..x......", "a pattern that differs at the end");
    selects("app:query-start", "...x.....", "a name as dtrace(1) shows it");
    selects("*:[cs]*", "x...xx...", "a pattern for both halves");
}

static void test_lists(void)
{
    selects("app:short,Lib:close", "x....x...", "a list");
    selects(",app:short,,Lib:close,", "x....x...", "... with commas too many");
    is_str(select_both("app:short", "Lib:close"), "x....x...", "two lists");
    selects("!app:*", ".....xxxx", "an exclusion alone: all others");
    selects("app:*,!app:n*", "x..xx....", "a pattern, but not all that it matches");
    is_str(select_both("!app:n*", "app:*"), "x..xx....", "... whichever comes first");
    selects("!app:*,!close", "......xxx", "two exclusions");
    selects("app:short,!app:*", "what -t excludes is all that it selects", "a pattern whose exclusion leaves nothing");
    selects("!*", "what -t excludes is all that it selects", "nothing at all");
    selects("", "-t wants 'PROVIDER:PROBE', not ''", "an empty list");
    selects(",,", "-t wants 'PROVIDER:PROBE', not ',,'", "commas alone");
    selects("app:short,app:none", "no probe matches 'app:none'; -l lists them", "one pattern of two that matches nothing");
}

static void test_second_tries(void)
{
    selects("short", "x........", "a probe without its provider");
    selects("close", "....xx...", "... of all that have one of that name");
    selects("Lib", ".....xxxx", "a provider alone");
    selects("!Lib", "xxxxx....", "... excluded");
    selects("*", "xxxxxxxxx", "everything");
    selects("APP:SHORT", "x........", "in another case");
    selects("lib:Close", ".....x...", "... the other half, too");
    selects("LIB", ".....xxxx", "... a provider alone");
    selects("Lib:APP", "........x", "what matches as it is written is that alone");
    selects("Lib:aPP", ".......xx", "... and what does not is any of them");
    selects("APP", "........x", "... also of a name without its provider");
    selects("app", "'app' may be a provider or a probe: 'app:*' or '*:app'", "a name of both a provider and a probe of another");
    selects("!ap?", "'ap?' may be a provider or a probe: 'ap?:*' or '*:ap?'", "... and a pattern for both");
}

static void test_suggestions(void)
{
    selects("app:shrot", "no probe matches 'app:shrot'; did you mean 'app:short'?", "two letters swapped");
    selects("app:shrt", "no probe matches 'app:shrt'; did you mean 'app:short'?", "a letter forgotten");
    selects("ap:short", "no probe matches 'ap:short'; did you mean 'app:short'?", "... of the provider");
    selects("app:shoort", "no probe matches 'app:shoort'; did you mean 'app:short'?", "a letter too many");
    selects("app.short", "no probe matches 'app.short'; did you mean 'app:short'?", "another character");
    selects("APP:SHROT", "no probe matches 'APP:SHROT'; did you mean 'app:short'?", "... in another case");
    selects("recieve*", "no probe matches 'recieve*'; did you mean 'Lib:receive_frame'?", "a pattern");
    selects("clsoe", "no probe matches 'clsoe'; did you mean 'app:close' or 'Lib:close'?", "several that are as near");
    selects("!clsoe", "no probe matches 'clsoe'; did you mean 'app:close' or 'Lib:close'?", "an exclusion of nothing");
    selects("Libb:*", "no probe matches 'Libb:*'; did you mean 'Lib:*'?", "a provider");
    selects("app:", "no probe matches 'app:'; did you mean 'app:*'?", "half of a pattern");
    selects("app:nothing", "no probe matches 'app:nothing'; -l lists them", "what is like nothing");
    selects(":", "no probe matches ':'; -l lists them", "... and next to nothing");
}

int main(void)
{
    memset(long_name, 'n', LONG);
    memset(longer_name, 'n', LONG + 1);
    test_patterns();
    test_lists();
    test_second_tries();
    test_suggestions();
    return done_testing();
}
