#ifndef RUNTIME_CHOOSE_CHOOSE_H
#define RUNTIME_CHOOSE_CHOOSE_H

#include "choose/condition.h"
#include "choose/expression.h"

/** What is wanted. */
typedef struct st_choose_wish_t {
    const char *const *expressions; /* an event has to fulfil one of those that are about its probe */
    size_t num_expressions;
    int has_patterns; /* probes were selected by patterns: those that no expression is about are wanted, too */
    uint32_t show;    /* PG_SHOW_* */
} choose_wish_t;

/** Which events of which probes are wanted. All zero: all of all. */
typedef struct st_choose_t {
    condition_t *conditions; /* by probe; one without nodes is of all events. NULL: all are wanted */
    struct pg_pattern *patterns;
    size_t num_patterns, patterns_capacity;
} choose_t;

/** What is wrong. */
typedef struct st_choose_error_t {
    const char *text; /* the expression; NULL: it is not in one */
    expression_error_t error;
} choose_error_t;

/**
 * Reads expressions and looks their names up in the catalog. An expression is about the probes whose fields it names.
 * @param is_selected by index in the catalog: of probes that are not wanted it becomes 0: where no expression is about one and
 * there are no patterns, or none of its events can be wanted
 * @return 0, or -1 with an error; choose_dispose() is needed in any case
 */
int choose_make(choose_t *choose, const choose_wish_t *wish, char *is_selected, choose_error_t *error);
/** What the events of a probe have to be like; NULL: all are wanted. */
const condition_t *choose_condition(const choose_t *choose, const catalog_probe_t *probe);
void choose_dispose(choose_t *choose);

#endif
