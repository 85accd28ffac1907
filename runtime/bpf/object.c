/*
 * Takes the BPF object apart. clang leaves little to do: all functions are in one section ("uprobe"), the entry first, and calls
 * among them are relative already. What remains are the addresses of maps, one relocation each (R_BPF_64_64, see the kernel's
 * Documentation/bpf/llvm_reloc.rst), and calls that clang left to the linker (R_BPF_64_32).
 * The object is a part of the tracer, so it is as clang made it, or the tracer is damaged: that is told, too.
 */
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/object.h"
#include "usdt/symbol.h"

#define R_BPF_64_64 1
#define R_BPF_64_32 10

#define MAX_INSNS 1000000 /* that a kernel takes */
#define MAX_LICENSE 64

/* What the object is made of. All of it is there: the contents have bytes, and are of their type. */
typedef struct st_parts_t {
    const Elf_Data *maps;
    Elf_Data *relocations;
    size_t program_index, maps_index;
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
    if ((parts->relocations = find_section(elf, ".reluprobe", ELF_T_REL, &index)) == NULL)
        return damaged(reason, "it has no relocations");
    return symtab_open(&parts->symbols, elf, SHT_SYMTAB) == 0 ? 0 : damaged(reason, "it has no symbols");
}

/* The number of the map at this place of the "maps" section; it is added when it is new. -1: there is none. */
static int map_at(object_t *object, const parts_t *parts, const char *name, uint64_t at)
{
    size_t size = parts->maps->d_size;

    for (size_t i = 0; i < object->num_maps; ++i) {
        if (strcmp(object->maps[i].name, name) == 0)
            return i;
    }
    if (object->num_maps == OBJECT_MAX_MAPS || size < sizeof(struct pg_map_def) || at > size - sizeof(struct pg_map_def))
        return -1;
    object->maps[object->num_maps].name = name;
    memcpy(&object->maps[object->num_maps].def, (const char *)parts->maps->d_buf + at, sizeof(struct pg_map_def));
    return object->num_maps++;
}

/* It takes two instructions to load an address. */
static int loads_address(const object_t *object, size_t at)
{
    return object->num_insns - at >= 2 && object->insns[at].code == (BPF_LD | BPF_IMM | BPF_DW);
}

static int relocate(object_t *object, const parts_t *parts, const GElf_Rel *rel)
{
    GElf_Sym symbol = {.st_shndx = SHN_UNDEF};
    size_t at = rel->r_offset / sizeof(struct bpf_insn);
    const char *name = symtab_get(&parts->symbols, GELF_R_SYM(rel->r_info), &symbol); /* symbols of sections have none */

    if (at >= object->num_insns || rel->r_offset % sizeof(struct bpf_insn) != 0)
        return -1;
    struct bpf_insn *insn = object->insns + at;
    if (GELF_R_TYPE(rel->r_info) == R_BPF_64_64 && symbol.st_shndx == parts->maps_index && name != NULL &&
        loads_address(object, at)) {
        int map = map_at(object, parts, name, symbol.st_value);
        if (map < 0)
            return -1;
        insn->src_reg = BPF_PSEUDO_MAP_IDX;
        insn->imm = map;
        return 0;
    }
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

int object_open(object_t *object, const char *bytes, size_t size, reason_t *reason)
{
    parts_t parts;

    memset(object, 0, sizeof(*object));
    elf_version(EV_CURRENT);
    object->elf = elf_memory((char *)bytes, size);
    if (find_parts(object, &parts, reason) == 0 && relocate_all(object, &parts, reason) == 0)
        return 0;
    object_dispose(object);
    return -1;
}

void object_dispose(object_t *object)
{
    free(object->insns);
    if (object->elf != NULL)
        elf_end(object->elf);
    memset(object, 0, sizeof(*object));
}

void object_set_map(object_t *object, int map, int fd)
{
    for (size_t i = 0; i < object->num_insns; ++i) {
        struct bpf_insn *insn = object->insns + i;
        if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_MAP_IDX && insn->imm == map) {
            insn->src_reg = BPF_PSEUDO_MAP_FD;
            insn->imm = fd;
        }
    }
}

void object_make_nonsleepable(object_t *object)
{
    for (size_t i = 0; i < object->num_insns; ++i) {
        struct bpf_insn *insn = object->insns + i;
        if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == 0 && insn->imm == BPF_FUNC_copy_from_user)
            insn->imm = BPF_FUNC_probe_read_user;
    }
}
