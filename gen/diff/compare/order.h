#ifndef GEN_DIFF_COMPARE_ORDER_H
#define GEN_DIFF_COMPARE_ORDER_H

#include "base/arena.h"

/*
 * The order of things of which some are on both sides: `partners` has an element for each of `n` things of the old side, where it
 * is on the new side, or -1.
 */

/**
 * Which things kept their order: the largest set of which that is true.
 * @return for each thing of the old side whether it is on both sides, and not in that set: it moved
 */
const char *order_find_moved(arena_t *arena, const int *partners, unsigned n);

/** A thing: its places on the two sides; -1: it is not there. */
typedef struct st_order_pair_t {
    int before, after;
} order_pair_t;

/**
 * The things of both sides in one list, in the order of the new side; those that are gone come before what took their place.
 * @return `*num` elements
 */
const order_pair_t *order_pairs(arena_t *arena, const int *partners, unsigned n, unsigned num_after, unsigned *num);

#endif
