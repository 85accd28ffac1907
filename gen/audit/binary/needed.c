#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include "audit/binary/needed.h"
#include "usdt/symbol.h"
#include "base/table.h"

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

#define MAX_LIBRARIES 1024
#define MAX_NEEDED 512       /* of one file */
#define MAX_TRIES 50000      /* files that are looked for, for all libraries together */
#define MAX_FOLDERS 64       /* of one DT_RPATH or DT_RUNPATH */
#define MAX_PATHS_TEXT 65536 /* bytes of one of these */
#define MAX_NAME 1024

/* The program, or a library. */
typedef struct st_object_t {
    struct st_object_t *next; /* in the order in which they were found, which is the one of ld.so */
    const struct st_object_t *loader;
    const char *origin;  /* its folder */
    const char *rpath;   /* NULL: none, or there is a runpath */
    const char *runpath; /* NULL: none */
    const char **names;  /* that it needs */
    unsigned num_names;
} object_t;

typedef struct st_search_t {
    needed_t *needed;
    arena_t *arena;
    const notes_t *program;
    const char *machine_folder;
    object_t *objects, **next;
    unsigned num_objects, num_tries;
    table_t names; /* that were looked for already: ld.so loads a name once */
} search_t;

/* ---- what a file says ---- */

static const char *text_at(arena_t *arena, const Elf_Data *texts, uint64_t at, size_t max)
{
    const char *text = elf_text(texts, at, max);

    return text != NULL ? arena_strdup(arena, str_of(text)).p : NULL;
}

static void read_entries(arena_t *arena, object_t *object, Elf_Data *entries, const Elf_Data *texts, size_t num)
{
    for (size_t i = 0; i < num; ++i) {
        GElf_Dyn entry;
        const char *name;
        if (gelf_getdyn(entries, (int)i, &entry) == NULL || entry.d_tag == DT_NULL)
            return;
        if (entry.d_tag == DT_RPATH && object->rpath == NULL)
            object->rpath = text_at(arena, texts, entry.d_un.d_val, MAX_PATHS_TEXT);
        else if (entry.d_tag == DT_RUNPATH && object->runpath == NULL)
            object->runpath = text_at(arena, texts, entry.d_un.d_val, MAX_PATHS_TEXT);
        else if (entry.d_tag == DT_NEEDED && object->num_names != MAX_NEEDED &&
                 (name = text_at(arena, texts, entry.d_un.d_val, MAX_NAME)) != NULL && name[0] != '\0')
            object->names[object->num_names++] = name;
    }
}

static void read_dynamic(arena_t *arena, object_t *object, Elf *elf)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        Elf_Data *entries;
        size_t size = gelf_fsize(elf, ELF_T_DYN, 1, EV_CURRENT);
        if (gelf_getshdr(section, &header) == NULL || header.sh_type != SHT_DYNAMIC)
            continue;
        entries = elf_getdata(section, NULL);
        if (entries == NULL || entries->d_type != ELF_T_DYN || size == 0)
            return;
        object->names = arena_alloc(arena, MAX_NEEDED * sizeof(*object->names));
        read_entries(arena, object, entries, elf_rawdata(elf_getscn(elf, header.sh_link), NULL), entries->d_size / size);
        if (object->runpath != NULL)
            object->rpath = NULL;
        return;
    }
}

static object_t *add_object(search_t *search, const object_t *loader, const char *path, const notes_t *notes)
{
    object_t *object = arena_alloc(search->arena, sizeof(*object));
    const char *slash = strrchr(path, '/');

    *object = (object_t){.loader = loader};
    if (slash == NULL)
        object->origin = ".";
    else
        object->origin = arena_strdup(search->arena, (str_t){path, (size_t)(slash - path) + (slash == path)}).p;
    read_dynamic(search->arena, object, notes->elf);
    *search->next = object;
    search->next = &object->next;
    ++search->num_objects;
    return object;
}

/* ---- where it may be ---- */

/* https://wiki.debian.org/Multiarch/Tuples; x32 is x86-64 with 32 bits */
static const struct {
    unsigned machine, bits;
    int is_big_endian;
    const char *folder;
} machine_folders[] = {
    {EM_X86_64, 64, 0, "x86_64-linux-gnu"},
    {EM_X86_64, 32, 0, "x86_64-linux-gnux32"},
    {EM_AARCH64, 64, 0, "aarch64-linux-gnu"},
    {EM_386, 32, 0, "i386-linux-gnu"},
    {EM_ARM, 32, 0, "arm-linux-gnueabihf"},
    {EM_PPC64, 64, 0, "powerpc64le-linux-gnu"},
    {EM_PPC64, 64, 1, "powerpc64-linux-gnu"},
    {EM_PPC, 32, 1, "powerpc-linux-gnu"},
    {EM_S390, 64, 1, "s390x-linux-gnu"},
    {EM_RISCV, 64, 0, "riscv64-linux-gnu"},
    {EM_LOONGARCH, 64, 0, "loongarch64-linux-gnu"},
    {EM_MIPS, 64, 0, "mips64el-linux-gnuabi64"},
    {EM_MIPS, 32, 0, "mipsel-linux-gnu"},
};

/* The folder of a machine in those of libraries, on Debian and others. NULL: it has none that is known. */
static const char *machine_folder(const notes_t *notes)
{
    for (size_t i = 0; i < sizeof(machine_folders) / sizeof(machine_folders[0]); ++i) {
        if (machine_folders[i].machine == notes->machine && machine_folders[i].bits == (notes->is_64 ? 64 : 32) &&
            machine_folders[i].is_big_endian == notes->is_big_endian)
            return machine_folders[i].folder;
    }
    return NULL;
}

/* A library of the right machine is given to the caller, and its own needs are noted. */
static int try_path(search_t *search, const object_t *loader, const char *path)
{
    notes_t notes;
    reason_t reason;

    if (search->num_tries == MAX_TRIES || search->num_objects == MAX_LIBRARIES)
        return 0;
    ++search->num_tries;
    if (notes_read(&notes, path, &reason) != 0)
        return 0;
    if (notes.machine != search->program->machine || notes.is_64 != search->program->is_64 ||
        notes.is_big_endian != search->program->is_big_endian) {
        notes_dispose(&notes);
        return 0;
    }
    add_object(search, loader, path, &notes);
    search->needed->found(search->needed->arg, path, &notes);
    notes_dispose(&notes);
    return 1;
}

/* Puts the folder of a file in place of each "$ORIGIN" and "${ORIGIN}"; other such words are not known without running it. */
static int expand(char *to, size_t size, str_t text, const char *origin)
{
    static const char *const words[] = {"$ORIGIN", "${ORIGIN}"};
    size_t n = 0;

    for (size_t i = 0, used; i < text.n; i += used) {
        str_t piece = {text.p + i, 1};
        used = 1;
        for (size_t word = 0; word < 2; ++word) {
            size_t len = strlen(words[word]);
            if (text.n - i >= len && memcmp(text.p + i, words[word], len) == 0) {
                piece = str_of(origin);
                used = len;
            }
        }
        if (piece.p[0] == '$' || n + piece.n >= size)
            return -1;
        memcpy(to + n, piece.p, piece.n);
        n += piece.n;
    }
    to[n] = '\0';
    return 0;
}

static int try_folder(search_t *search, const object_t *loader, str_t folder, const char *origin, const char *name)
{
    char path[4096];

    if (expand(path, sizeof(path), folder, origin) != 0 || strlen(path) + 1 + strlen(name) >= sizeof(path))
        return 0;
    strcat(strcat(path, "/"), name);
    return try_path(search, loader, path);
}

/* The folders of a DT_RPATH or DT_RUNPATH of `owner`. */
static int try_folders(search_t *search, const object_t *loader, const object_t *owner, const char *folders, const char *name)
{
    for (unsigned i = 0; folders != NULL && i < MAX_FOLDERS; ++i) {
        size_t n = strcspn(folders, ":");
        /* an empty text is the current folder */
        if (try_folder(search, loader, n != 0 ? (str_t){folders, n} : STR("."), owner->origin, name))
            return 1;
        folders = folders[n] == ':' ? folders + n + 1 : NULL;
    }
    return 0;
}

static int try_usual_folders(search_t *search, const object_t *loader, const char *name)
{
    static const char *const of_machine[] = {"/usr/local/lib", "/lib", "/usr/lib"};
    static const char *const others[] = {"/lib64", "/usr/lib64", "/usr/local/lib", "/lib", "/usr/lib", "/lib32", "/usr/lib32"};

    for (size_t i = 0; search->machine_folder != NULL && i < sizeof(of_machine) / sizeof(of_machine[0]); ++i) {
        if (try_folder(search, loader, arena_printf(search->arena, "%s/%s", of_machine[i], search->machine_folder), "", name))
            return 1;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); ++i) {
        if (try_folder(search, loader, str_of(others[i]), "", name))
            return 1;
    }
    return 0;
}

static int find(search_t *search, const object_t *loader, const char *name)
{
    if (strchr(name, '/') != NULL) {
        char path[4096];
        return expand(path, sizeof(path), str_of(name), loader->origin) == 0 && try_path(search, loader, path);
    }
    for (const object_t *owner = loader; owner != NULL && loader->runpath == NULL; owner = owner->loader) {
        if (try_folders(search, loader, owner, owner->rpath, name))
            return 1;
    }
    return try_folders(search, loader, loader, loader->runpath, name) || try_usual_folders(search, loader, name);
}

static void note_missing(needed_t *needed, const char *name)
{
    if (needed->num_missing++ < NEEDED_MAX_SHOWN)
        needed->missing =
            arena_printf(needed->arena, "%.*s%s%s", STR_ARG(needed->missing), needed->missing.n != 0 ? ", " : "", name);
}

void needed_find(needed_t *needed, const char *path, const notes_t *notes)
{
    search_t search = {.needed = needed,
                       .arena = arena_create(),
                       .program = notes,
                       .machine_folder = machine_folder(notes),
                       .next = &search.objects};
    char *real = realpath(path, NULL);

    search.names.arena = search.arena;
    add_object(&search, NULL, real != NULL ? real : path, notes);
    for (const object_t *object = search.objects; object != NULL; object = object->next) {
        for (unsigned i = 0; i < object->num_names && search.num_tries != MAX_TRIES; ++i) {
            const char *name = object->names[i];
            if (table_put(&search.names, str_of(name), (void *)name) == NULL && !find(&search, object, name))
                note_missing(needed, name);
        }
    }
    free(real);
    arena_destroy(search.arena);
}
