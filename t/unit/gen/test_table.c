/*
 * ASSERTION: a table finds every name that was put into it, however many there are and whatever they are, and nothing else; the
 * first value of a name stays.
 */

#include "base/table.h"
#include "tap.h"

#define NUM 20000

static str_t str(const char *s)
{
    return (str_t){s, strlen(s)};
}

static void test_empty(arena_t *arena)
{
    table_t table = {.arena = arena};

    ok(table_get(&table, str("a")) == NULL, "an empty table has no name");
    ok(table_get(&table, str("")) == NULL, "not even the empty one");
}

static void test_few(arena_t *arena)
{
    static int a, b, c;
    table_t table = {.arena = arena};

    ok(table_put(&table, str("a"), &a) == NULL, "a new name had no value");
    ok(table_get(&table, str("a")) == &a, "... and has one now");
    ok(table_put(&table, str("a"), &b) == &a, "putting it again returns its value");
    ok(table_get(&table, str("a")) == &a, "... and leaves it");
    ok(table_put(&table, str(""), &c) == NULL && table_get(&table, str("")) == &c, "the empty name is a name");
    ok(table_put(&table, (str_t){"a\0b", 3}, &b) == NULL && table_get(&table, (str_t){"a\0b", 3}) == &b, "a name may contain NUL");
    ok(table_get(&table, (str_t){"a\0c", 3}) == NULL, "... and what follows it is compared, too");
    ok(table_get(&table, (str_t){"ab", 1}) == &a, "a name is as long as it says");
}

static void test_many(arena_t *arena)
{
    static char names[NUM][16];
    static int values[NUM];
    table_t table = {.arena = arena};
    int num_wrong = 0, num_lost = 0, num_found = 0;

    for (int i = 0; i < NUM; ++i) {
        snprintf(names[i], sizeof(names[i]), "name%d", i);
        num_wrong += table_put(&table, str(names[i]), values + i) != NULL;
        if (i % 97 == 0) { /* while it grows, too */
            for (int j = 0; j <= i; j += 89)
                num_lost += table_get(&table, str(names[j])) != values + j;
        }
    }
    is_int(num_wrong, 0, "20000 names are all new");
    for (int i = 0; i < NUM; ++i)
        num_lost += table_get(&table, str(names[i])) != values + i;
    is_int(num_lost, 0, "each is found with its own value, at any time");
    for (int i = NUM; i < 2 * NUM; ++i) {
        char name[16];
        snprintf(name, sizeof(name), "name%d", i);
        num_found += table_get(&table, str(name)) != NULL;
    }
    is_int(num_found, 0, "and 20000 others are not found");
    ok(table.num == NUM && table.capacity >= NUM, "the table knows how many there are");
}

int main(void)
{
    arena_t *arena = arena_create();

    test_empty(arena);
    test_few(arena);
    test_many(arena);
    arena_destroy(arena);
    return done_testing();
}
