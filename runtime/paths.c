#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/bcc.h"
#include "paths.h"
#include "say.h"
#include "structs/structs.h"

/* The number of probes with sites whose records need the path. */
static unsigned count_users(const sites_t *sites, unsigned path)
{
    unsigned num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        for (unsigned j = 0; sites->of_probe[i] != 0 && j < catalog.probes[i].num_paths; ++j)
            num += catalog.probes[i].paths[j] == path;
    }
    return num;
}

static int find(structs_t *structs, const catalog_path_t *path, struct pg_path *how, layout_t *layout, reason_t *reason)
{
    if (path->path[0] == '\0') {
        if (structs_layout(structs, path->type, layout, reason) != 0)
            return -1;
        how->whole_size = layout->size;
        return 0;
    }
    if (structs_path(structs, path->type, path->path, how, reason) != 0)
        return -1;
    /* whole numbers are cut to the declared width; bits of the other kind would be a wrong value */
    if ((how->is_float ? how->size : 0) != path->float_size)
        return reason_set(reason, how->is_float ? "it is a floating-point number of %u bytes" : "it is no floating-point number",
                          how->size);
    how->is_signed = path->is_signed;
    return 0;
}

static int resolve(structs_t *structs, unsigned i, layout_t *layout, int map_fd, reason_t *reason)
{
    struct pg_path how = {0};

    if (find(structs, catalog.paths + i, &how, layout, reason) != 0)
        return -1;
    return bcc_set(map_fd, i, &how) == 0 ? 0 : reason_set(reason, "%s", strerror(errno));
}

layout_t *paths_resolve(const target_t *target, const sites_t *sites, int map_fd)
{
    layout_t *layouts = calloc(catalog.num_paths + 1, sizeof(*layouts));
    structs_t *structs = layouts != NULL ? structs_open(target) : NULL;

    for (unsigned i = 0; structs != NULL && i < catalog.num_paths; ++i) {
        const catalog_path_t *path = catalog.paths + i;
        unsigned num_users = count_users(sites, i);
        reason_t reason;
        if (num_users != 0 && resolve(structs, i, layouts + i, map_fd, &reason) != 0)
            tracer_say("%s%s%s will be null in events of %u %s: %s", path->type, path->path[0] != '\0' ? " " : "", path->path,
                       num_users, num_users == 1 ? "probe" : "probes", reason.text);
    }
    if (structs != NULL) {
        structs_close(structs);
        return layouts;
    }
    paths_dispose(layouts);
    return NULL;
}

void paths_dispose(layout_t *layouts)
{
    for (unsigned i = 0; layouts != NULL && i < catalog.num_paths; ++i)
        layout_dispose(layouts + i);
    free(layouts);
}
