#include "base/table.h"

static struct st_table_slot_t *find(const table_t *table, str_t key)
{
    size_t i = str_hash(key) & (table->capacity - 1);

    while (table->slots[i].value != NULL && !str_eq(table->slots[i].key, key))
        i = (i + 1) & (table->capacity - 1);
    return table->slots + i;
}

static void grow(table_t *table)
{
    table_t larger = {.arena = table->arena, .capacity = table->capacity == 0 ? 64 : table->capacity * 2, .num = table->num};

    larger.slots = arena_alloc(larger.arena, larger.capacity * sizeof(*larger.slots));
    for (size_t i = 0; i < table->capacity; ++i) {
        if (table->slots[i].value != NULL)
            *find(&larger, table->slots[i].key) = table->slots[i];
    }
    *table = larger;
}

void *table_get(const table_t *table, str_t key)
{
    return table->capacity == 0 ? NULL : find(table, key)->value;
}

void *table_put(table_t *table, str_t key, void *value)
{
    if (table->num * 4 >= table->capacity * 3)
        grow(table);
    struct st_table_slot_t *slot = find(table, key);
    if (slot->value != NULL)
        return slot->value;
    slot->key = key;
    slot->value = value;
    ++table->num;
    return NULL;
}
