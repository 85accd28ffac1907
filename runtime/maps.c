/* The maps of the BPF program, and what the tracer writes into them: settings, sites, where the fields of structs are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpf/bcc.h"
#include "maps.h"
#include "say.h"
#include "structs/structs.h"

/* inode of the initial pid namespace: PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h */
#define INITIAL_PIDNS 0xeffffffcu

/* The sizes that the BPF object leaves open. */
static uint32_t num_entries(const char *name, const tracer_options_t *options, size_t num_sites, unsigned num_files)
{
    if (strcmp(name, "pg_ring") == 0)
        return options->buffer_size;
    if (strcmp(name, "pg_sites") == 0)
        return num_sites;
    if (strcmp(name, "pg_lost") == 0)
        return catalog.num_probes + 1;
    return num_files * catalog.num_paths + 1; /* pg_paths: at least one */
}

static int open_counters(maps_t *maps, reason_t *reason)
{
    size_t page = sysconf(_SC_PAGESIZE), size = ((catalog.num_probes + 1) * sizeof(uint64_t) + page - 1) / page * page;
    void *lost = mmap(NULL, size, PROT_READ, MAP_SHARED, maps_fd(maps, "pg_lost"), 0);

    if (lost == MAP_FAILED)
        return reason_set(reason, "cannot map the counters of losses: %s", strerror(errno));
    maps->lost = lost;
    maps->lost_size = size;
    return 0;
}

int maps_fd(const maps_t *maps, const char *name)
{
    for (size_t i = 0; i < maps->num; ++i) {
        if (strcmp(maps->object->maps[i].name, name) == 0)
            return maps->fds[i];
    }
    return -1;
}

int maps_set_config(const maps_t *maps, const tracer_options_t *options, pid_t tgid)
{
    struct pg_config config = {.tgid = tgid, .show = options->show, .string_limit = options->string_limit};
    struct stat st;

    config.wakeup_bytes = options->buffer_size / 4;
    if (stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != INITIAL_PIDNS) {
        config.pidns_dev = st.st_dev;
        config.pidns_ino = st.st_ino;
    }
    return bcc_set(maps_fd(maps, "pg_config"), 0, &config);
}

/* Whether a site is in another file than the one before. */
static int is_other_file(const sites_t *sites, size_t i)
{
    return sites->list[i].module != sites->list[i - 1].module;
}

static unsigned count_files(const sites_t *sites)
{
    unsigned num = sites->num != 0;

    for (size_t i = 1; i < sites->num; ++i)
        num += is_other_file(sites, i);
    return num;
}

static int set_sites(const maps_t *maps, const sites_t *sites)
{
    int fd = maps_fd(maps, "pg_sites");
    unsigned paths = 0;

    for (size_t i = 0; i < sites->num; ++i) {
        struct pg_site how = sites->list[i].how;
        if (i != 0 && is_other_file(sites, i))
            paths += catalog.num_paths;
        how.paths = paths;
        if (bcc_set(fd, i, &how) != 0)
            return -1;
    }
    return 0;
}

/* ---- where struct fields are ---- */

/* The sites of one file of the target, which come in a row. */
typedef struct st_file_sites_t {
    const site_t *first;
    size_t num;
    size_t module;  /* index in the target */
    unsigned paths; /* where its paths begin */
} file_sites_t;

/* The number of probes with sites in this file whose records need the path. */
static unsigned count_users(const file_sites_t *file, unsigned path)
{
    unsigned num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        int is_user = 0, has_site = 0;
        for (unsigned j = 0; j < probe->num_paths; ++j)
            is_user |= probe->paths[j] == path;
        for (size_t j = 0; is_user && !has_site && j < file->num; ++j)
            has_site = file->first[j].probe == probe;
        num += has_site;
    }
    return num;
}

static int find_path(structs_t *structs, size_t module, const catalog_path_t *path, struct pg_path *how, layout_t *layout,
                     reason_t *reason)
{
    struct pg_path length;
    reason_t why;

    if (path->kind == CATALOG_WHOLE) {
        if (structs_layout(structs, module, path->type, layout, reason) != 0)
            return -1;
        how->whole_size = layout->size;
        return 0;
    }
    /* bytes of an unknown number are none */
    if (path->has_length && structs_path(structs, module, catalog.paths + path->length, &length, &why) != 0)
        return reason_set(reason, "their length %s: %s", catalog.paths[path->length].path, why.text);
    return structs_path(structs, module, path, how, reason);
}

/* A field that is not found will be null; that is said, with the reason. */
static void set_path(maps_t *maps, structs_t *structs, const file_sites_t *file, unsigned number)
{
    unsigned num_users = count_users(file, number), at = file->paths + number;
    const catalog_path_t *path = catalog.paths + number;
    struct pg_path how = {0};
    reason_t reason;

    if (num_users == 0)
        return;
    if (find_path(structs, file->module, path, &how, maps->layouts + at, &reason) == 0) {
        if (bcc_set(maps_fd(maps, "pg_paths"), at, &how) == 0)
            return;
        reason_set(&reason, "%s", strerror(errno));
    }
    if (path->kind != CATALOG_LENGTH) /* that is said of what has this length */
        tracer_say("%s%s%s will be null in events of %u %s: %s", path->type, path->path[0] != '\0' ? " " : "", path->path,
                   num_users, num_users == 1 ? "probe" : "probes", reason.text);
}

static int set_paths(maps_t *maps, const target_t *target, const sites_t *sites)
{
    structs_t *structs = structs_open(target);

    maps->layouts = calloc((size_t)maps->num_files * catalog.num_paths + 1, sizeof(*maps->layouts));
    if (structs == NULL || maps->layouts == NULL) {
        structs_close(structs);
        return -1;
    }
    unsigned paths = 0;
    for (size_t first = 0, end; first < sites->num; first = end, paths += catalog.num_paths) {
        const site_t *list = sites->list;
        for (end = first + 1; end < sites->num && !is_other_file(sites, end); ++end)
            ;
        file_sites_t file = {list + first, end - first, list[first].module - target->modules, paths};
        for (unsigned i = 0; i < catalog.num_paths; ++i)
            set_path(maps, structs, &file, i);
    }
    structs_close(structs);
    return 0;
}

/* ---- the whole ---- */

int maps_create(maps_t *maps, object_t *object, const tracer_options_t *options, const target_t *target, const sites_t *sites,
                reason_t *reason)
{
    *maps = (maps_t){.object = object, .num_files = count_files(sites)};
    for (; maps->num < object->num_maps; ++maps->num) {
        struct st_object_map_t *map = object->maps + maps->num;
        if (map->def.max_entries == 0)
            map->def.max_entries = num_entries(map->name, options, sites->num, maps->num_files);
        int fd = bcc_new_map(map->name, &map->def, reason);
        if (fd < 0)
            return -1;
        maps->fds[maps->num] = fd;
        object_set_map(object, maps->num, fd);
    }
    if (open_counters(maps, reason) != 0)
        return -1;
    if (maps_set_config(maps, options, target->pid) != 0 || set_sites(maps, sites) != 0)
        return reason_set(reason, "cannot fill a BPF map: %s", strerror(errno));
    return set_paths(maps, target, sites) == 0 ? 0 : reason_set(reason, "out of memory");
}

void maps_dispose(maps_t *maps)
{
    if (maps->lost != NULL)
        munmap((void *)maps->lost, maps->lost_size);
    for (size_t i = 0; i < maps->num; ++i)
        close(maps->fds[i]);
    for (unsigned i = 0; maps->layouts != NULL && i < maps->num_files * catalog.num_paths; ++i)
        layout_dispose(maps->layouts + i);
    free(maps->layouts);
    *maps = (maps_t){0};
}
