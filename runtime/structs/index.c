/*
 * Structs by their names.
 *
 * Where a field is must be answered for the binary that runs, not for the headers that the tracer was built with, so the answer
 * comes from the DWARF of the target's modules. What makes it more than following DW_AT_type:
 *
 * Finding a struct by its name. DWARF has the types once for each source file that uses them, in no order; h2o's 3.8 MB of
 * .debug_info have 29,000 named types in 149 units, one struct 63 times among them. There is no usable table of names
 * (.debug_names and .gdb_index are optional and rare), so one is made here: the first question reads the outermost level of all
 * units of the first module (10 ms for h2o), and the table answers every further one. It is a list that is gone
 * through from its start, at 2 ns an entry. Other modules are opened only when a name is in none of those before.
 *
 * Half a type. A source file that uses `x_t *` may only declare struct st_x_t; the definition is in another unit. So whenever a
 * path goes through a pointer, the struct that it leads to is looked up by name (structs_complete()).
 *
 * One name, two types. C allows `struct config` of one source file to be another than that of the next. A tracer that took the
 * first one would print numbers that look right. So all definitions of a name in a module are compared, in all their members,
 * embedded structs included, but not through pointers (type_fingerprint()); if they differ, the answer is a reason, not an offset.
 * This is also why the index does not stop in the middle of a module when it has found the name. Embedded members need no such
 * care: DWARF refers to the very definition that the compiler used.
 *
 * Hostile files. The target may be anyone's process. libdw checks the bounds of what it reads; it does not protect from depth (a
 * typedef of itself, a struct that contains itself) and amount. So in this folder everything that recurses has a limit, lists of
 * siblings may only go forward, and offsets are checked for overflow. The debug files are mapped: if someone truncates one while
 * the tracer attaches, the tracer ends with SIGBUS. Reading them instead costs 7 ms for h2o and memory for the whole file.
 *
 * No network. This is libdw on files that usdt/debugfile.c found, not libdwfl, which asks debuginfod servers when the environment
 * says so (DEBUGINFOD_URLS): that can take minutes and tells others what is traced here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/grow.h"
#include "usdt/debugfile.h"
#include "structs/structs_int.h"

#define ANY_MODULE SIZE_MAX

enum en_name_kind_t { NAME_STRUCT, NAME_UNION, NAME_TYPEDEF, NAME_NONE };

static const char *const prefixes[] = {[NAME_STRUCT] = "struct ", [NAME_UNION] = "union ", [NAME_TYPEDEF] = ""};

/* Whether all definitions of a name in a module are the same. */
enum en_verdict_t { NOT_COMPARED, ALL_SAME, DIFFERENT, TOO_COMPLEX };

/* A complete struct or union, or a typedef, at the outermost level of a unit. */
typedef struct st_entry_t {
    const char *name; /* in the file's section of strings */
    void *die;        /* Dwarf_Die.addr: a whole Dwarf_Die would take twice the memory */
    Dwarf *dbg;
    uint32_t hash;
    uint16_t module;
    uint8_t kind;
    uint8_t verdict; /* enum en_verdict_t; of the first entry of a name in a module */
} entry_t;

struct st_structs_t {
    const target_t *target;
    size_t num_indexed; /* modules that were looked at */
    int found_any;      /* any debug information */
    int out_of_memory;
    entry_t *entries; /* module by module */
    size_t num_entries, capacity;
    /* of each module: the file with its debug information, open for as long as its entries are used */
    struct st_module_dwarf_t {
        debugfile_t file;
        Dwarf *dbg; /* NULL: it has none */
    } modules[];
};

static uint32_t hash_name(enum en_name_kind_t kind, const char *name)
{
    uint32_t hash = 2166136261u + kind; /* FNV-1a */

    for (; *name != '\0'; ++name)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* ---- building ---- */

static enum en_name_kind_t kind_of(Dwarf_Die *die)
{
    switch (dwarf_tag(die)) {
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
        return NAME_STRUCT;
    case DW_TAG_union_type:
        return NAME_UNION;
    case DW_TAG_typedef:
        return NAME_TYPEDEF;
    default:
        return NAME_NONE;
    }
}

static void add_entry(structs_t *structs, size_t module, Dwarf *dbg, Dwarf_Die *die, enum en_name_kind_t kind, const char *name)
{
    entry_t *entries = grow_list(structs->entries, &structs->capacity, structs->num_entries, sizeof(*entries));

    if (entries == NULL) {
        structs->out_of_memory = 1;
        return;
    }
    structs->entries = entries;
    entries[structs->num_entries++] =
        (entry_t){.name = name, .die = die->addr, .dbg = dbg, .hash = hash_name(kind, name), .module = module, .kind = kind};
}

/* Only the outermost level is read: what is declared within functions has no meaning outside of them. */
static void index_unit(structs_t *structs, size_t module, Dwarf *dbg, Dwarf_Die *unit)
{
    Dwarf_Die die;

    for (int has_child = dwarf_child(unit, &die) == 0; has_child; has_child = die_next(&die)) {
        enum en_name_kind_t kind = kind_of(&die);
        const char *name;
        if (kind != NAME_NONE && (name = dwarf_diename(&die)) != NULL && !type_is_declaration(&die))
            add_entry(structs, module, dbg, &die, kind, name);
    }
}

static void index_file(structs_t *structs, size_t module, Dwarf *dbg)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit, sub;
    uint8_t type;

    while (dwarf_get_units(dbg, cu, &cu, NULL, &type, &unit, &sub) == 0) {
        /* `sub` of a skeleton is the unit in the .dwo file; if that file is missing, there are no types */
        if (type == DW_UT_skeleton) {
            if (sub.addr != NULL)
                index_unit(structs, module, dbg, &sub);
        } else if (unit.addr != NULL) {
            index_unit(structs, module, dbg, &unit);
        }
    }
}

static void index_module(structs_t *structs)
{
    size_t module = structs->num_indexed++;
    const module_t *of = structs->target->modules + module;
    struct st_module_dwarf_t *into = structs->modules + module;
    char root[64];
    Dwarf *alt;

    into->file.fd = -1;
    snprintf(root, sizeof(root), "/proc/%d/root", structs->target->pid);
    if (module > UINT16_MAX || debugfile_find(&into->file, of->path, of->name, root, DEBUGFILE_DWARF) != 0)
        return;
    if ((into->dbg = dwarf_begin_elf(into->file.elf, DWARF_C_READ, NULL)) == NULL) {
        debugfile_close(&into->file);
        return;
    }
    structs->found_any = 1;
    index_file(structs, module, into->dbg);
    /* what dwz moved to a file that several debug files share */
    if ((alt = dwarf_getalt(into->dbg)) != NULL)
        index_file(structs, module, alt);
}

/* ---- looking up ---- */

static int is_entry(const entry_t *entry, unsigned kind, const char *name, uint32_t hash)
{
    return entry->hash == hash && entry->kind == kind && strcmp(entry->name, name) == 0;
}

/* The first entry of that name in a module. With ANY_MODULE, modules are indexed until one has it. */
static entry_t *find_entry(structs_t *structs, size_t module, enum en_name_kind_t kind, const char *name)
{
    uint32_t hash = hash_name(kind, name);

    for (size_t i = 0;; ++i) {
        while (i == structs->num_entries) {
            if (module != ANY_MODULE || structs->num_indexed == structs->target->num_modules)
                return NULL;
            index_module(structs);
        }
        entry_t *entry = structs->entries + i;
        if (is_entry(entry, kind, name, hash) && (module == ANY_MODULE || entry->module == module))
            return entry;
    }
}

static int entry_die(const entry_t *entry, Dwarf_Die *die)
{
    return dwarf_die_addr_die(entry->dbg, entry->die, die) != NULL ? 0 : -1;
}

/* Of a typedef of a struct with a name, the name alone: the definitions of that are compared by themselves. */
static uint64_t entry_fingerprint(const entry_t *entry)
{
    Dwarf_Die die;
    const char *name;

    if (entry_die(entry, &die) != 0)
        return 0;
    if (entry->kind == NAME_TYPEDEF && type_peel(&die, NULL) == 0 && type_is_aggregate(&die) &&
        (name = dwarf_diename(&die)) != NULL)
        return hash_name(kind_of(&die), name);
    return type_fingerprint(&die);
}

static void compare_all(structs_t *structs, entry_t *first)
{
    uint64_t expected = entry_fingerprint(first);

    first->verdict = expected != 0 ? ALL_SAME : TOO_COMPLEX;
    for (const entry_t *entry = first + 1, *end = structs->entries + structs->num_entries;
         first->verdict == ALL_SAME && entry != end && entry->module == first->module; ++entry) {
        if (is_entry(entry, first->kind, first->name, first->hash) && entry_fingerprint(entry) != expected)
            first->verdict = DIFFERENT;
    }
}

/* As find_entry(). There is a reason if it is not found. */
static search_result_t look_up(structs_t *structs, size_t module, enum en_name_kind_t kind, const char *name, found_t *found,
                               reason_t *reason)
{
    entry_t *entry = find_entry(structs, module, kind, name);

    if (entry == NULL && !structs->out_of_memory) {
        if (structs->found_any)
            reason_set(reason, "%s%s is not in the debug information%s", prefixes[kind], name,
                       structs->modules[0].dbg == NULL ? " (the program itself has none)" : "");
        else
            reason_set(reason, "no debug information");
        return SEARCH_ABSENT;
    }
    if (entry != NULL && entry->verdict == NOT_COMPARED)
        compare_all(structs, entry);
    if (entry == NULL) {
        reason_set(reason, "out of memory");
    } else if (entry->verdict == DIFFERENT) {
        reason_set(reason, "%s%s has several definitions that differ", prefixes[kind], name);
    } else if (entry->verdict == TOO_COMPLEX || entry_die(entry, &found->die) != 0) {
        reason_set(reason, "the debug information of %s%s is malformed", prefixes[kind], name);
    } else {
        found->module = entry->module;
        return SEARCH_FOUND;
    }
    return SEARCH_REFUSED;
}

int structs_complete(structs_t *structs, found_t *found, const char *alias, reason_t *reason)
{
    enum en_name_kind_t kind = kind_of(&found->die);
    const char *name = dwarf_diename(&found->die);
    found_t other;
    search_result_t result;

    /* the module's own definition comes before that of any other; in "typedef struct { ... } x_t;" the typedef is the name */
    if (name != NULL) {
        result = look_up(structs, found->module, kind, name, &other, reason);
        if (result == SEARCH_ABSENT && type_is_declaration(&found->die) &&
            (result = look_up(structs, ANY_MODULE, kind, name, &other, reason)) == SEARCH_ABSENT)
            return -1;
        if (result == SEARCH_FOUND) {
            *found = other;
            return 0;
        }
    } else {
        result = alias != NULL ? look_up(structs, found->module, NAME_TYPEDEF, alias, &other, reason) : SEARCH_ABSENT;
    }
    if (result == SEARCH_REFUSED)
        return -1;
    if (type_fingerprint(&found->die) == 0)
        return reason_set(reason, "the debug information of %s is malformed", name != NULL ? name : "an unnamed struct");
    return 0;
}

/* "struct st_x" -> NAME_STRUCT, "st_x" */
static const char *parse_type(const char *type, enum en_name_kind_t *kind)
{
    type += strspn(type, " ");
    for (*kind = NAME_STRUCT; strncmp(type, prefixes[*kind], strlen(prefixes[*kind])) != 0;)
        ++*kind; /* at the latest, up to the empty prefix of typedefs */
    type += strlen(prefixes[*kind]);
    return type + strspn(type, " ");
}

int structs_find(structs_t *structs, const char *type, found_t *found, reason_t *reason)
{
    enum en_name_kind_t kind;
    const char *name = parse_type(type, &kind), *alias;

    if (look_up(structs, ANY_MODULE, kind, name, found, reason) != SEARCH_FOUND)
        return -1;
    if (kind != NAME_TYPEDEF)
        return 0;
    if (type_peel(&found->die, &alias) != 0 || !type_is_aggregate(&found->die))
        return reason_set(reason, "%s is neither a struct nor a union", name);
    return structs_complete(structs, found, alias, reason);
}

/* ---- public ---- */

structs_t *structs_open(const target_t *target)
{
    structs_t *structs = calloc(1, sizeof(*structs) + target->num_modules * sizeof(structs->modules[0]));

    if (structs != NULL)
        structs->target = target;
    return structs;
}

void structs_close(structs_t *structs)
{
    if (structs == NULL)
        return;
    for (size_t i = 0; i < structs->num_indexed; ++i) {
        if (structs->modules[i].dbg != NULL)
            dwarf_end(structs->modules[i].dbg);
        debugfile_close(&structs->modules[i].file);
    }
    free(structs->entries);
    free(structs);
}
