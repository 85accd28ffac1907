#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/grow.h"
#include "base/text.h"
#include "print/print.h"
#include "audit/calls/sources.h"

/* What is read of a folder: besides sources and headers of any kind, what they include, and what flex and bison make C of. */
static const char *const endings[] = {"c",   "h",   "cc",  "cpp", "cxx", "c++", "C",   "hh",  "hpp", "hxx", "h++", "H",
                                      "inc", "inl", "ipp", "ixx", "tcc", "tpp", "txx", "def", "m",   "mm",  "M",   "y",
                                      "l",   "yy",  "ll",  "ypp", "lpp", "y++", "l++", "re",  "cu",  "cuh", "ino"};

void sources_init(sources_t *sources, arena_t *arena)
{
    *sources = (sources_t){.arena = arena, .by_identity.arena = arena};
}

static int is_source_name(const char *name)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof(endings) / sizeof(endings[0]); ++i) {
        if (strcmp(dot + 1, endings[i]) == 0)
            return 1;
    }
    return 0;
}

typedef struct st_walk_t {
    sources_t *sources;
    audit_t *audit;
    text_t path; /* of the folder that is being read, or of what is in it; a NUL follows */
    int has_source;
} walk_t;

static void append(walk_t *walk, const char *text, size_t n)
{
    text_put(&walk->path, text, n);
    text_put(&walk->path, "", 1);
    --walk->path.n;
}

static void cut(walk_t *walk, size_t n)
{
    walk->path.n = n;
    walk->path.p[n] = '\0';
}

static void cannot_read(const walk_t *walk, int error)
{
    audit_fail(walk->audit, "cannot read '%s': %s", walk->path.p, strerror(error));
}

/* ---- files ---- */

/* @return what has this identity already, else NULL: it has the value now */
static void *put_identity(sources_t *sources, const struct stat *st, void *value)
{
    return table_put(&sources->by_identity, arena_printf(sources->arena, "%jx:%jx", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino),
                     value);
}

static void add_file(walk_t *walk, const struct stat *st)
{
    sources_t *sources = walk->sources;
    source_t *file = arena_alloc(sources->arena, sizeof(*file));

    *file = (source_t){.path = arena_strdup(sources->arena, (str_t){walk->path.p, walk->path.n}), .index = (uint32_t)sources->num};
    walk->has_source = 1;
    const source_t *earlier = put_identity(sources, st, file);
    if (earlier == NULL) {
        sources->files = arena_grow(sources->arena, sources->files, &sources->capacity, sources->num, sizeof(*sources->files));
        sources->files[sources->num++] = file;
        progress_show("sources", sources->num, 0, "files found");
        return;
    }
    file->index = earlier->index;
    sources->aliases =
        arena_grow(sources->arena, sources->aliases, &sources->aliases_capacity, sources->num_aliases, sizeof(*sources->aliases));
    sources->aliases[sources->num_aliases++] = file;
}

/* ---- folders ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const str_t *)a)->p, ((const str_t *)b)->p);
}

/* What is in the folder and may be, or contain, a source, in the order of names. */
static str_t *list_folder(walk_t *walk, size_t *num)
{
    DIR *dir = opendir(walk->path.p);
    str_t *names = NULL;
    size_t capacity = 0;
    struct dirent *found;

    *num = 0;
    if (dir == NULL) {
        cannot_read(walk, errno);
        return NULL;
    }
    for (errno = 0; (found = readdir(dir)) != NULL; errno = 0) {
        const char *name = found->d_name;
        if (name[0] == '.' || (found->d_type != DT_DIR && found->d_type != DT_UNKNOWN && !is_source_name(name)))
            continue;
        names = grow(names, &capacity, *num, sizeof(*names));
        names[(*num)++] = arena_strdup(walk->sources->arena, str_of(name));
    }
    if (errno != 0)
        cannot_read(walk, errno);
    closedir(dir);
    if (*num != 0)
        qsort(names, *num, sizeof(*names), compare_names);
    return names;
}

static void walk_folder(walk_t *walk);

static void walk_entry(walk_t *walk, str_t name)
{
    struct stat st;

    if (lstat(walk->path.p, &st) != 0) {
        cannot_read(walk, errno);
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        /* a folder that is mounted into itself has no end */
        if (put_identity(walk->sources, &st, walk->sources) == NULL)
            walk_folder(walk);
        else
            walk->has_source = 1;
        return;
    }
    if (!is_source_name(name.p))
        return;
    if (S_ISLNK(st.st_mode) && stat(walk->path.p, &st) != 0)
        cannot_read(walk, errno);
    else if (S_ISREG(st.st_mode))
        add_file(walk, &st);
}

static void walk_folder(walk_t *walk)
{
    size_t num, n = walk->path.n;
    str_t *names = list_folder(walk, &num);

    for (size_t i = 0; i < num; ++i) {
        if (walk->path.p[n - 1] != '/')
            append(walk, "/", 1);
        append(walk, names[i].p, names[i].n);
        walk_entry(walk, names[i]);
        cut(walk, n);
    }
    free(names);
}

void sources_add(sources_t *sources, audit_t *audit, const char *path)
{
    walk_t walk = {.sources = sources, .audit = audit, .path.arena = sources->arena};
    struct stat st;

    append(&walk, path, strlen(path));
    while (walk.path.n > 1 && walk.path.p[walk.path.n - 1] == '/')
        cut(&walk, walk.path.n - 1);
    if (stat(path, &st) != 0) {
        cannot_read(&walk, errno);
    } else if (S_ISREG(st.st_mode)) {
        add_file(&walk, &st);
    } else if (!S_ISDIR(st.st_mode)) {
        audit_fail(audit, "'%s' is neither a file nor a folder", path);
    } else if (put_identity(sources, &st, sources) == NULL) {
        int num_errors = audit->diag->num_errors;
        walk_folder(&walk);
        if (!walk.has_source && audit->diag->num_errors == num_errors)
            audit_fail(audit, "'%s' has no C or C++ source", path);
    }
}
