/*
 * Separate debug files, where gdb looks for them
 * (https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html). A stripped file says in two ways which debug
 * file is its own: by the build-id (a note; the debug file has the same one, and the name of its path is made of it), or by
 * .gnu_debuglink (a name and the CRC of the whole file). They are tried in this order, first below the root of the target's file
 * system, since it may be in a container, then below our own. A candidate must have what is wanted and belong to the file: one of
 * another build would give plausible wrong lines and offsets, so its build-id is compared, or its CRC if one of the two has no
 * build-id.
 *
 * The target's files are not trusted: whoever asks does so in a worker with limits of time and memory; paths that they name are
 * opened within its root, and a name of .gnu_debuglink with a slash in it is none.
 */
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "common/regular.h"
#include "usdt/debugfile.h"
#include "usdt/symbol.h"

#define DEBUG_DIR "/usr/lib/debug"

/* a sparse file of any size costs nobody anything, and us its pages */
#define MAX_SIZE ((off_t)8 << 30)

/* What ties a module and its debug file to each other. */
typedef struct st_identity_t {
    unsigned char build_id[64];
    size_t build_id_len; /* 0: none */
    char link[256];      /* of .gnu_debuglink; empty: none */
    uint32_t link_crc;
} identity_t;

/* ---- files ---- */

/* The files are mapped, since they can be large and little of them is read. */
static int open_elf(debugfile_t *file, int fd)
{
    struct stat st;

    *file = (debugfile_t){.fd = fd};
    if (fd == -1)
        return -1;
    elf_version(EV_CURRENT);
    if (fstat(fd, &st) == 0 && st.st_size <= MAX_SIZE && (file->elf = elf_begin(fd, ELF_C_READ_MMAP, NULL)) != NULL &&
        elf_kind(file->elf) == ELF_K_ELF)
        return 0;
    debugfile_close(file);
    return -1;
}

/* Debug files also have headers of sections whose contents are not there: not those. */
static int has_section(const debugfile_t *file, const char *name)
{
    GElf_Shdr header;

    return elf_section_named(file->elf, name, &header) != NULL && header.sh_type != SHT_NOBITS;
}

int debugfile_has_dwarf(const debugfile_t *file)
{
    return has_section(file, ".debug_info") || has_section(file, ".zdebug_info");
}

/* ---- identity ---- */

static void read_identity(Elf *elf, identity_t *identity)
{
    const void *build_id;

    *identity = (identity_t){0};
    ssize_t len = dwelf_elf_gnu_build_id(elf, &build_id);
    const char *link = dwelf_elf_gnu_debuglink(elf, &identity->link_crc);
    if (len >= 2 && (size_t)len <= sizeof(identity->build_id)) {
        memcpy(identity->build_id, build_id, len);
        identity->build_id_len = len;
    }
    if (link != NULL && strlen(link) < sizeof(identity->link) && strchr(link, '/') == NULL)
        strcpy(identity->link, link);
}

/* The CRC that .gnu_debuglink has: of the whole file. It takes as long as reading it does: the caller has a limit of time. */
static uint32_t crc_of(int fd)
{
    unsigned char buf[65536];
    uint32_t crc = 0;
    off_t at = 0;
    ssize_t len;

    for (; (len = pread(fd, buf, sizeof(buf), at)) > 0; at += len)
        crc = crc32(crc, buf, len);
    return crc;
}

static int belongs_to(const debugfile_t *file, const identity_t *module)
{
    identity_t identity;

    read_identity(file->elf, &identity);
    if (identity.build_id_len != 0 && module->build_id_len != 0)
        return identity.build_id_len == module->build_id_len &&
               memcmp(identity.build_id, module->build_id, module->build_id_len) == 0;
    return module->link[0] != '\0' && crc_of(file->fd) == module->link_crc;
}

/* ---- search ---- */

/* What is looked for. */
typedef struct st_search_t {
    debugfile_t *file;
    const identity_t *identity;
    const char *dir; /* of the file that it belongs to */
    int wants;
} search_t;

/* Opens what may be the one: as the target would follow it, an absolute symbolic link begins at its root, not at ours, and none
 * leads out of it. */
static int open_place(debugfile_t *file, int root, const char *place)
{
    return open_elf(file, regular_open(root, place));
}

/* Whether what was opened is it. */
static int is_wanted(const search_t *search)
{
    const debugfile_t *file = search->file;

    return (((search->wants & DEBUGFILE_DWARF) && debugfile_has_dwarf(file)) ||
            ((search->wants & DEBUGFILE_SYMBOLS) && has_section(file, ".symtab"))) &&
           belongs_to(file, search->identity);
}

enum { NUM_PLACES = 4 };

/* Where it may be, in the order of the search: by build-id, then by name. @return a path, to be freed; NULL: none of that number */
static char *place_of(const search_t *search, int number)
{
    static const char *const by_name[] = {"%s/%s", "%s/.debug/%s", DEBUG_DIR "%s/%s"};
    const identity_t *identity = search->identity;
    char hex[sizeof(identity->build_id) * 2 + 1], *path = NULL;
    int len = -1;

    if (number == 0 && identity->build_id_len != 0) {
        for (size_t i = 0; i < identity->build_id_len; ++i)
            sprintf(hex + i * 2, "%02x", identity->build_id[i]);
        len = asprintf(&path, DEBUG_DIR "/.build-id/%.2s/%s.debug", hex, hex + 2);
    } else if (number != 0 && identity->link[0] != '\0') {
        len = asprintf(&path, by_name[number - 1], search->dir, identity->link);
    }
    return len != -1 ? path : NULL;
}

static int is_below(const search_t *search, int root)
{
    for (int i = 0; i < NUM_PLACES; ++i) {
        char *place = place_of(search, i);
        int is_there = place != NULL && open_place(search->file, root, place) == 0;
        free(place);
        if (is_there && is_wanted(search))
            return 1;
        if (is_there)
            debugfile_close(search->file);
    }
    return 0;
}

static int find(const search_t *search, const char *other_path)
{
    int other = other_path != NULL ? open(other_path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    int own = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), found;

    found = other != -1 && is_below(search, other);
    found = found || (own != -1 && is_below(search, own));
    if (other != -1)
        close(other);
    if (own != -1)
        close(own);
    return found ? 0 : -1;
}

/* What a file says of its debug file, and its folder, to be freed. @return 0, or -1: it is no ELF file, or has no absolute name */
static int identify(identity_t *identity, char **dir, const char *path, const char *name)
{
    debugfile_t file;
    char *slash;

    if (open_elf(&file, regular_open(-1, path)) != 0)
        return -1;
    read_identity(file.elf, identity);
    debugfile_close(&file);
    if ((*dir = strdup(name)) == NULL || (slash = strrchr(*dir, '/')) == NULL) {
        free(*dir);
        return -1;
    }
    *slash = '\0';
    return 0;
}

int debugfile_find(debugfile_t *file, const char *path, const char *name, const char *root, int wants)
{
    identity_t identity;
    char *dir;

    if (open_elf(file, regular_open(-1, path)) != 0)
        return -1;
    if (debugfile_has_dwarf(file))
        return 0;
    debugfile_close(file);
    if (identify(&identity, &dir, path, name) != 0)
        return -1;
    int ret = find(&(search_t){.file = file, .identity = &identity, .dir = dir, .wants = wants}, root);
    free(dir);
    return ret;
}

void debugfile_tell_places(FILE *to, const char *path, const char *name, const char *root)
{
    identity_t identity;
    debugfile_t file;
    char *dir;

    if (identify(&identity, &dir, path, name) != 0)
        return;
    const search_t search = {.identity = &identity, .dir = dir};
    int other = root != NULL ? open(root, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    for (int i = 0, num = 0; i < NUM_PLACES; ++i) {
        char *place = place_of(&search, i);
        if (place == NULL)
            continue;
        int is_there = (other != -1 && open_place(&file, other, place) == 0) || open_place(&file, -1, place) == 0;
        fprintf(to, "%s%s%s", num++ != 0 ? ", " : "", place, is_there ? " (is there, but of another build, or without any)" : "");
        if (is_there)
            debugfile_close(&file);
        free(place);
    }
    if (other != -1)
        close(other);
    free(dir);
}

void debugfile_close(debugfile_t *file)
{
    if (file->elf != NULL)
        elf_end(file->elf);
    if (file->fd != -1)
        close(file->fd);
    *file = (debugfile_t){.fd = -1};
}
