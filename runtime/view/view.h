#ifndef RUNTIME_VIEW_VIEW_H
#define RUNTIME_VIEW_VIEW_H

/*
 * How events are shown. A view is one file, and one row of views.def: it gets each record with what is needed to read it, and
 * writes what it makes of it into the output.
 */

#include "output/account.h"
#include "output/describe.h"
#include "output/json.h"
#include "output/output.h"

/** What a view works with; all of it lives longer than the view. */
typedef struct st_view_run_t {
    output_t *output;
    account_t *account;
    json_t json;                    /* clock, layouts, and what is shown */
    void *state;                    /* the view's own */
    const catalog_compat_t *compat; /* of the view `compat`: the tools whose output it is */
} view_run_t;

/** Members may be NULL where a view has nothing to do, but for `name` and `event`. */
typedef struct st_view_t {
    const char *name;
    /** @return 0, or -1 with a reason; close() is called in any case */
    int (*open)(view_run_t *run, reason_t *reason);
    /** What each file of the output begins with. @return lines for free(); NULL: out of memory */
    char *(*head)(const describe_start_t *start);
    /** An event: a record whose size is right. What cannot be written is an error of the output. */
    void (*event)(view_run_t *run, const struct pg_head *record, size_t size);
    /** Events were lost that are not in the output yet. @param time when that was found: ns, CLOCK_MONOTONIC */
    void (*lost)(view_run_t *run, uint64_t time);
    /** Some times a second, and at the end: what has waited long enough. @param time as above */
    void (*tick)(view_run_t *run, uint64_t time);
    /** After the last event. @param describes whether the output is to say something of itself */
    void (*end)(view_run_t *run, const describe_end_t *end, int describes);
    void (*close)(view_run_t *run);
} view_t;

#define VIEW(name) extern const view_t view_##name;
#include "view/views.def"
#undef VIEW

#endif
