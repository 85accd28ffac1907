#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "common/safe.h"
#include "options/exit.h"
#include "list.h"
#include "common/say.h"

/* of lines below a probe */
#define INDENT 4
#define WIDTH 80

/* What the definition says, whose lines may be of any width. */
static void print_doc(const char *doc)
{
    int col = 0;

    for (const char *p = doc; *p != '\0';) {
        int n = (int)strcspn(p, " \n");
        if (n != 0 && col != 0 && col + 1 + n > WIDTH) {
            putchar('\n');
            col = 0;
        }
        if (n != 0) {
            col += printf("%*s", col == 0 ? INDENT : 1, "") + n;
            safe_print(stdout, p, n);
        }
        p += n;
        p += *p != '\0';
    }
    if (col != 0)
        putchar('\n');
}

/* "conn_id  integer, found in conn: super.id of struct st_x, with -a" */
static void print_field(const catalog_probe_t *probe, const catalog_field_t *field, int width)
{
    static const char *const values[] = {
        [CATALOG_VALUE_INTEGER] = "integer", [CATALOG_VALUE_BOOLEAN] = "true or false",
        [CATALOG_VALUE_FLOAT] = "number",    [CATALOG_VALUE_POINTER] = "pointer",
        [CATALOG_VALUE_TEXT] = "text",       [CATALOG_VALUE_BYTES] = "bytes, as hex",
        [CATALOG_VALUE_ADDRESS] = "address", [CATALOG_VALUE_OBJECT] = "object",
    };
    const char *arg = probe->args[field->arg].name;

    printf("%*s%-*s  %s", INDENT * 2, "", width, field->name, values[field->value]);
    if (field->path != -1) {
        const catalog_path_t *path = catalog.paths + field->path;
        printf(", of %s: %s%s%s", arg != NULL ? arg : "an argument without a name", path->type, path->path[0] != '\0' ? " " : "",
               path->path);
    }
    puts(field->gate & PG_SHOW_SECRETS ? "; with --secrets" : field->gate & PG_SHOW_APPDATA ? "; with -a" : "");
}

static void print_details(const catalog_probe_t *probe)
{
    int width = 0;

    if (probe->doc != NULL)
        print_doc(probe->doc);
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        int n = (int)strlen(probe->fields[i].name);
        width = n > width ? n : width;
    }
    for (unsigned i = 0; i < probe->num_fields; ++i)
        print_field(probe, probe->fields + i, width);
}

static void print_probe(const catalog_probe_t *probe, int is_verbose)
{
    printf("%s:%s(", probe->provider, probe->name);
    for (unsigned i = 0; i < probe->num_args; ++i)
        printf("%s%s", i == 0 ? "" : ", ", probe->args[i].declaration);
    printf(")\n");
    if (is_verbose)
        print_details(probe);
}

/* Path and operands are what the target's files say. */
static void print_site(const site_t *site)
{
    printf("%*s", INDENT, "");
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

int list_catalog(const char *is_selected, int is_verbose)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (is_selected[i])
            print_probe(catalog.probes + i, is_verbose);
    }
    return finish();
}

int list_sites(const sites_t *sites, int is_verbose)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (sites->of_probe[i] == 0)
            continue;
        print_probe(catalog.probes + i, is_verbose);
        for (size_t j = 0; j < sites->num; ++j) {
            const site_t *site = sites->list + j;
            if (site->probe == catalog.probes + i)
                print_site(site);
        }
    }
    return finish();
}
