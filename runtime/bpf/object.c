/*
 * Takes the BPF object apart. clang leaves little to do: all functions are in one section ("uprobe"), the entry first, and calls
 * among them are relative already. What remains are the addresses of maps, one relocation each (R_BPF_64_64, see the kernel's
 * Documentation/bpf/llvm_reloc.rst), and calls that clang left to the linker (R_BPF_64_32).
 */
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/object.h"

#define R_BPF_64_64 1
#define R_BPF_64_32 10

typedef struct st_sections_t {
    Elf_Data *program, *relocations, *maps, *license, *symbols, *strings;
    size_t program_index, maps_index;
} sections_t;

static int find_sections(Elf *elf, sections_t *found)
{
    Elf_Scn *section = NULL;
    size_t names;

    memset(found, 0, sizeof(*found));
    if (elf_getshdrstrndx(elf, &names) != 0)
        return -1;
    while ((section = elf_nextscn(elf, section)) != NULL) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL)
            return -1;
        const char *name = elf_strptr(elf, names, header.sh_name);
        Elf_Data *data = elf_getdata(section, NULL);
        if (name == NULL)
            return -1;
        if (strcmp(name, "uprobe") == 0) {
            found->program = data;
            found->program_index = elf_ndxscn(section);
        } else if (strcmp(name, ".reluprobe") == 0) {
            found->relocations = data;
        } else if (strcmp(name, "maps") == 0) {
            found->maps = data;
            found->maps_index = elf_ndxscn(section);
        } else if (strcmp(name, "license") == 0) {
            found->license = data;
        } else if (header.sh_type == SHT_SYMTAB) {
            found->symbols = data;
            found->strings = elf_getdata(elf_getscn(elf, header.sh_link), NULL);
        }
    }
    return found->program != NULL && found->maps != NULL && found->license != NULL && found->symbols != NULL &&
                   found->strings != NULL
               ? 0
               : -1;
}

/* The number of the map at this place of the "maps" section; it is added when it is new. -1: there is none. */
static int map_at(object_t *object, const sections_t *sections, const GElf_Sym *symbol)
{
    const char *name = (const char *)sections->strings->d_buf + symbol->st_name;

    for (size_t i = 0; i < object->num_maps; ++i) {
        if (strcmp(object->maps[i].name, name) == 0)
            return i;
    }
    if (object->num_maps == OBJECT_MAX_MAPS || symbol->st_value + sizeof(struct pg_map_def) > sections->maps->d_size)
        return -1;
    object->maps[object->num_maps].name = name;
    memcpy(&object->maps[object->num_maps].def, (const char *)sections->maps->d_buf + symbol->st_value, sizeof(struct pg_map_def));
    return object->num_maps++;
}

static int relocate(object_t *object, const sections_t *sections, const GElf_Rel *rel)
{
    GElf_Sym symbol;
    size_t at = rel->r_offset / sizeof(struct bpf_insn);

    if (at >= object->num_insns || gelf_getsym(sections->symbols, GELF_R_SYM(rel->r_info), &symbol) == NULL ||
        symbol.st_name >= sections->strings->d_size)
        return -1;
    if (GELF_R_TYPE(rel->r_info) == R_BPF_64_64 && symbol.st_shndx == sections->maps_index) {
        int map = map_at(object, sections, &symbol);
        if (map < 0)
            return -1;
        object->uses[object->num_uses++] = (struct st_object_use_t){at, map};
        return 0;
    }
    if (GELF_R_TYPE(rel->r_info) == R_BPF_64_32 && symbol.st_shndx == sections->program_index) {
        /* relative to the section's or the function's symbol; the instruction holds the rest as "imm + 1" */
        struct bpf_insn *insn = object->insns + at;
        insn->imm = (int)(symbol.st_value / sizeof(struct bpf_insn)) + insn->imm + 1 - (int)at - 1;
        return 0;
    }
    return -1;
}

int object_open(object_t *object, const char *bytes, size_t size, reason_t *reason)
{
    sections_t sections;
    size_t num_relocations;

    memset(object, 0, sizeof(*object));
    elf_version(EV_CURRENT);
    if ((object->elf = elf_memory((char *)bytes, size)) == NULL || find_sections(object->elf, &sections) != 0) {
        reason_set(reason, "the BPF object in this program is damaged");
        goto Error;
    }
    num_relocations = sections.relocations != NULL ? sections.relocations->d_size / sizeof(Elf64_Rel) : 0;
    object->license = sections.license->d_buf;
    object->num_insns = sections.program->d_size / sizeof(struct bpf_insn);
    object->insns = malloc(sections.program->d_size);
    object->uses = calloc(num_relocations + 1, sizeof(*object->uses));
    if (object->insns == NULL || object->uses == NULL) {
        reason_set(reason, "out of memory");
        goto Error;
    }
    memcpy(object->insns, sections.program->d_buf, sections.program->d_size);
    for (size_t i = 0; i < num_relocations; ++i) {
        GElf_Rel rel;
        if (gelf_getrel(sections.relocations, i, &rel) == NULL || relocate(object, &sections, &rel) != 0) {
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
    free(object->uses);
    if (object->elf != NULL)
        elf_end(object->elf);
    memset(object, 0, sizeof(*object));
}

void object_set_map(object_t *object, size_t map, int fd)
{
    for (size_t i = 0; i < object->num_uses; ++i) {
        if (object->uses[i].map == map) {
            struct bpf_insn *insn = object->insns + object->uses[i].insn;
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
