#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "common/safe.h"
#include "exit.h"
#include "list.h"
#include "common/say.h"

static void print_probe(const catalog_probe_t *probe)
{
    printf("%s:%s(", probe->provider, probe->name);
    for (unsigned i = 0; i < probe->num_args; ++i)
        printf("%s%s", i == 0 ? "" : ", ", probe->args[i].declaration);
    printf(")\n");
}

/* Path and operands are what the target's files say. */
static void print_site(const site_t *site)
{
    fputs("    ", stdout);
    safe_print(stdout, site->module->name, strlen(site->module->name));
    printf("+0x%llx%s  ", (unsigned long long)site->offset, site->semaphore_offset != 0 ? "" : " (no semaphore)");
    safe_print(stdout, site->args, strlen(site->args));
    putchar('\n');
}

static int finish(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return TRACER_OK;
    tracer_say("cannot write the list: %s", strerror(errno));
    return TRACER_OUTPUT;
}

int list_catalog(const char *is_selected)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (is_selected[i])
            print_probe(catalog.probes + i);
    }
    return finish();
}

int list_sites(const sites_t *sites)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (sites->of_probe[i] == 0)
            continue;
        print_probe(catalog.probes + i);
        for (size_t j = 0; j < sites->num; ++j) {
            const site_t *site = sites->list + j;
            if (site->probe == catalog.probes + i)
                print_site(site);
        }
    }
    return finish();
}
