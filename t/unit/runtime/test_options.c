/*
 * ASSERTION: a tracer selects the probes that its patterns match, whatever the length of their names.
 */

#include <unistd.h>
#include "common/catalog.h"
#include "options.h"
#include "tap.h"

#define LONG 600

static char long_name[LONG + 1], longer_name[LONG + 2];
static const catalog_probe_t probes[] = {
    {.provider = "app", .name = "short"},
    {.provider = "app", .name = long_name},
    {.provider = "app", .name = longer_name},
};
const catalog_t catalog = {.tracer = "test", .probes = probes, .num_probes = 3};

static void selects(const char *name, const char *end, const char *expected, const char *what)
{
    char glob[LONG + 16], got[4] = "...";
    const char *const globs[] = {glob};

    snprintf(glob, sizeof(glob), "app:%s%s", name, end);
    char *is_selected = tracer_options_select(&(tracer_options_t){.globs = globs, .num_globs = 1});
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (is_selected[i])
            got[i] = 'x';
    }
    is_str(got, expected, what);
    free(is_selected);
}

int main(void)
{
    memset(long_name, 'n', LONG);
    memset(longer_name, 'n', LONG + 1);
    selects("*", "", "xxx", "all probes");
    selects("short", "", "x..", "a short name");
    selects("n*", "", ".xx", "names of 600 bytes, by how they begin");
    selects(long_name, "", ".x.", "one, and not a longer one that begins so");
    selects(longer_name, "", "..x", "the longer one");
    selects(long_name, "?", "..x", "a pattern that differs at the end");
    return done_testing();
}
