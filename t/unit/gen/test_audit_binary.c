/*
 * ASSERTION: whatever became of a binary, the audit of it ends, within its limits, and what it says is possible: each site has an
 * operand list, is counted once and stands in order; damaged debug information costs source lines and no more.
 *
 * FUZZ_SEED=N is another run, FUZZ_RUNS=N a longer one.
 */

#include <elf.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <zlib.h>
#include "audit/binary/binary.h"
#include "audit/evidence/check.h"
#include "audit/binary/symbolize.h"
#include "model/load.h"
#include "model/sema.h"
#include "lab.h"
#include "usdt/note.h"
#include "usdt/symbol.h"

#ifdef __SANITIZE_ADDRESS__
#define SLOW 32 /* as many runs less: each forks, and all the memory of a sanitizer takes its time to be copied */
#else
#define SLOW 1
#endif

static uint64_t state = 88172645463325252u;

static uint64_t roll(uint64_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % n;
}

static size_t num_runs(size_t usual)
{
    const char *runs = getenv("FUZZ_RUNS");

    return runs != NULL ? strtoul(runs, NULL, 10) : usual / SLOW;
}

/* ---- audits ---- */

static arena_t *definitions_arena;
static const ir_t *definitions;

static void read_definitions(void)
{
    inputs_t inputs;
    diag_t diag = {0};
    const char *root = getenv("PROBEGEN_ROOT");

    definitions_arena = arena_create();
    inputs_init(&inputs);
    inputs_read(&inputs, definitions_arena, &diag,
                arena_printf(definitions_arena, "%s/t/cases/audit/forms.d", root != NULL ? root : ".").p);
    definitions = sema(definitions_arena, &diag, inputs.files, inputs.maps, &(sema_wish_t){.records = RECORDS_SHOWN});
    if (diag.num_errors != 0 || definitions == NULL)
        bail_out("no definitions");
}

/* counts what is reported; nothing is printed */
static int take(void *arg, diag_tag_t tag, span_t at, const char *text)
{
    (void)tag;
    (void)at;
    (void)text;
    ++*(size_t *)arg;
    return 1;
}

static int row_is_sane(const audit_row_t *row)
{
    unsigned num = 0;

    for (const audit_site_t *site = row->sites; site != NULL; site = site->next, ++num) {
        if (site->binary == NULL ||
            (site->next != NULL && site->next->binary == site->binary && site->next->address <= site->address))
            return 0;
        for (unsigned i = 0; i < site->num_operands; ++i) {
            const audit_operand_t *operand = &site->operands[i];
            if (operand->text.n == 0 || memchr(operand->text.p, '\0', operand->text.n) != NULL || operand->size > 9999)
                return 0;
        }
        if ((site->file.n != 0) != (site->line != 0) || site->num_operands > 64)
            return 0;
    }
    return num == row->num_sites;
}

/* @return how many sites were found, -1 if the audit says what cannot be */
static int audit_one(const char *path)
{
    arena_t *arena = arena_create();
    size_t num_failures = 0;
    diag_t diag = {.take = take, .taker = &num_failures};
    audit_t audit;
    int num = 0, sane = 1;
    unsigned num_sites = 0;

    audit_init(&audit, arena, &diag, definitions);
    audit_binary(&audit, path);
    for (unsigned i = 0; i < audit.num_rows; ++i) {
        sane = sane && row_is_sane(audit.rows[i]);
        num += (int)audit.rows[i]->num_sites;
    }
    for (const audit_binary_t *binary = audit.binaries; binary != NULL; binary = binary->next)
        num_sites += binary->num_sites;
    sane = sane && (unsigned)num == num_sites && (num != 0 || num_failures != 0);
    audit_check(&audit);
    arena_destroy(arena);
    return sane ? num : -1;
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
    struct stat st;
    int from = open(lab_path("%s", name), O_RDONLY | O_CLOEXEC);

    if (from == -1 || fstat(from, &st) != 0 || (copy->bytes = malloc((size_t)st.st_size)) == NULL ||
        read(from, copy->bytes, (size_t)st.st_size) != st.st_size)
        bail_out("cannot read a file");
    close(from);
    copy->size = (size_t)st.st_size;
    if ((copy->fd = memfd_create("copy", MFD_CLOEXEC)) == -1 || write(copy->fd, copy->bytes, copy->size) != (ssize_t)copy->size)
        bail_out("no memfd");
    snprintf(copy->path, sizeof(copy->path), "/proc/self/fd/%d", copy->fd);
}

static void copy_close(copy_t *copy)
{
    close(copy->fd);
    free(copy->bytes);
}

static void copy_set(const copy_t *copy, size_t at, const void *bytes, size_t size)
{
    if (pwrite(copy->fd, bytes, size, (off_t)at) != (ssize_t)size)
        bail_out("cannot write to a memfd");
}

static void copy_cut(const copy_t *copy, size_t size)
{
    if (ftruncate(copy->fd, (off_t)size) != 0)
        bail_out("cannot truncate");
}

static uint64_t get(const copy_t *copy, size_t at, size_t size)
{
    uint64_t n = 0;

    for (size_t i = 0; i < size; ++i)
        n |= (uint64_t)copy->bytes[at + (copy->bytes[EI_DATA] == ELFDATA2MSB ? size - 1 - i : i)] << (8 * i);
    return n;
}

/* Where things are: both classes, both byte orders. */
typedef struct st_layout_t {
    size_t header_size, sections, num_sections, section_size, segments, segments_size;
    size_t notes_header, notes, notes_size; /* the section header of the notes, and they */
} layout_t;

static layout_t layout_of(const copy_t *copy)
{
    int is_64 = copy->bytes[EI_CLASS] == ELFCLASS64;
    layout_t layout = {.header_size = is_64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)};
    size_t w = is_64 ? 8 : 4, tail = is_64 ? 0x34 : 0x28;

    layout.segments = get(copy, 0x18 + w, w);
    layout.sections = get(copy, 0x18 + 2 * w, w);
    layout.segments_size = get(copy, tail + 2, 2) * get(copy, tail + 4, 2);
    layout.section_size = get(copy, tail + 6, 2);
    layout.num_sections = get(copy, tail + 8, 2);
    size_t names = get(copy, layout.sections + get(copy, tail + 10, 2) * layout.section_size + 8 + 2 * w, w);
    for (size_t i = 0; i < layout.num_sections; ++i) {
        size_t at = layout.sections + i * layout.section_size;
        if (strcmp((char *)copy->bytes + names + get(copy, at, 4), ".note.stapsdt") != 0)
            continue;
        layout.notes_header = at;
        layout.notes = get(copy, at + 8 + 2 * w, w);
        layout.notes_size = get(copy, at + 8 + 3 * w, w);
    }
    if (layout.notes_size == 0)
        bail_out("no notes");
    return layout;
}

/* each byte becomes 0, 255, its neighbour, something */
static void test_bytes(const copy_t *copy, size_t from, size_t size, size_t step, const char *what, const char *name)
{
    size_t num = 0;
    int sane = 1;

    for (size_t at = from; at < from + size && sane; at += step * SLOW) {
        unsigned char old = copy->bytes[at], values[] = {0, 255, (unsigned char)(old + 1), (unsigned char)roll(256)};
        for (size_t i = 0; i < sizeof(values) && sane; ++i) {
            copy_set(copy, at, &values[i], 1);
            sane = audit_one(copy->path) >= 0;
            ++num;
            if (!sane)
                diag("byte %zu is %u", at, values[i]);
        }
        copy_set(copy, at, &old, 1);
    }
    ok(sane && num != 0, "%s: %zu changes of the %s", name, num, what);
}

/* words become numbers that are as large as the file, or larger than any */
static void test_words(const copy_t *copy, size_t from, size_t size, const char *what, const char *name)
{
    size_t num = num_runs(250), i;
    int sane = 1;

    for (i = 0; i < num && sane; ++i) {
        size_t places[4], n = 1 + roll(4);
        for (size_t j = 0; j < n; ++j) {
            uint64_t values[] = {
                0, 1, copy->size, copy->size - 1, UINT32_MAX, UINT64_MAX, (uint64_t)1 << 63, roll(copy->size), 0x80000000, 0xfff0};
            size_t width = roll(2) != 0 ? 8 : 4;
            places[j] = from + roll(size / 4) * 4;
            if (places[j] + width > from + size)
                places[j] = from;
            copy_set(copy, places[j], &values[roll(10)], width);
        }
        sane = audit_one(copy->path) >= 0;
        for (size_t j = 0; j < n; ++j)
            copy_set(copy, places[j], copy->bytes + places[j], 8 < copy->size - places[j] ? 8 : copy->size - places[j]);
    }
    ok(sane && i != 0, "%s: %zu times other numbers in the %s", name, i, what);
}

static void test_cuts(const copy_t *copy, const layout_t *layout, const char *name)
{
    int is_64 = copy->bytes[EI_CLASS] == ELFCLASS64, sane = 1, is_big = copy->bytes[EI_DATA] == ELFDATA2MSB;
    size_t at = layout->notes_header + (is_64 ? 0x20 : 0x14), w = is_64 ? 8 : 4, num = 0;
    int most = audit_one(copy->path), last = 0;

    for (size_t size = layout->notes_size % SLOW; size <= layout->notes_size && sane; size += SLOW) {
        unsigned char bytes[8];
        for (size_t i = 0; i < w; ++i)
            bytes[is_big ? w - 1 - i : i] = (unsigned char)((uint64_t)size >> (8 * i));
        copy_set(copy, at, bytes, w);
        int n = audit_one(copy->path);
        sane = n >= last && n <= most;
        last = n;
    }
    copy_set(copy, at, copy->bytes + at, w);
    ok(sane && last == most && most != 0, "%s: the section of the notes cut at each byte: the notes in front of the cut are read",
       name);

    sane = 1;
    for (size_t size = copy->size - 1, step; size != 0 && sane; size -= step < size ? step : size, ++num) {
        step = size < 300 ? 1 : 1 + roll(100 * SLOW);
        copy_cut(copy, size);
        sane = audit_one(copy->path) >= 0;
    }
    ok(sane, "%s: the file cut at %zu places", name, num);
    copy_set(copy, 0, copy->bytes, copy->size);
    ok(audit_one(copy->path) == most, "%s: whole again", name);
}

/* every step-th byte */
static void test_damage(const char *name, size_t step)
{
    copy_t copy;

    copy_open(&copy, name);
    layout_t layout = layout_of(&copy);
    test_bytes(&copy, layout.notes, layout.notes_size, step, "notes", name);
    test_bytes(&copy, 0, layout.header_size, step, "ELF header", name);
    test_bytes(&copy, layout.segments, layout.segments_size, step, "program headers", name);
    test_bytes(&copy, layout.notes_header, layout.section_size, step, "section header of the notes", name);
    test_words(&copy, layout.sections, layout.num_sections * layout.section_size, "section headers", name);
    test_words(&copy, layout.segments, layout.segments_size, "program headers", name);
    test_words(&copy, layout.notes, layout.notes_size, "notes", name);
    test_words(&copy, 0, copy.size, "file", name);
    test_cuts(&copy, &layout, name);
    copy_close(&copy);
}

/* ---- debug information ---- */

typedef struct st_counts_t {
    size_t results[SYMBOLIZE_TOO_LONG + 1], num_files, num_functions, num_wrong;
} counts_t;

static int compare_lines(const void *a, const void *b)
{
    const audit_site_t *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

/* what is there of the addresses of the notes of `name` in `path` */
static symbolize_result_t read_lines(const notes_t *notes, const char *path, counts_t *counts)
{
    arena_t *arena = arena_create();
    audit_site_t *lines = calloc(notes->num + 1, sizeof(*lines));
    symbolize_file_t debugged = {.path = path, .name = "/nowhere/program"};

    for (size_t i = 0; i < notes->num; ++i)
        lines[i].address = notes->list[i].pc;
    qsort(lines, notes->num, sizeof(*lines), compare_lines);
    symbolize_result_t result = symbolize(arena, &debugged, lines, notes->num);
    ++counts->results[result];
    for (size_t i = 0; i < notes->num; ++i) {
        counts->num_files += lines[i].file.n != 0;
        counts->num_functions += lines[i].function.n != 0;
        counts->num_wrong += lines[i].file.n > SYMBOL_MAX_NAME || lines[i].function.n > SYMBOL_MAX_NAME ||
                             (lines[i].file.n != 0 && memchr(lines[i].file.p, '\0', lines[i].file.n) != NULL);
    }
    free(lines);
    arena_destroy(arena);
    return result;
}

static void damage(copy_t *copy, const size_t (*sections)[2], size_t num_sections)
{
    for (size_t i = 0, num = roll(4) == 0 ? 1 + roll(40) : 1 + roll(4); i < num; ++i) {
        const size_t *section = sections[roll(num_sections)];
        size_t at = section[0] + roll(section[1]);
        uint32_t word = roll(2) != 0 ? UINT32_MAX - (uint32_t)roll(20) : (uint32_t)roll(100000);
        unsigned char byte = (unsigned char)roll(256), flipped = copy->bytes[at] ^ (unsigned char)(1 << roll(8));
        switch (roll(4)) {
        case 0:
            copy_set(copy, at, &byte, 1);
            break;
        case 1:
            copy_set(copy, at, &flipped, 1);
            break;
        case 2:
            copy_set(copy, at, "\xff", 1);
            break;
        default:
            copy_set(copy, at, &word, at + sizeof(word) <= section[0] + section[1] ? sizeof(word) : 1);
            break;
        }
    }
}

static size_t find_debug_sections(const copy_t *copy, size_t (*sections)[2], size_t max)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)copy->bytes;
    const Elf64_Shdr *list = (const Elf64_Shdr *)(copy->bytes + header->e_shoff);
    size_t num = 0;

    for (unsigned i = 0; i < header->e_shnum && num < max; ++i) {
        const char *name = (const char *)copy->bytes + list[header->e_shstrndx].sh_offset + list[i].sh_name;
        if (strncmp(name, ".debug_", 7) != 0 || list[i].sh_size == 0)
            continue;
        sections[num][0] = list[i].sh_offset;
        sections[num++][1] = list[i].sh_size;
    }
    return num;
}

static void test_hostile_debug(const char *name, size_t num_usual)
{
    copy_t copy;
    notes_t notes;
    reason_t reason;
    counts_t whole = {.num_files = 0}, counts = {.num_files = 0};
    size_t sections[16][2], num_sections, num = num_runs(num_usual);

    copy_open(&copy, name);
    num_sections = find_debug_sections(&copy, sections, 16);
    if (num_sections == 0 || notes_read(&notes, copy.path, &reason) != 0)
        bail_out("no debug information");
    ok(read_lines(&notes, copy.path, &whole) == SYMBOLIZE_FOUND && whole.num_files == notes.num && whole.num_functions == notes.num,
       "%s: lines and functions of all %zu sites", name, notes.num);
    for (size_t i = 0; i < num; ++i) {
        damage(&copy, sections, num_sections);
        read_lines(&notes, copy.path, &counts);
        copy_set(&copy, 0, copy.bytes, copy.size);
    }
    ok(counts.num_wrong == 0 && counts.results[SYMBOLIZE_FOUND] != 0 && counts.num_files != 0,
       "%s: %zu times damaged debug information: %zu times read, %zu crashes, %zu too long, %zu lines", name, num,
       counts.results[SYMBOLIZE_FOUND], counts.results[SYMBOLIZE_CRASHED], counts.results[SYMBOLIZE_TOO_LONG], counts.num_files);
    notes_dispose(&notes);
    copy_close(&copy);
}

/* the result as an exit status, with one second of CPU at most */
static int read_within_a_second(const notes_t *notes, const char *path)
{
    struct rlimit limit = {.rlim_cur = 1, .rlim_max = 60};
    counts_t counts = {.num_files = 0};
    int status;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_CPU, &limit);
        _exit((int)read_lines(notes, path, &counts));
    }
    if (pid == -1 || waitpid(pid, &status, 0) != pid)
        bail_out("no process");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* 30000 units, and each has the same 30000 ranges; with few of both it is read */
static void test_long_debug(void)
{
    static const char assembly[] =
        ".text\n.globl _start\n_start: nop\nsite: nop\nend:\n"
        ".section .note.stapsdt, \"\", %note\n.4byte 8, desc_end - desc, 3\n.asciz \"stapsdt\"\ndesc: .8byte site, base, 0\n"
        ".asciz \"forms\"\n.asciz \"none\"\n.asciz \"\"\ndesc_end: .balign 4\n"
        ".section .stapsdt.base, \"a\", %progbits\nbase: .space 1\n"
        ".section .debug_abbrev, \"\", %progbits\nabbrev: .byte 1, 0x11, 0, 0x55, 0x17, 3, 8, 0, 0, 0\n"
        ".section .debug_ranges, \"\", %progbits\nranges: .rept MANY\n.8byte end, end + 1\n.endr\n.8byte _start, end, 0, 0\n"
        ".section .debug_info, \"\", %progbits\n.rept MANY\n.4byte 2f - 1f\n1: .2byte 4\n.4byte abbrev\n.byte 8, 1\n.4byte ranges\n"
        ".asciz \"x\"\n2:\n.endr\n";
    static const struct {
        const char *many;
        int result;
    } cases[] = {{"3", SYMBOLIZE_FOUND}, {"30000", SYMBOLIZE_TOO_LONG}};
    notes_t notes;
    reason_t reason = {""};

    lab_write("long.s", assembly);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        if (!lab_run("sed 's/MANY/%s/' long.s > many.s && as -o many.o many.s && ld -o many many.o", cases[i].many) ||
            notes_read(&notes, lab_path("many"), &reason) != 0) {
            ok(0, "build %s", reason.text);
            return;
        }
        is_int(read_within_a_second(&notes, lab_path("many")), cases[i].result,
               i == 0 ? "few units with few ranges are read" : "many units with many ranges take too long, and that is all");
        notes_dispose(&notes);
    }
}

#ifndef __SANITIZE_ADDRESS__
/* A section that is a thousand times as large when it is decompressed: more than the child may have. */
static void test_bomb(void)
{
    enum { CHUNK = 1 << 20, NUM_CHUNKS = 1200 };
    static unsigned char zeros[CHUNK], packed[4 * CHUNK];
    unsigned char *chunk = packed;
    uLong sum = adler32(0, NULL, 0), sum_of_one;
    z_stream stream = {.next_out = packed + sizeof(Elf64_Chdr), .avail_out = sizeof(packed) - sizeof(Elf64_Chdr)};
    Elf64_Chdr head = {.ch_type = ELFCOMPRESS_ZLIB, .ch_size = (uint64_t)CHUNK * NUM_CHUNKS, .ch_addralign = 1};
    struct rusage usage;
    copy_t copy;
    notes_t notes;
    reason_t reason;
    counts_t counts = {.num_files = 0};

    if (deflateInit(&stream, 6) != Z_OK)
        bail_out("no zlib");
    /* after a full flush nothing refers to what was before: the second chunk can be repeated */
    for (int i = 0; i < 2; ++i) {
        chunk = stream.next_out;
        stream.next_in = zeros;
        stream.avail_in = CHUNK;
        if (deflate(&stream, Z_FULL_FLUSH) != Z_OK || stream.avail_in != 0)
            bail_out("cannot compress");
    }
    size_t chunk_size = (size_t)(stream.next_out - chunk);
    for (int i = 2; i < NUM_CHUNKS && chunk_size < stream.avail_out; ++i) {
        memcpy(stream.next_out, chunk, chunk_size);
        stream.next_out += chunk_size;
        stream.avail_out -= (uInt)chunk_size;
    }
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        bail_out("cannot compress");
    /* the checksum at the end is that of two chunks so far */
    sum_of_one = adler32(adler32(0, NULL, 0), zeros, CHUNK);
    for (int i = 0; i < NUM_CHUNKS; ++i)
        sum = adler32_combine(sum, sum_of_one, CHUNK);
    for (int i = 0; i < 4; ++i)
        stream.next_out[i - 4] = (unsigned char)(sum >> (24 - 8 * i));
    size_t packed_size = (size_t)(stream.next_out - packed);
    memcpy(packed, &head, sizeof(head));
    copy_open(&copy, "debug5");
    Elf64_Ehdr *header = (Elf64_Ehdr *)copy.bytes;
    Elf64_Shdr *list = (Elf64_Shdr *)(copy.bytes + header->e_shoff);
    for (unsigned i = 0; i < header->e_shnum; ++i) {
        if (strcmp((char *)copy.bytes + list[header->e_shstrndx].sh_offset + list[i].sh_name, ".debug_str") != 0)
            continue;
        list[i].sh_offset = copy.size;
        list[i].sh_size = packed_size;
        list[i].sh_flags = SHF_COMPRESSED;
    }
    copy_set(&copy, copy.size, packed, packed_size);
    copy_set(&copy, header->e_shoff, list, header->e_shnum * sizeof(*list));
    deflateEnd(&stream);
    if (notes_read(&notes, copy.path, &reason) != 0)
        bail_out("no notes");
    read_lines(&notes, copy.path, &counts);
    getrusage(RUSAGE_CHILDREN, &usage);
    ok(counts.num_wrong == 0 && usage.ru_maxrss < 500000, "%zu KB that become %d MB: %ld MB are used", packed_size >> 10,
       NUM_CHUNKS, usage.ru_maxrss >> 10);
    notes_dispose(&notes);
    copy_close(&copy);
}
#endif

/* ---- libraries ---- */

/* A program that says that it needs a lot, in many folders: what is looked for has a limit. */
static void test_many_needed(void)
{
    FILE *fp = fopen(lab_path("needs.s"), "w");

    if (fp == NULL)
        bail_out("cannot write a file");
    fputs(".text\n.globl _start\n_start: nop\nsite: nop\n"
          ".section .note.stapsdt, \"\", %note\n.4byte 8, desc_end - desc, 3\n.asciz \"stapsdt\"\ndesc: .8byte site, base, 0\n"
          ".asciz \"forms\"\n.asciz \"none\"\n.asciz \"\"\ndesc_end: .balign 4\n"
          ".section .stapsdt.base, \"a\", %progbits\nbase: .space 1\n"
          ".section .my_strings, \"a\", %progbits\nstrings: .byte 0\nfolders: .rept 30000\n.ascii \"/:\"\n.endr\n.byte 0\nnames:\n",
          fp);
    for (int i = 0; i < 100000; ++i)
        fprintf(fp, ".asciz \"%06d\"\n", i);
    fputs(".section .my_dynamic, \"a\", %progbits\n.8byte 29, folders - strings\n", fp);
    fputs(".set i, 0\n.rept 100000\n.8byte 1, names - strings + i * 7\n.set i, i + 1\n.endr\n.8byte 0, 0\n", fp);
    fclose(fp);
    if (!lab_run("as -o needs.o needs.s && ld -e _start -o needs needs.o")) {
        ok(0, "many libraries: build");
        return;
    }
    copy_t copy;
    copy_open(&copy, "needs");
    Elf64_Ehdr *header = (Elf64_Ehdr *)copy.bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(copy.bytes + header->e_shoff), *dynamic = NULL;
    unsigned strings = 0;
    for (unsigned i = 0; i < header->e_shnum; ++i) {
        const char *name = (char *)copy.bytes + sections[header->e_shstrndx].sh_offset + sections[i].sh_name;
        if (strcmp(name, ".my_dynamic") == 0)
            dynamic = &sections[i];
        if (strcmp(name, ".my_strings") == 0)
            strings = i;
    }
    if (dynamic == NULL || strings == 0)
        bail_out("no such section");
    dynamic->sh_type = SHT_DYNAMIC;
    dynamic->sh_link = strings;
    dynamic->sh_entsize = sizeof(Elf64_Dyn);
    copy_set(&copy, header->e_shoff, sections, header->e_shnum * sizeof(*sections));
    is_int(audit_one(copy.path), 1, "a program that needs 100000 libraries in 30000 folders");
    copy_close(&copy);
}

int main(void)
{
    const char *seed = getenv("FUZZ_SEED");
    const char *root = getenv("PROBEGEN_ROOT");
    char forms[1024], include[2048];

    if (seed != NULL)
        state += strtoull(seed, NULL, 10) * 2654435761u;
    lab_init();
    read_definitions();
    snprintf(forms, sizeof(forms), "%s/t/cases/audit/forms.c", root != NULL ? root : ".");
    if (!lab_run("gcc -O2 -DBARE -nostdlib -static -fno-pie -no-pie -fno-stack-protector -Wl,--build-id=none -o small '%s'", forms))
        bail_out("cannot build a program");
    test_damage("small", 1);
    snprintf(include, sizeof(include), "-isystem /usr/include/$(gcc -print-multiarch) '%s'", forms);
    if (lab_can("clang --version && powerpc-linux-gnu-ld --version")) {
        if (!lab_run("clang --target=powerpc-linux-gnu -O2 -DBARE -ffreestanding -c -o ppc.o %s && powerpc-linux-gnu-ld -e _start "
                     "-o ppc ppc.o",
                     include))
            ok(0, "big-endian: build");
        else
            test_damage("ppc", 3);
    } else {
        skip("a damaged big-endian program", "no compiler for it");
    }
    for (int version = 4; version <= 5; ++version) {
        if (!lab_run("gcc -gdwarf-%d -O2 -DBARE -nostdlib -static -fno-pie -no-pie -fno-stack-protector -o debug '%s' && strip -s "
                     "--keep-section='.debug_*' -o debug%d debug",
                     version, forms, version))
            bail_out("cannot build a program");
        test_hostile_debug(version == 4 ? "debug4" : "debug5", 800);
    }
    test_long_debug();
#ifndef __SANITIZE_ADDRESS__
    test_bomb();
#endif
    test_many_needed();
    arena_destroy(definitions_arena);
    return done_testing();
}
