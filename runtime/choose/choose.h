#ifndef RUNTIME_CHOOSE_CHOOSE_H
#define RUNTIME_CHOOSE_CHOOSE_H

#include "choose/condition.h"
#include "choose/expression.h"
#include "choose/pattern.h"

/** A list of texts of the command line. */
typedef struct st_choose_texts_t {
    const char **list;
    size_t num;
} choose_texts_t;

/** What is wanted. */
typedef struct st_choose_wish_t {
    choose_texts_t expressions; /* an event has to fulfil one of those that are about its probe */
    choose_texts_t headers;     /* names: of probes whose events are headers, only these; they select such probes */
    choose_texts_t masks;       /* names: of these the value is not wanted; the same, if nothing else selects any */
    int has_patterns;           /* probes were selected by patterns: those that no expression is about are wanted, too */
    uint32_t show;              /* PG_SHOW_* */
    uint64_t slower_than;       /* ns that what an event ends has taken at least, of events that end something; 0: no matter */
    const char *narrowed_by;    /* the option that has taken probes away beside -t; NULL: none */
    int ends;                   /* the expressions say which event is the last one (--until): records are asked */
    int of_groups;              /* the expressions say which requests are shown (-e with -g): the same */
} choose_wish_t;

/** Which events of which probes are wanted. All zero: all of all. */
typedef struct st_choose_t {
    condition_t *conditions; /* by probe; those without nodes are of all events. NULL: all are wanted */
    patterns_t patterns;
} choose_t;

/** What is wrong. */
typedef struct st_choose_error_t {
    const char *text; /* the expression; NULL: it is not in one */
    expression_error_t error;
} choose_error_t;

/**
 * Reads expressions and names of headers, and looks up what they mean for the probes of the catalog.
 * @param is_selected by index in the catalog: of probes that are not wanted it becomes 0: where no expression is about one and
 * there are no patterns, or none of its events can be wanted
 * @return 0, or -1 with an error; choose_dispose() is needed in any case
 */
int choose_make(choose_t *choose, const choose_wish_t *wish, char *is_selected, choose_error_t *error);
/** What the events of a probe have to be like, or to hide; NULL: all are wanted as they are. */
const condition_t *choose_condition(const choose_t *choose, const catalog_probe_t *probe);
/** Whether it asks for durations. */
int choose_asks_durations(const choose_t *choose);
/** Whether there may be events that are not wanted. */
int choose_filters(const choose_t *choose);
void choose_dispose(choose_t *choose);

#endif
