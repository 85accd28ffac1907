#ifndef RUNTIME_CONNECTION_WANTED_H
#define RUNTIME_CONNECTION_WANTED_H

#include "common/reason.h"
#include "common/record.h"
#include "common/say.h"

#define WANTED_MAX_NAMES 32

/** Which connections are wanted, as the command line says it. All zero: whatever they are. */
typedef struct st_wanted_t {
    struct pg_wanted chosen; /* as the BPF program has it; `by` says whether there is any choice */
    struct pg_pattern *names;
    unsigned num_names;
    char *is_left_out; /* by index in the catalog, after wanted_limit(): probes that tell of no connection */
    /* by index in the catalog: which probes have to be attached to, of a WANTED_*; NULL: those that are selected */
    char *attached;
} wanted_t;

/** What is done with the events of a probe: nothing, shown if they are wanted, or not shown, but others follow them. */
enum { WANTED_NOT, WANTED_SHOWN, WANTED_LEADING };

/*
 * Each takes the value of an option, one more if there was one before.
 * @return 0, or -1 with a reason that says what is wanted
 */

/** "0.01": that share of all connections; of several the largest. */
int wanted_add_sample(wanted_t *wanted, const char *text, reason_t *reason);
/** "10.0.0.0/8,::1" */
int wanted_add_addresses(wanted_t *wanted, const char *text, reason_t *reason);
/** "12,13" */
int wanted_add_ids(wanted_t *wanted, const char *text, reason_t *reason);
/** "example.com,*.example.net": without regard to case */
int wanted_add_names(wanted_t *wanted, const char *text, reason_t *reason);
void wanted_dispose(wanted_t *wanted);

/**
 * Takes those probes out of a selection that tell of no connection. Finds those that others follow.
 * @param is_selected by index in the catalog
 * @return 0, or -1 with a reason: the tracer knows nothing that connections could be told by, or no probe is left
 */
int wanted_limit(wanted_t *wanted, char *is_selected, reason_t *reason);

#endif
