/*
 * Which files of a directory are definitions. Directories are on disk or in git; the rules know nothing of the difference. Files
 * are taken in the order of their names, so that the same ones give the same record ids wherever they are.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/file.h"
#include "diff/side/git.h"
#include "diff/side/tree.h"

typedef struct st_node_t {
    node_kind_t kind;
    const char *name;
    const char *path;   /* as messages call it */
    str_t id;           /* in git: of the object */
    const char *reason; /* NODE_OTHER: what it is */
} node_t;

typedef struct st_nodes_t {
    node_t *list;
    size_t num, capacity;
} nodes_t;

typedef struct st_storage_t {
    arena_t *arena;
    diag_t *diag;
    git_t *git; /* NULL: on disk */
} storage_t;

/* @return -1 */
static int fail(const storage_t *storage, const char *path, const char *reason)
{
    diag_report(storage->diag, E_FILE, (span_t){.src = NULL}, "cannot read '%s': %s", path, reason);
    return -1;
}

static node_t *add_node(const storage_t *storage, nodes_t *nodes, const node_t *folder, str_t name)
{
    size_t n = strlen(folder->path);
    const char *slash = n != 0 && (folder->path[n - 1] == '/' || (storage->git != NULL && folder->path[n - 1] == ':')) ? "" : "/";

    nodes->list = arena_grow(storage->arena, nodes->list, &nodes->capacity, nodes->num, sizeof(nodes->list[0]));
    node_t *node = nodes->list + nodes->num++;
    node->name = arena_strdup(storage->arena, name).p;
    node->path = arena_printf(storage->arena, "%s%s%s", folder->path, slash, node->name).p;
    return node;
}

/* ---- on disk ---- */

static void look_at_disk(node_t *node)
{
    struct stat st;
    int is_there = stat(node->path, &st) == 0;

    node->reason = is_there ? "it is no file" : strerror(errno);
    node->kind = is_there && S_ISREG(st.st_mode) ? NODE_FILE : is_there && S_ISDIR(st.st_mode) ? NODE_FOLDER : NODE_OTHER;
}

/* @return 0, or -1: reported */
static int list_disk(const storage_t *storage, const node_t *folder, nodes_t *nodes)
{
    DIR *dir = opendir(folder->path);
    const struct dirent *entry;

    if (dir == NULL)
        return fail(storage, folder->path, strerror(errno));
    for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
        if (entry->d_name[0] != '.') /* editors keep copies there */
            look_at_disk(add_node(storage, nodes, folder, str_of(entry->d_name)));
    }
    int error = errno;
    closedir(dir);
    return error != 0 ? fail(storage, folder->path, strerror(error)) : 0;
}

/* ---- in git ---- */

static int list_git(const storage_t *storage, const node_t *folder, nodes_t *nodes)
{
    git_object_t object, entry;

    if (git_look(storage->git, folder->id, folder->path, &object) != 0)
        return -1;
    for (str_t rest = object.text; git_next_entry(&rest, folder->id.n, storage->arena, &entry);) {
        if (entry.name.n == 0 || entry.name.p[0] == '.')
            continue;
        node_t *node = add_node(storage, nodes, folder, entry.name);
        node->id = entry.id;
        node->kind = entry.kind;
        node->reason = "it is a symbolic link or a submodule, which are not followed";
    }
    return 0;
}

static src_t *load_git(const storage_t *storage, const node_t *file)
{
    git_object_t object;

    if (git_look(storage->git, file->id, file->path, &object) != 0)
        return NULL;
    if (object.text.n >= 4 && memcmp(object.text.p, "\177ELF", 4) == 0) {
        fail(storage, file->path, "binaries are compared only on disk: check it out");
        return NULL;
    }
    return src_from_memory(storage->arena, file->path, object.text.p, (uint32_t)object.text.n);
}

static const char *missing(arena_t *arena, str_t rev, const char *path, int is_rev)
{
    if (is_rev)
        return arena_printf(arena, "the repository has no revision '%.*s'", STR_ARG(rev)).p;
    if (rev.n == 0)
        return arena_printf(arena, "there is no file '%s' in the index", path).p;
    return arena_printf(arena, "revision '%.*s' has no '%s', or this clone lacks it", STR_ARG(rev), path).p;
}

/* "git:REV:PATH"; reports what is missing */
static void look_at_git(const storage_t *storage, node_t *node)
{
    const char *name = node->path + 4, *colon = strchr(name, ':');
    str_t rev = {name, colon != NULL ? (size_t)(colon - name) : strlen(name)};
    git_object_t object;

    if (colon == NULL || strchr(name, '\n') != NULL) {
        fail(storage, node->path, "what is in git is called git:REV:PATH, on one line");
    } else if (git_look(storage->git, str_of(name), node->path, &object) == 0) {
        node->id = object.id;
        node->kind = object.kind;
        node->reason = "it is neither a file nor a directory";
        if (object.kind == NODE_MISSING &&
            git_look(storage->git, arena_printf(storage->arena, "%.*s:", STR_ARG(rev)), node->path, &object) == 0)
            fail(storage, node->path, missing(storage->arena, rev, colon + 1, rev.n != 0 && object.kind == NODE_MISSING));
    }
}

/* ---- which files ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const node_t *)a)->name, ((const node_t *)b)->name);
}

/* @return the number of nodes, 0 also after an error */
static size_t list_sorted(const storage_t *storage, const node_t *folder, nodes_t *nodes)
{
    *nodes = (nodes_t){0};
    if ((storage->git != NULL ? list_git : list_disk)(storage, folder, nodes) != 0)
        return 0;
    if (nodes->num != 0)
        qsort(nodes->list, nodes->num, sizeof(nodes->list[0]), by_name);
    return nodes->num;
}

static void read_file(inputs_t *inputs, const storage_t *storage, const node_t *file)
{
    src_t *src = NULL;

    if (file->kind == NODE_OTHER)
        fail(storage, file->path, file->reason);
    else if (file->kind == NODE_FILE)
        src = storage->git != NULL ? load_git(storage, file) : src_load(storage->arena, storage->diag, file->path);
    if (src != NULL)
        inputs_parse(inputs, storage->arena, storage->diag, src);
}

static void read_files(inputs_t *inputs, const storage_t *storage, const nodes_t *nodes, const char *ending)
{
    for (size_t i = 0; i < nodes->num; ++i) {
        if (str_ends_in(str_of(nodes->list[i].name), ending))
            read_file(inputs, storage, nodes->list + i);
    }
}

static const char tree_ending[] = "-probes.d";

static void read_deps(inputs_t *inputs, const storage_t *storage, const nodes_t *nodes)
{
    for (size_t i = 0; i < nodes->num; ++i) {
        nodes_t deps, files;
        if (strcmp(nodes->list[i].name, "deps") != 0 || nodes->list[i].kind != NODE_FOLDER)
            continue;
        list_sorted(storage, nodes->list + i, &deps);
        for (size_t j = 0; j < deps.num; ++j) {
            if (deps.list[j].kind == NODE_FOLDER && list_sorted(storage, deps.list + j, &files) != 0)
                read_files(inputs, storage, &files, tree_ending);
        }
    }
}

static void read_folder(inputs_t *inputs, const storage_t *storage, const node_t *folder)
{
    nodes_t nodes;
    int is_tree = 0;

    list_sorted(storage, folder, &nodes);
    for (size_t i = 0; i < nodes.num; ++i)
        is_tree |= str_ends_in(str_of(nodes.list[i].name), tree_ending);
    /* what a compiler wrote ends in .d, too, and is not meant */
    read_files(inputs, storage, &nodes, is_tree ? tree_ending : ".d");
    if (is_tree)
        read_deps(inputs, storage, &nodes);
    read_files(inputs, storage, &nodes, ".map");
}

/* ---- entry ---- */

int tree_is_git(const char *path)
{
    return strncmp(path, "git:", 4) == 0;
}

void tree_read(inputs_t *inputs, arena_t *arena, diag_t *diag, const char *path)
{
    storage_t storage = {.arena = arena, .diag = diag};
    node_t node = {.path = path, .name = path};
    struct stat st;

    if (!tree_is_git(path)) /* a file that was named may be a pipe */
        node.kind = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? NODE_FOLDER : NODE_FILE;
    else if ((storage.git = git_begin(arena, diag)) != NULL)
        look_at_git(&storage, &node);
    if (node.kind == NODE_FOLDER)
        read_folder(inputs, &storage, &node);
    else
        read_file(inputs, &storage, &node);
    if (storage.git != NULL)
        git_end(storage.git);
}
