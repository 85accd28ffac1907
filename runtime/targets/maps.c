/* The maps of the BPF program, and what the tracer writes into them: settings, sites, where the fields of structs are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bpf/bcc.h"
#include "stat/counts.h"
#include "targets/maps.h"
#include "targets/pairs.h"
#include "processes/proc.h"

/* of notices that wait to be read: some thousand, since a program that forks all the time has to be followed, too */
#define NOTICES_SIZE (256 * 1024)

/* The sizes that the BPF object leaves open. */
static uint32_t num_entries(const char *name, const tracer_options_t *options, uint32_t scope)
{
    if (strcmp(name, "pg_ring") == 0) /* no records come where events are counted */
        return options->stat.interval != 0 ? (uint32_t)sysconf(_SC_PAGESIZE) : options->buffer_size;
    if (strcmp(name, "pg_values") == 0)
        return options->stat.fields != NULL ? COUNTS_MAX_VALUES : 1;
    if (strcmp(name, "pg_lost") == 0 || strcmp(name, "pg_filtered") == 0)
        return catalog.num_probes + 1;
    if (strcmp(name, "pg_patterns") == 0)
        return (uint32_t)options->choose.patterns.num + options->wanted.num_names + 1;
    if (strcmp(name, "pg_notices") == 0)
        return scope == PG_SCOPE_SOME ? NOTICES_SIZE : sysconf(_SC_PAGESIZE);
    if (strcmp(name, "pg_processes") == 0)
        return scope == PG_SCOPE_SOME ? MAPS_MAX_PROCESSES : 1;
    if (strcmp(name, "pg_known") == 0)
        return options->wanted.chosen.by & PG_BY_ID ? MAPS_MAX_KNOWN : 1;
    if (strcmp(name, "pg_refused") == 0)
        return options->wanted.chosen.by & ~PG_BY_ID ? PG_MAX_REFUSED : 1;
    if (strcmp(name, "pg_threads") == 0)
        return options->wanted.chosen.by != 0 ? MAPS_MAX_THREADS : 1;
    return 1; /* pg_paths: see maps_add_paths() */
}

static void *map_memory(int fd, const char *name, size_t size, int protection, reason_t *reason)
{
    size_t page = sysconf(_SC_PAGESIZE);
    void *memory = mmap(NULL, (size + page - 1) / page * page, protection, MAP_SHARED, fd, 0);

    if (memory != MAP_FAILED)
        return memory;
    reason_set(reason, "cannot map the BPF map %s: %s", name, strerror(errno));
    return NULL;
}

static void unmap_memory(volatile void *memory, size_t size)
{
    size_t page = sysconf(_SC_PAGESIZE);

    if (memory != NULL)
        munmap((void *)memory, (size + page - 1) / page * page);
}

static size_t counters_size(void)
{
    return (catalog.num_probes + 1) * sizeof(uint64_t);
}

static int open_shared(maps_t *maps, reason_t *reason)
{
    maps->lost = map_memory(maps_fd(maps, "pg_lost"), "pg_lost", counters_size(), PROT_READ, reason);
    if (maps->lost != NULL)
        maps->filtered = map_memory(maps_fd(maps, "pg_filtered"), "pg_filtered", counters_size(), PROT_READ, reason);
    if (maps->filtered != NULL)
        maps->state = map_memory(maps_fd(maps, "pg_state"), "pg_state", sizeof(*maps->state), PROT_READ | PROT_WRITE, reason);
    return maps->state != NULL ? 0 : -1;
}

int maps_fd(const maps_t *maps, const char *name)
{
    for (size_t i = 0; i < maps->num; ++i) {
        if (strcmp(maps->object->maps[i].name, name) == 0)
            return maps->fds[i];
    }
    return -1;
}

static int set_settings(const maps_t *maps, const tracer_options_t *options, uint32_t scope)
{
    struct pg_settings settings = {.show = options->show, .string_limit = options->string_limit, .scope = scope};
    int fd = maps_fd(maps, "pg_settings");
    uint64_t dev, ino;

    settings.wakeup_bytes = options->buffer_size / 4;
    proc_own_namespace(&dev, &ino);
    settings.pidns_dev = dev;
    settings.pidns_ino = ino;
    return bcc_set(fd, 0, &settings) == 0 ? bcc_freeze(fd) : -1;
}

static int set_wanted(const maps_t *maps, const wanted_t *wanted)
{
    int fd = maps_fd(maps, "pg_wanted");

    return bcc_set(fd, 0, &wanted->chosen) == 0 ? bcc_freeze(fd) : -1;
}

/* Those of expressions, then those of names. */
static int set_patterns(const maps_t *maps, const choose_t *choose, const wanted_t *wanted)
{
    int fd = maps_fd(maps, "pg_patterns");
    uint32_t num = 0;

    for (size_t i = 0; i < choose->patterns.num; ++i) {
        if (bcc_set(fd, num++, choose->patterns.list + i) != 0)
            return -1;
    }
    for (unsigned i = 0; i < wanted->num_names; ++i) {
        if (bcc_set(fd, num++, wanted->names + i) != 0)
            return -1;
    }
    return 0;
}

int maps_add_paths(maps_t *maps, object_t *object, const fields_t *fields, unsigned first, reason_t *reason)
{
    uint32_t begin = first * catalog.num_paths, num = fields->num_files * catalog.num_paths;
    size_t i = 0;

    while (i < maps->num && strcmp(object->maps[i].name, "pg_paths") != 0)
        ++i;
    if (i == maps->num || num == 0) /* no probe looks one up */
        return 0;
    /* a map cannot grow; those who use the one before keep it. Numbers are those of all files: they stand in records, too. */
    object->maps[i].def.max_entries = begin + num;
    int fd = bcc_new_map("pg_paths", &object->maps[i].def, reason);
    if (fd < 0)
        return -1;
    object_replace_map(object, maps->fds[i], fd);
    close(maps->fds[i]);
    maps->fds[i] = fd;
    for (uint32_t path = 0; path < num; ++path) {
        if (bcc_set(fd, begin + path, fields->paths + path) != 0)
            return reason_set(reason, "cannot fill a BPF map: %s", strerror(errno));
    }
    return 0;
}

/* Its address is a part of the instructions of each site, which a map of one element has. */
static int create_counts(maps_t *maps, reason_t *reason)
{
    const struct pg_map_def def = {.type = BPF_MAP_TYPE_ARRAY,
                                   .key_size = sizeof(uint32_t),
                                   .value_size = (uint32_t)counts_size(),
                                   .max_entries = 1,
                                   .flags = BPF_F_MMAPABLE};

    if ((maps->counts_fd = bcc_new_map("pg_counts", &def, reason)) < 0)
        return -1;
    maps->counts = map_memory(maps->counts_fd, "pg_counts", counts_size(), PROT_READ, reason);
    return maps->counts != NULL ? 0 : -1;
}

/* Each pair has its own, so that what never ends takes room from nobody else's. */
static int create_begun(maps_t *maps, const tracer_options_t *options, reason_t *reason)
{
    const struct pg_map_def def = {.type = BPF_MAP_TYPE_LRU_HASH,
                                   .key_size = sizeof(struct pg_begin_key),
                                   .value_size = sizeof(uint64_t),
                                   .max_entries = PAIRS_MAX_BEGUN};

    if ((maps->begun_fds = malloc((catalog.num_pairs + 1u) * sizeof(*maps->begun_fds))) == NULL)
        return reason_set(reason, "out of memory");
    for (unsigned i = 0; i < catalog.num_pairs; ++i)
        maps->begun_fds[i] = -1;
    for (unsigned i = 0; i < catalog.num_pairs; ++i) {
        if (options->pairs_asked[i] && (maps->begun_fds[i] = bcc_new_map("pg_begun", &def, reason)) < 0)
            return -1;
    }
    return 0;
}

static void close_begun(maps_t *maps)
{
    for (unsigned i = 0; maps->begun_fds != NULL && i < catalog.num_pairs; ++i) {
        if (maps->begun_fds[i] >= 0)
            close(maps->begun_fds[i]);
    }
    free(maps->begun_fds);
}

/* ---- the whole ---- */

int maps_create(maps_t *maps, object_t *object, const tracer_options_t *options, uint32_t scope, reason_t *reason)
{
    *maps = (maps_t){.object = object, .counts_fd = -1};
    if (options->stat.interval != 0 && create_counts(maps, reason) != 0)
        return -1;
    if ((options->show & PG_SHOW_DURATIONS) != 0 && create_begun(maps, options, reason) != 0)
        return -1;
    for (; maps->num < object->num_maps; ++maps->num) {
        struct st_object_map_t *map = object->maps + maps->num;
        if (map->def.max_entries == 0)
            map->def.max_entries = num_entries(map->name, options, scope);
        int fd = bcc_new_map(map->name, &map->def, reason);
        if (fd < 0)
            return -1;
        maps->fds[maps->num] = fd;
        object_set_map(object, maps->num, fd);
    }
    if (open_shared(maps, reason) != 0)
        return -1;
    if (set_settings(maps, options, scope) != 0 || set_wanted(maps, &options->wanted) != 0 ||
        set_patterns(maps, &options->choose, &options->wanted) != 0)
        return reason_set(reason, "cannot fill a BPF map: %s", strerror(errno));
    return 0;
}

void maps_dispose(maps_t *maps)
{
    unmap_memory(maps->lost, counters_size());
    unmap_memory(maps->filtered, counters_size());
    unmap_memory(maps->state, sizeof(*maps->state));
    unmap_memory(maps->counts, counts_size());
    if (maps->counts != NULL || maps->counts_fd > 0)
        close(maps->counts_fd);
    close_begun(maps);
    for (size_t i = 0; i < maps->num; ++i)
        close(maps->fds[i]);
    *maps = (maps_t){0};
}
