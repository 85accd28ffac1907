#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "usdt/note.h"
#include "usdt/symbol.h"

/*
 * The format of the notes: https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation. The file is read, not mapped: a file
 * that is made shorter meanwhile is a read error then, while a mapping of it would raise SIGBUS.
 */

#define NOTE_SECTION ".note.stapsdt"
#define BASE_SECTION ".stapsdt.base"
#define NOTE_OWNER "stapsdt"
#define NOTE_TYPE 3

/* Linux loads no program with more (fs/binfmt_elf.c: 64 KB of program headers) */
#define MAX_SEGMENTS 1170

typedef struct st_reader_t {
    notes_t *notes;
    size_t capacity;
    GElf_Phdr *segments; /* PT_LOAD only */
    size_t num_segments;
    uint64_t file_size;
    uint64_t
        num_unread; /* bytes of sections that may still be read: they do not overlap, so all together are no more than the file */
    uint64_t base;  /* address of .stapsdt.base; 0 when there is none */
    int has_base;
} reader_t;

static int out_of_memory(char *err, size_t err_size)
{
    snprintf(err, err_size, "out of memory");
    return -1;
}

/* ---- addresses ---- */

static int read_segments(reader_t *reader, char *err, size_t err_size)
{
    Elf *elf = reader->notes->elf;
    size_t num;

    if (elf_getphdrnum(elf, &num) != 0) {
        snprintf(err, err_size, "malformed program headers (%s)", elf_errmsg(-1));
        return -1;
    }
    if ((reader->segments = calloc(num + 1, sizeof(reader->segments[0]))) == NULL)
        return out_of_memory(err, err_size);
    for (size_t i = 0; i < num; ++i) {
        GElf_Phdr *segment = &reader->segments[reader->num_segments];
        if (gelf_getphdr(elf, (int)i, segment) == NULL) {
            snprintf(err, err_size, "malformed program headers (%s)", elf_errmsg(-1));
            return -1;
        }
        if (segment->p_type == PT_LOAD)
            ++reader->num_segments;
        if (reader->num_segments > MAX_SEGMENTS) {
            snprintf(err, err_size, "more than %d segments", MAX_SEGMENTS);
            return -1;
        }
    }
    return 0;
}

/* Where in the file an address is; only what is in the file counts, not what is zeroed behind it. Returns 0 if it is nowhere. */
static int to_offset(const reader_t *reader, uint64_t address, uint32_t needed_flags, uint64_t *offset)
{
    for (size_t i = 0; i < reader->num_segments; ++i) {
        const GElf_Phdr *segment = &reader->segments[i];
        uint64_t within = address - segment->p_vaddr;
        if ((segment->p_flags & needed_flags) != needed_flags || address < segment->p_vaddr || within >= segment->p_filesz)
            continue;
        if (segment->p_offset >= reader->file_size || within >= reader->file_size - segment->p_offset)
            continue;
        *offset = segment->p_offset + within;
        return 1;
    }
    return 0;
}

/* ---- notes ---- */

static const char *take_string(const char **p, const char *end)
{
    const char *s = *p, *nul = memchr(s, '\0', (size_t)(end - s));

    if (nul == NULL)
        return NULL;
    *p = nul + 1;
    return s;
}

static uint32_t get32(const reader_t *reader, const char *p)
{
    uint32_t n;

    memcpy(&n, p, sizeof(n));
    return notes_are_native(reader->notes) ? n : __builtin_bswap32(n);
}

static uint64_t take_address(const reader_t *reader, const char **p)
{
    uint64_t n;

    if (!reader->notes->is_64) {
        n = get32(reader, *p);
        *p += 4;
        return n;
    }
    memcpy(&n, *p, sizeof(n));
    *p += sizeof(n);
    return notes_are_native(reader->notes) ? n : __builtin_bswap64(n);
}

/* The description of one note: pc, base, semaphore, then three strings. Returns 0 if it is malformed or points to nowhere. */
static int parse_description(const reader_t *reader, const char *p, const char *end, note_t *note)
{
    int is_64 = reader->notes->is_64;
    uint64_t base, semaphore, shift, mask = is_64 ? UINT64_MAX : UINT32_MAX;

    if ((size_t)(end - p) < (is_64 ? 24 : 12))
        return 0;
    note->pc = take_address(reader, &p);
    base = take_address(reader, &p);
    semaphore = take_address(reader, &p);
    if ((note->provider = take_string(&p, end)) == NULL || (note->name = take_string(&p, end)) == NULL ||
        (note->args = take_string(&p, end)) == NULL || note->provider[0] == '\0' || note->name[0] == '\0')
        return 0;

    /* prelink moves the sections and leaves the notes alone; `base` tells where .stapsdt.base was when they were written */
    shift = reader->has_base ? reader->base - base : 0;
    note->pc = (note->pc + shift) & mask;
    if (!to_offset(reader, note->pc, PF_X, &note->offset))
        return 0;
    note->semaphore_offset = 0;
    return semaphore == 0 || to_offset(reader, (semaphore + shift) & mask, 0, &note->semaphore_offset);
}

static int append(reader_t *reader, const note_t *note)
{
    notes_t *notes = reader->notes;

    if (notes->num == reader->capacity) {
        size_t capacity = reader->capacity != 0 ? reader->capacity * 2 : 64;
        note_t *list = reallocarray(notes->list, capacity, sizeof(list[0]));
        if (list == NULL)
            return -1;
        notes->list = list;
        reader->capacity = capacity;
    }
    notes->list[notes->num++] = *note;
    return 0;
}

static uint64_t align4(uint64_t n)
{
    return (n + 3) & ~(uint64_t)3;
}

/* Every length in here is 32 bits wide and every sum 64, so none can wrap. */
static int parse_section(reader_t *reader, const char *bytes, size_t size)
{
    size_t at = 0;

    while (size - at >= 12) {
        uint32_t name_size = get32(reader, bytes + at), desc_size = get32(reader, bytes + at + 4),
                 type = get32(reader, bytes + at + 8);
        uint64_t desc_at = (uint64_t)at + 12 + align4(name_size), end = desc_at + desc_size;
        if (end > size) {
            /* nothing behind it can be found */
            ++reader->notes->num_broken;
            return 0;
        }
        if (type == NOTE_TYPE && name_size == sizeof(NOTE_OWNER) && memcmp(bytes + at + 12, NOTE_OWNER, sizeof(NOTE_OWNER)) == 0) {
            note_t note;
            if (!parse_description(reader, bytes + desc_at, bytes + end, &note)) {
                ++reader->notes->num_broken;
            } else if (append(reader, &note) != 0) {
                return -1;
            }
        }
        end = align4(end);
        at = end < size ? (size_t)end : size;
    }
    if (at != size)
        ++reader->notes->num_broken;
    return 0;
}

static int read_section(reader_t *reader, Elf_Scn *section, uint64_t size, char *err, size_t err_size)
{
    Elf_Data *data;

    if (size > reader->num_unread) {
        snprintf(err, err_size, "sections " NOTE_SECTION " overlap or are longer than the file");
        return -1;
    }
    reader->num_unread -= size;
    if ((data = elf_rawdata(section, NULL)) == NULL) {
        snprintf(err, err_size, "section " NOTE_SECTION " cannot be read (%s)", elf_errmsg(-1));
        return -1;
    }
    if (data->d_buf != NULL && parse_section(reader, data->d_buf, data->d_size) != 0)
        return out_of_memory(err, err_size);
    return 0;
}

/* Two passes over the section headers: the base must be known before the first note is read. */
static int read_sections(reader_t *reader, char *err, size_t err_size)
{
    Elf *elf = reader->notes->elf;
    Elf_Data *names;
    size_t names_at;

    if (elf_getshdrstrndx(elf, &names_at) != 0) {
        snprintf(err, err_size, "malformed section headers (%s)", elf_errmsg(-1));
        return -1;
    }
    if ((names = elf_rawdata(elf_getscn(elf, names_at), NULL)) == NULL && names_at != SHN_UNDEF) {
        snprintf(err, err_size, "the names of the sections cannot be read");
        return -1;
    }
    for (int pass = 0; pass < 2; ++pass) {
        for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
            GElf_Shdr header;
            if (gelf_getshdr(section, &header) == NULL) {
                snprintf(err, err_size, "malformed section headers (%s)", elf_errmsg(-1));
                return -1;
            }
            if (pass == 0 && elf_text_is(names, header.sh_name, BASE_SECTION)) {
                reader->base = header.sh_addr;
                reader->has_base = 1;
            }
            if (pass == 1 && header.sh_type != SHT_NOBITS && elf_text_is(names, header.sh_name, NOTE_SECTION) &&
                read_section(reader, section, header.sh_size, err, err_size) != 0)
                return -1;
        }
    }
    return 0;
}

/* ---- the file ---- */

static int open_elf(notes_t *notes, const char *path, uint64_t *file_size, char *err, size_t err_size)
{
    struct stat st;
    GElf_Ehdr header;

    /* O_NONBLOCK: the path may lead to a FIFO */
    if ((notes->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 || fstat(notes->fd, &st) != 0) {
        snprintf(err, err_size, "cannot open %s: %s", path, strerror(errno));
        return -1;
    }
    if (!S_ISREG(st.st_mode)) {
        snprintf(err, err_size, "%s is not a regular file", path);
        return -1;
    }
    if (st.st_size == 0) {
        snprintf(err, err_size, "%s is empty", path);
        return -1;
    }
    *file_size = (uint64_t)st.st_size;
    elf_version(EV_CURRENT);
    if ((notes->elf = elf_begin(notes->fd, ELF_C_READ, NULL)) == NULL || elf_kind(notes->elf) != ELF_K_ELF ||
        gelf_getehdr(notes->elf, &header) == NULL) {
        snprintf(err, err_size, "%s is not an ELF file", path);
        return -1;
    }
    if (header.e_type == ET_REL) {
        snprintf(err, err_size, "%s is an object file, neither a program nor a shared library: link it first", path);
        return -1;
    }
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN) {
        snprintf(err, err_size, "%s is neither a program nor a shared library", path);
        return -1;
    }
    if (header.e_shoff >= *file_size) {
        snprintf(err, err_size, "%s is truncated: its section headers were behind its end", path);
        return -1;
    }
    notes->machine = header.e_machine;
    notes->is_64 = gelf_getclass(notes->elf) == ELFCLASS64;
    notes->is_big_endian = header.e_ident[EI_DATA] == ELFDATA2MSB;
    return 0;
}

int notes_read(notes_t *notes, const char *path, char *err, size_t err_size)
{
    char reason[256];
    reader_t reader = {.notes = notes};
    int ret = -1;

    *notes = (notes_t){.fd = -1};
    if (open_elf(notes, path, &reader.file_size, err, err_size) != 0)
        goto Exit;
    reader.num_unread = reader.file_size;
    if (read_segments(&reader, reason, sizeof(reason)) != 0 || read_sections(&reader, reason, sizeof(reason)) != 0) {
        snprintf(err, err_size, "%s: %s", path, reason);
        goto Exit;
    }
    ret = 0;

Exit:
    free(reader.segments);
    if (ret != 0)
        notes_dispose(notes);
    return ret;
}

void notes_dispose(notes_t *notes)
{
    free(notes->list);
    symbols_destroy(notes->symbols);
    if (notes->elf != NULL)
        elf_end(notes->elf);
    if (notes->fd != -1)
        close(notes->fd);
    *notes = (notes_t){.fd = -1};
}

int notes_are_native(const notes_t *notes)
{
    return notes->is_big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

int notes_symbol(notes_t *notes, const char *name, size_t name_len, uint64_t *value)
{
    if (notes->symbols == NULL && (notes->symbols = symbols_create(notes->elf)) == NULL)
        return -1;
    return symbols_find(notes->symbols, name, name_len, value);
}
