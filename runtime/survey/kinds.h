#ifndef RUNTIME_SURVEY_KINDS_H
#define RUNTIME_SURVEY_KINDS_H

#include "common/reason.h"
#include "common/catalog.h"

struct st_structs_t;

/** Variables that tell of which struct of a connection another one is a part: see catalog_connection_t.kind. */
#define KINDS_MAX_VARIABLES 8 /* of one struct in one file */
#define KINDS_MAX 4096        /* of a target */

typedef struct st_kind_t {
    uint32_t file;       /* number, as in fields_t */
    uint32_t connection; /* index in the catalog: the struct with the part */
    uint64_t address;    /* of its variable, as the file has it */
} kind_t;

typedef struct st_kinds_t {
    kind_t *list;
    size_t num, capacity;
} kinds_t;

/**
 * Looks for the variables of a struct of a connection in debug information.
 * @param module index in the target
 * @return how many there are; 0 for a struct that is told otherwise; -1 with a reason
 */
int kinds_find(struct st_structs_t *structs, size_t module, unsigned connection, uint64_t addresses[KINDS_MAX_VARIABLES],
               reason_t *reason);
/** @return 0, or -1 when out of memory */
int kinds_add(kinds_t *kinds, const kind_t *kind);
void kinds_dispose(kinds_t *kinds);

#endif
