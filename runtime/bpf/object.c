/*
 * Takes the BPF object apart. clang leaves little to do: all functions are in one section ("uprobe"), the entry first, and calls
 * among them are relative already. What remains are the addresses of maps, one relocation each (R_BPF_64_64, see the kernel's
 * Documentation/bpf/llvm_reloc.rst), and calls that clang left to the linker (R_BPF_64_32).
 */
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/object.h"
#include "usdt/symbol.h"

#define R_BPF_64_64 1
#define R_BPF_64_32 10

/* What the object is made of. */
typedef struct st_parts_t {
    Elf_Data *program, *relocations, *maps, *license;
    size_t program_index, maps_index;
    symtab_t symbols;
} parts_t;

/* The contents of a section, and its number; NULL: there is none. */
static Elf_Data *find_section(Elf *elf, const char *name, size_t *index)
{
    GElf_Shdr header;
    Elf_Scn *section = elf_section_named(elf, name, &header);

    if (section == NULL)
        return NULL;
    *index = elf_ndxscn(section);
    return elf_getdata(section, NULL);
}

static int find_parts(Elf *elf, parts_t *parts)
{
    size_t index;

    parts->program = find_section(elf, "uprobe", &parts->program_index);
    parts->relocations = find_section(elf, ".reluprobe", &index);
    parts->maps = find_section(elf, "maps", &parts->maps_index);
    parts->license = find_section(elf, "license", &index);
    return parts->program != NULL && parts->maps != NULL && parts->license != NULL ? symtab_open(&parts->symbols, elf, SHT_SYMTAB)
                                                                                   : -1;
}

/* The number of the map at this place of the "maps" section; it is added when it is new. -1: there is none. */
static int map_at(object_t *object, const parts_t *parts, const char *name, uint64_t at)
{
    for (size_t i = 0; i < object->num_maps; ++i) {
        if (strcmp(object->maps[i].name, name) == 0)
            return i;
    }
    if (object->num_maps == OBJECT_MAX_MAPS || at + sizeof(struct pg_map_def) > parts->maps->d_size)
        return -1;
    object->maps[object->num_maps].name = name;
    memcpy(&object->maps[object->num_maps].def, (const char *)parts->maps->d_buf + at, sizeof(struct pg_map_def));
    return object->num_maps++;
}

static int relocate(object_t *object, const parts_t *parts, const GElf_Rel *rel)
{
    GElf_Sym symbol = {.st_shndx = SHN_UNDEF};
    size_t at = rel->r_offset / sizeof(struct bpf_insn);
    const char *name = symtab_get(&parts->symbols, GELF_R_SYM(rel->r_info), &symbol); /* symbols of sections have none */

    if (at >= object->num_insns)
        return -1;
    struct bpf_insn *insn = object->insns + at;
    if (GELF_R_TYPE(rel->r_info) == R_BPF_64_64 && symbol.st_shndx == parts->maps_index && name != NULL) {
        int map = map_at(object, parts, name, symbol.st_value);
        if (map < 0)
            return -1;
        insn->src_reg = BPF_PSEUDO_MAP_IDX;
        insn->imm = map;
        return 0;
    }
    if (GELF_R_TYPE(rel->r_info) == R_BPF_64_32 && symbol.st_shndx == parts->program_index) {
        /* relative to the section's or the function's symbol; the instruction holds the rest as "imm + 1" */
        insn->imm = (int)(symbol.st_value / sizeof(struct bpf_insn)) + insn->imm + 1 - (int)at - 1;
        return 0;
    }
    return -1;
}

int object_open(object_t *object, const char *bytes, size_t size, reason_t *reason)
{
    parts_t parts;
    size_t num_relocations;

    memset(object, 0, sizeof(*object));
    elf_version(EV_CURRENT);
    if ((object->elf = elf_memory((char *)bytes, size)) == NULL || find_parts(object->elf, &parts) != 0) {
        reason_set(reason, "the BPF object in this program is damaged");
        goto Error;
    }
    num_relocations = parts.relocations != NULL ? parts.relocations->d_size / sizeof(Elf64_Rel) : 0;
    object->license = parts.license->d_buf;
    object->num_insns = parts.program->d_size / sizeof(struct bpf_insn);
    object->insns = malloc(parts.program->d_size);
    if (object->insns == NULL) {
        reason_set(reason, "out of memory");
        goto Error;
    }
    memcpy(object->insns, parts.program->d_buf, parts.program->d_size);
    for (size_t i = 0; i < num_relocations; ++i) {
        GElf_Rel rel;
        if (gelf_getrel(parts.relocations, i, &rel) == NULL || relocate(object, &parts, &rel) != 0) {
            reason_set(reason, "the BPF object in this program has a relocation that is not understood (number %zu)", i);
            goto Error;
        }
    }
    return 0;

Error:
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
