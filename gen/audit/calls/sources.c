#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "print/print.h"
#include "audit/calls/sources.h"

#define FIRST_HEADER 20

/* What is read of a folder: sources, what flex and bison make C of, and then headers of any kind, and what else is included. */
static const char *const endings[] = {"c",   "cc",  "cpp", "cxx", "c++", "C",   "m",
                                      "mm",  "M",   "cu",  "ino", "y",   "l",   "yy",
                                      "ll",  "ypp", "lpp", "y++", "l++", "re",  [FIRST_HEADER] = "h",
                                      "hh",  "hpp", "hxx", "h++", "H",   "inc", "inl",
                                      "ipp", "ixx", "tcc", "tpp", "txx", "def", "cuh"};
#define NUM_ENDINGS (sizeof(endings) / sizeof(endings[0]))

void sources_init(sources_t *sources, arena_t *arena)
{
    *sources = (sources_t){.arena = arena, .by_identity.arena = arena, .by_name.arena = arena};
}

/* @return index of its ending; NUM_ENDINGS: any other */
static size_t find_ending(const char *path)
{
    const char *dot = strrchr(path, '.');
    size_t i = dot != NULL ? 0 : NUM_ENDINGS;

    while (i != NUM_ENDINGS && strcmp(dot + 1, endings[i]) != 0)
        ++i;
    return i;
}

str_t sources_last_part(str_t path)
{
    const char *slash = path.n != 0 ? memrchr(path.p, '/', path.n) : NULL;
    size_t start = slash != NULL ? (size_t)(slash + 1 - path.p) : 0;

    return (str_t){path.p + start, path.n - start};
}

void sources_add_path(sources_t *sources, str_t path, str_t identity)
{
    source_t *file = arena_alloc(sources->arena, sizeof(*file)), *other;

    *file = (source_t){.path = arena_strdup(sources->arena, path), .index = (uint32_t)sources->num};
    file->is_header = find_ending(file->path.p) >= FIRST_HEADER;
    if ((other = table_put(&sources->by_identity, identity, file)) != NULL) {
        file->index = other->index;
    } else {
        sources->files = arena_grow(sources->arena, sources->files, &sources->capacity, sources->num, sizeof(*sources->files));
        sources->files[sources->num++] = file;
        progress_show("sources", sources->num, 0, "files found");
    }
    if ((other = table_put(&sources->by_name, sources_last_part(file->path), file)) != NULL) {
        file->next = other->next;
        other->next = file;
    }
}

static void add_file(sources_t *sources, const char *path, const struct stat *st)
{
    sources_add_path(sources, str_of(path), arena_printf(sources->arena, "%jx:%jx", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino));
}

static void cannot_read(audit_t *audit, const char *path, int error)
{
    audit_fail(audit, "cannot read '%s': %s", path, strerror(error));
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* @return whether the entry is a source, or cannot be read */
static int add_entry(sources_t *sources, audit_t *audit, FTS *walk, FTSENT *entry)
{
    struct stat st;

    if (entry->fts_level > 0 && entry->fts_name[0] == '.') {
        fts_set(walk, entry, FTS_SKIP);
        return 0;
    }
    switch (entry->fts_info) {
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        cannot_read(audit, entry->fts_path, entry->fts_errno);
        return 1;
    case FTS_F:
    case FTS_SL:
    case FTS_SLNONE:
        if (find_ending(entry->fts_name) == NUM_ENDINGS)
            return 0;
        if (stat(entry->fts_path, &st) != 0)
            cannot_read(audit, entry->fts_path, errno);
        else if (S_ISREG(st.st_mode))
            add_file(sources, entry->fts_path, &st);
        else
            return 0;
        return 1;
    default: /* folders before and after what is in them, devices */
        return 0;
    }
}

/* What is below a folder. @param path is changed */
static void add_folder(sources_t *sources, audit_t *audit, char *path)
{
    char *paths[] = {path, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, compare_names);
    FTSENT *entry;
    int has_source = 0;

    for (errno = 0; walk != NULL && (entry = fts_read(walk)) != NULL; errno = 0)
        has_source |= add_entry(sources, audit, walk, entry);
    if (errno != 0)
        cannot_read(audit, path, errno);
    else if (!has_source)
        audit_fail(audit, "'%s' has no C or C++ source", path);
    if (walk != NULL)
        fts_close(walk);
}

void sources_add(sources_t *sources, audit_t *audit, const char *given)
{
    str_t copy = arena_strdup(sources->arena, str_of(given));
    char *path = (char *)copy.p;
    struct stat st;

    for (size_t n = copy.n; n > 1 && path[n - 1] == '/'; --n)
        path[n - 1] = '\0';
    if (stat(path, &st) != 0)
        cannot_read(audit, path, errno);
    else if (S_ISREG(st.st_mode))
        add_file(sources, path, &st);
    else if (S_ISDIR(st.st_mode))
        add_folder(sources, audit, path);
    else
        audit_fail(audit, "'%s' is neither a file nor a folder", path);
}
