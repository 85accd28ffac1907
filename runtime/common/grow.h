#ifndef RUNTIME_COMMON_GROW_H
#define RUNTIME_COMMON_GROW_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/**
 * Makes room for one more element after `num` of them, at least by doubling. The caller frees the list.
 * @param list     NULL or of malloc(3)
 * @param capacity in elements; may grow
 * @return the list, which may have moved; NULL when there is no memory: then the list is as it was
 */
static inline void *grow_list(void *list, size_t *capacity, size_t num, size_t element_size)
{
    if (num < *capacity)
        return list;
    size_t larger = *capacity < 8 ? 16 : *capacity * 2;
    if (larger <= num)
        larger = num + 1;
    list = larger <= SIZE_MAX / element_size ? realloc(list, larger * element_size) : NULL;
    if (list != NULL)
        *capacity = larger;
    return list;
}

#endif
