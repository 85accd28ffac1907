/*
 * Debug information is read in a process of its own. It is the largest and most intricate part of a file, and most of the code that
 * reads it is a library's. 100 000 programs whose debug information was changed at random did not make libdw 0.188 crash or hang;
 * but it believes what it reads: blocks that are nested deeply make some of its functions recurse until the stack is full, a
 * section can be a thousand times as large when it is decompressed, and many units that share a long list of ranges keep it busy
 * for hours. In a child all that does no harm: it has limits of time and memory, and sends what it finds through a pipe. When it
 * dies, what it sent before counts, the rest has no lines, and the audit goes on.
 *
 * Each compiled source file is a unit of DWARF, with the folder that the compiler ran in and the name that it was given, which is
 * relative to that folder or not. A program has some thousand of them and the sites that are asked for stand in a few, so
 *
 *     read_units()               takes the ranges of all units: which unit is each address in?
 *     find_base(), find_root()   make from their folders and names what is cut off the names of files, see symbolize.h
 *     find_missing_functions()   walks the functions of a unit only if a symbol table did not name the function of an address in it
 *     look_up()                  reads the line table of the address's unit, which libdw keeps
 *     send_readable_names()      last of all, since names in C++ are hostile, too: demangle.c
 *
 * The base is what the folders of the units with sites have in common. The root comes from all units that were compiled there,
 * since the few with sites often have more in common than the root: their own folder.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "audit/binary/demangle.h"
#include "audit/binary/function.h"
#include "audit/binary/source_name.h"
#include "audit/binary/symbolize.h"
#include "common/die.h"
#include "common/grow.h"
#include "common/worker.h"
#include "usdt/debugfile.h"

#define MAX_CPU_SECONDS 20
#define MAX_SECONDS 60
/* for what libdw makes of the file, or decompresses; the file itself, which is mapped, comes on top */
#define MAX_MEMORY ((uint64_t)1 << 30)
/* for names that are made readable, all of them; and for one of them */
#define MAX_NAMES_SECONDS 2
#define MAX_NAMES_MEMORY ((uint64_t)64 << 20)
/* of all texts of one child */
#define MAX_TEXT_BYTES ((size_t)64 << 20)
/* namespaces in each other */
#define MAX_NAMESPACES 64

typedef enum en_message_kind_t {
    MESSAGE_BEGIN,
    MESSAGE_FUNCTION,
    MESSAGE_LINE,
    MESSAGE_END,      /* of the debug information */
    MESSAGE_READABLE, /* a name for the function of `line` sites that follow each other */
    MESSAGE_NUM_KINDS
} message_kind_t;

/* `size` bytes of text follow */
typedef struct st_message_t {
    uint32_t kind, index, line, size;
} message_t;

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
    uint32_t *of_site;                                 /* index of the unit of each site, + 1; 0: none */
    char base[SOURCE_NAME_MAX], root[SOURCE_NAME_MAX]; /* "": there is nothing in common */
    int has_base, has_root;
} units_t;

/* ---- child: answers ---- */

/* What the child is to find out, and what it knows. */
typedef struct st_question_t {
    const symbolize_file_t *debugged;
    audit_site_t *sites; /* in the child: what it has found */
    size_t num;
    FILE *pipe;
    char *is_named; /* sites of which the parent knows the function */
} question_t;

static void send_message(const question_t *question, message_kind_t kind, size_t index, unsigned line, str_t text)
{
    message_t message = {.kind = kind,
                         .index = (uint32_t)index,
                         .line = line,
                         .size = (uint32_t)(text.n < SYMBOL_MAX_NAME ? text.n : SYMBOL_MAX_NAME)};

    if (fwrite(&message, sizeof(message), 1, question->pipe) != 1 ||
        fwrite(text.p, 1, message.size, question->pipe) != message.size)
        _exit(1);
}

static void send_function(const question_t *question, size_t i)
{
    str_t function = question->sites[i].function;

    if (function.n != 0 && !question->is_named[i])
        send_message(question, MESSAGE_FUNCTION, i, 0, function);
    question->is_named[i] |= function.n != 0;
}

/* ---- child: units ---- */

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

/* Marks the sites that are within the ranges of the unit. Code that the linker removed is left at address 0. */
static void claim_sites(units_t *units, unit_t *unit, const audit_site_t *sites, size_t num)
{
    Dwarf_Addr base, start, end;

    for (ptrdiff_t at = 0; (at = dwarf_ranges(&unit->die, at, &base, &start, &end)) > 0;) {
        for (size_t i = start != 0 ? first_site(sites, num, start) : num; i < num && sites[i].address < end; ++i) {
            if (units->of_site[i] != 0)
                continue;
            units->of_site[i] = (uint32_t)(unit - units->list) + 1;
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
        claim_sites(units, unit, sites, num);
    }
}

/* ---- child: short names ---- */

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

/* ---- child: addresses ---- */

/* Names the addresses that a function contains. The outermost function counts, not those that were inlined into it. */
static void claim_functions(units_t *units, size_t unit, Dwarf_Die *function, audit_site_t *sites, size_t num)
{
    Dwarf_Addr base, start, end;
    const char *name = NULL;

    for (ptrdiff_t at = 0; (at = dwarf_ranges(function, at, &base, &start, &end)) > 0;) {
        for (size_t i = first_site(sites, num, start); i < num && sites[i].address < end; ++i) {
            if (sites[i].function.p != NULL || units->of_site[i] != unit + 1 ||
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

    if (dwarf_child(parent, &die) != 0)
        return;
    do {
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_subprogram)
            claim_functions(units, unit, &die, sites, num);
        else if ((tag == DW_TAG_namespace || tag == DW_TAG_module) && depth != MAX_NAMESPACES)
            find_functions(units, unit, &die, sites, num, depth + 1);
    } while (die_next(&die));
}

static void find_missing_functions(units_t *units, audit_site_t *sites, size_t num)
{
    for (size_t i = 0; i < num; ++i) {
        uint32_t unit = units->of_site[i] - 1;
        if (sites[i].function.p != NULL || units->of_site[i] == 0 || units->list[unit].is_searched)
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

/* Looks for the functions, files and lines of the sites, and sends what it finds. */
static void find_lines(const question_t *question, Dwarf *dwarf)
{
    audit_site_t *sites = question->sites;
    size_t num = question->num;
    units_t units = {.of_site = calloc(num, sizeof(units.of_site[0]))};
    char path[SOURCE_NAME_MAX];

    if (units.of_site == NULL)
        return;
    read_units(&units, dwarf, sites, num);
    find_base(&units);
    find_root(&units);
    find_missing_functions(&units, sites, num);
    for (size_t i = 0; i < num; ++i) {
        if (units.of_site[i] == 0)
            continue;
        look_up(&units, &units.list[units.of_site[i] - 1], &sites[i], path);
        send_function(question, i);
        if (sites[i].file.n != 0)
            send_message(question, MESSAGE_LINE, i, sites[i].line, sites[i].file);
    }
}

/* ---- child: all of it ---- */

static void read_debug_information(question_t *question)
{
    const symbolize_file_t *debugged = question->debugged;
    size_t num = question->num;
    debugfile_t file;
    Dwarf *dwarf;

    if ((question->is_named = calloc(num, 1)) == NULL ||
        debugfile_find(&file, debugged->path, debugged->name, debugged->root, DEBUGFILE_DWARF | DEBUGFILE_SYMBOLS, NULL) != 0)
        return;
    worker_limit_memory(MAX_MEMORY);
    for (size_t i = 0; i < num; ++i)
        question->is_named[i] = question->sites[i].function.p != NULL;
    send_message(question, MESSAGE_BEGIN, 0, 0, STR(""));
    functions_find(file.elf, SHT_SYMTAB, question->sites, num);
    for (size_t i = 0; i < num; ++i)
        send_function(question, i);
    fflush(question->pipe);
    if (debugfile_has_dwarf(&file) && (dwarf = dwarf_begin_elf(file.elf, DWARF_C_READ, NULL)) != NULL)
        find_lines(question, dwarf);
}

/* Sites of one function follow each other. */
static void send_readable_names(const question_t *question)
{
    for (size_t i = 0, end; i < question->num; i = end) {
        str_t symbol = question->sites[i].function;
        for (end = i + 1; end < question->num && str_eq(question->sites[end].function, symbol); ++end)
            ;
        char *name = demangle(symbol);
        size_t n = name != NULL ? strlen(name) : 0;
        if (n != 0 && n <= SYMBOL_MAX_NAME)
            send_message(question, MESSAGE_READABLE, i, (unsigned)(end - i), (str_t){name, n});
        free(name);
    }
}

static void answer(FILE *pipe, void *arg)
{
    question_t *question = arg;

    question->pipe = pipe;
    read_debug_information(question);
    send_message(question, MESSAGE_END, 0, 0, STR(""));
    /* a name of a kilobyte can stand for gigabytes, or take years; what is known already does not depend on it */
    fflush(pipe);
    worker_limit_memory(MAX_NAMES_MEMORY);
    worker_limit_time(MAX_NAMES_SECONDS);
    send_readable_names(question);
}

/* ---- parent ---- */

typedef struct st_listener_t {
    arena_t *arena;
    audit_site_t *sites;
    size_t num;
    FILE *answer;
    int has_begun, has_ended;
    size_t num_text_bytes;
    str_t last_file; /* sites of one file follow each other */
} listener_t;

static void note_line(listener_t *listener, audit_site_t *site, str_t file, unsigned line)
{
    if (!str_eq(file, listener->last_file))
        listener->last_file = arena_strdup(listener->arena, file);
    site->file = listener->last_file;
    site->line = line;
}

static void note_readable(listener_t *listener, const message_t *message, str_t name)
{
    audit_site_t *first = &listener->sites[message->index];
    str_t kept = arena_strdup(listener->arena, name), symbol = first->function;

    for (size_t i = 0; i < message->line && i < listener->num - message->index && str_eq(first[i].function, symbol); ++i) {
        first[i].symbol = symbol;
        first[i].function = kept;
    }
}

/* @return 0 when no other one is expected */
static int take_message(listener_t *listener)
{
    char text[SYMBOL_MAX_NAME];
    message_t message;
    audit_site_t *site;

    if (fread(&message, sizeof(message), 1, listener->answer) != 1 || message.kind >= MESSAGE_NUM_KINDS ||
        message.size > sizeof(text) || fread(text, 1, message.size, listener->answer) != message.size ||
        (listener->num_text_bytes += message.size) > MAX_TEXT_BYTES)
        return 0;
    listener->has_begun |= message.kind == MESSAGE_BEGIN;
    listener->has_ended |= message.kind == MESSAGE_END;
    if (message.kind == MESSAGE_BEGIN || message.kind == MESSAGE_END)
        return 1;
    if (message.index >= listener->num || message.size == 0)
        return 0;
    site = &listener->sites[message.index];
    if (message.kind == MESSAGE_LINE && site->file.n == 0)
        note_line(listener, site, (str_t){text, message.size}, message.line);
    else if (message.kind == MESSAGE_READABLE && is_mangled(site->function))
        note_readable(listener, &message, (str_t){text, message.size});
    else if (message.kind == MESSAGE_FUNCTION && site->function.n == 0)
        site->function = arena_strdup(listener->arena, (str_t){text, message.size});
    else
        return 0;
    return 1;
}

symbolize_result_t symbolize(arena_t *arena, const symbolize_file_t *debugged, audit_site_t *sites, size_t num)
{
    question_t question = {.debugged = debugged, .sites = sites, .num = num};
    listener_t listener = {.arena = arena, .sites = sites, .num = num, .last_file = STR("")};
    worker_t worker;

    if (num == 0)
        return SYMBOLIZE_NONE;
    if (worker_start(&worker, MAX_CPU_SECONDS, MAX_SECONDS, answer, &question) != 0)
        return SYMBOLIZE_CRASHED;
    listener.answer = worker.answer;
    while (take_message(&listener))
        ;
    worker_end_t end = worker_end(&worker);
    if (listener.has_ended)
        return listener.has_begun ? SYMBOLIZE_FOUND : SYMBOLIZE_NONE;
    return end == WORKER_TOO_LONG ? SYMBOLIZE_TOO_LONG : SYMBOLIZE_CRASHED;
}
