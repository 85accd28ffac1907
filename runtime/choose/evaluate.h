#ifndef RUNTIME_CHOOSE_EVALUATE_H
#define RUNTIME_CHOOSE_EVALUATE_H

#include "choose/condition.h"
#include "choose/pattern.h"

/**
 * Whether the event of a record is wanted: what the BPF program decides before there is a record. What is not shown is not in one,
 * so it is null here; of a string that was cut in the record, only what is there is looked at.
 */
int evaluate(const condition_t *condition, const patterns_t *patterns, const void *record);
/** Whether the value of that header is to be hidden, of which `hides_value` says that it can be. */
int evaluate_mask(const condition_t *condition, const patterns_t *patterns, const void *record);

#endif
