#ifndef RUNTIME_SURVEY_DIFFERENCES_H
#define RUNTIME_SURVEY_DIFFERENCES_H

#include "common/catalog.h"
#include "common/say.h"
#include "usdt/note.h"

/** What a target's probes and those of the definitions do not have in common: the target may be of another version. */
typedef struct st_differences_t {
    /** by index in the catalog: the number of arguments at the first site where it differs, plus 1; 0: there is none */
    size_t *passed;
    /** by index in the catalog: the target has it, though it may be that no site of it can be attached to */
    char *is_there;
    char **unknown; /* "provider:probe" of the target that the definitions lack */
    size_t num_unknown, capacity;
} differences_t;

/** @return 0, or -1 when out of memory; differences_dispose() is needed in any case */
int differences_init(differences_t *differences);
void differences_dispose(differences_t *differences);
/** A probe of the target that the catalog does not have; one of a provider that is none of the definitions' is passed over.
 * @return 0, or -1 when out of memory */
int differences_add_unknown(differences_t *differences, const note_t *note);
/** A site of a probe of the catalog that passes so many arguments. */
void differences_add_site(differences_t *differences, unsigned probe, size_t num_args);
/**
 * Says in one line what differs, if anything does.
 * @param is_selected by index in the catalog: only of these probes. What the definitions lack is said if all of them are
 * @param is_whole    all names; else it is cut where it gets long
 */
void differences_say(differences_t *differences, const char *is_selected, int is_whole, say_fn say);

#endif
