#include "base/arena.h"
#include "base/grow.h"
#include "common/grow.h"

void *grow(void *list, size_t *capacity, size_t num, size_t element_size)
{
    list = grow_list(list, capacity, num, element_size);
    if (list == NULL)
        out_of_memory();
    return list;
}
