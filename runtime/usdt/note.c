/*
 * The format of the notes: https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation. The file is read, not mapped: if it
 * is made shorter meanwhile, that is a read error, while a mapping of it would raise SIGBUS.
 */
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/grow.h"
#include "common/regular.h"
#include "usdt/name.h"
#include "usdt/nop.h"
#include "usdt/note.h"
#include "usdt/operand.h"
#include "usdt/symbol.h"

#define NOTE_SECTION ".note.stapsdt"
#define BASE_SECTION ".stapsdt.base"
#define NOTE_OWNER "stapsdt"
#define NOTE_TYPE 3

/* Linux loads no program with more (fs/binfmt_elf.c: 64 KB of program headers) */
#define MAX_SEGMENTS 1170

typedef struct st_reader_t {
    notes_t *notes;
    size_t capacity, refused_capacity, names_capacity;
    uint64_t file_size;
    uint64_t
        num_unread; /* bytes of sections that may still be read: they do not overlap, so their sum is at most the file's size */
    uint64_t base;  /* address of .stapsdt.base; 0 when there is none */
    int has_base;
} reader_t;

/* ---- addresses ---- */

static int check_segments(Elf *elf, reason_t *reason)
{
    GElf_Phdr last;
    size_t num;

    if (elf_getphdrnum(elf, &num) != 0 || (num != 0 && gelf_getphdr(elf, num - 1, &last) == NULL))
        return reason_set(reason, "malformed program headers (%s)", elf_errmsg(-1));
    if (num > MAX_SEGMENTS)
        return reason_set(reason, "more than %d segments", MAX_SEGMENTS);
    return 0;
}

/* Where in the file an address is. It must be within what the file has of a segment, not in the zeroes that follow in memory. */
static int find_offset(const reader_t *reader, uint64_t address, uint32_t needed_flags, uint64_t *offset)
{
    GElf_Phdr segment;

    for (int i = 0; gelf_getphdr(reader->notes->elf, i, &segment) != NULL; ++i) {
        uint64_t within = address - segment.p_vaddr;
        if (segment.p_type != PT_LOAD || (segment.p_flags & needed_flags) != needed_flags || address < segment.p_vaddr ||
            within >= segment.p_filesz)
            continue;
        if (segment.p_offset >= reader->file_size || within >= reader->file_size - segment.p_offset)
            continue;
        *offset = segment.p_offset + within;
        return 0;
    }
    return -1;
}

/* ---- notes ---- */

static const char *take_string(const char **p, const char *end)
{
    const char *s = *p, *nul = memchr(s, '\0', end - s);

    if (nul == NULL)
        return NULL;
    *p = nul + 1;
    return s;
}

/* A number of 4 or 8 bytes, in the byte order of the file. */
static uint64_t take_number(const reader_t *reader, const char **p, size_t size)
{
    uint64_t n = 0;

    for (size_t i = 0; i < size; ++i)
        n |= (uint64_t)(unsigned char)(*p)[i] << 8 * (reader->notes->is_big_endian ? size - 1 - i : i);
    *p += size;
    return n;
}

/* Why nobody may attach to the site: it would harm the target, or do nothing. NULL: nothing is wrong with it. */
static const char *find_fault(const reader_t *reader, note_t *note, uint64_t semaphore)
{
    unsigned char bytes[NOP_MAX_SIZE];
    ssize_t size;

    if (find_offset(reader, note->pc, PF_X, &note->offset) != 0)
        return "its place is in no executable segment of the file";
    if ((size = pread(reader->notes->fd, bytes, sizeof(bytes), note->offset)) < 0)
        return "its code cannot be read";
    if (size == 0 || !nop_is(reader->notes->machine, bytes, size))
        return "at its place there is no no-op, but another instruction or the middle of one";
    if (semaphore != 0 && find_offset(reader, semaphore, PF_W, &note->semaphore_offset) != 0)
        return "its semaphore is in no writable segment of the file";
    return NULL;
}

/* The description of one note: pc, base, semaphore, then three strings. It fails if it is malformed. */
static int parse_description(const reader_t *reader, const char *p, const char *end, note_t *note)
{
    size_t size = reader->notes->is_64 ? 8 : 4;
    uint64_t base, semaphore, shift, mask = reader->notes->is_64 ? UINT64_MAX : UINT32_MAX;

    *note = (note_t){.syntax = reader->notes->machine};
    if ((size_t)(end - p) < 3 * size)
        return -1;
    note->pc = take_number(reader, &p, size);
    base = take_number(reader, &p, size);
    semaphore = take_number(reader, &p, size);
    if ((note->provider = take_string(&p, end)) == NULL || (note->name = take_string(&p, end)) == NULL ||
        (note->args = take_string(&p, end)) == NULL || note->provider[0] == '\0' || note->name[0] == '\0')
        return -1;

    /* prelink moves the sections and leaves the notes alone; `base` is where .stapsdt.base was when they were written. A note of
     * somebody who does not know of it has 0 there, and was not moved either, if anything still fits. */
    shift = reader->has_base && base != 0 ? reader->base - base : 0;
    note->pc = (note->pc + shift) & mask;
    reader->notes->is_moved |= shift != 0;
    note->fault = find_fault(reader, note, semaphore != 0 ? (semaphore + shift) & mask : 0);
    return 0;
}

/* A name with a dash is spelled as a definition would: see usdt/name.h. Fails when out of memory. */
static int spell_name(reader_t *reader, note_t *note)
{
    notes_t *notes = reader->notes;

    if (strchr(note->name, '-') == NULL)
        return 0;
    char **names = grow_list(notes->names, &reader->names_capacity, notes->num_names, sizeof(*names));
    if (names == NULL)
        return -1;
    notes->names = names;
    if ((note->name = names[notes->num_names] = name_defined(note->name)) == NULL)
        return -1;
    ++notes->num_names;
    return 0;
}

static int append(note_t **to, size_t *num, size_t *capacity, const note_t *note)
{
    note_t *list = grow_list(*to, capacity, *num, sizeof(*list));

    if (list == NULL)
        return -1;
    *to = list;
    list[(*num)++] = *note;
    return 0;
}

static int add_note(reader_t *reader, note_t *note)
{
    notes_t *notes = reader->notes;

    if (spell_name(reader, note) != 0)
        return -1;
    return note->fault == NULL ? append(&notes->list, &notes->num, &reader->capacity, note)
                               : append(&notes->refused, &notes->num_refused, &reader->refused_capacity, note);
}

static uint64_t align4(uint64_t n)
{
    return (n + 3) & ~(uint64_t)3;
}

/* Every length in here has 32 bits and every sum 64, so none can wrap. Fails when out of memory. */
static int parse_section(reader_t *reader, const char *bytes, size_t size)
{
    size_t at = 0;

    while (size - at >= 12) {
        const char *name = bytes + at;
        uint64_t name_size = take_number(reader, &name, 4), desc_size = take_number(reader, &name, 4);
        uint64_t type = take_number(reader, &name, 4), desc_at = at + 12 + align4(name_size), end = desc_at + desc_size;
        if (end > size) {
            /* where the next one begins is not known */
            ++reader->notes->num_broken;
            return 0;
        }
        if (type == NOTE_TYPE && name_size == sizeof(NOTE_OWNER) && memcmp(name, NOTE_OWNER, sizeof(NOTE_OWNER)) == 0) {
            note_t note;
            if (parse_description(reader, bytes + desc_at, bytes + end, &note) != 0)
                ++reader->notes->num_broken;
            else if (add_note(reader, &note) != 0)
                return -1;
        }
        end = align4(end);
        at = end < size ? end : size;
    }
    if (at != size)
        ++reader->notes->num_broken;
    return 0;
}

static int read_section(reader_t *reader, Elf_Scn *section, uint64_t size, reason_t *reason)
{
    Elf_Data *data;

    if (size > reader->num_unread)
        return reason_set(reason, "sections " NOTE_SECTION " overlap or are longer than the file");
    reader->num_unread -= size;
    if ((data = elf_rawdata(section, NULL)) == NULL)
        return reason_set(reason, "section " NOTE_SECTION " cannot be read (%s)", elf_errmsg(-1));
    if (data->d_buf != NULL && parse_section(reader, data->d_buf, data->d_size) != 0)
        return reason_set(reason, "out of memory");
    return 0;
}

/* Two passes over the section headers: the base must be known before the first note is read. */
static int read_sections(reader_t *reader, reason_t *reason)
{
    Elf *elf = reader->notes->elf;
    Elf_Data *names;
    size_t names_at;

    if (elf_getshdrstrndx(elf, &names_at) != 0)
        return reason_set(reason, "malformed section headers (%s)", elf_errmsg(-1));
    if ((names = elf_rawdata(elf_getscn(elf, names_at), NULL)) == NULL && names_at != SHN_UNDEF)
        return reason_set(reason, "the names of the sections cannot be read");
    for (int pass = 0; pass < 2; ++pass) {
        for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
            GElf_Shdr header;
            if (gelf_getshdr(section, &header) == NULL)
                return reason_set(reason, "malformed section headers (%s)", elf_errmsg(-1));
            if (pass == 0 && elf_text_is(names, header.sh_name, BASE_SECTION)) {
                reader->base = header.sh_addr;
                reader->has_base = 1;
            }
            if (pass == 1 && header.sh_type != SHT_NOBITS && elf_text_is(names, header.sh_name, NOTE_SECTION) &&
                read_section(reader, section, header.sh_size, reason) != 0)
                return -1;
        }
    }
    return 0;
}

/* ---- the syntax of operands ---- */

/* Whether an operand can be in Intel's syntax only or, with OPERAND_INTEL, is the name of a register. */
static int shows_intel(const note_t *note, unsigned syntax)
{
    const char *pos = note->args;

    for (operand_t operand; operand_next(&pos, syntax, &operand);) {
        if (syntax & OPERAND_INTEL ? operand.is_bare_register : operand.is_intel)
            return 1;
    }
    return 0;
}

static int may_be_intel(const note_t *note)
{
    return strpbrk(note->args, "%$(") == NULL;
}

/*
 * A compiler writes all operands of a source file in one syntax, mostly those of a program. So "-4@5" and "-4@eax" are in Intel's
 * where the note or else some other one of the file shows that, and none of the file shows the other one.
 */
static void find_syntax(notes_t *notes)
{
    const unsigned intel = notes->machine | OPERAND_INTEL;
    int may_all = 1, is_any = 0;

    for (size_t i = 0; notes->machine == EM_X86_64 && i < notes->num; ++i) {
        note_t *note = notes->list + i;
        int may_be = may_be_intel(note);
        if (may_be && shows_intel(note, notes->machine))
            note->syntax = intel;
        may_all &= may_be;
        is_any |= note->syntax == intel || (may_be && shows_intel(note, intel));
    }
    for (size_t i = 0; is_any && may_all && i < notes->num; ++i)
        notes->list[i].syntax = intel;
}

/* ---- the file ---- */

static int open_elf(notes_t *notes, const char *path, uint64_t *file_size, reason_t *reason)
{
    struct stat st;
    GElf_Ehdr header;

    if (fstat(notes->fd, &st) != 0)
        return reason_set(reason, "cannot open %s: %s", path, strerror(errno));
    if (st.st_size == 0)
        return reason_set(reason, "%s is empty", path);
    *file_size = st.st_size;
    elf_version(EV_CURRENT);
    if ((notes->elf = elf_begin(notes->fd, ELF_C_READ, NULL)) == NULL || elf_kind(notes->elf) != ELF_K_ELF ||
        gelf_getehdr(notes->elf, &header) == NULL)
        return reason_set(reason, "%s is not an ELF file", path);
    if (header.e_type == ET_REL)
        return reason_set(reason, "%s is an object file, neither a program nor a shared library: link it first", path);
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return reason_set(reason, "%s is neither a program nor a shared library", path);
    if (header.e_shoff >= *file_size)
        return reason_set(reason, "%s is truncated: its section headers are missing", path);
    notes->machine = header.e_machine;
    notes->is_fixed = header.e_type == ET_EXEC;
    notes->is_64 = gelf_getclass(notes->elf) == ELFCLASS64;
    notes->is_big_endian = header.e_ident[EI_DATA] == ELFDATA2MSB;
    return 0;
}

/* @param fd is the notes' from now on @param path what reasons call it */
static int read_all(notes_t *notes, int fd, const char *path, reason_t *reason)
{
    reason_t part;
    reader_t reader = {.notes = notes};

    *notes = (notes_t){.fd = fd};
    int failed = open_elf(notes, path, &reader.file_size, reason);
    reader.num_unread = reader.file_size;
    if (!failed && (failed = check_segments(notes->elf, &part) != 0 || read_sections(&reader, &part) != 0))
        reason_set(reason, "%s: %s", path, part.text);
    if (failed)
        notes_dispose(notes);
    else
        find_syntax(notes);
    return failed ? -1 : 0;
}

int notes_read(notes_t *notes, const char *path, reason_t *reason)
{
    int fd = regular_open(-1, path);

    *notes = (notes_t){.fd = -1};
    if (fd == -1 && errno == EINVAL)
        return reason_set(reason, "%s is not a regular file", path);
    return fd != -1 ? read_all(notes, fd, path, reason) : reason_set(reason, "cannot open %s: %s", path, strerror(errno));
}

int notes_read_module(notes_t *notes, const module_t *module, reason_t *reason)
{
    /* a descriptor of its own: one that is shared has one place for reading */
    int fd = module->fd != -1 ? regular_open(-1, module->path) : -1;
    int error = module->fd != -1 ? errno : module->error;

    *notes = (notes_t){.fd = -1};
    return fd != -1 ? read_all(notes, fd, module->name, reason)
                    : reason_set(reason, "cannot open %s: %s", module->name, strerror(error));
}

void notes_dispose(notes_t *notes)
{
    for (size_t i = 0; i < notes->num_names; ++i)
        free(notes->names[i]);
    free(notes->names);
    free(notes->refused);
    free(notes->list);
    variables_close(notes->variables);
    if (notes->elf != NULL)
        elf_end(notes->elf);
    if (notes->fd != -1)
        close(notes->fd);
    *notes = (notes_t){.fd = -1};
}

static variables_t *open_variables(notes_t *notes)
{
    /* the symbols of a debug file do not know of prelink */
    const variables_place_t nowhere = {NULL, NULL, NULL};

    if (notes->variables == NULL)
        notes->variables = variables_open(notes->elf, notes->is_moved ? &nowhere : &notes->place);
    return notes->variables;
}

const char *notes_symbol(notes_t *notes, const char *name, size_t name_len, uint64_t site, uint64_t *value)
{
    variables_t *variables = open_variables(notes);

    return variables != NULL ? variables_find(variables, name, name_len, site, value) : "out of memory";
}

const char *notes_address(notes_t *notes, const note_t *note, const operand_t *operand, uint64_t *value)
{
    const char *name = memchr(operand->text, '@', operand->text_len);
    const variables_t *variables;

    *value = 0;
    if (operand->symbol != NULL)
        return notes_symbol(notes, operand->symbol, operand->symbol_len, note->pc, value);
    if (!operand->is_bare_register || name++ == NULL)
        return NULL;
    if ((variables = open_variables(notes)) == NULL)
        return "out of memory";
    return variables_has(variables, name, operand->text + operand->text_len - name)
               ? "its operand is a register, or a variable of that name: which of them is meant is not known"
               : NULL;
}
