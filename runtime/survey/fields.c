#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/grow.h"
#include "structs/structs.h"
#include "survey/fields.h"

/* fields that a message names, if they all have one reason */
#define MAX_NAMED 4

int fields_init(fields_t *fields, const sites_t *sites)
{
    *fields = (fields_t){0};
    for (size_t first = 0; first < sites->num; first = sites_end_of_file(sites, first))
        ++fields->num_files;
    size_t num = (size_t)fields->num_files * catalog.num_paths + 1;
    fields->paths = calloc(num, sizeof(*fields->paths));
    fields->layouts = calloc(num, sizeof(*fields->layouts));
    fields->reasons = calloc(num, sizeof(*fields->reasons));
    return fields->paths != NULL && fields->layouts != NULL && fields->reasons != NULL ? 0 : -1;
}

void fields_dispose(fields_t *fields)
{
    for (size_t i = 0; i < (size_t)fields->num_files * catalog.num_paths; ++i) {
        if (fields->layouts != NULL)
            layout_dispose(fields->layouts + i);
        if (fields->reasons != NULL)
            free(fields->reasons[i]);
    }
    free(fields->paths);
    free(fields->layouts);
    free(fields->reasons);
    *fields = (fields_t){0};
}

/* Whether the file of site number `first` has a site of the probe. */
static int has_site(const sites_t *sites, size_t first, const catalog_probe_t *probe)
{
    size_t end = sites_end_of_file(sites, first), i = first;

    while (i < end && sites->list[i].probe != probe)
        ++i;
    return i != end;
}

static int is_user(const catalog_probe_t *probe, unsigned path)
{
    for (unsigned i = 0; i < probe->num_paths; ++i) {
        if (probe->paths[i] == path)
            return 1;
    }
    return 0;
}

static int tells_connection(unsigned path)
{
    for (unsigned i = 0; i < catalog.num_connections; ++i) {
        const catalog_connection_t *connection = catalog.connections + i;
        const int members[] = {connection->random, connection->address, connection->id,   connection->name,
                               connection->via,    connection->base,    connection->kind, connection->key};
        for (size_t j = 0; j < sizeof(members) / sizeof(members[0]); ++j) {
            if (members[j] == (int)path)
                return 1;
        }
        for (unsigned j = 0; j < connection->num_peers; ++j) {
            if (connection->peers[j] == path)
                return 1;
        }
    }
    return 0;
}

int fields_are_needed(const sites_t *sites, size_t first, unsigned path, int by_connection)
{
    if (by_connection && tells_connection(path))
        return 1;
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (is_user(catalog.probes + i, path) && has_site(sites, first, catalog.probes + i))
            return 1;
    }
    return 0;
}

int fields_find(structs_t *structs, size_t module, unsigned number, struct pg_path *how, layout_t *layout, reason_t *reason)
{
    const catalog_path_t *path = catalog.paths + number;
    struct pg_path length;
    reason_t why;

    *how = (struct pg_path){0};
    if (path->kind == CATALOG_WHOLE) {
        if (structs_layout(structs, module, path->type, layout, reason) != 0)
            return -1;
        how->whole_size = layout->size;
        return 0;
    }
    if (structs_path(structs, module, path, how, reason) != 0)
        return -1;
    /* bytes of an unknown number are none */
    if (path->has_length && structs_path(structs, module, catalog.paths + path->length, &length, &why) != 0) {
        *how = (struct pg_path){0};
        return reason_set(reason, "their length %s: %s", catalog.paths[path->length].path, why.text);
    }
    return 0;
}

static int is_known(const fields_t *fields, size_t at)
{
    return fields->reasons[at] != NULL || fields->paths[at].num_hops != 0 || fields->layouts[at].size != 0;
}

int fields_give_up(fields_t *fields, const sites_t *sites, unsigned file, size_t first, int by_connection, const char *reason)
{
    for (unsigned i = 0; i < catalog.num_paths; ++i) {
        size_t at = (size_t)file * catalog.num_paths + i;
        if (!is_known(fields, at) && fields_are_needed(sites, first, i, by_connection) &&
            (fields->reasons[at] = strdup(reason)) == NULL)
            return -1;
    }
    return 0;
}

/* ---- what is null ---- */

typedef struct st_file_fields_t {
    const fields_t *fields;
    const sites_t *sites;
    size_t first, base; /* its first site; number of its first field */
} file_fields_t;

/* Whether it is null for that reason, and that is said of itself: not of a length, but of what has this length. */
static int is_null_for(const file_fields_t *file, unsigned path, const char *reason)
{
    const char *own = file->fields->reasons[file->base + path];

    return own != NULL && catalog.paths[path].kind != CATALOG_LENGTH && strcmp(own, reason) == 0;
}

/* The number of probes in whose events something is null for that reason. */
static unsigned count_probes(const file_fields_t *file, const char *reason)
{
    unsigned num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        unsigned j = 0;
        while (j < probe->num_paths && !is_null_for(file, probe->paths[j], reason))
            ++j;
        num += j != probe->num_paths && has_site(file->sites, file->first, probe);
    }
    return num;
}

/* Values that are null for one reason, by their names in JSON. */
typedef struct st_names_t {
    const char **list;
    size_t num, capacity;
} names_t;

/* @return 0, or -1 when out of memory */
static int add_name(names_t *names, const char *name)
{
    for (size_t i = 0; i < names->num; ++i) {
        if (strcmp(names->list[i], name) == 0)
            return 0;
    }
    const char **list = grow_list(names->list, &names->capacity, names->num, sizeof(*list));
    if (list == NULL)
        return -1;
    names->list = list;
    list[names->num++] = name;
    return 0;
}

/* Adds what a probe has. */
static int add_names_of(names_t *names, const file_fields_t *file, const catalog_probe_t *probe, const char *reason)
{
    int failed = 0;

    for (unsigned i = 0; !failed && i < probe->num_fields && has_site(file->sites, file->first, probe); ++i) {
        const catalog_field_t *field = probe->fields + i;
        if (field->path != -1 && is_null_for(file, field->path, reason))
            failed = add_name(names, field->name);
    }
    return failed;
}

/* "conn_id, stats, at, data and 7 more"; NULL: out of memory */
static char *name_fields(const file_fields_t *file, const char *reason)
{
    names_t names = {.num = 0};
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    int failed = to == NULL;

    for (unsigned i = 0; !failed && i < catalog.num_probes; ++i)
        failed = add_names_of(&names, file, catalog.probes + i, reason);
    for (size_t i = 0; !failed && i < names.num && i < MAX_NAMED; ++i)
        fprintf(to, "%s%s", i != 0 ? ", " : "", names.list[i]);
    if (!failed && names.num > MAX_NAMED)
        fprintf(to, " and %zu more", names.num - MAX_NAMED);
    if (to != NULL && fclose(to) != 0)
        failed = 1;
    free(names.list);
    if (!failed)
        return text;
    free(text);
    return NULL;
}

static void say_reason(const file_fields_t *file, const char *reason, say_fn say)
{
    char *names = name_fields(file, reason);
    unsigned num = count_probes(file, reason);

    if (num != 0) /* else it was to tell connections: connection/ways.c says that */
        say("%s will be null in events of %u %s: %s", names != NULL ? names : "fields", num, num == 1 ? "probe" : "probes", reason);
    free(names);
}

void fields_say_null(const fields_t *fields, const sites_t *sites, say_fn say)
{
    file_fields_t file = {.fields = fields, .sites = sites};

    for (; file.first < sites->num; file.first = sites_end_of_file(sites, file.first), file.base += catalog.num_paths) {
        for (unsigned i = 0; i < catalog.num_paths; ++i) {
            const char *reason = fields->reasons[file.base + i];
            unsigned before = 0;
            if (reason == NULL || !is_null_for(&file, i, reason))
                continue;
            while (!is_null_for(&file, before, reason))
                ++before;
            if (before == i) /* the first of them */
                say_reason(&file, reason, say);
        }
    }
}
