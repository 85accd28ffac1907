#ifndef RUNTIME_VIEW_VIEW_H
#define RUNTIME_VIEW_VIEW_H

/*
 * How events are shown. A view is one file, and one row of views.def: it gets each record with what is needed to read it, and
 * writes what it makes of it into the output.
 */

#include "choose/choose.h"
#include "output/account.h"
#include "output/describe.h"
#include "output/json.h"
#include "output/output.h"

struct st_stat_source_t;

/** What is printed as one, of views that know more than events. */
typedef enum en_view_group_t { VIEW_RAW, VIEW_REQUEST, VIEW_CONNECTION } view_group_t;

/** What the command line says of views. */
typedef struct st_view_wish_t {
    unsigned group;                 /* view_group_t */
    uint64_t patience;              /* ns after which a group is printed in any case */
    uint64_t slower_than;           /* ns that what is printed has taken at least; 0: all is */
    int hides_method, hides_path;   /* of requests: they were not asked for as headers */
    const choose_t *groups;         /* a group is shown if an event of it is as this says of its probe; NULL: all are */
    const catalog_compat_t *compat; /* other tools, as whose output it looks; NULL: as our own */
} view_wish_t;

/** What a view works with; all of it lives longer than the view. */
typedef struct st_view_run_t {
    output_t *output;
    account_t *account;
    json_t json; /* clock, layouts, and what is shown */
    view_wish_t wish;
    char *const *has_probe; /* by index in the catalog: which ones are traced by now. NULL, or a pointer to NULL: not known */
    const struct st_stat_source_t *stat; /* what counts come from, if events are counted; else NULL */
    int is_to_end;                       /* the view wants no more: somebody has pressed a key */
    int is_cut;                          /* an event was the last one, whatever would have come after it: known at flush() */
    output_head_t head; /* what each file of the output begins with: the view's, who may put another one in its place */
    void *state;        /* the view's own */
} view_run_t;

/** Members may be NULL where a view has nothing to do, but for `name`, and `event` if there are records. */
typedef struct st_view_t {
    const char *name;
    const char *magic; /* what it writes is no text, and begins with this; NULL: lines */
    /** Whether it shows something of the events of a probe. NULL: of all */
    int (*shows)(const catalog_probe_t *probe, const view_wish_t *wish);
    /** @return 0, or -1 with a reason; close() is called in any case */
    int (*open)(view_run_t *run, reason_t *reason);
    /** Makes run->head. @param describes whether the output is to say something of itself @return 0, or -1: out of memory */
    int (*head)(view_run_t *run, const describe_start_t *start, int describes);
    /** All is attached, and rights are about to be given up; the output is open. @return 0, or -1 with a reason */
    int (*begin)(view_run_t *run, reason_t *reason);
    /** An event: a record whose size is right. What cannot be written is an error of the output. */
    void (*event)(view_run_t *run, const struct pg_head *record, size_t size);
    /** Whose connection the next event of the thread is of. */
    void (*told)(view_run_t *run, const struct pg_told *told);
    /** Events were lost that are not in the output yet. @param time when that was found: ns, CLOCK_MONOTONIC */
    void (*lost)(view_run_t *run, uint64_t time);
    /** Some times a second, and at the end: what has waited long enough. @param time as above */
    void (*tick)(view_run_t *run, uint64_t time);
    /**
     * No more events come: what waits for others is shown, or counted as filtered. What comes all the same is of another recording,
     * whose clock may be an earlier one.
     */
    void (*flush)(view_run_t *run);
    /** After the last event, and after that. @param describes whether the output is to say something of itself */
    void (*end)(view_run_t *run, const describe_end_t *end, int describes);
    void (*close)(view_run_t *run);
} view_t;

/** Whether it shows something of the events of a probe: others come for what else takes them, and count as no event of the view. */
static inline int view_shows(const view_t *view, const catalog_probe_t *probe, const view_wish_t *wish)
{
    return view->shows == NULL || view->shows(probe, wish);
}

#define VIEW(name) extern const view_t view_##name;
#include "view/views.def"
#undef VIEW

#endif
