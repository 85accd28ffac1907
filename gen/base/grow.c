#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/exit.h"
#include "base/grow.h"

void *grow(void *list, size_t *capacity, size_t num, size_t element_size)
{
    if (num < *capacity)
        return list;
    size_t larger = *capacity < 16 ? 16 : *capacity * 2;
    list = larger <= SIZE_MAX / element_size ? realloc(list, larger * element_size) : NULL;
    if (list == NULL) {
        fputs("probegen: out of memory\n", stderr);
        exit(EXIT_FILE);
    }
    *capacity = larger;
    return list;
}
