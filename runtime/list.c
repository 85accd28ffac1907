#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "exit.h"
#include "list.h"
#include "say.h"

/* An argument as it was declared: the name stands within a pointer to a function and before the size of an array. */
static void print_argument(const catalog_arg_t *arg)
{
    const char *function = strstr(arg->type, "(*"), *behind = function != NULL ? function + 2 : strchrnul(arg->type, '[');
    int n = behind - arg->type;

    if (arg->name == NULL)
        printf("%s", arg->type);
    else
        printf("%.*s%s%s%s", n, arg->type, n > 0 && strchr(" *", arg->type[n - 1]) == NULL ? " " : "", arg->name, behind);
}

static void print_probe(const catalog_probe_t *probe)
{
    printf("%s:%s(", probe->provider, probe->name);
    for (unsigned i = 0; i < probe->num_args; ++i) {
        printf("%s", i == 0 ? "" : ", ");
        print_argument(probe->args + i);
    }
    printf(")\n");
}

static int finish(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_OK;
    tracer_say("cannot write the list: %s", strerror(errno));
    return EXIT_OUTPUT;
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
                printf("    %s+0x%llx%s  %s\n", site->module->name, (unsigned long long)site->offset,
                       site->semaphore_offset != 0 ? "" : " (no semaphore)", site->args);
        }
    }
    return finish();
}
