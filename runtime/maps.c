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
static uint32_t num_entries(const char *name, const tracer_options_t *options, size_t num_sites)
{
    if (strcmp(name, "pg_ring") == 0)
        return options->buffer_size;
    if (strcmp(name, "pg_sites") == 0)
        return num_sites;
    if (strcmp(name, "pg_lost") == 0)
        return catalog.num_probes + 1;
    return catalog.num_paths != 0 ? catalog.num_paths : 1; /* pg_paths */
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

static int set_sites(const maps_t *maps, const sites_t *sites)
{
    int fd = maps_fd(maps, "pg_sites");

    for (size_t i = 0; i < sites->num; ++i) {
        if (bcc_set(fd, i, &sites->list[i].how) != 0)
            return -1;
    }
    return 0;
}

/* ---- where struct fields are ---- */

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

static int find_path(structs_t *structs, const catalog_path_t *path, struct pg_path *how, layout_t *layout, reason_t *reason)
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

/* A field that is not found will be null; that is said, with the reason. */
static int set_paths(maps_t *maps, const target_t *target, const sites_t *sites)
{
    structs_t *structs = structs_open(target);
    int fd = maps_fd(maps, "pg_paths");

    maps->layouts = calloc(catalog.num_paths + 1, sizeof(*maps->layouts));
    if (structs == NULL || maps->layouts == NULL) {
        structs_close(structs);
        return -1;
    }
    for (unsigned i = 0; i < catalog.num_paths; ++i) {
        const catalog_path_t *path = catalog.paths + i;
        unsigned num_users = count_users(sites, i);
        struct pg_path how = {0};
        reason_t reason;
        if (num_users == 0)
            continue;
        if (find_path(structs, path, &how, maps->layouts + i, &reason) == 0) {
            if (bcc_set(fd, i, &how) == 0)
                continue;
            reason_set(&reason, "%s", strerror(errno));
        }
        tracer_say("%s%s%s will be null in events of %u %s: %s", path->type, path->path[0] != '\0' ? " " : "", path->path,
                   num_users, num_users == 1 ? "probe" : "probes", reason.text);
    }
    structs_close(structs);
    return 0;
}

/* ---- the whole ---- */

int maps_create(maps_t *maps, object_t *object, const tracer_options_t *options, const target_t *target, const sites_t *sites,
                reason_t *reason)
{
    *maps = (maps_t){.object = object};
    for (; maps->num < object->num_maps; ++maps->num) {
        struct st_object_map_t *map = object->maps + maps->num;
        if (map->def.max_entries == 0)
            map->def.max_entries = num_entries(map->name, options, sites->num);
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
    for (unsigned i = 0; maps->layouts != NULL && i < catalog.num_paths; ++i)
        layout_dispose(maps->layouts + i);
    free(maps->layouts);
    *maps = (maps_t){0};
}
