#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "debugfile.h"

#define DEBUG_DIR "/usr/lib/debug"

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
        return 0;
    elf_version(EV_CURRENT);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (file->elf = elf_begin(fd, ELF_C_READ_MMAP, NULL)) != NULL &&
        elf_kind(file->elf) == ELF_K_ELF)
        return 1;
    debugfile_close(file);
    return 0;
}

/* A path that the target's files name must be followed as the target would: an absolute symbolic link begins at its root, not at
 * ours, and none leads out of it. */
static int open_within(int root, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_IN_ROOT};

    return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Finds a section by its name, one that is in the file (a stripped debug file has headers of sections without
 * contents). */
static Elf_Scn *find_section(Elf *elf, const char *name, const char *other_name)
{
    size_t names;

    if (elf_getshdrstrndx(elf, &names) != 0)
        return NULL;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        const char *s;
        if (gelf_getshdr(section, &header) == NULL || header.sh_type == SHT_NOBITS ||
            (s = elf_strptr(elf, names, header.sh_name)) == NULL)
            continue;
        if (strcmp(s, name) == 0 || (other_name != NULL && strcmp(s, other_name) == 0))
            return section;
    }
    return NULL;
}

static int has_dwarf(Elf *elf)
{
    return find_section(elf, ".debug_info", ".zdebug_info") != NULL;
}

/* ---- identity ---- */

static void read_identity(Elf *elf, identity_t *identity)
{
    Elf_Scn *section;
    Elf_Data *data;

    *identity = (identity_t){.build_id_len = 0};
    if ((section = find_section(elf, ".note.gnu.build-id", NULL)) != NULL && (data = elf_getdata(section, NULL)) != NULL) {
        GElf_Nhdr note;
        size_t at = 0, name_at, desc_at;
        while ((at = gelf_getnote(data, at, &note, &name_at, &desc_at)) != 0) {
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp((char *)data->d_buf + name_at, "GNU", 4) == 0 &&
                note.n_descsz >= 2 && note.n_descsz <= sizeof(identity->build_id)) {
                memcpy(identity->build_id, (char *)data->d_buf + desc_at, note.n_descsz);
                identity->build_id_len = note.n_descsz;
                break;
            }
        }
    }
    /* the file's name, NUL bytes up to the next multiple of 4, its CRC */
    if ((section = find_section(elf, ".gnu_debuglink", NULL)) != NULL && (data = elf_rawdata(section, NULL)) != NULL &&
        data->d_buf != NULL && data->d_size > 4) {
        size_t len = strnlen(data->d_buf, data->d_size), crc_at = (len + 4) & ~(size_t)3;
        if (len != 0 && len < sizeof(identity->link) && crc_at + 4 <= data->d_size && memchr(data->d_buf, '/', len) == NULL) {
            memcpy(identity->link, data->d_buf, len);
            memcpy(&identity->link_crc, (char *)data->d_buf + crc_at, 4);
        }
    }
}

/* The CRC of .gnu_debuglink: the one of zlib, over the whole file. */
static uint32_t crc32_of(int fd)
{
    static uint32_t table[256];
    unsigned char buf[65536];
    uint32_t crc = 0xffffffff;
    off_t at = 0;
    ssize_t len;

    if (table[1] == 0) {
        for (uint32_t i = 0; i < 256; ++i) {
            uint32_t x = i;
            for (int bit = 0; bit < 8; ++bit)
                x = x & 1 ? (x >> 1) ^ 0xedb88320 : x >> 1;
            table[i] = x;
        }
    }
    while ((len = pread(fd, buf, sizeof(buf), at)) > 0) {
        for (ssize_t i = 0; i < len; ++i)
            crc = table[(crc ^ buf[i]) & 0xff] ^ (crc >> 8);
        at += len;
    }
    return ~crc;
}

static int belongs_to(const debugfile_t *file, const identity_t *module)
{
    identity_t identity;

    read_identity(file->elf, &identity);
    if (identity.build_id_len != 0 && module->build_id_len != 0)
        return identity.build_id_len == module->build_id_len &&
               memcmp(identity.build_id, module->build_id, module->build_id_len) == 0;
    return module->link[0] != '\0' && crc32_of(file->fd) == module->link_crc;
}

/* ---- search ---- */

static __attribute__((format(printf, 4, 5))) int try_file(debugfile_t *file, int root, const identity_t *module, const char *fmt,
                                                          ...)
{
    char *path;
    va_list args;
    int len, found;

    va_start(args, fmt);
    len = vasprintf(&path, fmt, args);
    va_end(args);
    if (len == -1)
        return 0;
    found = open_elf(file, open_within(root, path));
    free(path);
    if (!found)
        return 0;
    if (has_dwarf(file->elf) && belongs_to(file, module))
        return 1;
    debugfile_close(file);
    return 0;
}

static int search_root(debugfile_t *file, int root, const identity_t *module, const char *dir)
{
    if (module->build_id_len != 0) {
        char hex[sizeof(module->build_id) * 2 + 1];
        for (size_t i = 0; i < module->build_id_len; ++i)
            sprintf(hex + i * 2, "%02x", module->build_id[i]);
        if (try_file(file, root, module, DEBUG_DIR "/.build-id/%.2s/%s.debug", hex, hex + 2))
            return 1;
    }
    return module->link[0] != '\0' && (try_file(file, root, module, "%s/%s", dir, module->link) ||
                                       try_file(file, root, module, "%s/.debug/%s", dir, module->link) ||
                                       try_file(file, root, module, DEBUG_DIR "%s/%s", dir, module->link));
}

static int is_same(int fd1, int fd2)
{
    struct stat st1, st2;

    return fstat(fd1, &st1) == 0 && fstat(fd2, &st2) == 0 && st1.st_dev == st2.st_dev && st1.st_ino == st2.st_ino;
}

static int search(debugfile_t *file, const target_t *target, const module_t *module, const identity_t *identity)
{
    char root_path[64], *dir = strdup(module->name), *slash;
    int target_root = -1, own_root = -1, found = 0;

    if (dir == NULL || (slash = strrchr(dir, '/')) == NULL)
        goto Exit;
    *slash = '\0';
    snprintf(root_path, sizeof(root_path), "/proc/%d/root", (int)target->pid);
    target_root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    own_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    found = target_root != -1 && search_root(file, target_root, identity, dir);
    if (!found && own_root != -1 && !(target_root != -1 && is_same(own_root, target_root)))
        found = search_root(file, own_root, identity, dir);

Exit:
    free(dir);
    if (target_root != -1)
        close(target_root);
    if (own_root != -1)
        close(own_root);
    return found;
}

int debugfile_open(debugfile_t *file, const target_t *target, const module_t *module)
{
    identity_t identity;

    if (!open_elf(file, open(module->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)))
        return 0;
    if (has_dwarf(file->elf))
        return 1;
    read_identity(file->elf, &identity);
    debugfile_close(file);
    return search(file, target, module, &identity);
}

void debugfile_close(debugfile_t *file)
{
    if (file->elf != NULL)
        elf_end(file->elf);
    if (file->fd != -1)
        close(file->fd);
    *file = (debugfile_t){.fd = -1};
}
