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

/** Makes the index of .symtab, of the file or else of its debug file. @return NULL: out of memory */
variables_t *variables_open(Elf *elf, const variables_place_t *place);
void variables_close(variables_t *variables);
/**
 * The address of what is meant by a name in the source file of a site.
 * @param site its address, as the addresses of symbols are
 * @return NULL, or why that is not known (a literal): there is none, it has no address, or another one may be meant
 */
const char *variables_find(const variables_t *variables, const char *name, size_t name_len, uint64_t site, uint64_t *value);
/** Whether there is any symbol of that name. */
int variables_has(const variables_t *variables, const char *name, size_t name_len);

#endif
