/*
 * Takes the BPF object apart. clang leaves little to do: all functions are in one section ("uprobe"), and most calls among them are
 * relative already. What remains are the addresses of maps and variables, one relocation each (R_BPF_64_64, see the kernel's
 * Documentation/bpf/llvm_reloc.rst), and calls that clang left to the linker (R_BPF_64_32). A variable is a map of one element.
 * The object is a part of the tracer, so it is as clang made it, or the tracer is damaged: that is told, too.
 */
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "assemble/object.h"
#include "common/grow.h"
#include "usdt/symbol.h"

#define R_BPF_64_64 1
#define R_BPF_64_32 10

#define MAX_INSNS 1000000 /* that a kernel takes */
#define MAX_LICENSE 64
#define MAX_VARIABLE 4096

/* What the object is made of. All of it is there: the contents have bytes, and are of their type. */
typedef struct st_parts_t {
    const Elf_Data *maps;
    Elf_Data *relocations;
    size_t program_index, maps_index, constant_index, shared_index;
    symtab_t symbols;
} parts_t;

static int damaged(reason_t *reason, const char *what)
{
    return reason_set(reason, "the BPF object of this tracer is damaged: %s", what);
}

/* The contents of a section, and its number; NULL: there is none, or it has other contents. */
static Elf_Data *find_section(Elf *elf, const char *name, Elf_Type type, size_t *index)
{
    GElf_Shdr header;
    Elf_Scn *section = elf_section_named(elf, name, &header);
    Elf_Data *data = section != NULL ? elf_getdata(section, NULL) : NULL;

    if (data == NULL || data->d_buf == NULL || data->d_type != type)
        return NULL;
    *index = elf_ndxscn(section);
    return data;
}

static int is_bpf(Elf *elf)
{
    GElf_Ehdr header;

    return gelf_getehdr(elf, &header) != NULL && header.e_machine == EM_BPF && header.e_ident[EI_CLASS] == ELFCLASS64 &&
           header.e_ident[EI_DATA] == ELFDATA2LSB;
}

static int copy_program(object_t *object, const Elf_Data *program, reason_t *reason)
{
    if (program == NULL || program->d_size % sizeof(struct bpf_insn) != 0 || program->d_size / sizeof(struct bpf_insn) > MAX_INSNS)
        return damaged(reason, "it has no program");
    object->num_insns = program->d_size / sizeof(struct bpf_insn);
    if ((object->insns = malloc(program->d_size)) == NULL)
        return reason_set(reason, "out of memory");
    memcpy(object->insns, program->d_buf, program->d_size);
    return 0;
}

static int find_parts(object_t *object, parts_t *parts, reason_t *reason)
{
    size_t index;
    Elf *elf = object->elf;

    if (elf == NULL || !is_bpf(elf))
        return damaged(reason, "it is no object for BPF");
    if (copy_program(object, find_section(elf, "uprobe", ELF_T_BYTE, &parts->program_index), reason) != 0)
        return -1;
    if ((object->license = elf_text(find_section(elf, "license", ELF_T_BYTE, &index), 0, MAX_LICENSE)) == NULL)
        return damaged(reason, "it has no license");
    if ((parts->maps = find_section(elf, "maps", ELF_T_BYTE, &parts->maps_index)) == NULL)
        return damaged(reason, "it has no maps");
    if (find_section(elf, "data.constant", ELF_T_BYTE, &parts->constant_index) == NULL ||
        find_section(elf, "data.shared", ELF_T_BYTE, &parts->shared_index) == NULL)
        return damaged(reason, "it has no variables");
    if ((parts->relocations = find_section(elf, ".reluprobe", ELF_T_REL, &index)) == NULL)
        return damaged(reason, "it has no relocations");
    return symtab_open(&parts->symbols, elf, SHT_SYMTAB) == 0 ? 0 : damaged(reason, "it has no symbols");
}

/* The number of a map; it is added when it is new. -1: there are too many. */
static int add_map(object_t *object, const char *name, const struct pg_map_def *def, int is_constant)
{
    for (size_t i = 0; i < object->num_maps; ++i) {
        if (strcmp(object->maps[i].name, name) == 0)
            return (int)i;
    }
    if (object->num_maps == OBJECT_MAX_MAPS)
        return -1;
    object->maps[object->num_maps].name = name;
    object->maps[object->num_maps].def = *def;
    object->maps[object->num_maps].is_constant = is_constant;
    return (int)object->num_maps++;
}

/* The number of the map that is defined at this place of the "maps" section. -1: there is none. */
static int map_at(object_t *object, const parts_t *parts, const char *name, uint64_t at)
{
    size_t size = parts->maps->d_size;
    struct pg_map_def def;

    if (size < sizeof(def) || at > size - sizeof(def))
        return -1;
    memcpy(&def, (const char *)parts->maps->d_buf + at, sizeof(def));
    return add_map(object, name, &def, 0);
}

/* The number of the map that a variable is. -1: it is none. */
static int map_of_variable(object_t *object, const parts_t *parts, const char *name, const GElf_Sym *symbol)
{
    int is_constant = symbol->st_shndx == parts->constant_index;
    struct pg_map_def def = {.type = BPF_MAP_TYPE_ARRAY,
                             .key_size = sizeof(uint32_t),
                             .value_size = symbol->st_size,
                             .max_entries = 1,
                             .flags = is_constant ? BPF_F_RDONLY_PROG : BPF_F_MMAPABLE};

    if ((!is_constant && symbol->st_shndx != parts->shared_index) || symbol->st_size == 0 || symbol->st_size > MAX_VARIABLE)
        return -1;
    return add_map(object, name, &def, is_constant);
}

/* It takes two instructions to load an address. */
static int loads_address(const object_t *object, size_t at)
{
    return object->num_insns - at >= 2 && object->insns[at].code == (BPF_LD | BPF_IMM | BPF_DW);
}

static int relocate_address(object_t *object, const parts_t *parts, size_t at, const char *name, const GElf_Sym *symbol)
{
    struct bpf_insn *insn = object->insns + at;
    int is_map = symbol->st_shndx == parts->maps_index, map;

    if (name == NULL || !loads_address(object, at))
        return -1;
    map = is_map ? map_at(object, parts, name, symbol->st_value) : map_of_variable(object, parts, name, symbol);
    if (map < 0 || (!is_map && (insn->imm < 0 || (uint64_t)insn->imm >= symbol->st_size)))
        return -1;
    insn[0].src_reg = is_map ? BPF_PSEUDO_MAP_IDX : BPF_PSEUDO_MAP_IDX_VALUE;
    insn[1].imm = is_map ? 0 : insn->imm; /* where in the variable */
    insn[0].imm = map;
    return 0;
}

static int relocate(object_t *object, const parts_t *parts, const GElf_Rel *rel)
{
    GElf_Sym symbol = {.st_shndx = SHN_UNDEF};
    size_t at = rel->r_offset / sizeof(struct bpf_insn);
    const char *name = symtab_get(&parts->symbols, GELF_R_SYM(rel->r_info), &symbol); /* symbols of sections have none */

    if (at >= object->num_insns || rel->r_offset % sizeof(struct bpf_insn) != 0)
        return -1;
    struct bpf_insn *insn = object->insns + at;
    if (GELF_R_TYPE(rel->r_info) == R_BPF_64_64)
        return relocate_address(object, parts, at, name, &symbol);
    if (GELF_R_TYPE(rel->r_info) == R_BPF_64_32 && symbol.st_shndx == parts->program_index && insn->code == (BPF_JMP | BPF_CALL) &&
        symbol.st_value / sizeof(struct bpf_insn) < object->num_insns) {
        /* relative to the section's or the function's symbol; the instruction holds the rest as "imm + 1" */
        int64_t to = (int64_t)(symbol.st_value / sizeof(struct bpf_insn)) + insn->imm + 1;
        if (to < 0 || to >= (int64_t)object->num_insns)
            return -1;
        insn->imm = (int)(to - (int64_t)at - 1);
        return 0;
    }
    return -1;
}

static int relocate_all(object_t *object, parts_t *parts, reason_t *reason)
{
    size_t num = parts->relocations->d_size / sizeof(Elf64_Rel);
    GElf_Rel rel;

    for (size_t i = 0; i < num; ++i) {
        if (i > INT_MAX || gelf_getrel(parts->relocations, (int)i, &rel) == NULL || relocate(object, parts, &rel) != 0)
            return reason_set(reason, "the BPF object of this tracer is damaged: relocation %zu", i);
    }
    return 0;
}

/* ---- functions ---- */

static int compare_places(const void *a, const void *b)
{
    const object_function_t *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

/* They follow each other without gaps, and each ends before the next one. */
static int find_functions(object_t *object, const parts_t *parts, reason_t *reason)
{
    size_t end = 0, capacity = 0;
    const char *name;
    GElf_Sym symbol;

    for (size_t i = 0; i < parts->symbols.num; ++i) {
        if ((name = symtab_get(&parts->symbols, i, &symbol)) == NULL || GELF_ST_TYPE(symbol.st_info) != STT_FUNC ||
            symbol.st_shndx != parts->program_index)
            continue;
        object_function_t *list = grow_list(object->functions, &capacity, object->num_functions, sizeof(*list));
        if (list == NULL)
            return reason_set(reason, "out of memory");
        object->functions = list;
        list[object->num_functions++] = (object_function_t){
            .name = name, .at = symbol.st_value / sizeof(struct bpf_insn), .num_insns = symbol.st_size / sizeof(struct bpf_insn)};
    }
    if (object->num_functions == 0)
        return damaged(reason, "it has no functions");
    qsort(object->functions, object->num_functions, sizeof(*object->functions), compare_places);
    for (size_t i = 0; i < object->num_functions; ++i) {
        const object_function_t *function = object->functions + i;
        if (function->at != end || function->num_insns == 0 || function->num_insns > object->num_insns - end)
            return damaged(reason, "its functions do not follow each other");
        end += function->num_insns;
    }
    return end == object->num_insns ? 0 : damaged(reason, "it has instructions in no function");
}

size_t object_function_at(const object_t *object, size_t at)
{
    size_t low = 0, high = object->num_functions;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (object->functions[middle].at == at)
            return middle;
        if (object->functions[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return object->num_functions;
}

size_t object_function_named(const object_t *object, const char *name)
{
    size_t i = 0;

    while (i < object->num_functions && strcmp(object->functions[i].name, name) != 0)
        ++i;
    return i;
}

int object_open(object_t *object, const char *bytes, size_t size, reason_t *reason)
{
    parts_t parts;

    memset(object, 0, sizeof(*object));
    elf_version(EV_CURRENT);
    object->elf = elf_memory((char *)bytes, size);
    if (find_parts(object, &parts, reason) == 0 && relocate_all(object, &parts, reason) == 0 &&
        find_functions(object, &parts, reason) == 0)
        return 0;
    object_dispose(object);
    return -1;
}

void object_dispose(object_t *object)
{
    free(object->insns);
    free(object->functions);
    if (object->elf != NULL)
        elf_end(object->elf);
    memset(object, 0, sizeof(*object));
}

void object_set_map(object_t *object, int map, int fd)
{
    for (size_t i = 0; i < object->num_insns; ++i) {
        struct bpf_insn *insn = object->insns + i;
        int is_variable = insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
        if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && (is_variable || insn->src_reg == BPF_PSEUDO_MAP_IDX) && insn->imm == map) {
            insn->src_reg = is_variable ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
            insn->imm = fd;
        }
    }
}

void object_replace_map(object_t *object, int old_fd, int fd)
{
    for (size_t i = 0; i < object->num_insns; ++i) {
        struct bpf_insn *insn = object->insns + i;
        int is_address = insn->src_reg == BPF_PSEUDO_MAP_VALUE || insn->src_reg == BPF_PSEUDO_MAP_FD;
        if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && is_address && insn->imm == old_fd)
            insn->imm = fd;
    }
}
