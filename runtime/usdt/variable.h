#ifndef RUNTIME_USDT_VARIABLE_H
#define RUNTIME_USDT_VARIABLE_H

#include <libelf.h>
#include <stddef.h>
#include <stdint.h>

/** What names of variables mean at sites. */
typedef struct st_variables_t variables_t;

/** Where a separate debug file is looked for: see debugfile_find(). All NULL: nowhere. */
typedef struct st_variables_place_t {
    const char *path, *name, *root;
} variables_place_t;

/** Makes the index of .symtab, of the file or else of its debug file. `place` stays valid. @return NULL: out of memory */
variables_t *variables_open(Elf *elf, const variables_place_t *place);
void variables_close(variables_t *variables);
/**
 * The address of what is meant by a name in the source file of a site.
 * @param site its address, as the addresses of symbols are
 * @return NULL, or why that is not known (a literal): there is none, it has no address, or another one may be meant
 */
const char *variables_find(variables_t *variables, const char *name, size_t name_len, uint64_t site, uint64_t *value);
/** Whether there is any symbol of that name. */
int variables_has(const variables_t *variables, const char *name, size_t name_len);

/* ---- debug information ---- */

/** What symbols leave open. */
typedef struct st_variable_question_t {
    const variables_place_t *place;
    const char *name;
    uint64_t site;
    const uint64_t *candidates; /* addresses of the symbols of that name */
    size_t num_candidates;
} variable_question_t;

typedef struct st_variable_answer_t {
    enum { VARIABLE_UNKNOWN, VARIABLE_AT, VARIABLE_EXTERNAL } kind; /* EXTERNAL: the one that source files share */
    uint64_t address;                                               /* of VARIABLE_AT */
} variable_answer_t;

/** Asks the debug information of the site's source file. @return 0; -1: there is none that can be read, so ask no more */
int variable_ask_debug_info(const variable_question_t *question, variable_answer_t *answer);

#endif
