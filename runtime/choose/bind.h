#ifndef RUNTIME_CHOOSE_BIND_H
#define RUNTIME_CHOOSE_BIND_H

#include "choose/condition.h"
#include "choose/expression.h"
#include "choose/pattern.h"

/** What expressions are bound to. */
typedef struct st_bind_t {
    const char *is_selected; /* by index in the catalog: they can be about these */
    const char *selected_by; /* the option that has selected them; NULL: all there are */
    int asks_records;        /* what is not shown cannot be asked about */
    uint32_t show;           /* PG_SHOW_* */
    condition_t *conditions; /* by index */
    patterns_t *patterns;
} bind_t;

/**
 * Reads an expression and looks its names up. It is about the probes whose fields it names; of those an event is wanted if it
 * fulfils one of the expressions that are about it.
 * @return 0, or -1 with an error
 */
int bind_expression(const bind_t *to, const char *text, expression_error_t *error);

#endif
