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

/* a longer name in an #include is not looked for */
#define MAX_NAME 1024
/* at most so many files are taken for one #include, of so many that are looked at */
#define MAX_FOUND 16
#define MAX_LOOKED_AT 2000

/* What another file is to the one that is read; AROUND: it includes it, or an includer of it does. */
enum { INCLUDER = 1, AROUND = 2 };

typedef struct st_scope_include_t {
    struct st_scope_include_t *next;
    str_t name;
} scope_include_t;

/* A file that includes another one, or is included. */
typedef struct st_scope_edge_t {
    struct st_scope_edge_t *next;
    uint32_t file;
} scope_edge_t;

/* One of the files with the same name. */
typedef struct st_scope_path_t {
    struct st_scope_path_t *next;
    uint32_t file;
    str_t text;
} scope_path_t;

static int is_header_name(str_t path)
{
    static const char *const endings[] = {".c", ".cc", ".cpp", ".cxx", ".c++", ".C", ".m", ".mm", ".M", ".y", ".l", ".cu"};

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); ++i) {
        if (str_ends_in(path, endings[i]))
            return 0;
    }
    return 1;
}

void scope_init(scope_t *scope, arena_t *arena, const sources_t *sources, macros_t *macros)
{
    *scope = (scope_t){.arena = arena, .sources = sources, .macros = macros};
    scope->files = arena_alloc(arena, sources->num * sizeof(*scope->files));
    scope->queue = arena_alloc(arena, (sources->num + 1) * sizeof(*scope->queue));
    for (size_t i = 0; i < sources->num; ++i)
        scope->files[i].is_header = (uint8_t)is_header_name(sources->files[i]->path);
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

void scope_include(scope_t *scope, uint32_t file, str_t name)
{
    if (name.n > MAX_NAME)
        return;
    scope_include_t *include = arena_alloc(scope->arena, sizeof(*include));
    *include = (scope_include_t){.next = scope->files[file].includes, .name = arena_strdup(scope->arena, name)};
    scope->files[file].includes = include;
}

static str_t last_part(str_t path)
{
    const char *slash = path.n != 0 ? memrchr(path.p, '/', path.n) : NULL;
    size_t start = slash != NULL ? (size_t)(slash + 1 - path.p) : 0;

    return (str_t){path.p + start, path.n - start};
}

/* What stands after the last `./` or `../`. */
static str_t without_dots(str_t path)
{
    size_t start = 0;

    for (size_t i = 1; i < path.n; ++i)
        start = path.p[i] == '/' && path.p[i - 1] == '.' ? i + 1 : start;
    return (str_t){path.p + start, path.n - start};
}

/* Whether a path ends in all the parts of another one. */
static int ends_in_path(str_t path, str_t end)
{
    return path.n >= end.n && memcmp(path.p + path.n - end.n, end.p, end.n) == 0 &&
           (path.n == end.n || path.p[path.n - end.n - 1] == '/');
}

/* How much of the folders of two paths is the same. */
static size_t common_folders(str_t a, str_t b)
{
    size_t common = 0;

    for (size_t i = 0; i < a.n && i < b.n && a.p[i] == b.p[i]; ++i)
        common = a.p[i] == '/' ? i + 1 : common;
    return common;
}

static void add_edge(scope_t *scope, scope_edge_t **list, uint32_t file)
{
    scope_edge_t *edge = arena_alloc(scope->arena, sizeof(*edge));

    *edge = (scope_edge_t){.next = *list, .file = file};
    *list = edge;
}

/* Finds out which files an #include means: of those whose path ends so, the nearest ones. */
static void link_include(scope_t *scope, const table_t *by_name, uint32_t file, str_t name)
{
    str_t own = scope->sources->files[file]->path;
    uint32_t found[MAX_FOUND];
    unsigned num = 0, num_left = MAX_LOOKED_AT;
    size_t nearest = 0, common;

    name = without_dots(name);
    const scope_path_t *path = table_get(by_name, last_part(name));
    for (; path != NULL && num_left != 0; path = path->next, --num_left) {
        if (path->file == file || !ends_in_path(path->text, name) || (common = common_folders(path->text, own)) < nearest)
            continue;
        num = common > nearest ? 0 : num;
        nearest = common;
        if (num != MAX_FOUND)
            found[num++] = path->file;
    }
    while (num-- != 0) {
        add_edge(scope, &scope->files[file].included, found[num]);
        add_edge(scope, &scope->files[found[num]].includers, file);
    }
}

/* Files are found by the last part of their paths. */
static void index_path(scope_t *scope, table_t *by_name, const source_t *source)
{
    scope_path_t *path = arena_alloc(scope->arena, sizeof(*path)), *first;

    *path = (scope_path_t){.text = source->path, .file = source->index};
    if ((first = table_put(by_name, last_part(path->text), path)) != NULL) {
        path->next = first->next;
        first->next = path;
    }
}

void scope_link(scope_t *scope)
{
    const sources_t *sources = scope->sources;
    table_t by_name = {.arena = scope->arena};

    for (size_t i = 0; i < sources->num; ++i)
        index_path(scope, &by_name, sources->files[i]);
    for (size_t i = 0; i < sources->num_aliases; ++i)
        index_path(scope, &by_name, sources->aliases[i]);
    for (uint32_t i = 0; i < sources->num; ++i) {
        for (const scope_include_t *include = scope->files[i].includes; include != NULL; include = include->next)
            link_include(scope, &by_name, i, include->name);
    }
}

/* ---- relations of the file that is read ---- */

/* Marks what is reached from the files in the queue. @return how many are in the queue then */
static size_t spread(scope_t *scope, size_t num, uint8_t relation)
{
    for (size_t i = 0; i < num; ++i)
        scope->files[scope->queue[i]].relation |= relation;
    for (size_t i = 0; i < num; ++i) {
        const scope_file_t *file = scope->files + scope->queue[i];
        const scope_edge_t *edge = relation == INCLUDER ? file->includers : file->included;
        for (; edge != NULL && scope_take(scope, 1); edge = edge->next) {
            if (!(scope->files[edge->file].relation & relation)) {
                scope->files[edge->file].relation |= relation;
                scope->queue[num++] = edge->file;
            }
        }
    }
    return num;
}

static void relate(scope_t *scope)
{
    if (scope->is_related)
        return;
    scope->is_related = 1;
    if (!scope_take(scope, scope->sources->num))
        return;
    for (size_t i = 0; i < scope->sources->num; ++i)
        scope->files[i].relation = 0;
    scope->queue[0] = scope->file;
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
        const scope_file_t *file = scope->files + definition->file;
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
