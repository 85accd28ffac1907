/* The maps of the BPF program, and what the tracer writes into them: settings, sites, where the fields of structs are. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpf/bcc.h"
#include "maps.h"

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

static int set_sites(const maps_t *maps, const sites_t *sites)
{
    int fd = maps_fd(maps, "pg_sites");
    unsigned paths = 0;

    for (size_t i = 0; i < sites->num; ++i) {
        struct pg_site how = sites->list[i].how;
        if (i != 0 && sites->list[i].module != sites->list[i - 1].module)
            paths += catalog.num_paths;
        how.paths = paths;
        if (bcc_set(fd, i, &how) != 0)
            return -1;
    }
    return 0;
}

/* What a probe reads of structs. */
static int set_paths(const maps_t *maps, const fields_t *fields)
{
    int fd = maps_fd(maps, "pg_paths");

    for (uint32_t i = 0; i < fields->num_files * catalog.num_paths; ++i) {
        if (bcc_set(fd, i, fields->paths + i) != 0)
            return -1;
    }
    return 0;
}

/* ---- the whole ---- */

int maps_create(maps_t *maps, object_t *object, const tracer_options_t *options, pid_t tgid, const sites_t *sites,
                const fields_t *fields, reason_t *reason)
{
    *maps = (maps_t){.object = object};
    for (; maps->num < object->num_maps; ++maps->num) {
        struct st_object_map_t *map = object->maps + maps->num;
        if (map->def.max_entries == 0)
            map->def.max_entries = num_entries(map->name, options, sites->num, fields->num_files);
        int fd = bcc_new_map(map->name, &map->def, reason);
        if (fd < 0)
            return -1;
        maps->fds[maps->num] = fd;
        object_set_map(object, maps->num, fd);
    }
    if (open_counters(maps, reason) != 0)
        return -1;
    if (maps_set_config(maps, options, tgid) != 0 || set_sites(maps, sites) != 0 || set_paths(maps, fields) != 0)
        return reason_set(reason, "cannot fill a BPF map: %s", strerror(errno));
    return 0;
}

void maps_dispose(maps_t *maps)
{
    if (maps->lost != NULL)
        munmap((void *)maps->lost, maps->lost_size);
    for (size_t i = 0; i < maps->num; ++i)
        close(maps->fds[i]);
    *maps = (maps_t){0};
}
