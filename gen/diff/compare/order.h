#ifndef GEN_DIFF_COMPARE_ORDER_H
#define GEN_DIFF_COMPARE_ORDER_H

#include "base/arena.h"

/** A thing: its places on the two sides. */
typedef struct st_order_pair_t {
    int before, after; /* -1: it is not there */
    int is_moved;      /* it is not among those, as many as possible, that kept their order */
} order_pair_t;

/**
 * The things of both sides in one list, in the order of the new side; those that are gone come before what took their place.
 * @param partners for each of the `n` things of the old side its place on the new side, or -1
 * @return `*num` elements
 */
const order_pair_t *order_pairs(arena_t *arena, const int *partners, unsigned n, unsigned num_after, unsigned *num);

#endif
