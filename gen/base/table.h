#ifndef GEN_BASE_TABLE_H
#define GEN_BASE_TABLE_H

#include "base/arena.h"

/** Hash table from names to pointers; it grows in the arena. Zero-initialise it with `arena` set. */
typedef struct st_table_t {
    arena_t *arena;
    struct st_table_slot_t {
        str_t key;
        void *value;
    } * slots;
    size_t num, capacity;
} table_t;

/** The value of a name, NULL when there is none. */
void *table_get(const table_t *table, str_t key);
/** Sets the value of a name unless it has one. @return the value that it had, else NULL */
void *table_put(table_t *table, str_t key, void *value);

#endif
