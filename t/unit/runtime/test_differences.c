/*
 * ASSERTION: what a target and the definitions do not have in common is one line: names of what either lacks and of what has
 * another number of arguments, cut where there are many; nothing is said if they agree.
 */

#include <stdarg.h>
#include "survey/differences.h"
#include "lab.h"

#define PROBE(p, n, args)                                                                                                          \
    {                                                                                                                              \
        .provider = p, .name = n, .num_args = args                                                                                 \
    }
static const catalog_probe_t probes[] = {PROBE("app", "a", 1), PROBE("app", "b", 2), PROBE("app", "c", 3), PROBE("app", "d", 0),
                                         PROBE("app", "e", 0), PROBE("app", "f", 0), PROBE("app", "g", 0), PROBE("app", "h", 0),
                                         PROBE("app", "i", 0), PROBE("app", "j", 0), PROBE("lib", "a", 0), PROBE("lib", "b", 0),
                                         PROBE("one", "a", 0)};
#define NUM_PROBES (sizeof(probes) / sizeof(probes[0]))
static const char *const skipped[] = {"app:skipped", NULL};
const catalog_t catalog = {.tracer = "lab", .probes = probes, .num_probes = NUM_PROBES, .skipped = skipped};

static char said[4096];

static __attribute__((format(printf, 1, 2))) void say(const char *fmt, ...)
{
    size_t len = strlen(said);
    va_list args;

    va_start(args, fmt);
    vsnprintf(said + len, sizeof(said) - len, fmt, args);
    va_end(args);
}

/* A target that has the probes of the string by their letters: 1 as in the definitions, 0 not, 9 with nine arguments. */
static differences_t target_of(const char *has)
{
    differences_t differences;

    said[0] = '\0';
    if (differences_init(&differences) != 0)
        bail_out("out of memory");
    for (unsigned i = 0; i < NUM_PROBES; ++i) {
        if (has[i] != '0')
            differences_add_site(&differences, i, has[i] == '9' ? 9 : probes[i].num_args);
    }
    return differences;
}

static void add(differences_t *differences, const char *provider, const char *name)
{
    note_t note = {.provider = provider, .name = name};

    if (differences_add_unknown(differences, &note) != 0)
        bail_out("out of memory");
}

static const char all[] = "1111111111111";

static void expect(differences_t *differences, const char *is_selected, int is_whole, const char *expected, const char *what)
{
    char flags[NUM_PROBES];

    for (unsigned i = 0; i < NUM_PROBES; ++i)
        flags[i] = is_selected[i] == '1';
    differences_say(differences, flags, is_whole, say);
    is_str(said, expected, what);
    differences_dispose(differences);
}

int main(void)
{
    differences_t differences = target_of(all);

    add(&differences, "other", "x");
    add(&differences, "app", "skipped");
    expect(&differences, all, 0, "", "nothing is said if they agree, other providers are of no concern, nor what a map leaves out");

    differences = target_of("0111111111001");
    expect(&differences, all, 0, "target and definitions differ in their probes: the target lacks 3 (app:a, all 2 of lib)",
           "a provider that is missing is one name");
    differences = target_of("1111111111110");
    expect(&differences, all, 0, "target and definitions differ in their probes: the target lacks 1 (one:a)",
           "... unless it is of one probe only");
    differences = target_of("0111111111001");
    expect(&differences, "0111111111111", 0, "target and definitions differ in their probes: the target lacks 2 (all 2 of lib)",
           "what is not selected is of no concern");
    differences = target_of("0111111111001");
    add(&differences, "app", "new");
    expect(&differences, "0111111111000", 0, "", "... nor is what the definitions lack then");

    differences = target_of("1991111111111");
    add(&differences, "app", "z");
    add(&differences, "app", "\033[2J");
    add(&differences, "app", "z");
    expect(
        &differences, all, 0,
        "target and definitions differ in their probes: the definitions lack 2 (app:?[2J, app:z); of another number of arguments "
        "are 2 (app:b: 9, not 2, app:c: 9, not 3)",
        "what the definitions lack, each once and printable; other numbers of arguments");

    differences = target_of("0000000001111");
    expect(&differences, all, 0,
           "target and definitions differ in their probes: the target lacks 9 (app:a, app:b, app:c, app:d, app:e, app:f, app:g, "
           "app:h, "
           "...); -d shows all names",
           "many names are cut");
    differences = target_of("0000000001111");
    expect(&differences, all, 1,
           "target and definitions differ in their probes: the target lacks 9 (app:a, app:b, app:c, app:d, app:e, app:f, app:g, "
           "app:h, "
           "app:i)",
           "... unless all are wanted");
    return done_testing();
}
