#ifndef GEN_BASE_ARENA_H
#define GEN_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

/**
 * What probegen builds lives until it exits: one arena, and nothing is freed but what arena_release() gives back. Memory is zeroed.
 * Running out of memory ends the program with a message and EXIT_FILE, so no caller checks for NULL.
 */
typedef struct st_arena_t arena_t;

/** A byte span that is not NUL-terminated; `p` may be NULL when `n` is 0. It points into a source text or into the arena. */
typedef struct st_str_t {
    const char *p;
    size_t n;
} str_t;

#define STR(lit) ((str_t){(lit), sizeof(lit) - 1})
#define STR_LITERAL(lit)                                                                                                           \
    {                                                                                                                              \
        (lit), sizeof(lit) - 1                                                                                                     \
    }                                /* the same in the initializer of a constant */
#define STR_ARG(s) (int)(s).n, (s).p /* for "%.*s" */

static inline str_t str_of(const char *s)
{
    return (str_t){s, strlen(s)};
}

arena_t *arena_create(void);
void arena_destroy(arena_t *arena);
void *arena_alloc(arena_t *arena, size_t size);
/**
 * Gives back what has been allocated since a mark (but for single large pieces, which stay): for work that is done a hundred
 * thousand times and leaves nothing.
 */
typedef struct st_arena_mark_t {
    void *chunk;
    size_t used;
} arena_mark_t;
arena_mark_t arena_mark(arena_t *arena);
void arena_release(arena_t *arena, arena_mark_t mark);
/** Copies the span and adds a NUL, which `n` does not count. */
str_t arena_strdup(arena_t *arena, str_t s);
/**
 * Makes room in a list for one more element after `num` of them, at least by doubling.
 * @param capacity in elements; may grow
 * @return the list, which may have moved: the rest is zeroed
 */
void *arena_grow(arena_t *arena, void *list, size_t *capacity, size_t num, size_t element_size);
/** The text has a NUL, which `n` does not count. */
str_t arena_printf(arena_t *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
str_t arena_vprintf(arena_t *arena, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

/** Ends the program with a message and EXIT_FILE. */
_Noreturn void out_of_memory(void);

/* inline, since most texts differ in length or at once */
static inline int str_eq(str_t a, str_t b)
{
    return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}

int str_is(str_t a, const char *b);
int str_ends_in(str_t s, const char *ending);
/** FNV-1a, for the hash tables of sema */
unsigned long str_hash(str_t s);

#endif
