#ifndef RUNTIME_TARGETS_MAPS_H
#define RUNTIME_TARGETS_MAPS_H

#include "assemble/object.h"
#include "choose/choose.h"
#include "survey/fields.h"
#include "options/options.h"
#include "survey/sites.h"

/** Processes that are followed at once. */
#define MAPS_MAX_PROCESSES 16384
/** Connections that are known by more than their id at once. */
#define MAPS_MAX_KNOWN 4096
/** Threads on which others follow events, at once. */
#define MAPS_MAX_THREADS 4096

/** The maps of the BPF program. All zero is an empty one, which maps_dispose() takes, too. */
typedef struct st_maps_t {
    const object_t *object;
    int fds[OBJECT_MAX_MAPS]; /* in the order of object->maps */
    size_t num;
    volatile uint64_t *lost;         /* the program's counters of lost events: [1 + probe] */
    volatile uint64_t *filtered;     /* and of those that are not wanted */
    volatile struct pg_state *state; /* what it shares with the tracer */
    volatile uint64_t *counts;       /* if events are counted: see stat/counts.h */
    int counts_fd;                   /* the same */
    int *begun_fds;                  /* by number of a pair: what has begun; -1: nobody asks. NULL: for no pair */
} maps_t;

/**
 * Creates all maps of the object, puts them into its instructions, and fills in the settings.
 * @param scope PG_SCOPE_*: nothing is an event until state->tgid is set
 * @return 0, or -1 with a reason
 */
int maps_create(maps_t *maps, object_t *object, const tracer_options_t *options, uint32_t scope, reason_t *reason);
/**
 * Has the programs that are made from now on look paths up in a map with those of these files, too.
 * @param first number of the first of the files, among all
 * @return 0, or -1 with a reason
 */
int maps_add_paths(maps_t *maps, object_t *object, const fields_t *fields, unsigned first, reason_t *reason);
/** @return the file descriptor of a map, or -1: there is none of that name */
int maps_fd(const maps_t *maps, const char *name);
void maps_dispose(maps_t *maps);

#endif
