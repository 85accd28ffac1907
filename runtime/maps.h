#ifndef RUNTIME_MAPS_H
#define RUNTIME_MAPS_H

#include "bpf/object.h"
#include "common/layout.h"
#include "options.h"
#include "sites.h"

/** The maps of the BPF program. All zero is an empty one, which maps_dispose() takes, too. */
typedef struct st_maps_t {
    const object_t *object;
    int fds[OBJECT_MAX_MAPS]; /* in the order of object->maps */
    size_t num;
    volatile uint64_t *lost; /* the program's counters of lost events: [0] the sum, [1 + probe] */
    size_t lost_size;
    unsigned num_files; /* of the target that have sites: each has all paths of the catalog in pg_paths and `layouts` */
    layout_t *layouts;  /* of the structs that are printed whole, in the order of pg_paths */
} maps_t;

/**
 * Creates all maps of the object, puts them into its instructions, and fills them. What a probe reads of structs is looked up in
 * the target's debug information, for each file with sites; for a field that is not found, a message says why it will be null.
 * @return 0, or -1 with a reason
 */
int maps_create(maps_t *maps, object_t *object, const tracer_options_t *options, const target_t *target, const sites_t *sites,
                reason_t *reason);
/** @return the file descriptor of a map, or -1: there is none of that name */
int maps_fd(const maps_t *maps, const char *name);
/** Sets pg_config. @param tgid the process whose firings are events; 0: none is any more @return 0, or -1 with errno set */
int maps_set_config(const maps_t *maps, const tracer_options_t *options, pid_t tgid);
void maps_dispose(maps_t *maps);

#endif
