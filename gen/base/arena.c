#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/exit.h"

#define ALIGNMENT 16
#define FIRST_CHUNK ((size_t)64 << 10)
#define LAST_CHUNK ((size_t)4 << 20)

typedef struct st_chunk_t {
    struct st_chunk_t *next;
    size_t used, size;
    _Alignas(ALIGNMENT) char bytes[];
} chunk_t;

struct st_arena_t {
    chunk_t *chunks;
    size_t next_size;
};

void out_of_memory(void)
{
    fputs("probegen: out of memory\n", stderr);
    exit(EXIT_FILE);
}

static chunk_t *create_chunk(size_t size)
{
    /* calloc() gets large chunks from the system, which zeroes them for free */
    chunk_t *chunk = size < SIZE_MAX - sizeof(*chunk) ? calloc(1, sizeof(*chunk) + size) : NULL;

    if (chunk == NULL)
        out_of_memory();
    chunk->size = size;
    return chunk;
}

arena_t *arena_create(void)
{
    arena_t *arena = calloc(1, sizeof(*arena));

    if (arena == NULL)
        out_of_memory();
    arena->next_size = FIRST_CHUNK;
    return arena;
}

void arena_destroy(arena_t *arena)
{
    chunk_t *chunk = arena->chunks;

    while (chunk != NULL) {
        chunk_t *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(arena);
}

arena_mark_t arena_mark(arena_t *arena)
{
    if (arena->chunks == NULL)
        arena_alloc(arena, 1); /* a chunk that stays, so that releasing does not mean to get it anew */
    return (arena_mark_t){arena->chunks, arena->chunks->used};
}

void arena_release(arena_t *arena, arena_mark_t mark)
{
    chunk_t *chunk;

    while ((chunk = arena->chunks) != mark.chunk) {
        arena->chunks = chunk->next;
        free(chunk);
    }
    memset(chunk->bytes + mark.used, 0, chunk->used - mark.used);
    chunk->used = mark.used;
}

void *arena_alloc(arena_t *arena, size_t size)
{
    chunk_t *chunk = arena->chunks;

    if (size > SIZE_MAX / 2)
        out_of_memory();
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (chunk == NULL || chunk->size - chunk->used < size) {
        if (chunk != NULL && size > arena->next_size / 4) {
            /* second in the list: the current chunk still has room for small things */
            chunk = create_chunk(size);
            chunk->next = arena->chunks->next;
            arena->chunks->next = chunk;
        } else {
            chunk = create_chunk(size > arena->next_size ? size : arena->next_size);
            chunk->next = arena->chunks;
            arena->chunks = chunk;
            if (arena->next_size < LAST_CHUNK)
                arena->next_size *= 2;
        }
    }
    void *p = chunk->bytes + chunk->used;
    chunk->used += size;
    return p;
}

void *arena_grow(arena_t *arena, void *list, size_t *capacity, size_t num, size_t element_size)
{
    if (num < *capacity)
        return list;
    size_t larger = *capacity < 16 ? 32 : *capacity * 2;
    if (larger <= num)
        larger = num + 1;
    if (larger > SIZE_MAX / element_size)
        out_of_memory();
    void *moved = arena_alloc(arena, larger * element_size);
    if (*capacity != 0)
        memcpy(moved, list, *capacity * element_size);
    *capacity = larger;
    return moved;
}

str_t arena_strdup(arena_t *arena, str_t s)
{
    char *p = arena_alloc(arena, s.n + 1);

    if (s.n != 0)
        memcpy(p, s.p, s.n);
    return (str_t){p, s.n};
}

str_t arena_vprintf(arena_t *arena, const char *fmt, va_list args)
{
    char most[256];
    va_list again;

    va_copy(again, args);
    int n = vsnprintf(most, sizeof(most), fmt, again);
    va_end(again);
    if (n < 0)
        out_of_memory();
    if (n < (int)sizeof(most))
        return arena_strdup(arena, (str_t){most, (size_t)n});
    char *p = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, args);
    return (str_t){p, (size_t)n};
}

str_t arena_printf(arena_t *arena, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    str_t text = arena_vprintf(arena, fmt, args);
    va_end(args);
    return text;
}

int str_is(str_t a, const char *b)
{
    return str_eq(a, str_of(b));
}

int str_ends_in(str_t s, const char *ending)
{
    size_t n = strlen(ending);

    return s.n >= n && memcmp(s.p + s.n - n, ending, n) == 0;
}

unsigned long str_hash(str_t s)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < s.n; ++i) {
        hash ^= (unsigned char)s.p[i];
        hash *= 0x100000001b3;
    }
    return (unsigned long)hash;
}
