/*
 * Of definitions in its own file a place sees those before it that nothing has taken away since; all branches of conditionals are
 * taken, so one in a branch adds to those before. An unconditional #define or #undef in the file hides what others define.
 *
 * What others define is seen through #include. How a build finds headers (-I) is not known, so "b/c.h" means the nearest of the
 * files whose paths end in it, that is those that have most of their folders in common with the one that includes it. A place sees
 *
 *     what the files define that its own includes, directly or not, or that include its own: it is a part of them;
 *     if that is nothing, and the macro is one that leads to probes, what any header defines: the #include was not understood.
 *
 * Few files use macros that have to do with probes, so which files a file has to do with is found out when a macro needs it.
 */
#include <string.h>
#include "audit/calls/scope.h"

/* at most so many files are taken for one #include, of so many that are looked at */
#define MAX_FOUND 16
#define MAX_LOOKED_AT 1000

/* What another file is to the one that is read; AROUND: it includes it, or an includer of it does. */
enum { INCLUDER = 1, AROUND = 2 };

/* A file that includes another one, or is included. */
typedef struct st_source_edge_t {
    struct st_source_edge_t *next;
    source_t *file;
} source_edge_t;

void scope_init(scope_t *scope, arena_t *arena, sources_t *sources, macros_t *macros)
{
    *scope = (scope_t){.arena = arena, .sources = sources, .macros = macros};
    scope->queue = arena_alloc(arena, (sources->num + 1) * sizeof(*scope->queue));
}

void scope_enter_file(scope_t *scope, uint32_t file, uint64_t steps)
{
    scope->file = file;
    scope->is_related = 0;
    scope->steps = steps;
}

int scope_take(scope_t *scope, uint64_t num)
{
    int is_enough = num <= scope->steps;

    scope->steps -= is_enough ? num : scope->steps;
    return is_enough;
}

/* ---- which file includes which ---- */

/* What stands after the last `./` or `../`. */
static str_t without_dots(str_t path)
{
    size_t start = 0;

    for (size_t i = 1; i < path.n; ++i)
        start = path.p[i] == '/' && path.p[i - 1] == '.' ? i + 1 : start;
    return (str_t){path.p + start, path.n - start};
}

/* How much of the folders of two paths is the same, from 1; 0: the first one does not end in all the parts of a name. */
static size_t nearness(str_t path, str_t own, str_t name)
{
    size_t common = 1, start = path.n - name.n;

    if (path.n < name.n || memcmp(path.p + start, name.p, name.n) != 0 || (start != 0 && path.p[start - 1] != '/'))
        return 0;
    for (size_t i = 0; i < path.n && i < own.n && path.p[i] == own.p[i]; ++i)
        common = path.p[i] == '/' ? i + 2 : common;
    return common;
}

static void add_edge(scope_t *scope, source_edge_t **list, source_t *file)
{
    source_edge_t *edge = arena_alloc(scope->arena, sizeof(*edge));

    *edge = (source_edge_t){.next = *list, .file = file};
    *list = edge;
}

/* Finds out which files an #include means: of those whose path ends so, the nearest ones. */
void scope_include(scope_t *scope, uint32_t file, str_t name)
{
    source_t *own = scope->sources->files[file];
    unsigned num = 0, num_left = MAX_LOOKED_AT;
    size_t nearest = 1, near;

    name = without_dots(name);
    const source_t *first = table_get(&scope->sources->by_name, sources_last_part(name)), *path;
    for (path = first; path != NULL && num_left-- != 0; path = path->next) {
        if (path->index != file && (near = nearness(path->path, own->path, name)) > nearest)
            nearest = near;
    }
    for (path = first, num_left = MAX_LOOKED_AT; path != NULL && num_left-- != 0; path = path->next) {
        if (path->index == file || nearness(path->path, own->path, name) != nearest || num++ >= MAX_FOUND)
            continue;
        source_t *found = scope->sources->files[path->index];
        add_edge(scope, &own->included, found);
        add_edge(scope, &found->includers, own);
    }
}

/* ---- relations of the file that is read ---- */

/* Marks what is reached from the files in the queue. @return how many are in the queue then */
static size_t spread(scope_t *scope, size_t num, uint8_t relation)
{
    for (size_t i = 0; i < num; ++i)
        scope->queue[i]->relation |= relation;
    for (size_t i = 0; i < num; ++i) {
        const source_edge_t *edge = relation == INCLUDER ? scope->queue[i]->includers : scope->queue[i]->included;
        for (; edge != NULL && scope_take(scope, 1); edge = edge->next) {
            if (!(edge->file->relation & relation)) {
                edge->file->relation |= relation;
                scope->queue[num++] = edge->file;
            }
        }
    }
    return num;
}

static void relate(scope_t *scope)
{
    if (scope->is_related || !scope_take(scope, scope->sources->num))
        return;
    scope->is_related = 1;
    for (size_t i = 0; i < scope->sources->num; ++i)
        scope->sources->files[i]->relation = 0;
    scope->queue[0] = scope->sources->files[scope->file];
    spread(scope, spread(scope, 1, INCLUDER), AROUND);
}

/* ---- what is visible ---- */

static void add_visible(scope_t *scope, visible_t *visible, definition_t *definition)
{
    for (unsigned i = 0; i < visible->num; ++i) {
        if (visible->list[i]->is_function == definition->is_function && str_eq(visible->list[i]->text, definition->text))
            return;
    }
    if (visible->num != SCOPE_MAX_VISIBLE && !macros_body(scope->macros, definition)->is_broken)
        visible->list[visible->num++] = definition;
}

/* Adds what the file itself defines. @return whether it hides what others define */
static int add_own(scope_t *scope, visible_t *visible, definition_t *definition, uint32_t offset)
{
    int is_hidden = 0;

    for (; definition != NULL && visible->num != SCOPE_MAX_VISIBLE && scope_take(scope, 1); definition = definition->next) {
        if (definition->file != scope->file || definition->offset >= offset)
            continue;
        is_hidden |= definition->hides;
        if (!definition->is_undef && definition->end >= offset)
            add_visible(scope, visible, definition);
    }
    return is_hidden;
}

static void add_others(scope_t *scope, visible_t *visible, definition_t *definition, int is_of_any_header)
{
    for (; definition != NULL && visible->num != SCOPE_MAX_VISIBLE && scope_take(scope, 1); definition = definition->next) {
        const source_t *file = scope->sources->files[definition->file];
        int lasts = definition->end == DEFINITION_LASTS;
        if (definition->file == scope->file || definition->is_undef)
            continue;
        if (is_of_any_header ? lasts && file->is_header : (file->relation & INCLUDER) || (lasts && (file->relation & AROUND)))
            add_visible(scope, visible, definition);
    }
}

static void drop_empty(visible_t *visible)
{
    unsigned num = 0;

    for (unsigned i = 0; i < visible->num; ++i) {
        if (!visible->list[i]->body->is_empty)
            visible->list[num++] = visible->list[i];
    }
    if (num != 0)
        visible->num = num;
}

void scope_find_visible(scope_t *scope, const name_t *name, uint32_t offset, visible_t *visible)
{
    visible->num = 0;
    if (!add_own(scope, visible, name->definitions, offset)) {
        relate(scope);
        add_others(scope, visible, name->definitions, 0);
        if (visible->num == 0 && (name->properties & (NAME_RELEVANT | NAME_PASTES)))
            add_others(scope, visible, name->definitions, 1);
    }
    drop_empty(visible);
}
