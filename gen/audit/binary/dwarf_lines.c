/*
 * Each compiled source file is a unit of DWARF, with the folder that the compiler ran in and the name that it was given, which is
 * relative to that folder or not. A program has some thousand of them and the sites that are asked for stand in a few, so
 *
 *     read_units()               takes the ranges of all units: which unit is each address in?
 *     find_base(), find_root()   make from their folders and names what is cut off the names of files, see dwarf_lines.h
 *     find_missing_functions()   walks the functions of a unit only if a symbol table did not name the function of an address in it
 *     look_up()                  reads the line table of the address's unit, which libdw keeps
 *
 * The base is what the folders of the units with sites have in common. The root comes from all units that were compiled there,
 * since the few with sites often have more in common than the root: their own folder.
 */
#include <stdlib.h>
#include <string.h>
#include <dwarf.h>
#include "audit/binary/dwarf_lines.h"
#include "audit/binary/function.h"
#include "audit/binary/source_name.h"
#include "common/grow.h"

/* namespaces in each other */
#define MAX_NAMESPACES 64

/* A compiled source file: one unit of the debug information. */
typedef struct st_unit_t {
    Dwarf_Die die;
    const char *folder, *name; /* where the compiler ran, and what it was given; in the strings of the file */
    int has_lines;             /* addresses that are wanted are in it */
    int is_searched;           /* for functions */
} unit_t;

typedef struct st_units_t {
    unit_t *list;
    size_t num, capacity;
    uint32_t *of_line;                                 /* index of the unit of each line, + 1; 0: none */
    char base[SOURCE_NAME_MAX], root[SOURCE_NAME_MAX]; /* "": there is nothing in common */
    int has_base, has_root;
} units_t;

/* ---- units ---- */

static const char *text_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    const char *text = dwarf_attr(die, name, &attribute) != NULL ? dwarf_formstring(&attribute) : NULL;

    return text != NULL ? text : "";
}

static unit_t *add_unit(units_t *units, Dwarf_Die *die)
{
    unit_t *list = grow_list(units->list, &units->capacity, units->num, sizeof(list[0]));

    if (list == NULL)
        return NULL;
    units->list = list;
    units->list[units->num] = (unit_t){.die = *die, .folder = text_of(die, DW_AT_comp_dir), .name = text_of(die, DW_AT_name)};
    return &units->list[units->num++];
}

/* Marks the lines that are within the ranges of the unit. Code that the linker removed is left at address 0. */
static void claim_lines(units_t *units, unit_t *unit, const audit_site_t *sites, size_t num)
{
    Dwarf_Addr base, start, end;

    for (ptrdiff_t at = 0; (at = dwarf_ranges(&unit->die, at, &base, &start, &end)) > 0;) {
        for (size_t i = start != 0 ? first_site(sites, num, start) : num; i < num && sites[i].address < end; ++i) {
            if (units->of_line[i] != 0)
                continue;
            units->of_line[i] = (uint32_t)(unit - units->list) + 1;
            unit->has_lines = 1;
        }
    }
}

static void read_units(units_t *units, Dwarf *dwarf, const audit_site_t *sites, size_t num)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die die;
    unit_t *unit;

    while (dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &die, NULL) == 0) {
        int tag = dwarf_tag(&die);
        if (tag != DW_TAG_compile_unit && tag != DW_TAG_skeleton_unit)
            continue;
        if ((unit = add_unit(units, &die)) == NULL)
            return;
        claim_lines(units, unit, sites, num);
    }
}

/* ---- short names ---- */

/* The folder that the compiler ran in, for all units whose lines are wanted: what their folders have in common. */
static void find_base(units_t *units)
{
    char folder[SOURCE_NAME_MAX];

    for (size_t i = 0; i < units->num; ++i) {
        if (!units->list[i].has_lines || source_name_join(folder, "", units->list[i].folder) != 0)
            continue;
        if (!units->has_base)
            memcpy(units->base, folder, sizeof(folder));
        else if (source_name_common(units->base, folder) != 0)
            units->base[0] = '\0';
        units->has_base = 1;
    }
}

static int is_within(const char *path, const char *folder)
{
    return strcmp(path, folder) == 0 || source_name_below(path, folder) != NULL;
}

/* What the compiler was given. Where the larger part of the unit is in a .dwo file, only its line table has it: the first file. */
static const char *source_of(unit_t *unit)
{
    Dwarf_Files *files;
    const char *name;
    size_t num;

    if (unit->name[0] == '\0' && unit->has_lines && dwarf_getsrcfiles(&unit->die, &files, &num) == 0 && num > 1 &&
        (name = dwarf_filesrc(files, 1, NULL, NULL)) != NULL)
        return name;
    return unit->name;
}

/* Where the sources are: the folder of all those that were compiled in the base, or below it, and are elsewhere. */
static void find_root(units_t *units)
{
    char path[SOURCE_NAME_MAX];

    for (size_t i = 0; units->has_base && i < units->num; ++i) {
        unit_t *unit = &units->list[i];
        const char *name = source_of(unit);
        if (source_name_join(path, "", unit->folder) != 0 || !is_within(path, units->base))
            continue;
        /* "<artificial>" is the name of what was optimised as a whole */
        if (name[0] == '\0' || name[0] == '<' || source_name_join(path, unit->folder, name) != 0 ||
            source_name_below(path, units->base) != NULL)
            continue;
        source_name_parent(path);
        if (!units->has_root)
            memcpy(units->root, path, sizeof(path));
        else if (source_name_common(units->root, path) != 0)
            units->root[0] = '\0';
        units->has_root = 1;
    }
}

/* @param path of SOURCE_NAME_MAX bytes @return a part of it; NULL: it is too long */
static const char *shorten(const units_t *units, const unit_t *unit, const char *name, char *path)
{
    char folder[SOURCE_NAME_MAX];
    const char *rest = NULL;

    if (source_name_join(path, unit->folder, name) != 0)
        return NULL;
    if (units->has_base && units->base[0] != '\0')
        rest = source_name_below(path, units->base);
    if (rest == NULL && units->has_root && units->root[0] != '\0' && strcmp(units->root, "/") != 0)
        rest = source_name_below(path, units->root);
    if (rest == NULL && source_name_join(folder, "", unit->folder) == 0 && folder[0] != '\0' && strcmp(folder, "/") != 0)
        rest = source_name_below(path, folder);
    return rest != NULL ? rest : path;
}

/* ---- addresses ---- */

/* Names the addresses that a function contains. The outermost function counts, not those that were inlined into it. */
static void claim_functions(units_t *units, size_t unit, Dwarf_Die *function, audit_site_t *sites, size_t num)
{
    Dwarf_Addr base, start, end;
    const char *name = NULL;

    for (ptrdiff_t at = 0; (at = dwarf_ranges(function, at, &base, &start, &end)) > 0;) {
        for (size_t i = first_site(sites, num, start); i < num && sites[i].address < end; ++i) {
            if (sites[i].function.p != NULL || units->of_line[i] != unit + 1 ||
                (name == NULL && (name = dwarf_diename(function)) == NULL))
                continue;
            sites[i].function = str_of(name);
        }
    }
}

/* Functions are at the outermost level of their unit, or in namespaces. */
static void find_functions(units_t *units, size_t unit, Dwarf_Die *parent, audit_site_t *sites, size_t num, unsigned depth)
{
    Dwarf_Die die;
    const void *last;

    if (dwarf_child(parent, &die) != 0)
        return;
    do {
        int tag = dwarf_tag(&die);
        last = die.addr;
        if (tag == DW_TAG_subprogram)
            claim_functions(units, unit, &die, sites, num);
        else if ((tag == DW_TAG_namespace || tag == DW_TAG_module) && depth != MAX_NAMESPACES)
            find_functions(units, unit, &die, sites, num, depth + 1);
    } while (dwarf_siblingof(&die, &die) == 0 && die.addr > last);
}

static void find_missing_functions(units_t *units, audit_site_t *sites, size_t num)
{
    for (size_t i = 0; i < num; ++i) {
        uint32_t unit = units->of_line[i] - 1;
        if (sites[i].function.p != NULL || units->of_line[i] == 0 || units->list[unit].is_searched)
            continue;
        units->list[unit].is_searched = 1;
        find_functions(units, unit, &units->list[unit].die, sites, num, 0);
    }
}

static void look_up(const units_t *units, unit_t *unit, audit_site_t *site, char *path)
{
    Dwarf_Line *row = dwarf_getsrc_die(&unit->die, site->address);
    const char *name;
    int number = 0;

    if (row != NULL && dwarf_lineno(row, &number) == 0 && number > 0 && (name = dwarf_linesrc(row, NULL, NULL)) != NULL &&
        (name = shorten(units, unit, name, path)) != NULL) {
        site->file = str_of(name);
        site->line = (unsigned)number;
    }
}

void dwarf_lines_find(Dwarf *dwarf, audit_site_t *sites, size_t num, dwarf_line_fn *found, void *arg)
{
    units_t units = {.of_line = calloc(num + 1, sizeof(units.of_line[0]))};
    char path[SOURCE_NAME_MAX];

    if (units.of_line != NULL) {
        read_units(&units, dwarf, sites, num);
        find_base(&units);
        find_root(&units);
        find_missing_functions(&units, sites, num);
        for (size_t i = 0; i < num; ++i) {
            if (units.of_line[i] == 0)
                continue;
            look_up(&units, &units.list[units.of_line[i] - 1], &sites[i], path);
            found(arg, i);
        }
    }
    free(units.list);
    free(units.of_line);
}
