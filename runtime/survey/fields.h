#ifndef RUNTIME_SURVEY_FIELDS_H
#define RUNTIME_SURVEY_FIELDS_H

#include "common/layout.h"
#include "common/reason.h"
#include "survey/sites.h"

struct st_structs_t;

/**
 * Where the fields of structs are that records hold, in each file of the target that has sites. Field number `i` of file number `f`
 * is catalog.paths[i], and stands at [f * catalog.num_paths + i].
 */
typedef struct st_fields_t {
    unsigned num_files;
    struct pg_path *paths; /* all zero: it is null */
    layout_t *layouts;     /* of CATALOG_WHOLE */
    char **reasons;        /* why it is null; NULL: it is not, or no site of the file needs it, or nobody has looked yet */
} fields_t;

/** @return 0, or -1 when out of memory; fields_dispose() is needed in any case */
int fields_init(fields_t *fields, const sites_t *sites);
void fields_dispose(fields_t *fields);
/** Whether a probe with a site in the file of site number `first` has records that hold a field. @param by_connection 1: what tells
 * connections is needed, too */
int fields_are_needed(const sites_t *sites, size_t first, unsigned path, int by_connection);
/**
 * Looks for a field in debug information.
 * @param module index in the target
 * @param layout of CATALOG_WHOLE: the caller's
 * @return 0, or -1 with a reason
 */
int fields_find(struct st_structs_t *structs, size_t module, unsigned path, struct pg_path *how, layout_t *layout,
                reason_t *reason);
/** Gives all fields of a file that are needed and not known that reason. @return 0, or -1 when out of memory */
int fields_give_up(fields_t *fields, const sites_t *sites, unsigned file, size_t first, int by_connection, const char *reason);
/** Says which fields will be null, and why. */
void fields_say_null(const fields_t *fields, const sites_t *sites, say_fn say);

#endif
