#ifndef GEN_DIFF_COMPARE_ORDER_H
#define GEN_DIFF_COMPARE_ORDER_H

#include "base/arena.h"

/**
 * Which things kept their order. Of n different numbers, the new places of things in their old order, it finds the largest set that
 * still rises.
 * @return for each of them whether it is not in the set: it moved
 */
const char *order_find_moved(arena_t *arena, const int *places, unsigned n);

#endif
