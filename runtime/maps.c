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
static uint32_t num_entries(const char *name, const tracer_options_t *options, unsigned num_files)
{
    if (strcmp(name, "pg_ring") == 0)
        return options->buffer_size;
    if (strcmp(name, "pg_lost") == 0)
        return catalog.num_probes + 1;
    return num_files * catalog.num_paths + 1; /* pg_paths: at least one */
}

static void *map_memory(const maps_t *maps, const char *name, size_t size, int protection, reason_t *reason)
{
    size_t page = sysconf(_SC_PAGESIZE);
    void *memory = mmap(NULL, (size + page - 1) / page * page, protection, MAP_SHARED, maps_fd(maps, name), 0);

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

static size_t lost_size(void)
{
    return (catalog.num_probes + 1) * sizeof(uint64_t);
}

static int open_shared(maps_t *maps, reason_t *reason)
{
    maps->lost = map_memory(maps, "pg_lost", lost_size(), PROT_READ, reason);
    if (maps->lost != NULL)
        maps->state = map_memory(maps, "pg_state", sizeof(*maps->state), PROT_READ | PROT_WRITE, reason);
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

static int set_settings(const maps_t *maps, const tracer_options_t *options)
{
    struct pg_settings settings = {.show = options->show, .string_limit = options->string_limit};
    int fd = maps_fd(maps, "pg_settings");
    struct stat st;

    settings.wakeup_bytes = options->buffer_size / 4;
    if (stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != INITIAL_PIDNS) {
        settings.pidns_dev = st.st_dev;
        settings.pidns_ino = st.st_ino;
    }
    return bcc_set(fd, 0, &settings) == 0 ? bcc_freeze(fd) : -1;
}

/* What a probe reads of structs; there is no such map if none looks a path up. */
static int set_paths(const maps_t *maps, const fields_t *fields)
{
    int fd = maps_fd(maps, "pg_paths");

    for (uint32_t i = 0; fd >= 0 && i < fields->num_files * catalog.num_paths; ++i) {
        if (bcc_set(fd, i, fields->paths + i) != 0)
            return -1;
    }
    return 0;
}

/* ---- the whole ---- */

int maps_create(maps_t *maps, object_t *object, const tracer_options_t *options, pid_t tgid, const fields_t *fields,
                reason_t *reason)
{
    *maps = (maps_t){.object = object};
    for (; maps->num < object->num_maps; ++maps->num) {
        struct st_object_map_t *map = object->maps + maps->num;
        if (map->def.max_entries == 0)
            map->def.max_entries = num_entries(map->name, options, fields->num_files);
        int fd = bcc_new_map(map->name, &map->def, reason);
        if (fd < 0)
            return -1;
        maps->fds[maps->num] = fd;
        object_set_map(object, maps->num, fd);
    }
    if (open_shared(maps, reason) != 0)
        return -1;
    maps->state->tgid = (uint32_t)tgid;
    if (set_settings(maps, options) != 0 || set_paths(maps, fields) != 0)
        return reason_set(reason, "cannot fill a BPF map: %s", strerror(errno));
    return 0;
}

void maps_dispose(maps_t *maps)
{
    unmap_memory(maps->lost, lost_size());
    unmap_memory(maps->state, sizeof(*maps->state));
    for (size_t i = 0; i < maps->num; ++i)
        close(maps->fds[i]);
    *maps = (maps_t){0};
}
