#ifndef GEN_AUDIT_CALLS_BUDGET_H
#define GEN_AUDIT_CALLS_BUDGET_H

#include <stdint.h>

/**
 * How much work may still be done for one file: a step is a token that is moved, or a file or definition that is looked at. Macros
 * of a few lines can describe more work than can ever be done. calls.c fills the budget for each file; scope.c and expand.c take
 * from it what they use, and do less when it is empty.
 */
typedef struct st_budget_t {
    uint64_t steps;
} budget_t;

/** Takes steps. @return 0 when there are not so many: all that are left are taken */
static inline int budget_take(budget_t *budget, uint64_t num)
{
    int is_enough = num <= budget->steps;

    budget->steps -= is_enough ? num : budget->steps;
    return is_enough;
}

#endif
