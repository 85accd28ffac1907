#include "diff/compare/order.h"

/*
 * The longest increasing subsequence, in n log n: `ends[k]` is the element with the smallest number that ends a rising sequence of
 * k + 1 elements; `before[i]` is the one before i in its sequence.
 * @return for each thing of the old side whether it is on both sides, and not in that sequence
 */
static const char *find_moved(arena_t *arena, const int *partners, unsigned n)
{
    unsigned *ends = arena_alloc(arena, n * sizeof(*ends)), *before = arena_alloc(arena, n * sizeof(*before)), num = 0;
    char *is_moved = arena_alloc(arena, n);

    for (unsigned i = 0; i < n; ++i) {
        unsigned low = 0, high = num;
        if (partners[i] == -1)
            continue;
        while (low < high) {
            unsigned middle = low + (high - low) / 2;
            if (partners[ends[middle]] < partners[i])
                low = middle + 1;
            else
                high = middle;
        }
        before[i] = low != 0 ? ends[low - 1] : i;
        ends[low] = i;
        if (low == num)
            ++num;
        is_moved[i] = 1;
    }
    for (unsigned i = num != 0 ? ends[num - 1] : 0; num != 0; i = before[i], --num)
        is_moved[i] = 0;
    return is_moved;
}

const order_pair_t *order_pairs(arena_t *arena, const int *partners, unsigned n, unsigned num_after, unsigned *num)
{
    order_pair_t *pairs = arena_alloc(arena, (n + num_after) * sizeof(*pairs));
    const char *is_moved = find_moved(arena, partners, n);
    int *old_of = arena_alloc(arena, (num_after + 1) * sizeof(*old_of));
    unsigned gone = 0; /* things of the old side before this one are in the list, or follow later with their partner */

    memset(old_of, -1, num_after * sizeof(*old_of));
    old_of[num_after] = (int)n; /* after the last one come all that are left */
    for (unsigned i = 0; i < n; ++i) {
        if (partners[i] != -1)
            old_of[partners[i]] = (int)i;
    }
    *num = 0;
    for (unsigned j = 0; j <= num_after; ++j) {
        for (; gone < n && (old_of[j] == -1 ? partners[gone] == -1 : (int)gone < old_of[j]); ++gone) {
            if (partners[gone] == -1)
                pairs[(*num)++] = (order_pair_t){(int)gone, -1, 0};
        }
        gone += (int)gone == old_of[j];
        if (j < num_after)
            pairs[(*num)++] = (order_pair_t){old_of[j], (int)j, old_of[j] != -1 && is_moved[old_of[j]]};
    }
    return pairs;
}
