/*
 * Of definitions in its own file a place sees those before it that nothing has taken away since; all branches of conditionals are
 * taken, so one in a branch adds to those before. An unconditional #define or #undef in the file hides what others define.
 *
 * What others define is seen through #include. How a build finds headers (-I) is not known, so "b/c.h" means the file of that name
 * beside the one that includes it; if there is none, each file whose path ends in it. A place sees
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

/* A file that includes another one, or is included; or that has the same name. */
typedef struct st_scope_edge_t {
    struct st_scope_edge_t *next;
    uint32_t file;
    str_t path; /* of files with the same name: by which it is found */
} scope_edge_t;

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

/* Adds the parts of a path to another one, `.` and `..` worked out as far as that is possible. */
static void put_path(text_t *path, str_t more)
{
    if (path->n == 0 && more.n != 0 && more.p[0] == '/')
        text_put(path, "/", 1);
    for (size_t start = 0, end; start < more.n; start = end + 1) {
        const char *slash = memchr(more.p + start, '/', more.n - start);
        end = slash != NULL ? (size_t)(slash - more.p) : more.n;
        str_t part = {more.p + start, end - start}, last = last_part((str_t){path->p, path->n});
        if (part.n == 0 || str_is(part, "."))
            continue;
        if (str_is(part, "..") && last.n != 0 && !str_is(last, "..")) {
            path->n -= last.n;
            path->n -= path->n > 1;
            continue;
        }
        if (last.n != 0)
            text_put(path, "/", 1);
        text_put(path, part.p, part.n);
    }
}

/* Finds files by the last parts of their paths. */
static void index_path(scope_t *scope, table_t *by_name, const source_t *source)
{
    text_t path = {.arena = scope->arena};
    scope_edge_t *edge = arena_alloc(scope->arena, sizeof(*edge)), *first;

    put_path(&path, source->path);
    *edge = (scope_edge_t){.file = source->index, .path = {path.p, path.n}};
    if (scope->files[source->index].path.n == 0)
        scope->files[source->index].path = edge->path;
    if ((first = table_put(by_name, last_part(edge->path), edge)) != NULL) {
        edge->next = first->next;
        first->next = edge;
    }
}

/* Whether a path ends in all the parts of another one. */
static int ends_in_path(str_t path, str_t end)
{
    return path.n >= end.n && memcmp(path.p + path.n - end.n, end.p, end.n) == 0 &&
           (path.n == end.n || path.p[path.n - end.n - 1] == '/');
}

/* Finds out which files an #include means, and links them. */
static void link_include(scope_t *scope, const table_t *by_name, uint32_t file, const scope_include_t *include)
{
    text_t beside = {.arena = scope->arena}, rest = {.arena = scope->arena};
    uint32_t found[MAX_FOUND];
    str_t own = scope->files[file].path, end;
    unsigned num = 0, num_left = MAX_LOOKED_AT;

    put_path(&beside, (str_t){own.p, own.n - last_part(own).n});
    put_path(&beside, include->name);
    put_path(&rest, include->name);
    for (end = (str_t){rest.p, rest.n}; end.n > 3 && memcmp(end.p, "../", 3) == 0; end.n -= 3)
        end.p += 3;
    const scope_edge_t *edge = table_get(by_name, last_part(end));
    for (; edge != NULL && num_left != 0; edge = edge->next, --num_left) {
        if (str_eq(edge->path, (str_t){beside.p, beside.n})) {
            found[0] = edge->file;
            num = 1;
            break;
        }
        if (num != MAX_FOUND && ends_in_path(edge->path, end))
            found[num++] = edge->file;
    }
    for (unsigned i = 0; i < num; ++i) {
        scope_edge_t *edges = arena_alloc(scope->arena, 2 * sizeof(*edges));
        scope_file_t *includer = scope->files + file, *included = scope->files + found[i];
        edges[0] = (scope_edge_t){.next = includer->included, .file = found[i]};
        includer->included = edges;
        edges[1] = (scope_edge_t){.next = included->includers, .file = file};
        included->includers = edges + 1;
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
            link_include(scope, &by_name, i, include);
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
