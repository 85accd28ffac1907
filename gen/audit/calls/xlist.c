#include <stdlib.h>
#include <string.h>
#include "audit/calls/xlist.h"
#include "base/grow.h"

/* memory of one expansion that is kept for the next */
#define MAX_KEPT ((size_t)256 << 10)

void xlists_init(xlists_t *lists)
{
    *lists = (xlists_t){.arena = arena_create()};
}

void xlists_dispose(xlists_t *lists)
{
    free(lists->tokens);
    arena_destroy(lists->arena);
}

void xlists_begin(xlists_t *lists, uint32_t steps)
{
    lists->steps_left = steps;
    lists->failure = NULL;
}

void xlists_end(xlists_t *lists)
{
    lists->num = 0;
    if (lists->num_allocated > MAX_KEPT) {
        arena_destroy(lists->arena);
        lists->arena = arena_create();
        lists->num_allocated = 0;
    }
}

void *xlists_alloc(xlists_t *lists, size_t size)
{
    lists->num_allocated += size;
    return arena_alloc(lists->arena, size);
}

int xlists_step(xlists_t *lists)
{
    if (lists->failure != NULL)
        return 0;
    if (lists->steps_left == 0) {
        lists->failure = "expands to too much";
        return 0;
    }
    --lists->steps_left;
    return 1;
}

int xlists_put(xlists_t *lists, const xtoken_t *token)
{
    if (!xlists_step(lists))
        return 0;
    lists->tokens = grow(lists->tokens, &lists->capacity, lists->num, sizeof(*lists->tokens));
    lists->tokens[lists->num++] = *token;
    return 1;
}

xlist_t xlists_take(xlists_t *lists, size_t base)
{
    size_t num = lists->num - base;
    xtoken_t *tokens = xlists_alloc(lists, num * sizeof(*tokens));

    if (num != 0)
        memcpy(tokens, lists->tokens + base, num * sizeof(*tokens));
    lists->num = base;
    return (xlist_t){tokens, num};
}
