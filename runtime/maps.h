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
    volatile uint64_t *lost;         /* the program's counters of lost events: [1 + probe] */
    volatile struct pg_state *state; /* what it shares with the tracer */
} maps_t;

/**
 * Creates all maps of the object, puts them into its instructions, and fills them. @param tgid the process whose firings are events
 * @return 0, or -1 with a reason
 */
int maps_create(maps_t *maps, object_t *object, const tracer_options_t *options, pid_t tgid, const fields_t *fields,
                reason_t *reason);
/** @return the file descriptor of a map, or -1: there is none of that name */
int maps_fd(const maps_t *maps, const char *name);
void maps_dispose(maps_t *maps);

#endif
