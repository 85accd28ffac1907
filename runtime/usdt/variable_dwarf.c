/*
 * Which variable a name means, by the debug information of the source file that a site is in. It knows static variables of that
 * file, and which names the file has from elsewhere, so it decides where symbols leave doubt. It is looked for only then, in a
 * process of its own, since files are not trusted.
 *
 * An address is better evidence than a name: a variable is called `calls` in debug information and `calls.0` by the linker. So if
 * one of the addresses that the symbols offer is that of a variable of the source file, that is it; names count only if there is
 * none, and only at file scope. What was inlined from another source file (link-time optimization) has names of that one: nothing
 * is known of it.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>
#include "common/die.h"
#include "common/worker.h"
#include "usdt/debugfile.h"
#include "usdt/variable.h"

#define MAX_CPU_SECONDS 5
#define MAX_SECONDS 20
#define MAX_MEMORY (1024ull * 1024 * 1024)
#define MAX_DEPTH 64 /* of nested functions and blocks */

typedef struct st_search_t {
    const variable_question_t *question;
    unsigned num_candidates, num_named; /* that were found, with different addresses */
    int is_external;
    uint64_t candidate, named;
} search_t;

/* The unit whose code is there. Tables of addresses are not always there, or not for all units. */
static int find_unit(Dwarf *dwarf, uint64_t site, Dwarf_Die *unit)
{
    size_t header_size;

    if (dwarf_addrdie(dwarf, site, unit) != NULL)
        return 0;
    for (Dwarf_Off at = 0, next; dwarf_nextcu(dwarf, at, &next, &header_size, NULL, NULL, NULL) == 0; at = next) {
        if (dwarf_offdie(dwarf, at + header_size, unit) != NULL && dwarf_haspc(unit, site) > 0)
            return 0;
    }
    return -1;
}

/* Whether the code there was inlined from another unit. */
static int is_from_elsewhere(Dwarf_Die *unit, uint64_t site)
{
    Dwarf_Die *scopes = NULL, origin, origin_unit;
    int num = dwarf_getscopes(unit, site, &scopes), is_from_elsewhere = num < 0;

    for (int i = 0; i < num; ++i) {
        Dwarf_Attribute attr;
        if (dwarf_attr(scopes + i, DW_AT_abstract_origin, &attr) == NULL)
            continue;
        is_from_elsewhere |= dwarf_formref_die(&attr, &origin) == NULL || dwarf_diecu(&origin, &origin_unit, NULL, NULL) == NULL ||
                             dwarf_dieoffset(&origin_unit) != dwarf_dieoffset(unit);
    }
    free(scopes);
    return is_from_elsewhere;
}

static int address_of(Dwarf_Die *variable, uint64_t *address)
{
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t num;

    if (dwarf_attr(variable, DW_AT_location, &attr) == NULL || dwarf_getlocation(&attr, &ops, &num) != 0 || num != 1)
        return -1;
    if (ops->atom != DW_OP_addr)
        return -1;
    *address = ops->number;
    return 0;
}

static int is_called(Dwarf_Die *variable, const char *name)
{
    static const unsigned names[] = {DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name};

    /* the linker's name counts, if there is one */
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        Dwarf_Attribute attr;
        const char *text;
        if (dwarf_attr_integrate(variable, names[i], &attr) != NULL && (text = dwarf_formstring(&attr)) != NULL)
            return strcmp(text, name) == 0;
    }
    return 0;
}

static void look_at_variable(search_t *search, Dwarf_Die *variable, int is_file_scope)
{
    const variable_question_t *question = search->question;
    Dwarf_Attribute attr;
    uint64_t address;

    if (address_of(variable, &address) != 0) {
        search->is_external |= is_file_scope && dwarf_hasattr(variable, DW_AT_declaration) &&
                               dwarf_attr(variable, DW_AT_external, &attr) != NULL && is_called(variable, question->name);
        return;
    }
    for (size_t i = 0; i < question->num_candidates; ++i) {
        if (question->candidates[i] != address || (search->num_candidates != 0 && search->candidate == address))
            continue;
        search->candidate = address;
        ++search->num_candidates;
    }
    if (is_file_scope && is_called(variable, question->name) && (search->num_named == 0 || search->named != address)) {
        search->named = address;
        ++search->num_named;
    }
}

/* All variables below a DIE. */
static void walk(search_t *search, Dwarf_Die *parent, int is_file_scope, unsigned depth)
{
    Dwarf_Die die;

    if (depth == MAX_DEPTH || dwarf_child(parent, &die) != 0)
        return;
    do {
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_variable)
            look_at_variable(search, &die, is_file_scope);
        else if (tag == DW_TAG_namespace || tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block ||
                 tag == DW_TAG_inlined_subroutine)
            walk(search, &die, is_file_scope && tag == DW_TAG_namespace, depth + 1);
    } while (die_next(&die));
}

static variable_answer_t answer_of(const search_t *search)
{
    if (search->num_candidates != 0)
        return search->num_candidates == 1 ? (variable_answer_t){VARIABLE_AT, search->candidate}
                                           : (variable_answer_t){VARIABLE_UNKNOWN, 0};
    if (search->num_named != 0)
        return search->num_named == 1 ? (variable_answer_t){VARIABLE_AT, search->named} : (variable_answer_t){VARIABLE_UNKNOWN, 0};
    return (variable_answer_t){search->is_external ? VARIABLE_EXTERNAL : VARIABLE_UNKNOWN, 0};
}

/* In the worker. */
static void look_up(FILE *to, void *arg)
{
    const variable_question_t *question = arg;
    const variables_place_t *place = question->place;
    variable_answer_t answer = {VARIABLE_UNKNOWN, 0};
    debugfile_t file;
    Dwarf_Die unit;
    Dwarf *dwarf;

    worker_limit_memory(MAX_MEMORY);
    if (debugfile_find(&file, place->path, place->name, place->root, DEBUGFILE_DWARF, NULL) != 0 ||
        (dwarf = dwarf_begin_elf(file.elf, DWARF_C_READ, NULL)) == NULL)
        return;
    if (find_unit(dwarf, question->site, &unit) == 0 && !is_from_elsewhere(&unit, question->site)) {
        search_t search = {.question = question};
        walk(&search, &unit, 1, 0);
        answer = answer_of(&search);
    }
    fwrite(&answer, sizeof(answer), 1, to);
}

int variable_ask_debug_info(const variable_question_t *question, variable_answer_t *answer)
{
    worker_t worker;

    *answer = (variable_answer_t){VARIABLE_UNKNOWN, 0};
    if (question->place->path == NULL || question->place->name == NULL ||
        worker_start(&worker, MAX_CPU_SECONDS, MAX_SECONDS, look_up, (void *)question) != 0)
        return -1;
    int has_answer = fread(answer, sizeof(*answer), 1, worker.answer) == 1;
    worker_end(&worker);
    if (has_answer && (answer->kind == VARIABLE_AT || answer->kind == VARIABLE_EXTERNAL))
        return 0;
    *answer = (variable_answer_t){VARIABLE_UNKNOWN, 0};
    return has_answer ? 0 : -1;
}
