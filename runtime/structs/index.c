/*
 * Structs by their names.
 *
 * Where a field is must be answered for the binary that runs, not for the headers that the tracer was built with, so the answer
 * comes from the DWARF of the target's modules. What makes it more than following DW_AT_type:
 *
 * Finding a struct by its name. DWARF has the types once for each source file that uses them, in no order; h2o's 3.8 MB of
 * .debug_info have 29,000 named types in 149 units, one struct 63 times among them. There is no usable table of names
 * (.debug_names and .gdb_index are optional and rare), so one is made here: the first question about a module reads the outermost
 * level of all its units (10 ms for h2o), namespaces and, where the language has that, types within types; and the table answers
 * every further one. It is a list that is gone through from its start, at 2 ns an entry.
 *
 * Whose struct. Libraries that know nothing of each other may have structs of one name, and a number out of the wrong one looks
 * right. So the file whose site passes the pointer decides. If its own debug information defines the struct, that is it. If it
 * declares the struct without its members, that is what whoever hides a struct from its users does: then the others are asked, and
 * all that define it must define the same (look_elsewhere()). If it has no debug information, or never mentions the struct, nothing
 * says that a struct of that name elsewhere is the same, and the field is null.
 *
 * Half a type. A source file that uses `x_t *` may only declare struct st_x_t; the definition is in another unit. So whenever a
 * path goes through a pointer, the struct that it leads to is looked up by name (structs_complete()), from the module that it was
 * reached in.
 *
 * One name, two types. C allows `struct config` of one source file to be another than that of the next. A tracer that took the
 * first one would print numbers that look right. So all definitions of a name in a module are compared, in all their members,
 * embedded structs included, but not through pointers (type_fingerprint()); if they differ, the answer is a reason, not an offset.
 * Embedded members need no such care: DWARF refers to the very definition that the compiler used. Types in different namespaces
 * have different names; only who does not say which is meant gets the only one that there is (choose_scope()).
 *
 * Hostile files. The target may be anyone's process. libdw checks the bounds of what it reads; it does not protect from depth (a
 * typedef of itself, a struct that contains itself) and amount. So in this folder everything that recurses has a limit, lists of
 * siblings may only go forward, and offsets are checked for overflow. It takes no care of time and memory: whoever asks does so in
 * a worker (survey/survey.c). The debug files are mapped: if someone truncates one meanwhile, the worker ends with SIGBUS. Reading
 * them instead costs 7 ms for h2o and memory for the whole file.
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

enum en_name_kind_t { NAME_STRUCT, NAME_UNION, NAME_TYPEDEF, NAME_NONE };

static const char *const prefixes[] = {[NAME_STRUCT] = "struct ", [NAME_UNION] = "union ", [NAME_TYPEDEF] = ""};

/* Whether all definitions of a name in a module are the same. */
enum en_verdict_t { NOT_COMPARED, ALL_SAME, DIFFERENT, TOO_COMPLEX };

/* A struct or union, or a typedef, that is not within a function. */
typedef struct st_entry_t {
    const char *name;  /* in the file's section of strings */
    const char *scope; /* "shop::detail"; "": none */
    void *die;         /* Dwarf_Die.addr: a whole Dwarf_Die would take twice the memory */
    Dwarf *dbg;
    uint32_t hash;
    uint8_t kind;
    uint8_t is_declaration;
    uint8_t verdict; /* enum en_verdict_t; of the first entry of a name in a module */
} entry_t;

/* A name that is looked for, or that a type has. */
typedef struct st_type_name_t {
    enum en_name_kind_t kind;
    const char *scope; /* NULL: it is not said */
    const char *name;
    uint32_t hash;
} type_name_t;

/* A scope whose name has been made; they live as long as the index. */
typedef struct st_scope_text_t {
    struct st_scope_text_t *next;
    char text[];
} scope_text_t;

struct st_structs_t {
    const target_t *target;
    int out_of_memory;
    scope_text_t *scopes;
    /* of each module: the file with its debug information, open for as long as its entries are used */
    struct st_module_dwarf_t {
        debugfile_t file;
        Dwarf *dbg;  /* NULL: it has none */
        char *lacks; /* what was tried then: debugfile_find() */
        int is_indexed;
        int is_split; /* a part of its debug information is in other files, which could not be read */
        entry_t *entries;
        size_t num_entries, capacity;
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

/* What a type is within; its text is made when the first type of it is found. */
typedef struct st_scope_t {
    struct st_scope_t *outer;
    const char *name;
    const char *text; /* NULL: not made yet */
    int depth;
} scope_t;

/* The files of a module that are read. */
typedef struct st_indexer_t {
    structs_t *structs;
    struct st_module_dwarf_t *module;
    Dwarf *dbg;
    int has_nested; /* the unit's language has types within types */
} indexer_t;

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

static const char *join_scope(structs_t *structs, const char *outer, const char *name)
{
    size_t size = strlen(outer) + strlen(name) + 3;
    scope_text_t *made = malloc(sizeof(*made) + size);

    if (made == NULL) {
        structs->out_of_memory = 1;
        return "";
    }
    snprintf(made->text, size, "%s%s%s", outer, outer[0] != '\0' ? "::" : "", name);
    made->next = structs->scopes;
    structs->scopes = made;
    return made->text;
}

static const char *scope_text(structs_t *structs, scope_t *scope)
{
    if (scope->text == NULL)
        scope->text = join_scope(structs, scope_text(structs, scope->outer), scope->name);
    return scope->text;
}

static void add_entry(indexer_t *indexer, scope_t *scope, Dwarf_Die *die, enum en_name_kind_t kind, const char *name)
{
    struct st_module_dwarf_t *module = indexer->module;
    entry_t *entries = grow_list(module->entries, &module->capacity, module->num_entries, sizeof(*entries));

    if (entries == NULL) {
        indexer->structs->out_of_memory = 1;
        return;
    }
    module->entries = entries;
    entries[module->num_entries++] = (entry_t){.name = name,
                                               .scope = scope_text(indexer->structs, scope),
                                               .die = die->addr,
                                               .dbg = indexer->dbg,
                                               .hash = hash_name(kind, name),
                                               .kind = kind,
                                               .is_declaration = kind != NAME_TYPEDEF && type_is_declaration(die)};
}

/* The members of an inline namespace and of one without a name are those of the namespace around it. */
static int is_transparent(Dwarf_Die *space)
{
    return dwarf_diename(space) == NULL || dwarf_hasattr(space, DW_AT_export_symbols);
}

/*
 * The name of the namespace or class that a type is in, for as long as the index lives. A definition may stand elsewhere and refer
 * to its declaration (section 2.13.2): types in units of their own do.
 */
static const char *scope_of(structs_t *structs, Dwarf_Die *die)
{
    Dwarf_Die *scopes = NULL, declaration;
    Dwarf_Attribute attr;
    const char *text = "";
    int is_specified = dwarf_attr(die, DW_AT_specification, &attr) != NULL && dwarf_formref_die(&attr, &declaration) != NULL;
    int num = dwarf_getscopes_die(is_specified ? &declaration : die, &scopes);

    /* from the inside to the outside: itself, what it is in, ..., the unit */
    for (int i = num - 1; i > 0; --i) {
        int tag = dwarf_tag(scopes + i);
        const char *name = dwarf_diename(scopes + i);
        if (name != NULL &&
            (((tag == DW_TAG_namespace || tag == DW_TAG_module) && !is_transparent(scopes + i)) || die_is_aggregate(scopes + i)))
            text = join_scope(structs, text, name);
    }
    free(scopes);
    return text;
}

/* What is declared within functions has no meaning outside of them, and is not read. */
static void index_children(indexer_t *indexer, Dwarf_Die *parent, scope_t *scope)
{
    Dwarf_Die die;

    if (scope->depth == TYPE_MAX_DEPTH)
        return;
    for (int has_child = dwarf_child(parent, &die) == 0; has_child; has_child = die_next(&die)) {
        enum en_name_kind_t kind = kind_of(&die);
        scope_t inner = {.outer = scope, .depth = scope->depth + 1};
        if (kind != NAME_NONE && (inner.name = dwarf_diename(&die)) != NULL) {
            scope_t declared = {.text = ""};
            if (indexer->has_nested && dwarf_hasattr(&die, DW_AT_specification)) {
                declared.text = scope_of(indexer->structs, &die);
                inner.outer = &declared;
            }
            add_entry(indexer, inner.outer, &die, kind, inner.name);
            if (indexer->has_nested && kind != NAME_TYPEDEF)
                index_children(indexer, &die, &inner);
        } else if (dwarf_tag(&die) == DW_TAG_namespace || dwarf_tag(&die) == DW_TAG_module) {
            inner.name = dwarf_diename(&die);
            inner.text = is_transparent(&die) ? scope_text(indexer->structs, scope) : NULL;
            index_children(indexer, &die, &inner);
        }
    }
}

/* Section 3.1.1. In C, a struct that is declared in another is none of its members. */
static int is_c(Dwarf_Die *unit)
{
    switch (dwarf_srclang(unit)) {
    case DW_LANG_C89:
    case DW_LANG_C:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case DW_LANG_Mips_Assembler:
        return 1;
    default:
        return 0;
    }
}

static void index_unit(indexer_t *indexer, Dwarf_Die *unit)
{
    scope_t outermost = {.text = ""};

    indexer->has_nested = !is_c(unit);
    index_children(indexer, unit, &outermost);
}

static void index_file(structs_t *structs, struct st_module_dwarf_t *module, Dwarf *dbg)
{
    indexer_t indexer = {.structs = structs, .module = module, .dbg = dbg};
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit, sub;
    uint8_t type;

    while (dwarf_get_units(dbg, cu, &cu, NULL, &type, &unit, &sub) == 0) {
        /* `sub` of a skeleton is the unit in the .dwo file; if that file is missing, there are no types */
        if (type == DW_UT_skeleton) {
            if (sub.addr != NULL)
                index_unit(&indexer, &sub);
            else
                module->is_split = 1;
        } else if (unit.addr != NULL) {
            index_unit(&indexer, &unit);
        }
    }
}

/* The index of a module; it is made when it is first asked for. */
static struct st_module_dwarf_t *index_module(structs_t *structs, size_t number)
{
    struct st_module_dwarf_t *module = structs->modules + number;
    const module_t *of = structs->target->modules + number;
    reason_t reason;
    const char *root = structs->target->root;
    Dwarf *alt;

    if (module->is_indexed)
        return module;
    module->is_indexed = 1;
    module->file.fd = -1;
    if (debugfile_find(&module->file, of->path, of->name, root[0] != '\0' ? root : NULL, DEBUGFILE_DWARF, &reason) != 0) {
        module->lacks = strdup(reason.text);
        return module;
    }
    if ((module->dbg = dwarf_begin_elf(module->file.elf, DWARF_C_READ, NULL)) == NULL) {
        debugfile_close(&module->file);
        return module;
    }
    index_file(structs, module, module->dbg);
    /* what dwz moved to a file that several debug files share */
    if ((alt = dwarf_getalt(module->dbg)) != NULL)
        index_file(structs, module, alt);
    return module;
}

/* ---- looking up in one module ---- */

static int is_entry(const entry_t *entry, const type_name_t *wanted)
{
    return entry->hash == wanted->hash && entry->kind == wanted->kind && strcmp(entry->name, wanted->name) == 0 &&
           (wanted->scope == NULL || strcmp(entry->scope, wanted->scope) == 0);
}

/* The first entry of that name from number `at` on, or NULL. */
static entry_t *find_entry(struct st_module_dwarf_t *module, const type_name_t *wanted, size_t at, int is_declaration)
{
    for (; at < module->num_entries; ++at) {
        entry_t *entry = module->entries + at;
        if (is_entry(entry, wanted) && entry->is_declaration == is_declaration)
            return entry;
    }
    return NULL;
}

/*
 * Decides on a scope where none was said: without one, if there is such a type, else the only one that there is.
 * @return -1: there are several, and the reason names two
 */
static int choose_scope(struct st_module_dwarf_t *module, type_name_t *wanted, reason_t *reason)
{
    const entry_t *first = NULL, *other = NULL;

    for (size_t i = 0; wanted->scope == NULL && i < module->num_entries; ++i) {
        const entry_t *entry = module->entries + i;
        if (!is_entry(entry, wanted) || entry->is_declaration)
            continue;
        if (entry->scope[0] == '\0')
            first = entry;
        if (entry->scope[0] == '\0')
            break;
        if (first == NULL)
            first = entry;
        else if (strcmp(entry->scope, first->scope) != 0)
            other = entry;
    }
    if (first == NULL)
        return 0;
    if (first->scope[0] != '\0' && other != NULL)
        return reason_set(reason, "there are %s%s::%s and %s%s::%s: write which", prefixes[wanted->kind], first->scope,
                          wanted->name, prefixes[wanted->kind], other->scope, wanted->name);
    wanted->scope = first->scope;
    return 0;
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
    if (entry->kind == NAME_TYPEDEF && type_peel(&die, NULL) == 0 && die_is_aggregate(&die) && (name = dwarf_diename(&die)) != NULL)
        return hash_name(kind_of(&die), name);
    return type_fingerprint(&die);
}

static void compare_all(struct st_module_dwarf_t *module, entry_t *first, const type_name_t *wanted)
{
    uint64_t expected = entry_fingerprint(first);

    first->verdict = expected != 0 ? ALL_SAME : TOO_COMPLEX;
    for (const entry_t *entry = first;
         first->verdict == ALL_SAME && (entry = find_entry(module, wanted, entry + 1 - module->entries, 0)) != NULL;) {
        if (entry_fingerprint(entry) != expected)
            first->verdict = DIFFERENT;
    }
}

/* "struct shop::st_x" */
static const char *describe(const type_name_t *type, char *buf, size_t size)
{
    int has_scope = type->scope != NULL && type->scope[0] != '\0';

    snprintf(buf, size, "%s%s%s%s", prefixes[type->kind], has_scope ? type->scope : "", has_scope ? "::" : "", type->name);
    return buf;
}

/* The definition that a module has. There is a reason if it cannot be used, none if there is none. */
static search_result_t look_in(structs_t *structs, size_t number, type_name_t *wanted, found_t *found, reason_t *reason)
{
    struct st_module_dwarf_t *module = index_module(structs, number);
    char type[256];
    entry_t *entry;

    if (structs->out_of_memory) {
        reason_set(reason, "out of memory");
        return SEARCH_REFUSED;
    }
    if (choose_scope(module, wanted, reason) != 0)
        return SEARCH_REFUSED;
    if ((entry = find_entry(module, wanted, 0, 0)) == NULL)
        return SEARCH_ABSENT;
    if (entry->verdict == NOT_COMPARED)
        compare_all(module, entry, wanted);
    if (entry->verdict == DIFFERENT) {
        reason_set(reason, "%s has several definitions that differ", describe(wanted, type, sizeof(type)));
    } else if (entry->verdict == TOO_COMPLEX || entry_die(entry, &found->die) != 0) {
        reason_set(reason, "the debug information of %s is malformed", describe(wanted, type, sizeof(type)));
    } else {
        found->module = number;
        return SEARCH_FOUND;
    }
    return SEARCH_REFUSED;
}

/* ---- looking up in a target ---- */

/* The definition that the other modules have: all that have one must have the same. */
static search_result_t look_elsewhere(structs_t *structs, size_t own, const type_name_t *wanted, found_t *found, reason_t *reason)
{
    search_result_t result = SEARCH_ABSENT;
    char type[256];

    for (size_t i = 0; i < structs->target->num_modules; ++i) {
        type_name_t name = *wanted;
        found_t other;
        search_result_t here = i != own ? look_in(structs, i, &name, &other, reason) : SEARCH_ABSENT;
        if (here == SEARCH_REFUSED)
            return here;
        if (here == SEARCH_ABSENT)
            continue;
        if (result == SEARCH_FOUND && type_fingerprint(&other.die) != type_fingerprint(&found->die)) {
            reason_set(reason, "%s is another one in %s than in %s", describe(wanted, type, sizeof(type)),
                       structs->target->modules[i].name, structs->target->modules[found->module].name);
            return SEARCH_REFUSED;
        }
        if (result == SEARCH_ABSENT)
            *found = other;
        result = SEARCH_FOUND;
    }
    return result;
}

/* Says why a module does not have a type. */
static int absent(structs_t *structs, size_t number, const type_name_t *wanted, reason_t *reason)
{
    const struct st_module_dwarf_t *module = structs->modules + number;
    const char *file = structs->target->modules[number].name;
    char type[256];

    if (module->dbg == NULL)
        return reason_set(reason, "%s has no debug information%s", file, module->lacks != NULL ? module->lacks : "");
    describe(wanted, type, sizeof(type));
    if (module->is_split)
        return reason_set(reason,
                          "%s is not in what can be read of the debug information of %s: it is split, and its .dwo files are not "
                          "there (a package of them, .dwp, cannot be read)",
                          type, file);
    return reason_set(reason, "%s is not in the debug information of %s", type, file);
}

/* A definition by its name; `own` is the module that it is to be of. See "Whose struct" above. */
static int look_up(structs_t *structs, size_t own, type_name_t *wanted, found_t *found, reason_t *reason)
{
    search_result_t result = look_in(structs, own, wanted, found, reason);
    char type[256];

    if (result != SEARCH_ABSENT)
        return result == SEARCH_FOUND ? 0 : -1;
    if (find_entry(structs->modules + own, wanted, 0, 1) == NULL)
        return absent(structs, own, wanted, reason);
    if ((result = look_elsewhere(structs, own, wanted, found, reason)) == SEARCH_FOUND)
        return 0;
    if (result == SEARCH_REFUSED)
        return -1;
    if (structs->modules[own].is_split)
        return absent(structs, own, wanted, reason);
    return reason_set(reason, "%s is declared in the debug information of %s, but defined in that of no file",
                      describe(wanted, type, sizeof(type)), structs->target->modules[own].name);
}

int structs_complete(structs_t *structs, found_t *found, const char *alias, reason_t *reason)
{
    type_name_t wanted = {.kind = kind_of(&found->die), .name = dwarf_diename(&found->die)};
    int is_declaration = type_is_declaration(&found->die);
    const char *name = wanted.name;
    found_t other;
    search_result_t result = SEARCH_ABSENT;

    /* in "typedef struct { ... } x_t;" the typedef is the name */
    if (name == NULL) {
        wanted.kind = NAME_TYPEDEF;
        wanted.name = alias;
    } else {
        wanted.scope = scope_of(structs, &found->die);
    }
    if (wanted.name != NULL) {
        wanted.hash = hash_name(wanted.kind, wanted.name);
        if (is_declaration)
            return look_up(structs, found->module, &wanted, found, reason);
        result = look_in(structs, found->module, &wanted, &other, reason);
    }
    if (result == SEARCH_REFUSED)
        return -1;
    if (result == SEARCH_FOUND && name != NULL)
        *found = other;
    else if (type_fingerprint(&found->die) == 0)
        return reason_set(reason, "the debug information of %s is malformed", name != NULL ? name : "an unnamed struct");
    return 0;
}

/* "struct shop::st_x" → NAME_STRUCT, "shop", "st_x" */
static void parse_type(structs_t *structs, const char *type, type_name_t *wanted)
{
    const char *name, *at;

    *wanted = (type_name_t){.kind = NAME_STRUCT};
    type += strspn(type, " ");
    while (strncmp(type, prefixes[wanted->kind], strlen(prefixes[wanted->kind])) != 0)
        ++wanted->kind; /* at the latest, up to the empty prefix of typedefs */
    type += strlen(prefixes[wanted->kind]);
    type += strspn(type, " ");
    name = type;
    /* not within template arguments */
    for (at = type; *at != '\0' && *at != '<'; ++at) {
        if (at[0] == ':' && at[1] == ':')
            name = at + 2;
    }
    if (name != type) {
        size_t len = name - 2 - type;
        char *scope = strndup(type, len);
        wanted->scope = scope != NULL ? join_scope(structs, "", scope) : "";
        free(scope);
    }
    wanted->name = name;
    wanted->hash = hash_name(wanted->kind, name);
}

int structs_find(structs_t *structs, size_t module, const char *type, found_t *found, reason_t *reason)
{
    type_name_t wanted;
    const char *alias;

    parse_type(structs, type, &wanted);
    if (look_up(structs, module, &wanted, found, reason) != 0)
        return -1;
    if (wanted.kind != NAME_TYPEDEF)
        return 0;
    if (type_peel(&found->die, &alias) != 0 || !die_is_aggregate(&found->die))
        return reason_set(reason, "%s is neither a struct nor a union", wanted.name);
    return structs_complete(structs, found, alias, reason);
}

int structs_next_definition(structs_t *structs, size_t module, const char *type, size_t *at, Dwarf_Die *die)
{
    struct st_module_dwarf_t *in = index_module(structs, module);
    type_name_t wanted;
    entry_t *entry;

    parse_type(structs, type, &wanted);
    while ((entry = find_entry(in, &wanted, *at, 0)) != NULL) {
        *at = (size_t)(entry - in->entries) + 1;
        if (entry_die(entry, die) == 0)
            return 1;
    }
    return 0;
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
    for (size_t i = 0; i < structs->target->num_modules; ++i) {
        struct st_module_dwarf_t *module = structs->modules + i;
        if (module->dbg != NULL)
            dwarf_end(module->dbg);
        if (module->is_indexed)
            debugfile_close(&module->file);
        free(module->lacks);
        free(module->entries);
    }
    for (scope_text_t *scope = structs->scopes, *next; scope != NULL; scope = next) {
        next = scope->next;
        free(scope);
    }
    free(structs);
}
