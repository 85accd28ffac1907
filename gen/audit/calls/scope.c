/*
 * What a file defines itself is followed exactly, from line to line, with all branches of conditionals taken: an unconditional
 * #define or #undef takes away what was before it, one in a branch adds to it.
 *
 * What others define is seen through #include. How a build finds headers (-I) is not known, so "b/c.h" means the file of that name
 * beside the one that includes it; if there is none, each file whose path ends in it. Of other files' definitions a place sees
 *
 *     those in files that its own includes, directly or not;
 *     if there are none, those in files that include its own, and in what these include: it is a part of them;
 *     if there are none, and the macro is one that leads to probes, those in any header: the #include was not understood.
 *
 * Few files use macros that have to do with probes, so which files a file has to do with is found out when a macro needs it.
 */
#include <string.h>
#include "audit/calls/scope.h"

/* a longer name in an #include is not looked for */
#define MAX_NAME 1024
/* so many parts of a path, from its end, are compared with an #include */
#define MAX_PARTS 6
/* at most so many files are taken for one #include */
#define MAX_FOUND 16

/* What another file is to the one that is read; AROUND: an includer, or what it includes. */
enum { INCLUDED = 1, INCLUDER = 2, AROUND = 4 };

/* What a file's own definitions of a macro hide of those in other files; FAR: in those that it does not include. */
enum { HIDES_NOTHING, HIDES_FAR, HIDES_ALL };

typedef struct st_scope_include_t {
    struct st_scope_include_t *next;
    str_t name;
    int is_quoted;
} scope_include_t;

/* Files whose paths have the same end. */
typedef struct st_scope_end_t {
    size_t num;
    uint32_t files[MAX_FOUND];
} scope_end_t;

static int is_header_name(str_t path)
{
    static const char *const endings[] = {".c", ".cc", ".cpp", ".cxx", ".c++", ".C", ".m", ".mm", ".M", ".y", ".l", ".cu"};

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); ++i) {
        if (str_ends_in(path, endings[i]))
            return 0;
    }
    return 1;
}

void scope_init(scope_t *scope, arena_t *arena, const audit_t *audit, const sources_t *sources, macros_t *macros, budget_t *budget)
{
    *scope = (scope_t){.arena = arena, .audit = audit, .sources = sources, .macros = macros, .budget = budget};
    scope->by_path.arena = scope->by_end.arena = arena;
    scope->files = arena_alloc(arena, sources->num * sizeof(*scope->files));
    scope->relations = arena_alloc(arena, sources->num);
    scope->queue = arena_alloc(arena, (sources->num + 1) * sizeof(*scope->queue));
    for (size_t i = 0; i < sources->num; ++i) {
        scope->files[i].next_definition = &scope->files[i].definitions;
        scope->files[i].is_header = (uint8_t)is_header_name(sources->files[i]->path);
    }
}

void scope_enter_file(scope_t *scope, size_t file)
{
    scope->file = file;
    ++scope->reading;
    scope->next_definition = scope->files[file].definitions;
}

/* ---- the file's own definitions ---- */

static void enter_macro(scope_t *scope, macro_t *macro)
{
    if (macro->scope.local_reading == scope->reading)
        return;
    macro->scope.local_reading = scope->reading;
    macro->scope.locals = NULL;
    macro->scope.hides = HIDES_NOTHING;
}

/* Takes away the definitions that were made since the innermost branch began: who comes here has come past them. */
static void forget(scope_t *scope, macro_t *macro, const reader_t *reader)
{
    uint32_t start = reader_branch_start(reader);
    definition_t **next = &macro->scope.locals;

    enter_macro(scope, macro);
    while (*next != NULL) {
        if ((*next)->offset < start) {
            next = &(*next)->next_local;
        } else {
            (*next)->is_exported = 0;
            *next = (*next)->next_local;
        }
    }
    macro->scope.visible_reading = 0;
}

static void hide(macro_t *macro, const reader_t *reader, int is_definition)
{
    int hides = HIDES_NOTHING, is_asked = reader_asks_for(reader, macro->name);

    if (reader_branch_start(reader) == 0 || (is_asked && !is_definition))
        hides = HIDES_ALL;
    else if (!is_asked && is_definition)
        hides = HIDES_FAR;
    if (macro->scope.hides < hides)
        macro->scope.hides = (uint8_t)hides;
}

/* The definition that the first reading made of this #define; NULL when it kept none. */
static definition_t *find_again(scope_t *scope, uint32_t offset)
{
    while (scope->next_definition != NULL && scope->next_definition->offset < offset)
        scope->next_definition = scope->next_definition->next_of_file;
    return scope->next_definition != NULL && scope->next_definition->offset == offset ? scope->next_definition : NULL;
}

void scope_define(scope_t *scope, reader_t *reader, const ctoken_t *name)
{
    scope_file_t *file = scope->files + scope->file;
    definition_t *definition;

    if (!scope->is_second) {
        definition = macros_define(scope->macros, (uint32_t)scope->file, reader, name);
        if (definition != NULL) {
            *file->next_definition = definition;
            file->next_definition = &definition->next_of_file;
        }
    } else {
        definition = find_again(scope, (uint32_t)(name->p - reader->scanner.start));
    }
    macro_t *macro = definition != NULL ? definition->macro : macros_find(scope->macros, ctoken_str(name));
    if (macro == NULL)
        return;
    forget(scope, macro, reader);
    hide(macro, reader, 1);
    if (definition != NULL) {
        definition->next_local = macro->scope.locals;
        macro->scope.locals = definition;
    }
}

void scope_undefine(scope_t *scope, reader_t *reader, str_t name)
{
    macro_t *macro = macros_find(scope->macros, name);

    if (macro == NULL)
        return;
    forget(scope, macro, reader);
    hide(macro, reader, 0);
}

/* ---- which file includes which ---- */

void scope_include(scope_t *scope, str_t name, int is_quoted)
{
    if (scope->is_second || name.n > MAX_NAME)
        return;
    scope_include_t *include = arena_alloc(scope->arena, sizeof(*include));
    scope_file_t *file = scope->files + scope->file;
    *include = (scope_include_t){.next = file->includes, .name = arena_strdup(scope->arena, name), .is_quoted = is_quoted};
    file->includes = include;
}

static str_t last_part(const text_t *path)
{
    size_t start = path->n;

    while (start != 0 && path->p[start - 1] != '/')
        --start;
    return (str_t){path->p + start, path->n - start};
}

static void remove_last_part(text_t *path)
{
    path->n -= last_part(path).n;
    if (path->n > 1)
        --path->n;
}

/* Adds the parts of a path to another one, `.` and `..` worked out as far as that is possible. */
static void put_path(text_t *path, str_t more)
{
    if (path->n == 0 && more.n != 0 && more.p[0] == '/')
        text_put(path, "/", 1);
    for (size_t start = 0, end; start < more.n; start = end + 1) {
        const char *slash = memchr(more.p + start, '/', more.n - start);
        end = slash != NULL ? (size_t)(slash - more.p) : more.n;
        str_t part = {more.p + start, end - start}, last = last_part(path);
        if (part.n == 0 || str_is(part, ".")) {
            continue;
        } else if (str_is(part, "..") && last.n != 0 && !str_is(last, "..")) {
            remove_last_part(path);
        } else {
            if (last.n != 0)
                text_put(path, "/", 1);
            text_put(path, part.p, part.n);
        }
    }
}

/* The last parts of the path, at most so many. */
static str_t end_of(const text_t *path, unsigned num)
{
    size_t start = path->n;

    while (start != 0 && (path->p[start - 1] != '/' || --num != 0))
        --start;
    return (str_t){path->p + start, path->n - start};
}

static void index_path(scope_t *scope, text_t *path, source_t *file)
{
    path->n = 0;
    put_path(path, file->path);
    table_put(&scope->by_path, arena_strdup(scope->arena, (str_t){path->p, path->n}), file);
    for (unsigned num = 1; num <= MAX_PARTS; ++num) {
        str_t part = end_of(path, num);
        scope_end_t *end = table_get(&scope->by_end, part);
        if (end == NULL) {
            end = arena_alloc(scope->arena, sizeof(*end));
            table_put(&scope->by_end, arena_strdup(scope->arena, part), end);
        }
        if (end->num != MAX_FOUND)
            end->files[end->num++] = (uint32_t)file->index;
        if (part.n == path->n)
            break;
    }
}

static void add_included(scope_t *scope, size_t file)
{
    scope->included =
        arena_grow(scope->arena, scope->included, &scope->included_capacity, scope->num_included, sizeof(*scope->included));
    scope->included[scope->num_included++] = (uint32_t)file;
}

/* "a/b.c" -> "b" */
static str_t stem_of(str_t path)
{
    const char *slash = memrchr(path.p, '/', path.n), *name = slash != NULL ? slash + 1 : path.p;
    size_t n = path.n - (size_t)(name - path.p);
    const char *dot = memrchr(name, '.', n);

    return (str_t){name, dot != NULL ? (size_t)(dot - name) : n};
}

/**
 * Whether a header that was not read may define macros that look like those of a provider. What is generated of the definitions
 * defines those of probes only, and is called like them (but app.h is rather the project's own header than made of app.d). Headers
 * in angle brackets are the system's, or another project's, unless they are called like the provider.
 */
static int may_define(const scope_t *scope, const scope_include_t *include)
{
    const ir_t *ir = scope->audit->ir;
    str_t stem = stem_of(include->name);
    int is_own = 0;

    for (unsigned i = 0; i < ir->num_providers; ++i) {
        const ir_provider_t *provider = ir->providers + i;
        if (str_eq(stem, stem_of(str_of(provider->file))) && !str_eq(stem, provider->name))
            return 0;
        is_own |= memmem(include->name.p, include->name.n, provider->name.p, provider->name.n) != NULL;
    }
    return include->is_quoted || is_own;
}

static void link_include(scope_t *scope, text_t *path, size_t file, const scope_include_t *include)
{
    str_t own = scope->sources->files[file]->path;

    path->n = 0;
    put_path(path, own);
    remove_last_part(path);
    put_path(path, include->name);
    const source_t *beside = table_get(&scope->by_path, (str_t){path->p, path->n});
    if (beside != NULL) {
        add_included(scope, beside->index);
        return;
    }
    path->n = 0;
    put_path(path, include->name);
    while (path->n > 3 && memcmp(path->p, "../", 3) == 0)
        memmove(path->p, path->p + 3, path->n -= 3);
    const scope_end_t *end = table_get(&scope->by_end, end_of(path, MAX_PARTS));
    for (size_t i = 0; end != NULL && i < end->num; ++i)
        add_included(scope, end->files[i]);
    if (end == NULL && may_define(scope, include))
        scope->files[file].is_open = 1;
}

/* The same the other way round. */
static void link_includers(scope_t *scope)
{
    size_t num_files = scope->sources->num, next = 0;

    scope->includers = arena_alloc(scope->arena, scope->num_included * sizeof(*scope->includers));
    for (size_t i = 0; i < scope->num_included; ++i)
        ++scope->files[scope->included[i]].num_includers;
    for (size_t i = 0; i < num_files; ++i) {
        scope->files[i].first_includer = next;
        next += scope->files[i].num_includers;
        scope->files[i].num_includers = 0;
    }
    for (size_t i = 0; i < num_files; ++i) {
        const scope_file_t *file = scope->files + i;
        for (size_t j = 0; j < file->num_included; ++j) {
            scope_file_t *other = scope->files + scope->included[file->first_included + j];
            scope->includers[other->first_includer + other->num_includers++] = (uint32_t)i;
        }
    }
}

static void link_files(scope_t *scope)
{
    text_t path = {.arena = scope->arena};
    const sources_t *sources = scope->sources;

    for (size_t i = 0; i < sources->num; ++i)
        index_path(scope, &path, sources->files[i]);
    for (size_t i = 0; i < sources->num_aliases; ++i)
        index_path(scope, &path, sources->aliases[i]);
    for (size_t i = 0; i < sources->num; ++i) {
        scope_file_t *file = scope->files + i;
        file->first_included = scope->num_included;
        for (const scope_include_t *include = file->includes; include != NULL; include = include->next)
            link_include(scope, &path, i, include);
        file->num_included = scope->num_included - file->first_included;
    }
    link_includers(scope);
}

void scope_begin_second(scope_t *scope)
{
    scope->is_second = 1;
    link_files(scope);
}

/* ---- relations of the file that is read ---- */

/* Marks what is reached from the files in the queue, which are marked already. */
static void spread(scope_t *scope, size_t num, int relation, int is_upwards)
{
    for (size_t i = 0; i < num; ++i) {
        const scope_file_t *file = scope->files + scope->queue[i];
        const uint32_t *others = is_upwards ? scope->includers + file->first_includer : scope->included + file->first_included;
        size_t num_others = is_upwards ? file->num_includers : file->num_included;
        if (!budget_take(scope->budget, 1 + num_others))
            return;
        for (size_t j = 0; j < num_others; ++j) {
            if (!(scope->relations[others[j]] & relation)) {
                scope->relations[others[j]] |= (uint8_t)relation;
                scope->queue[num++] = others[j];
            }
        }
    }
}

static void relate(scope_t *scope)
{
    size_t num_includers = 0;

    if (scope->related_reading == scope->reading)
        return;
    scope->related_reading = scope->reading;
    scope->is_complete = 0;
    if (!budget_take(scope->budget, scope->sources->num))
        return;
    memset(scope->relations, 0, scope->sources->num);
    scope->queue[0] = (uint32_t)scope->file;
    spread(scope, 1, INCLUDED, 0);
    scope->queue[0] = (uint32_t)scope->file;
    spread(scope, 1, INCLUDER, 1);
    for (size_t i = 0; i < scope->sources->num; ++i) {
        if (scope->relations[i] & INCLUDER) {
            scope->relations[i] |= AROUND;
            scope->queue[num_includers++] = (uint32_t)i;
        }
    }
    spread(scope, num_includers, AROUND, 0);
    for (size_t i = 0; i < scope->sources->num; ++i) {
        if (scope->files[i].is_open && (i == scope->file || scope->relations[i] != 0))
            return;
    }
    /* a header also gets macros from what is included before it; if no file includes it, those that do were not read */
    scope->is_complete = !scope->files[scope->file].is_header || num_includers != 0;
}

/* ---- what is visible ---- */

static void add_visible(scope_t *scope, macro_t *macro, definition_t *definition)
{
    visible_t *visible = &macro->scope.visible;

    for (unsigned i = 0; i < visible->num; ++i) {
        if (visible->list[i]->is_function == definition->is_function && str_eq(visible->list[i]->text, definition->text))
            return;
    }
    if (visible->num == SCOPE_MAX_VISIBLE || macros_body(scope->macros, definition)->is_broken)
        return;
    visible->list[visible->num++] = definition;
}

static int is_seen(const scope_t *scope, const definition_t *definition, int tier)
{
    uint8_t relation = scope->relations[definition->file];

    if (definition->file == scope->file)
        return 0;
    switch (tier) {
    case 0:
        return definition->is_exported && (relation & INCLUDED);
    case 1:
        return (relation & INCLUDER) || (definition->is_exported && (relation & AROUND));
    default:
        return definition->is_exported && scope->files[definition->file].is_header;
    }
}

static void add_outer(scope_t *scope, macro_t *macro)
{
    int num_tiers = macro->scope.hides == HIDES_FAR ? 1 : macro->properties & (MACRO_RELEVANT | MACRO_PASTES) ? 3 : 2, is_found = 0;

    relate(scope);
    for (int tier = 0; tier < num_tiers && !is_found; ++tier) {
        for (definition_t *definition = macro->definitions; definition != NULL; definition = definition->next) {
            if (!budget_take(scope->budget, 1))
                return;
            if (is_seen(scope, definition, tier)) {
                add_visible(scope, macro, definition);
                is_found = 1;
            }
        }
    }
}

static void drop_empty(scope_t *scope, visible_t *visible)
{
    unsigned num = 0;

    for (unsigned i = 0; i < visible->num; ++i) {
        if (!macros_body(scope->macros, visible->list[i])->is_empty)
            visible->list[num++] = visible->list[i];
    }
    if (num != 0)
        visible->num = num;
}

const visible_t *scope_find_visible(scope_t *scope, macro_t *macro)
{
    visible_t *visible = &macro->scope.visible;

    enter_macro(scope, macro);
    if (macro->scope.visible_reading == scope->reading)
        return visible;
    macro->scope.visible_reading = scope->reading;
    if (visible->list == NULL)
        visible->list = arena_alloc(scope->arena, SCOPE_MAX_VISIBLE * sizeof(*visible->list));
    visible->num = 0;
    for (definition_t *definition = macro->scope.locals; definition != NULL; definition = definition->next_local)
        add_visible(scope, macro, definition);
    if (macro->scope.hides != HIDES_ALL)
        add_outer(scope, macro);
    drop_empty(scope, visible);
    return visible;
}

int scope_is_complete(scope_t *scope)
{
    relate(scope);
    return scope->is_complete;
}
