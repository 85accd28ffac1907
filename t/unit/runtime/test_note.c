/*
 * ASSERTION: the notes of a file are read as readelf(1) prints them, with the file offsets that the program headers give; and a
 * file that is damaged in any byte that matters makes nothing crash and yields no site outside of the file.
 */

#include <elf.h>
#include <inttypes.h>
#include <stdint.h>
#include <sys/mman.h>
#include "usdt/note.h"
#include "lab.h"

static const char source[] =
    "#ifdef SEMAPHORES\n"
    "#define _SDT_HAS_SEMAPHORES 1\n"
    "#endif\n"
    "#include <sys/sdt.h>\n"
    "#ifdef SEMAPHORES\n"
    "unsigned short lab_none_semaphore __attribute__((section(\".probes\"))) = 0x5ea0;\n"
    "unsigned short lab_args_semaphore __attribute__((section(\".probes\"))) = 0x5ea1;\n"
    "unsigned short other_twice_semaphore __attribute__((section(\".probes\"))) = 0x5ea2;\n"
    "#endif\n"
    "volatile int counter = 7;\n"
    "static volatile long table[4] = {1, 2, 3, 4};\n"
    "__thread int local;\n"
    "static volatile struct { long a, b; } s;\n"
    "static __attribute__((noinline)) long work(const char *p, int i, unsigned char c, short w)\n"
    "{\n"
    "    DTRACE_PROBE(lab, none);\n"
    "    STAP_PROBE6(lab, args, p, i, c, w, counter, table[i & 3]);\n"
    "    STAP_PROBE2(other, twice, 1, -5L);\n"
    "    s.b = i;\n"
    "    STAP_PROBE12(other, twice, s.a, s.b, i, i + 1L, c, w, p, &p, 0x123456789abcL, table[1], (char)3, sizeof(p));\n"
    "    return p[0] + i + c + w;\n"
    "}\n"
    "#ifdef BARE\n"
    "void _start(void) { work(\"x\", 1, 2, 3); for (;;) ; }\n"
    "#else\n"
    "int main(int argc, char **argv) { local = argc; return work(argv[0], argc, 2, 3) == 0; }\n"
    "#endif\n";

/* ---- the witness ---- */

typedef struct st_witness_t {
    char provider[64], name[64], args[512];
    uint64_t location, semaphore;
} witness_t;

typedef struct st_load_t {
    uint64_t offset, vaddr, filesz;
} load_t;

/* readelf -n */
static size_t witness_notes(const char *file, witness_t *list, size_t max)
{
    char *text = lab_output("readelf -nW '%s' 2>/dev/null", file), *save = NULL;
    size_t num = 0;

    memset(list, 0, max * sizeof(list[0]));

    for (char *line = strtok_r(text, "\n", &save); line != NULL && num < max; line = strtok_r(NULL, "\n", &save)) {
        uint64_t base;
        char *provider = strstr(line, "Provider: "), *args = strstr(line, "Arguments:");
        if ((provider != NULL && sscanf(provider, "Provider: %63s", list[num].provider) == 1) ||
            sscanf(line, " Name: %63s", list[num].name) == 1 ||
            sscanf(line, " Location: %" SCNx64 ", Base: %" SCNx64 ", Semaphore: %" SCNx64, &list[num].location, &base,
                   &list[num].semaphore) == 3)
            continue;
        if (args != NULL) {
            args += strlen("Arguments:");
            args += strspn(args, " ");
            snprintf(list[num].args, sizeof(list[num].args), "%s", args);
            ++num;
        }
    }
    free(text);
    return num;
}

/* readelf -l */
static size_t witness_loads(const char *file, load_t *list, size_t max)
{
    char *text = lab_output("readelf -lW '%s' 2>/dev/null", file), *save = NULL;
    size_t num = 0;

    for (char *line = strtok_r(text, "\n", &save); line != NULL && num < max; line = strtok_r(NULL, "\n", &save)) {
        uint64_t paddr;
        if (sscanf(line, " LOAD %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64, &list[num].offset, &list[num].vaddr, &paddr,
                   &list[num].filesz) == 4)
            ++num;
    }
    free(text);
    return num;
}

static uint64_t witness_offset(const load_t *loads, size_t num, uint64_t address)
{
    for (size_t i = 0; i < num; ++i)
        if (loads[i].vaddr <= address && address < loads[i].vaddr + loads[i].filesz)
            return address - loads[i].vaddr + loads[i].offset;
    return UINT64_MAX;
}

/* ---- whole files ---- */

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *fp = fopen(path, "r");
    unsigned char *bytes = malloc(1 << 24);

    if (fp == NULL || bytes == NULL || (*size = fread(bytes, 1, 1 << 24, fp)) == 0)
        bail_out("cannot read a file");
    fclose(fp);
    return bytes;
}

static void test_file(const char *what, const char *name, int has_semaphores, unsigned machine, int is_64)
{
    static witness_t witness[16];
    load_t loads[16];
    notes_t notes;
    reason_t reason = {""};
    size_t num = witness_notes(name, witness, 16), num_loads = witness_loads(name, loads, 16), file_size;
    unsigned char *bytes = read_file(lab_path("%s", name), &file_size);
    int read = notes_read(&notes, lab_path("%s", name), &reason);

    ok(read == 0, "%s: read (%s)", what, reason.text);
    if (read != 0) {
        free(bytes);
        return;
    }
    ok(num == 4 && notes.num == num && notes.num_broken == 0, "%s: as many notes as readelf finds (%zu)", what, num);
    ok(notes.machine == machine && notes.is_64 == is_64, "%s: machine and class", what);
    for (size_t i = 0; i < num && i < notes.num; ++i) {
        const note_t *note = &notes.list[i];
        ok(strcmp(note->provider, witness[i].provider) == 0 && strcmp(note->name, witness[i].name) == 0 &&
               strcmp(note->args, witness[i].args) == 0,
           "%s: %s:%s %s", what, witness[i].provider, witness[i].name, witness[i].args);
        ok(note->pc == witness[i].location && note->offset == witness_offset(loads, num_loads, note->pc),
           "%s: location and its offset", what);
        ok(note->offset < file_size && bytes[note->offset] == 0x90, "%s: there is a nop", what);
        ok((note->semaphore_offset != 0) == has_semaphores && (witness[i].semaphore != 0) == has_semaphores, "%s: semaphore", what);
        if (has_semaphores) {
            uint16_t value = 0;
            ok(note->semaphore_offset == witness_offset(loads, num_loads, witness[i].semaphore), "%s: offset of the semaphore",
               what);
            if (note->semaphore_offset + sizeof(value) <= file_size)
                memcpy(&value, bytes + note->semaphore_offset, sizeof(value));
            ok(value == 0x5ea0 + (i < 2 ? i : 2), "%s: there is the semaphore's initial value", what);
        }
    }
    notes_dispose(&notes);
    free(bytes);
}

static void test_builds(void)
{
    struct build {
        const char *what, *command;
        int has_semaphores;
    } builds[] = {
        {"PIE", "gcc -O2 -o %s -pie -fPIE p.c", 0},
        {"PIE with semaphores", "gcc -O2 -DSEMAPHORES -pie -fPIE -o %s p.c", 1},
        {"fixed address", "gcc -O1 -DSEMAPHORES -no-pie -fno-pie -o %s p.c", 1},
        {"not optimised", "gcc -O0 -DSEMAPHORES -no-pie -fno-pie -o %s p.c", 1},
        {"shared library", "gcc -O2 -DSEMAPHORES -shared -fPIC -o %s p.c", 1},
        {"stripped", "gcc -O2 -DSEMAPHORES -s -o %s p.c", 1},
        {"static", "gcc -O2 -DSEMAPHORES -static -o %s p.c", 1},
        {"text segment apart", "gcc -O2 -DSEMAPHORES -Wl,-z,separate-code,-z,max-page-size=0x10000 -o %s p.c", 1},
        {"clang", "clang -O2 -DSEMAPHORES -o %s p.c", 1},
    };

    for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); ++i) {
        char name[32], command[512];
        snprintf(name, sizeof(name), "build%zu", i);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(command, sizeof(command), builds[i].command, name);
#pragma GCC diagnostic pop
        if (strncmp(command, "clang", 5) == 0 && !lab_can("clang --version")) {
            skip(builds[i].what, "no clang");
        } else if (!lab_run("%s", command)) {
            ok(0, "%s: build", builds[i].what);
        } else {
            test_file(builds[i].what, name, builds[i].has_semaphores, EM_X86_64, 1);
        }
    }
    /* without a C library for 32 bits the headers are still there */
    if (lab_can("gcc -m32 -O2 -DSEMAPHORES -DBARE -nostdlib -static -fno-pie -no-pie -fno-stack-protector -isystem "
                "/usr/include/$(gcc -print-multiarch) -Wl,-e,_start -o build32 p.c")) {
        test_file("32 bits", "build32", 1, EM_386, 0);
    } else {
        skip("32 bits", "gcc -m32 does not work");
    }
}

/* ---- symbols ---- */

static void test_symbols(void)
{
    notes_t notes;
    reason_t reason = {""};
    char *text;
    uint64_t value, expected = 0;

    lab_write("q.c", "static volatile int twice = 1; __attribute__((constructor)) void q(void) { twice = 2; }\n"
                     "int once_in_q = 3;\n");
    lab_write("q2.c", "static volatile int twice = 1; __attribute__((constructor)) void q2(void) { twice = 2; }\n");
    if (!lab_run("gcc -O1 -o symbols p.c q.c q2.c && gcc -O1 -rdynamic -s -o dynamic p.c && gcc -O1 -s -o stripped p.c")) {
        ok(0, "build");
        return;
    }
    text = lab_output("nm symbols | grep ' counter$'");
    sscanf(text, "%" SCNx64, &expected);
    free(text);
    if (!ok(notes_read(&notes, lab_path("symbols"), &reason) == 0, "symbols: read %s", reason.text))
        return;
    ok(notes_symbol(&notes, "counter+8", 7, &value) == 0 && value == expected && value != 0, "symbol as nm prints it");
    is_int(notes_symbol(&notes, "counte", 6, &value), -1, "a part of a name is none");
    is_int(notes_symbol(&notes, "counter+", 8, &value), -1, "more than a name is none");
    is_int(notes_symbol(&notes, "no_such", 7, &value), -1, "no such symbol");
    is_int(notes_symbol(&notes, "twice", 5, &value), -1, "two variables of one name are refused");
    is_int(notes_symbol(&notes, "local", 5, &value), -1, "a thread-local variable is refused");
    is_int(notes_symbol(&notes, "", 0, &value), -1, "an empty name is none");
    notes_dispose(&notes);

    text = lab_output("nm -D dynamic | grep ' counter$'");
    expected = 0;
    sscanf(text, "%" SCNx64, &expected);
    free(text);
    if (ok(notes_read(&notes, lab_path("dynamic"), &reason) == 0, "dynamic symbols: read %s", reason.text)) {
        ok(notes_symbol(&notes, "counter", 7, &value) == 0 && value == expected && value != 0,
           "a dynamic symbol, when there are no others");
        notes_dispose(&notes);
    }
    if (ok(notes_read(&notes, lab_path("stripped"), &reason) == 0, "no symbols: read %s", reason.text)) {
        is_int(notes_symbol(&notes, "counter", 7, &value), -1, "stripped");
        notes_dispose(&notes);
    }
}

/* ---- damaged files ---- */

/* A copy of a file in memory, to be damaged; it has a path all the same. */
typedef struct st_copy_t {
    int fd;
    char path[64];
    unsigned char *bytes; /* as they were */
    size_t size;
} copy_t;

static void copy_open(copy_t *copy, const char *name)
{
    copy->bytes = read_file(lab_path("%s", name), &copy->size);
    if ((copy->fd = memfd_create("copy", MFD_CLOEXEC)) == -1 || write(copy->fd, copy->bytes, copy->size) != (ssize_t)copy->size)
        bail_out("no memfd");
    snprintf(copy->path, sizeof(copy->path), "/proc/self/fd/%d", copy->fd);
}

static void copy_close(copy_t *copy)
{
    close(copy->fd);
    free(copy->bytes);
}

static void copy_set(copy_t *copy, size_t at, const void *bytes, size_t size)
{
    if (pwrite(copy->fd, bytes, size, (off_t)at) != (ssize_t)size)
        bail_out("cannot write to a memfd");
}

static void copy_restore(copy_t *copy, size_t at, size_t size)
{
    copy_set(copy, at, copy->bytes + at, size);
}

static Elf64_Shdr *find_section(const copy_t *copy, const char *name)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)copy->bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(copy->bytes + header->e_shoff);

    for (unsigned i = 0; i < header->e_shnum; ++i)
        if (strcmp((char *)copy->bytes + sections[header->e_shstrndx].sh_offset + sections[i].sh_name, name) == 0)
            return &sections[i];
    bail_out("no such section");
}

/* Reads the file, whatever became of it. Returns 0 if what it gives cannot be true. */
static int is_sane(const copy_t *copy, uint64_t file_size)
{
    notes_t notes;
    reason_t reason = {""};
    int sane = 1;

    if (notes_read(&notes, copy->path, &reason) != 0)
        return reason.text[0] != '\0' && notes.fd == -1 && notes.elf == NULL && notes.list == NULL;
    for (size_t i = 0; i < notes.num; ++i) {
        const note_t *note = &notes.list[i];
        sane = sane && note->offset < file_size && note->semaphore_offset < file_size && note->provider[0] != '\0' &&
               note->name[0] != '\0' && strlen(note->args) < file_size;
    }
    notes_dispose(&notes);
    return sane;
}

static void test_flips(copy_t *copy, size_t from, size_t to, const char *what)
{
    static const unsigned char masks[] = {0xff, 0x01, 0x80, 0x10};
    int sane = 1;

    for (size_t at = from; at < to && sane; ++at) {
        for (size_t i = 0; i < sizeof(masks) && sane; ++i) {
            unsigned char c = copy->bytes[at] ^ masks[i];
            copy_set(copy, at, &c, 1);
            if (!(sane = is_sane(copy, copy->size)))
                diag("byte %zu, mask %02x", at, masks[i]);
        }
        copy_restore(copy, at, 1);
    }
    ok(sane, "flipped: each of the %zu bytes of the %s", to - from, what);
}

static void test_damage(void)
{
    copy_t copy;
    copy_open(&copy, "build1");
    Elf64_Ehdr *header = (Elf64_Ehdr *)copy.bytes;
    Elf64_Shdr *section = find_section(&copy, ".note.stapsdt");
    size_t section_at = (size_t)((unsigned char *)section - copy.bytes), num_segments = header->e_phnum, sane = 1;

    test_flips(&copy, section->sh_offset, section->sh_offset + section->sh_size, "notes");
    test_flips(&copy, 0, sizeof(*header), "ELF header");
    test_flips(&copy, header->e_phoff, header->e_phoff + num_segments * sizeof(Elf64_Phdr), "program headers");
    test_flips(&copy, header->e_shoff, header->e_shoff + header->e_shnum * sizeof(Elf64_Shdr), "section headers");
    ok(is_sane(&copy, copy.size), "the copy is whole again");

    for (size_t size = 0; size <= section->sh_size && sane; ++size) {
        Elf64_Shdr shorter = *section;
        shorter.sh_size = size;
        copy_set(&copy, section_at, &shorter, sizeof(shorter));
        sane = is_sane(&copy, copy.size);
    }
    ok(sane, "the section of the notes cut at each byte");
    copy_restore(&copy, section_at, sizeof(*section));

    /* a section at the very end, so that the byte after it is not in the file */
    sane = 1;
    for (size_t size = copy.size - 1; size > 0 && sane; size -= size > copy.size - 300 || size < 300 ? 1 : 97) {
        if (ftruncate(copy.fd, (off_t)size) != 0)
            bail_out("cannot truncate");
        sane = (size_t)is_sane(&copy, size);
    }
    ok(sane, "the file cut at many places");
    copy_restore(&copy, 0, copy.size);
    sane = 1;
    for (size_t at = section->sh_offset + section->sh_size; at > section->sh_offset && sane; --at) {
        if (ftruncate(copy.fd, (off_t)at) != 0)
            bail_out("cannot truncate");
        sane = (size_t)is_sane(&copy, at);
    }
    ok(sane, "the file cut at each byte of the notes");
    copy_close(&copy);
}

/* Sections that do not overlap the end can be cut only by moving the section headers in front of them. */
static void test_cut_behind_headers(void)
{
    copy_t copy;
    copy_open(&copy, "build1");
    Elf64_Ehdr header = *(Elf64_Ehdr *)copy.bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(copy.bytes + header.e_shoff);
    size_t table_size = header.e_shnum * sizeof(Elf64_Shdr), names_size = sections[header.e_shstrndx].sh_size;
    Elf64_Shdr *note = find_section(&copy, ".note.stapsdt");
    size_t notes_at = copy.size + table_size + names_size, size = note->sh_size, num_full = 0, num_less = 0;
    int sane = 1;

    copy_set(&copy, copy.size + table_size, copy.bytes + sections[header.e_shstrndx].sh_offset, names_size);
    copy_set(&copy, notes_at, copy.bytes + note->sh_offset, size);
    sections[header.e_shstrndx].sh_offset = copy.size + table_size;
    note->sh_offset = notes_at;
    for (size_t cut = 0; cut <= size && sane; ++cut) {
        notes_t notes;
        reason_t reason;
        note->sh_size = size - cut;
        copy_set(&copy, copy.size, sections, table_size);
        header.e_shoff = copy.size;
        copy_set(&copy, 0, &header, sizeof(header));
        if (ftruncate(copy.fd, (off_t)(notes_at + size - cut)) != 0)
            bail_out("cannot truncate");
        sane = is_sane(&copy, notes_at + size - cut);
        if (notes_read(&notes, copy.path, &reason) == 0) {
            ++*(notes.num == 4 ? &num_full : &num_less);
            notes_dispose(&notes);
        }
    }
    ok(sane, "the notes at the end of the file, cut with it at each byte");
    /* the last note may end with up to 3 bytes of padding */
    ok(num_full >= 1 && num_full <= 4 && num_full + num_less == size + 1, "which are read as far as they go (%zu whole)", num_full);
    copy_close(&copy);
}

/* What a file says many times over must not be read many times. */
static void test_repeated(void)
{
    copy_t copy;
    notes_t notes;
    reason_t reason = {""};
    copy_open(&copy, "build1");
    Elf64_Ehdr header = *(Elf64_Ehdr *)copy.bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(copy.bytes + header.e_shoff), *note = find_section(&copy, ".note.stapsdt"), whole = *note;
    size_t table_size = header.e_shnum * sizeof(Elf64_Shdr);

    for (unsigned i = 1; i < header.e_shnum; ++i) {
        if (i != header.e_shstrndx)
            sections[i] = whole;
    }
    copy_set(&copy, header.e_shoff, sections, table_size);
    ok(notes_read(&notes, copy.path, &reason) == 0 && notes.num > 4, "small sections may be there several times");
    notes_dispose(&notes);
    whole.sh_offset = 0;
    whole.sh_size = copy.size;
    for (unsigned i = 1; i < header.e_shnum; ++i) {
        if (i != header.e_shstrndx)
            sections[i] = whole;
    }
    copy_set(&copy, header.e_shoff, sections, table_size);
    ok(notes_read(&notes, copy.path, &reason) == -1 && strstr(reason.text, "overlap") != NULL,
       "sections that are each as large as the file are refused: %s", reason.text);
    notes_dispose(&notes);

    Elf64_Phdr segment = {.p_type = PT_LOAD, .p_flags = PF_R};
    for (size_t i = 0; i < 2000; ++i)
        copy_set(&copy, copy.size + i * sizeof(segment), &segment, sizeof(segment));
    header.e_phoff = copy.size;
    header.e_phnum = 2000;
    copy_set(&copy, 0, &header, sizeof(header));
    ok(notes_read(&notes, copy.path, &reason) == -1 && strstr(reason.text, "segments") != NULL,
       "more segments than can be loaded: %s", reason.text);
    notes_dispose(&notes);
    copy_close(&copy);
}

/* Names without an end, or packed: no symbol is found, and nothing is looked through more than once. */
static void test_names(void)
{
    copy_t copy;
    notes_t notes;
    reason_t reason = {""};
    uint64_t value;
    copy_open(&copy, "symbols");
    Elf64_Shdr *strings = find_section(&copy, ".strtab"), packed = *strings;
    size_t at = (size_t)((unsigned char *)strings - copy.bytes);
    char *xs = malloc(strings->sh_size);

    if (xs == NULL)
        bail_out("out of memory");
    memset(xs, 'x', strings->sh_size);
    copy_set(&copy, strings->sh_offset, xs, strings->sh_size);
    ok(notes_read(&notes, copy.path, &reason) == 0 && notes_symbol(&notes, "counter", 7, &value) == -1 &&
           notes_symbol(&notes, "x", 1, &value) == -1,
       "names that do not end are none %s", reason.text);
    notes_dispose(&notes);
    copy_set(&copy, strings->sh_offset, copy.bytes + strings->sh_offset, strings->sh_size);
    packed.sh_flags |= SHF_COMPRESSED;
    copy_set(&copy, at, &packed, sizeof(packed));
    ok(notes_read(&notes, copy.path, &reason) == 0 && notes_symbol(&notes, "counter", 7, &value) == 0,
       "names are read as they are, whatever is said of them %s", reason.text);
    notes_dispose(&notes);
    free(xs);
    copy_close(&copy);
}

static void test_prelink(void)
{
    copy_t copy;
    notes_t before, after;
    reason_t reason = {""};
    copy_open(&copy, "build1");
    Elf64_Shdr *base = find_section(&copy, ".stapsdt.base"), moved = *base;
    int passed = 1;

    moved.sh_addr -= 2;
    copy_set(&copy, (size_t)((unsigned char *)base - copy.bytes), &moved, sizeof(moved));
    if (notes_read(&before, lab_path("build1"), &reason) != 0 || notes_read(&after, copy.path, &reason) != 0 ||
        before.num != after.num) {
        ok(0, "prelink: read %s", reason.text);
    } else {
        for (size_t i = 0; i < before.num; ++i)
            passed = passed && after.list[i].pc == before.list[i].pc - 2 && after.list[i].offset == before.list[i].offset - 2 &&
                     after.list[i].semaphore_offset == before.list[i].semaphore_offset - 2;
        ok(passed, "prelink: locations and semaphores move with .stapsdt.base");
    }
    notes_dispose(&before);
    notes_dispose(&after);

    /* moved so far that they are in no segment */
    moved.sh_addr += 1ull << 40;
    copy_set(&copy, (size_t)((unsigned char *)base - copy.bytes), &moved, sizeof(moved));
    ok(notes_read(&after, copy.path, &reason) == 0 && after.num == 0 && after.num_broken == 4,
       "notes that point outside of any segment are counted, not returned");
    notes_dispose(&after);
    copy_close(&copy);
}

static void test_refused(void)
{
    notes_t notes;
    reason_t reason;
    copy_t copy;
    unsigned char c;

#define REFUSED(path, part, what)                                                                                                  \
    do {                                                                                                                           \
        int status = notes_read(&notes, path, &reason);                                                                            \
        ok(status == -1 && strstr(reason.text, part) != NULL, "%s: %s", what, status == -1 ? reason.text : "(read)");              \
        notes_dispose(&notes);                                                                                                     \
    } while (0)
    REFUSED(lab_path("no-such-file"), "No such file", "no file");
    REFUSED(lab_dir, "not a regular file", "a directory");
    if (mkfifo(lab_path("fifo"), 0600) == 0)
        REFUSED(lab_path("fifo"), "not a regular file", "a FIFO");
    REFUSED(lab_path("p.c"), "not an ELF file", "a text");
    lab_write("empty", "");
    REFUSED(lab_path("empty"), "is empty", "an empty file");
    if (lab_run("gcc -c -o p.o p.c"))
        REFUSED(lab_path("p.o"), "neither a program nor a shared library", "an object file");
    if (lab_run("ar rc p.a p.o"))
        REFUSED(lab_path("p.a"), "not an ELF file", "an archive");

    copy_open(&copy, "build1");
    c = ELFDATA2MSB;
    copy_set(&copy, EI_DATA, &c, 1);
    REFUSED(copy.path, "", "a header that lies about the byte order");
    copy_close(&copy);
#undef REFUSED

    lab_write("plain.c", "int main(void) { return 0; }\n");
    ok(lab_run("gcc -o plain plain.c") && notes_read(&notes, lab_path("plain"), &reason) == 0 && notes.num == 0 &&
           notes.num_broken == 0,
       "a program without probes has no notes");
    notes_dispose(&notes);
}

int main(void)
{
    lab_init();
    lab_write("p.c", source);
    test_builds();
    test_symbols();
    test_damage();
    test_cut_behind_headers();
    test_prelink();
    test_repeated();
    test_names();
    test_refused();
    return done_testing();
}
