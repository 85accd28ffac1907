/*
 * ASSERTION: the BPF object of a tracer is taken apart: all instructions, maps with their definitions, the license. When it is
 * damaged, wherever and however, it is taken apart still, or there is a reason; nothing outside of it is read or written.
 */

#include <elf.h>
#include "assemble/object.h"
#include "tap.h"

static const char damage_told[] = "the BPF object of this tracer is damaged: ";

static char *good; /* the object as it was built */
static size_t good_size;
static unsigned num_tried, num_refused, num_bad;
static object_t object;
static reason_t reason;

/* ---- damaged objects ---- */

/* Opens the first bytes of a copy that ends where its memory ends. @return as object_open() */
static int open_part(const char *bytes, size_t size)
{
    char *copy = malloc(size != 0 ? size : 1);
    int status;

    if (copy == NULL)
        bail_out("out of memory");
    memcpy(copy, bytes, size);
    reason.text[0] = '\0';
    if ((status = object_open(&object, copy, size, &reason)) == 0) {
        for (size_t i = 0; i < object.num_maps; ++i)
            object_set_map(&object, (int)i, 100 + (int)i + (int)strlen(object.maps[i].name));
        num_bad += strlen(object.license) > good_size;
        object_dispose(&object);
    } else {
        ++num_refused;
        if (strncmp(reason.text, damage_told, strlen(damage_told)) != 0 && ++num_bad < 10)
            diag("bad reason: %s", reason.text);
    }
    ++num_tried;
    free(copy);
    return status;
}

/* The object with so many other bytes at a place. @return as object_open() */
static int open_with(size_t at, const void *bytes, size_t n)
{
    char before[16];

    memcpy(before, good + at, n);
    memcpy(good + at, bytes, n);
    int status = open_part(good, good_size);
    memcpy(good + at, before, n);
    return status;
}

/* ---- what is where ---- */

static size_t at_of(const void *p)
{
    return (size_t)((const char *)p - good);
}

static Elf64_Ehdr *header(void)
{
    return (Elf64_Ehdr *)good;
}

static Elf64_Shdr *section(size_t i)
{
    return (Elf64_Shdr *)(good + header()->e_shoff) + i;
}

static Elf64_Shdr *section_named(const char *name)
{
    for (size_t i = 0; i < header()->e_shnum; ++i) {
        if (strcmp(good + section(header()->e_shstrndx)->sh_offset + section(i)->sh_name, name) == 0)
            return section(i);
    }
    bail_out("a section is not there");
}

#define ENTRIES(type, section) ((type *)(good + (section)->sh_offset))
#define NUM_ENTRIES(type, section) ((section)->sh_size / sizeof(type))

/* A symbol of a section; not one of the section itself. */
static Elf64_Sym *symbol_in(const char *name, unsigned char type)
{
    Elf64_Shdr *symbols = section_named(".symtab");

    for (size_t i = 0; i < NUM_ENTRIES(Elf64_Sym, symbols); ++i) {
        Elf64_Sym *symbol = ENTRIES(Elf64_Sym, symbols) + i;
        if (section(symbol->st_shndx) == section_named(name) && ELF64_ST_TYPE(symbol->st_info) == type && symbol->st_value != 0)
            return symbol;
    }
    bail_out("a symbol is not there");
}

/* ---- every kind of damage ---- */

/* Numbers that are wrong in other ways, in a field of that size. */
static void try_numbers(const void *field, size_t size)
{
    uint64_t old = 0;

    memcpy(&old, field, size);
    const uint64_t numbers[] = {
        0,
        1,
        7,
        old + 1,
        old - 1,
        old + 8,
        old ^ 0x80,
        good_size,
        good_size - 8,
        0x7fff,
        0xffff,
        INT32_MAX,
        (uint64_t)INT32_MAX + 1,
        UINT32_MAX,
        INT64_MAX,
        (uint64_t)INT64_MAX + 1,
        UINT64_MAX - 19,
        UINT64_MAX,
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i)
        open_with(at_of(field), numbers + i, size);
}

#define TRY(field) try_numbers(&(field), sizeof(field))

static void damage_headers(void)
{
    TRY(header()->e_ident[EI_CLASS]);
    TRY(header()->e_ident[EI_DATA]);
    TRY(header()->e_ident[EI_VERSION]);
    TRY(header()->e_type);
    TRY(header()->e_machine);
    TRY(header()->e_version);
    TRY(header()->e_shoff);
    TRY(header()->e_ehsize);
    TRY(header()->e_shentsize);
    TRY(header()->e_shnum);
    TRY(header()->e_shstrndx);
    for (size_t i = 0; i < header()->e_shnum; ++i) {
        Elf64_Shdr *at = section(i);
        TRY(at->sh_name);
        TRY(at->sh_type);
        TRY(at->sh_flags);
        TRY(at->sh_offset);
        TRY(at->sh_size);
        TRY(at->sh_link);
        TRY(at->sh_info);
        TRY(at->sh_addralign);
        TRY(at->sh_entsize);
    }
}

static void damage_relocations(void)
{
    Elf64_Shdr *relocations = section_named(".reluprobe");
    size_t num = NUM_ENTRIES(Elf64_Rel, relocations);

    for (size_t i = 0; i < num; i += i == 0 || i + 2 >= num ? 1 : num / 4) {
        Elf64_Rel *at = ENTRIES(Elf64_Rel, relocations) + i;
        TRY(at->r_offset);
        TRY(at->r_info);
        TRY(*((uint32_t *)&at->r_info + 1)); /* the number of the symbol */
        TRY(*(uint32_t *)&at->r_info);       /* the type */
    }
}

static void damage_symbol(Elf64_Sym *at)
{
    TRY(at->st_name);
    TRY(at->st_info);
    TRY(at->st_shndx);
    TRY(at->st_value);
    TRY(at->st_size);
}

/* Up to four bytes of a section, or of what stands outside of all. */
static void damage_bytes(size_t from, size_t size, unsigned times)
{
    static uint64_t seed = 1;

    for (unsigned i = 0; i < times; ++i) {
        char bytes[4];
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        memcpy(bytes, (char *)&seed + 4, sizeof(bytes));
        size_t n = 1 + (seed >> 20) % 4, at = (seed >> 33) % size;
        open_with(from + at, bytes, n < size - at ? n : size - at);
    }
}

static void test_every_kind(void)
{
    size_t table = header()->e_shnum * sizeof(Elf64_Shdr);

    damage_headers();
    damage_relocations();
    damage_symbol(symbol_in("maps", STT_OBJECT));
    damage_symbol(symbol_in("uprobe", STT_FUNC));
    damage_bytes(0, sizeof(Elf64_Ehdr), 300);
    damage_bytes(header()->e_shoff, table, 600);
    for (size_t i = 0; i < header()->e_shnum; ++i) {
        if (section(i)->sh_type != SHT_NOBITS && section(i)->sh_size != 0)
            damage_bytes(section(i)->sh_offset, section(i)->sh_size, 200);
    }
    ok(num_bad == 0 && num_refused >= 1000 && num_refused < num_tried, "%u objects with other bytes: %u are refused with a reason",
       num_tried, num_refused);
}

static void test_truncated(void)
{
    size_t num = 0, most = 1500, from = num_refused;

    for (size_t i = 0; i < most; ++i) {
        /* all lengths at the begin and the end, where the headers are; some in between */
        size_t size = i < 80 ? i : i < 780 ? good_size - 1 - (i - 80) : good_size / (most - 780) * (i - 780);
        open_part(good, size);
        ++num;
    }
    ok(num_bad == 0 && num_refused - from == num, "%zu objects that end early: all are refused with a reason", num);
}

/* ---- what must be refused, and why ---- */

static void is_refused(size_t at, const void *bytes, size_t n, const char *expected, const char *what)
{
    ok(open_with(at, bytes, n) != 0 && strcmp(reason.text + strlen(damage_told), expected) == 0, "%s: %s", what, reason.text);
}

static void test_reasons(void)
{
    static const uint32_t nobits = SHT_NOBITS;
    static const uint64_t nearly_all = UINT64_MAX - 19;
    static const uint16_t other = EM_X86_64;
    Elf64_Shdr *relocations = section_named(".reluprobe"), *program = section_named("uprobe");
    Elf64_Rel *first = ENTRIES(Elf64_Rel, relocations);
    uint64_t odd = first->r_offset + 4, last = program->sh_size - sizeof(struct bpf_insn), uneven = program->sh_size - 4;

#define REFUSED(field, bytes, expected, what) is_refused(at_of(&(field)), &(bytes), sizeof(bytes), expected, what)
    REFUSED(header()->e_machine, other, "it is no object for BPF", "another machine");
    REFUSED(program->sh_type, nobits, "it has no program", "a program without bytes");
    REFUSED(program->sh_size, uneven, "it has no program", "half an instruction");
    REFUSED(section_named("license")->sh_type, nobits, "it has no license", "a license without bytes");
    is_refused(section_named("license")->sh_offset, "GPL!", 4, "it has no license", "a license without end");
    REFUSED(section_named("maps")->sh_type, nobits, "it has no maps", "maps without bytes");
    REFUSED(section_named(".symtab")->sh_type, nobits, "it has no symbols", "symbols without bytes");
    REFUSED(relocations->sh_type, nobits, "it has no relocations", "relocations without bytes");
    REFUSED(first->r_offset, odd, "relocation 0", "a relocation inside of an instruction");
    REFUSED(first->r_offset, last, "relocation 0", "one that goes beyond the end");
    REFUSED(first->r_offset, nearly_all, "relocation 0", "one outside of the program");
}

/* The first relocation with a symbol of that section: its number, and the symbol. */
static Elf64_Sym *relocated_in(const char *name, size_t *number)
{
    Elf64_Shdr *relocations = section_named(".reluprobe");

    for (*number = 0; *number < NUM_ENTRIES(Elf64_Rel, relocations); ++*number) {
        Elf64_Rel *rel = ENTRIES(Elf64_Rel, relocations) + *number;
        Elf64_Sym *symbol = ENTRIES(Elf64_Sym, section_named(".symtab")) + ELF64_R_SYM(rel->r_info);
        if (section(symbol->st_shndx) == section_named(name))
            return symbol;
    }
    bail_out("nothing of a section is used");
}

static void test_symbols(void)
{
    static const uint64_t nearly_all = UINT64_MAX - 19, large = INT64_MAX - 7, none = 0, huge = 4097;
    static const char *const variables[] = {"data.constant", "data.shared"};
    char expected[64];
    size_t number;
    Elf64_Sym *symbol = relocated_in("maps", &number);

    snprintf(expected, sizeof(expected), "relocation %zu", number);
    REFUSED(symbol->st_value, nearly_all, expected, "a map outside of the maps");
    REFUSED(symbol->st_value, large, expected, "... far outside");
    for (size_t i = 0; i < 2; ++i) {
        symbol = relocated_in(variables[i], &number);
        snprintf(expected, sizeof(expected), "relocation %zu", number);
        REFUSED(symbol->st_size, none, expected, "a variable without bytes");
        REFUSED(symbol->st_size, huge, expected, "... one that is too large");
        is_refused(at_of(&section_named(variables[i])->sh_name), "\1", 1, "it has no variables", "no section of variables");
    }
    const Elf64_Rel *rel = ENTRIES(Elf64_Rel, section_named(".reluprobe")) + number;
    struct bpf_insn *insn = (struct bpf_insn *)(good + section_named("uprobe")->sh_offset + rel->r_offset);
    int32_t beyond = (int32_t)symbol->st_size, before = -1;
    REFUSED(insn->imm, beyond, expected, "an address after a variable");
    REFUSED(insn->imm, before, expected, "... before it");
    symbol = symbol_in("uprobe", STT_FUNC);
    uint64_t later = symbol->st_value + sizeof(struct bpf_insn), longer = symbol->st_size + sizeof(struct bpf_insn);
    REFUSED(symbol->st_value, later, "its functions do not follow each other", "a gap between functions");
    REFUSED(symbol->st_size, longer, "its functions do not follow each other", "functions that overlap");
    REFUSED(symbol->st_size, none, "its functions do not follow each other", "a function without instructions");
}

/* The first relocation becomes one of a call, to `symbol`. */
static void test_call(void)
{
    Elf64_Rel *first = ENTRIES(Elf64_Rel, section_named(".reluprobe")), rel = *first;
    Elf64_Sym *function = symbol_in("uprobe", STT_FUNC);
    struct bpf_insn *call = (struct bpf_insn *)(good + section_named("uprobe")->sh_offset + rel.r_offset), insn = *call;
    static const int numbers[] = {-1, 0, INT32_MAX, INT32_MIN};
    uint64_t symbol = (uint64_t)(function - ENTRIES(Elf64_Sym, section_named(".symtab"))), to = function->st_value / sizeof(insn);

    *call = (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL};
    first->r_info = ELF64_R_INFO(symbol, 10);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i) {
        size_t at = rel.r_offset / sizeof(insn);
        call->imm = numbers[i];
        if (i < 2) {
            int status = object_open(&object, good, good_size, &reason);
            ok(status == 0 && at + 1 + object.insns[at].imm == to + i, "a call of another function");
            object_dispose(&object);
        } else {
            ok(open_part(good, good_size) != 0 && strstr(reason.text, "damaged: relocation 0") != NULL, "a call to nowhere");
        }
    }
    *first = rel;
    *call = insn;
}

/* ---- the real one ---- */

static void test_functions(void)
{
    size_t end = 0, num = object.num_functions, num_found = 0;

    for (size_t i = 0; i < num; ++i) {
        const object_function_t *function = object.functions + i;
        num_found += function->at == end && object_function_at(&object, function->at) == i &&
                     object_function_at(&object, function->at + 1) == num && object_function_named(&object, function->name) == i;
        end += function->num_insns;
    }
    ok(num > 100 && num_found == num && end == object.num_insns, "... %zu functions, by place and name", num);
    ok(object_function_named(&object, "pg_none") == num && object_function_at(&object, end) == num, "... and no other ones");
}

static void test_good(void)
{
    Elf64_Shdr *program = section_named("uprobe"), *maps = section_named("maps");
    size_t num_loads = 0, num_constant = 0, num_rels = NUM_ENTRIES(Elf64_Rel, section_named(".reluprobe"));

    ok(object_open(&object, good, good_size, &reason) == 0, "the object of the tracer is understood");
    is_int(object.num_insns, program->sh_size / sizeof(struct bpf_insn), "... all its instructions");
    is_int(object.num_maps, maps->sh_size / sizeof(struct pg_map_def) + 3, "... its maps and variables");
    for (size_t i = 0; i < object.num_maps; ++i)
        num_constant += (unsigned)object.maps[i].is_constant;
    is_int(num_constant, 2, "... two that are constant once it is loaded");
    test_functions();
    is_str(object.license, "GPL", "... its license");
    for (size_t i = 0; i < object.num_maps; ++i) {
        ok(strncmp(object.maps[i].name, "pg_", 3) == 0 && object.maps[i].def.type != 0, "... %s", object.maps[i].name);
        object_set_map(&object, (int)i, 1000);
    }
    for (size_t i = 0; i < object.num_insns; ++i)
        num_loads += object.insns[i].src_reg == BPF_PSEUDO_MAP_FD && object.insns[i].imm == 1000;
    ok(num_loads > 0 && num_loads <= num_rels, "... %zu loads of their addresses", num_loads);
    object_dispose(&object);
}

int main(void)
{
    const char *path = getenv("PROBEGEN_OBJECT");
    FILE *fp = path != NULL ? fopen(path, "r") : NULL;

    if (fp == NULL || (good = malloc(16 << 20)) == NULL || (good_size = fread(good, 1, 16 << 20, fp)) < sizeof(Elf64_Ehdr))
        bail_out("no BPF object to be read: PROBEGEN_OBJECT names it");
    fclose(fp);
    test_good();
    test_reasons();
    test_symbols();
    test_call();
    test_every_kind();
    test_truncated();
    free(good);
    return done_testing();
}
