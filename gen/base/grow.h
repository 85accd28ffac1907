#ifndef GEN_BASE_GROW_H
#define GEN_BASE_GROW_H

#include <stddef.h>

/**
 * For lists that are large and do not last, which the arena would keep to the end: makes room for one more element after `num` of
 * them. The caller frees the list. Running out of memory ends the program with a message and EXIT_FILE.
 * @param capacity in elements; may grow
 * @return the list, which may have moved
 */
void *grow(void *list, size_t *capacity, size_t num, size_t element_size);

#endif
