#ifndef RUNTIME_MAPS_H
#define RUNTIME_MAPS_H

#include "bpf/object.h"
#include "survey/fields.h"
#include "options.h"
#include "survey/sites.h"

/** The maps of the BPF program. All zero is an empty one, which maps_dispose() takes, too. */
typedef struct st_maps_t {
    const object_t *object;
    int fds[OBJECT_MAX_MAPS]; /* in the order of object->maps */
    size_t num;
    volatile uint64_t *lost; /* the program's counters of lost events: [0] the sum, [1 + probe] */
    size_t lost_size;
} maps_t;

/**
 * Creates all maps of the object, puts them into its instructions, and fills them. @param tgid as in maps_set_config()
 * @return 0, or -1 with a reason
 */
int maps_create(maps_t *maps, object_t *object, const tracer_options_t *options, pid_t tgid, const sites_t *sites,
                const fields_t *fields, reason_t *reason);
/** @return the file descriptor of a map, or -1: there is none of that name */
int maps_fd(const maps_t *maps, const char *name);
/** Sets pg_config. @param tgid the process whose firings are events; 0: none is any more @return 0, or -1 with errno set */
int maps_set_config(const maps_t *maps, const tracer_options_t *options, pid_t tgid);
void maps_dispose(maps_t *maps);

#endif
