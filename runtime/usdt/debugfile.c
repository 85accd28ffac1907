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
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
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

#define MAX_BUILD_ID 64
#define BUILD_ID_HEX (MAX_BUILD_ID * 2 + 1)

/* What ties a module and its debug file to each other. */
typedef struct st_identity_t {
    unsigned char build_id[MAX_BUILD_ID];
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

/* @return NULL, or why it may not be used */
static const char *compare_builds(const debugfile_t *file, const identity_t *module)
{
    identity_t identity;

    read_identity(file->elf, &identity);
    if (identity.build_id_len != 0 && module->build_id_len != 0)
        return identity.build_id_len == module->build_id_len &&
                       memcmp(identity.build_id, module->build_id, module->build_id_len) == 0
                   ? NULL
                   : "is of another build (it has another build-id)";
    if (module->link[0] == '\0')
        return "may be of another build (it has no build-id)";
    return crc_of(file->fd) == module->link_crc ? NULL : "is of another build (its CRC is not the one that .gnu_debuglink has)";
}

/* "12ab..." */
static void spell_build_id(const identity_t *identity, char hex[BUILD_ID_HEX])
{
    hex[0] = '\0';
    for (size_t i = 0; i < identity->build_id_len; ++i)
        sprintf(hex + i * 2, "%02x", identity->build_id[i]);
}

/* ---- search ---- */

/* What is looked for, and what came of it. */
typedef struct st_search_t {
    debugfile_t *file;
    const identity_t *identity;
    const char *dir; /* of the file that it belongs to */
    int wants;
    struct st_attempt_t {
        char *path;
        const char *fault; /* NULL: it is not there */
    } attempts[8];         /* four places below each of two roots; by path, the first time */
    size_t num_attempts;
} search_t;

static void note_attempt(search_t *search, const char *path, const char *fault)
{
    struct st_attempt_t *attempt = search->attempts, *end = attempt + search->num_attempts;

    while (attempt != end && strcmp(attempt->path, path) != 0)
        ++attempt;
    if (attempt == end && (attempt->path = strdup(path)) != NULL)
        ++search->num_attempts;
    else if (attempt != end && attempt->fault != NULL)
        return; /* that of the target's root counts */
    if (attempt->path != NULL)
        attempt->fault = fault;
}

/* Opens a debug file if it is the one. @return NULL, or what is wrong with it */
static const char *try_file(const search_t *search, int fd)
{
    debugfile_t *file = search->file;
    const char *fault = NULL;

    if (open_elf(file, fd) != 0)
        return "is no ELF file, or one of more than 8 GiB";
    if (!((search->wants & DEBUGFILE_DWARF) && debugfile_has_dwarf(file)) &&
        !((search->wants & DEBUGFILE_SYMBOLS) && has_section(file, ".symtab")))
        fault = "has none either";
    else
        fault = compare_builds(file, search->identity);
    if (fault != NULL)
        debugfile_close(file);
    return fault;
}

/* Opens the file of that path if it is the one. Returns whether it is. */
static __attribute__((format(printf, 3, 4))) int is_at(search_t *search, int root, const char *fmt, ...)
{
    const char *fault = NULL;
    char *path;
    va_list args;
    int len, fd;

    va_start(args, fmt);
    len = vasprintf(&path, fmt, args);
    va_end(args);
    if (len == -1)
        return 0;
    /* as the target would follow it: an absolute symbolic link begins at its root, not at ours, and none leads out of it */
    if ((fd = regular_open(root, path)) != -1 && (fault = try_file(search, fd)) == NULL) {
        free(path);
        return 1;
    }
    if (fd == -1 && errno != ENOENT && errno != ENOTDIR)
        fault = errno == EINVAL ? "is no regular file" : "cannot be opened";
    note_attempt(search, path, fault);
    free(path);
    return 0;
}

static int is_below(search_t *search, int root)
{
    const identity_t *identity = search->identity;
    char hex[BUILD_ID_HEX];

    spell_build_id(identity, hex);
    if (hex[0] != '\0' && is_at(search, root, DEBUG_DIR "/.build-id/%.2s/%s.debug", hex, hex + 2))
        return 1;
    return identity->link[0] != '\0' && (is_at(search, root, "%s/%s", search->dir, identity->link) ||
                                         is_at(search, root, "%s/.debug/%s", search->dir, identity->link) ||
                                         is_at(search, root, DEBUG_DIR "%s/%s", search->dir, identity->link));
}

static int find(search_t *search, const char *other_path)
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

/* What was found instead, what was not, and what to do. */
static void tell_attempts(const search_t *search, reason_t *reason)
{
    size_t size, num_missing = 0;
    char *text = NULL, hex[BUILD_ID_HEX];
    FILE *to = open_memstream(&text, &size);

    if (to == NULL)
        return;
    spell_build_id(search->identity, hex);
    if (search->num_attempts == 0)
        fputs(", and names no debug file by a build-id or .gnu_debuglink: build it with -g", to);
    for (size_t i = 0; i < search->num_attempts; ++i) {
        if (search->attempts[i].fault != NULL)
            fprintf(to, "; %s %s", search->attempts[i].path, search->attempts[i].fault);
    }
    for (size_t i = 0; i < search->num_attempts; ++i) {
        if (search->attempts[i].fault == NULL)
            fprintf(to, "%s%s", num_missing++ == 0 ? "; there is no " : ", no ", search->attempts[i].path);
    }
    if (search->num_attempts != 0)
        fputs(". Install the package with its debug information", to);
    if (hex[0] != '\0')
        fprintf(to, ", or put under that name of .build-id what 'debuginfod-find debuginfo %s' fetches", hex);
    if (fclose(to) == 0)
        reason_set(reason, "%s", text);
    free(text);
}

/* Looks for a separate debug file. */
static int find_separate(debugfile_t *file, const char *dir, const identity_t *identity, const char *root, int wants,
                         reason_t *reason)
{
    search_t search = {.file = file, .identity = identity, .dir = dir, .wants = wants};
    int ret = find(&search, root);

    if (ret != 0 && reason != NULL)
        tell_attempts(&search, reason);
    for (size_t i = 0; i < search.num_attempts; ++i)
        free(search.attempts[i].path);
    return ret;
}

int debugfile_find(debugfile_t *file, const char *path, const char *name, const char *root, int wants, reason_t *reason)
{
    identity_t identity;
    char *dir, *slash;
    int ret = -1;

    if (reason != NULL)
        reason->text[0] = '\0';
    if (open_elf(file, regular_open(-1, path)) != 0)
        return -1;
    if (debugfile_has_dwarf(file))
        return 0;
    read_identity(file->elf, &identity);
    debugfile_close(file);
    if ((dir = strdup(name)) != NULL && (slash = strrchr(dir, '/')) != NULL) {
        *slash = '\0';
        ret = find_separate(file, dir, &identity, root, wants, reason);
    }
    free(dir);
    return ret;
}

void debugfile_close(debugfile_t *file)
{
    if (file->elf != NULL)
        elf_end(file->elf);
    if (file->fd != -1)
        close(file->fd);
    *file = (debugfile_t){.fd = -1};
}
