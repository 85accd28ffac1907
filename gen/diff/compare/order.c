/*
 * The longest increasing subsequence, in n log n: `ends[k]` is the element with the smallest number that ends a rising sequence of
 * k + 1 elements; `before[i]` is the one before i in its sequence.
 */
#include "diff/compare/order.h"

const char *order_find_moved(arena_t *arena, const int *places, unsigned n)
{
    unsigned *ends = arena_alloc(arena, n * sizeof(*ends)), *before = arena_alloc(arena, n * sizeof(*before)), num = 0;
    char *is_moved = arena_alloc(arena, n);

    for (unsigned i = 0; i < n; ++i) {
        unsigned low = 0, high = num;
        while (low < high) {
            unsigned middle = low + (high - low) / 2;
            if (places[ends[middle]] < places[i])
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
