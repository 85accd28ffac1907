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

/*
 * Text in lines of at most WIDTH, if its words are not longer.
 * @param col where the line is, @param indent of those that follow; the caller ends the last one
 */
static int print_wrapped(const char *text, int col, int indent)
{
    for (const char *p = text; *p != '\0';) {
        int n = (int)strcspn(p, " \n");
        if (n != 0 && col > indent && col + 1 + n > WIDTH) {
            putchar('\n');
            col = 0;
        }
        if (n != 0) {
            int blanks = col < indent ? indent - col : col > indent;
            printf("%*s", blanks, "");
            safe_print(stdout, p, n);
            col += blanks + n;
        }
        p += n;
        p += *p != '\0';
    }
    return col;
}

static const char *how_shown(const catalog_field_t *field)
{
    static const char *const values[] = {
        [CATALOG_VALUE_INTEGER] = "integer",
        [CATALOG_VALUE_BOOLEAN] = "true or false",
        [CATALOG_VALUE_FLOAT] = "number",
        [CATALOG_VALUE_POINTER] = "pointer, \"0x...\"",
        [CATALOG_VALUE_TEXT] = "text",
        [CATALOG_VALUE_BYTES] = "bytes, in hex",
        [CATALOG_VALUE_ADDRESS] = "address, as text",
        [CATALOG_VALUE_OBJECT] = "object",
        [CATALOG_VALUE_DURATION] = "duration in ms",
    };

    return values[field->value];
}

/* "duration in ms; since the h2o:receive_request with the same conn_id, req_id; only with --durations" */
static void describe_duration(char *what, size_t size, const catalog_probe_t *probe, const catalog_field_t *field)
{
    const catalog_role_t *role = probe->roles;
    const char *before = "; since the last ";
    size_t n = (size_t)snprintf(what, size, "%s", how_shown(field));

    while (role->pair != field->pair - 1)
        ++role;
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *begin = catalog.probes + i;
        for (unsigned j = 0; j < begin->num_roles && n < size; ++j) {
            if (begin->roles[j].is_end || begin->roles[j].pair != role->pair)
                continue;
            n += (size_t)snprintf(what + n, size - n, "%s%s:%s", before, begin->provider, begin->name);
            before = " or ";
        }
    }
    for (unsigned i = 0; i < role->num_keys && n < size; ++i)
        n += (size_t)snprintf(what + n, size - n, "%s%s", i == 0 ? " of the same " : ", ", role->keys[i].name);
    if (n < size)
        snprintf(what + n, size - n, "; only with --durations");
}

/*
 * "conn_id  integer; conn->super.id of struct st_x; with -a": name and what it is in JSON, what it is in C, who sees it. Lines are
 * broken at blanks, so `what` is put together first.
 */
static void print_field(const catalog_probe_t *probe, const catalog_field_t *field, int width)
{
    const catalog_arg_t *arg = field->pair == 0 ? probe->args + field->arg : NULL;
    const char *name = arg != NULL && arg->name != NULL ? arg->name : "(no name)";
    const char *gate = field->gate & PG_SHOW_SECRETS   ? "; only with --secrets"
                       : field->gate & PG_SHOW_APPDATA ? "; only with -a"
                                                       : "";
    const char *unless = field->is_optional ? "; not there if it is 0" : "";
    char what[1024];

    if (arg == NULL) {
        describe_duration(what, sizeof(what), probe, field);
    } else if (field->path == -1) {
        snprintf(what, sizeof(what), "%s; %s%s", how_shown(field), arg->declaration, gate);
    } else {
        const catalog_path_t *path = catalog.paths + field->path;
        int is_whole = path->path[0] == '\0';
        snprintf(what, sizeof(what), "%s; %s%s%s of %s%s%s", how_shown(field), is_whole ? "*" : name, is_whole ? name : "->",
                 path->path, path->type, gate, unless);
    }
    int col = printf("%*s%-*s", INDENT * 2, "", width + 2, field->name);
    print_wrapped(what, col, INDENT * 2 + width + 2);
    putchar('\n');
}

static void print_details(const catalog_probe_t *probe)
{
    int width = 0;

    if (probe->doc != NULL && print_wrapped(probe->doc, 0, INDENT) != 0)
        putchar('\n');
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        int n = (int)strlen(probe->fields[i].name);
        width = n > width ? n : width;
    }
    for (unsigned i = 0; i < probe->num_fields; ++i)
        print_field(probe, probe->fields + i, width);
}

/* @param is_verbose whether lines are broken; else a probe is a line, for other programs */
static void print_probe(const catalog_probe_t *probe, int is_verbose)
{
    int col = printf("%s:%s(", probe->provider, probe->name);

    for (unsigned i = 0; i < probe->num_args; ++i) {
        const char *declaration = probe->args[i].declaration, *end = i + 1 < probe->num_args ? "," : "";
        int n = (int)(strlen(declaration) + strlen(end)) + (i != 0);
        if (is_verbose && i != 0 && col + n >= WIDTH)
            col = printf("\n%*s%s%s", INDENT + 2, "", declaration, end) - 1;
        else
            col += printf("%s%s%s", i != 0 ? " " : "", declaration, end);
    }
    printf(")\n");
    if (is_verbose)
        print_details(probe);
}

/* What no probe says, since it is the same for all. */
static void print_keys(void)
{
    putchar('\n');
    print_wrapped(
        "Every event has the keys module, type, tid and time (ms since 1970), if it may be of several processes pid, and, where "
        "there is a reason, truncated (true lengths of what was cut), hex (text that is not UTF-8) and unreadable (names of "
        "what could not be read).",
        0, 0);
    putchar('\n');
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
    if (is_verbose)
        print_keys();
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
