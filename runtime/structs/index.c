#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "usdt/debugfile.h"
#include "structs/structs_int.h"

#define NO_ENTRY UINT32_MAX
#define ANY_MODULE SIZE_MAX

enum en_name_kind_t { NAME_STRUCT, NAME_UNION, NAME_TYPEDEF };

/* Are all definitions of a name in a module the same? */
enum en_verdict_t { NOT_COMPARED, ALL_SAME, DIFFERENT, TOO_COMPLEX };

/* A complete struct or union, or a typedef, at the outermost level of a unit. */
typedef struct st_entry_t {
    const char *name; /* in the file's section of strings */
    void *die;        /* Dwarf_Die.addr: a whole Dwarf_Die would take twice the memory */
    Dwarf *dbg;
    uint32_t hash, next; /* next of the bucket */
    uint16_t module;
    uint8_t kind;
    uint8_t verdict; /* enum en_verdict_t; of the first entry of a name in a module */
} entry_t;

struct st_dwarf_t {
    const target_t *target;
    /* of each module: the file with its debug information, open for as long as its entries are used */
    struct st_module_dwarf_t {
        debugfile_t file;
        Dwarf *dbg; /* NULL: none */
    } * modules;
    size_t num_indexed; /* modules that were looked at */
    int found_any;      /* any debug information */
    int out_of_memory;
    entry_t *entries;
    uint32_t *buckets; /* index of the last entry of each */
    size_t num_entries, capacity, num_buckets /* a power of 2 */;
};

static uint32_t hash_name(enum en_name_kind_t kind, const char *name)
{
    uint32_t hash = 2166136261u + kind; /* FNV-1a */

    for (; *name != '\0'; ++name)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* ---- building ---- */

static int grow(dwarf_t *dwarf)
{
    size_t capacity = dwarf->capacity != 0 ? dwarf->capacity * 2 : 4096;
    entry_t *entries;
    uint32_t *buckets;

    if (capacity >= NO_ENTRY || (entries = reallocarray(dwarf->entries, capacity, sizeof(entries[0]))) == NULL)
        return -1;
    dwarf->entries = entries;
    if ((buckets = reallocarray(dwarf->buckets, capacity, sizeof(buckets[0]))) == NULL)
        return -1;
    dwarf->buckets = buckets;
    dwarf->capacity = dwarf->num_buckets = capacity;
    memset(buckets, 0xff, capacity * sizeof(buckets[0]));
    for (uint32_t i = 0; i < dwarf->num_entries; ++i) {
        uint32_t *bucket = &buckets[entries[i].hash & (capacity - 1)];
        entries[i].next = *bucket;
        *bucket = i;
    }
    return 0;
}

static void add_entry(dwarf_t *dwarf, size_t module, Dwarf *dbg, Dwarf_Die *die, enum en_name_kind_t kind, const char *name)
{
    if (dwarf->num_entries == dwarf->capacity && grow(dwarf) != 0) {
        dwarf->out_of_memory = 1;
        return;
    }
    uint32_t hash = hash_name(kind, name), *bucket = &dwarf->buckets[hash & (dwarf->num_buckets - 1)];
    dwarf->entries[dwarf->num_entries] = (entry_t){.name = name,
                                                   .die = die->addr,
                                                   .dbg = dbg,
                                                   .hash = hash,
                                                   .next = *bucket,
                                                   .module = (uint16_t)module,
                                                   .kind = (uint8_t)kind};
    *bucket = (uint32_t)dwarf->num_entries++;
}

/* Only the outermost level is looked at: what is declared within functions has no meaning outside of them. */
static void index_unit(dwarf_t *dwarf, size_t module, Dwarf *dbg, Dwarf_Die *unit)
{
    Dwarf_Die die;

    if (dwarf_child(unit, &die) != 0)
        return;
    do {
        enum en_name_kind_t kind;
        const char *name;
        switch (dwarf_tag(&die)) {
        case DW_TAG_structure_type:
        case DW_TAG_class_type:
            kind = NAME_STRUCT;
            break;
        case DW_TAG_union_type:
            kind = NAME_UNION;
            break;
        case DW_TAG_typedef:
            kind = NAME_TYPEDEF;
            break;
        default:
            continue;
        }
        if ((name = dwarf_diename(&die)) != NULL && !type_is_declaration(&die))
            add_entry(dwarf, module, dbg, &die, kind, name);
    } while (die_next(&die));
}

static void index_file(dwarf_t *dwarf, size_t module, Dwarf *dbg)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit, sub;
    uint8_t type;

    while (dwarf_get_units(dbg, cu, &cu, NULL, &type, &unit, &sub) == 0) {
        /* `sub` of a skeleton is the unit in the .dwo file; without that file, there are no types */
        if (type == DW_UT_skeleton) {
            if (sub.addr != NULL)
                index_unit(dwarf, module, dbg, &sub);
        } else if (unit.addr != NULL) {
            index_unit(dwarf, module, dbg, &unit);
        }
    }
}

static void index_module(dwarf_t *dwarf)
{
    size_t module = dwarf->num_indexed++;
    struct st_module_dwarf_t *into = &dwarf->modules[module];
    Dwarf *alt;

    if (module > UINT16_MAX || !debugfile_open(&into->file, dwarf->target, &dwarf->target->modules[module]))
        return;
    if ((into->dbg = dwarf_begin_elf(into->file.elf, DWARF_C_READ, NULL)) == NULL) {
        debugfile_close(&into->file);
        return;
    }
    dwarf->found_any = 1;
    index_file(dwarf, module, into->dbg);
    /* what dwz moved to a file that several debug files share */
    if ((alt = dwarf_getalt(into->dbg)) != NULL)
        index_file(dwarf, module, alt);
}

/* ---- looking up ---- */

static int is_entry(const entry_t *entry, unsigned kind, const char *name, uint32_t hash)
{
    return entry->hash == hash && entry->kind == kind && strcmp(entry->name, name) == 0;
}

/* Among the entries of that name: the first one of `module`, or of the first module that has any. */
static entry_t *find_entry(dwarf_t *dwarf, size_t module, enum en_name_kind_t kind, const char *name, uint32_t hash)
{
    entry_t *found = NULL;

    if (dwarf->num_buckets == 0)
        return NULL;
    /* a bucket's list goes from the last one added to the first */
    for (uint32_t i = dwarf->buckets[hash & (dwarf->num_buckets - 1)]; i != NO_ENTRY; i = dwarf->entries[i].next) {
        entry_t *entry = &dwarf->entries[i];
        if (is_entry(entry, kind, name, hash) && (module == ANY_MODULE || entry->module == module))
            found = entry;
    }
    return found;
}

static int entry_die(const entry_t *entry, Dwarf_Die *die)
{
    return dwarf_die_addr_die(entry->dbg, entry->die, die) != NULL;
}

/* A typedef of a struct that has a name is as good as the name: that one is compared by itself. */
static uint64_t entry_fingerprint(const entry_t *entry)
{
    Dwarf_Die die;
    const char *name;

    if (!entry_die(entry, &die))
        return 0;
    if (entry->kind == NAME_TYPEDEF && type_peel(&die, NULL) == 0 && type_is_aggregate(&die) &&
        (name = dwarf_diename(&die)) != NULL)
        return hash_name(dwarf_tag(&die) == DW_TAG_union_type ? NAME_UNION : NAME_STRUCT, name);
    return type_fingerprint(&die);
}

static void compare_all(dwarf_t *dwarf, entry_t *first)
{
    uint64_t expected = entry_fingerprint(first);

    first->verdict = expected != 0 ? ALL_SAME : TOO_COMPLEX;
    for (uint32_t i = dwarf->buckets[first->hash & (dwarf->num_buckets - 1)]; i != NO_ENTRY && first->verdict == ALL_SAME;
         i = dwarf->entries[i].next) {
        entry_t *entry = &dwarf->entries[i];
        if (entry != first && entry->module == first->module && is_entry(entry, first->kind, first->name, first->hash) &&
            entry_fingerprint(entry) != expected)
            first->verdict = DIFFERENT;
    }
}

/* With ANY_MODULE, modules are indexed until one has it. Returns 1, 0 if there is none, -1 with a reason if it cannot be used. */
static int look_up(dwarf_t *dwarf, size_t module, enum en_name_kind_t kind, const char *name, found_t *found, char *err,
                   size_t err_size)
{
    static const char *const prefixes[] = {"struct ", "union ", ""};
    uint32_t hash = hash_name(kind, name);
    entry_t *entry;

    while ((entry = find_entry(dwarf, module, kind, name, hash)) == NULL) {
        if (module == ANY_MODULE && dwarf->num_indexed < dwarf->target->num_modules) {
            index_module(dwarf);
            continue;
        }
        if (dwarf->out_of_memory) {
            snprintf(err, err_size, "out of memory");
            return -1;
        }
        if (!dwarf->found_any) {
            snprintf(err, err_size, "no debug information");
        } else {
            snprintf(err, err_size, "%s%s is not in the debug information%s", prefixes[kind], name,
                     dwarf->modules[0].dbg == NULL ? " (the program itself has none)" : "");
        }
        return 0;
    }
    if (entry->verdict == NOT_COMPARED)
        compare_all(dwarf, entry);
    if (entry->verdict == DIFFERENT) {
        snprintf(err, err_size, "%s%s has several definitions that differ", prefixes[kind], name);
        return -1;
    }
    if (entry->verdict == TOO_COMPLEX || !entry_die(entry, &found->die)) {
        snprintf(err, err_size, "the debug information of %s%s is malformed", prefixes[kind], name);
        return -1;
    }
    found->module = entry->module;
    return 1;
}

int dwarf_complete(dwarf_t *dwarf, found_t *found, const char *alias, char *err, size_t err_size)
{
    enum en_name_kind_t kind = dwarf_tag(&found->die) == DW_TAG_union_type ? NAME_UNION : NAME_STRUCT;
    const char *name = dwarf_diename(&found->die);
    found_t other;
    int status = 0;

    /* the module's own definition comes before that of any other; "typedef struct { ... } x_t;": the typedef is the name */
    if (name != NULL) {
        status = look_up(dwarf, found->module, kind, name, &other, err, err_size);
        if (status == 0 && type_is_declaration(&found->die) &&
            (status = look_up(dwarf, ANY_MODULE, kind, name, &other, err, err_size)) == 0)
            return -1;
    } else if (alias != NULL && look_up(dwarf, found->module, NAME_TYPEDEF, alias, &other, err, err_size) == -1) {
        return -1;
    }
    if (status == -1)
        return -1;
    if (status == 1) {
        *found = other;
    } else if (type_fingerprint(&found->die) == 0) {
        snprintf(err, err_size, "the debug information of %s is malformed", name != NULL ? name : "an unnamed struct");
        return -1;
    }
    return 0;
}

/* "struct st_x" -> NAME_STRUCT, "st_x" */
static const char *parse_type(const char *type, enum en_name_kind_t *kind)
{
    static const struct {
        const char *word;
        enum en_name_kind_t kind;
    } words[] = {{"struct", NAME_STRUCT}, {"union", NAME_UNION}};

    type += strspn(type, " ");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        size_t len = strlen(words[i].word);
        if (strncmp(type, words[i].word, len) == 0 && type[len] == ' ') {
            *kind = words[i].kind;
            return type + len + strspn(type + len, " ");
        }
    }
    *kind = NAME_TYPEDEF;
    return type;
}

int dwarf_find(dwarf_t *dwarf, const char *type, found_t *found, char *err, size_t err_size)
{
    enum en_name_kind_t kind;
    const char *name = parse_type(type, &kind), *alias;

    if (look_up(dwarf, ANY_MODULE, kind, name, found, err, err_size) != 1)
        return -1;
    if (kind != NAME_TYPEDEF)
        return 0;
    if (type_peel(&found->die, &alias) != 0 || !type_is_aggregate(&found->die)) {
        snprintf(err, err_size, "%s is neither a struct nor a union", name);
        return -1;
    }
    return dwarf_complete(dwarf, found, alias, err, err_size);
}

/* ---- public ---- */

dwarf_t *dwarf_open(const target_t *target, char *err, size_t err_size)
{
    dwarf_t *dwarf = calloc(1, sizeof(*dwarf));

    if (dwarf == NULL || (dwarf->modules = calloc(target->num_modules + 1, sizeof(dwarf->modules[0]))) == NULL) {
        snprintf(err, err_size, "out of memory");
        free(dwarf);
        return NULL;
    }
    dwarf->target = target;
    for (size_t i = 0; i < target->num_modules; ++i)
        dwarf->modules[i].file.fd = -1;
    return dwarf;
}

void dwarf_close(dwarf_t *dwarf)
{
    if (dwarf == NULL)
        return;
    for (size_t i = 0; i < dwarf->num_indexed; ++i) {
        if (dwarf->modules[i].dbg != NULL)
            dwarf_end(dwarf->modules[i].dbg);
        debugfile_close(&dwarf->modules[i].file);
    }
    free(dwarf->modules);
    free(dwarf->entries);
    free(dwarf->buckets);
    free(dwarf);
}
