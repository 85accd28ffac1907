#ifndef RUNTIME_CONNECTION_WAYS_H
#define RUNTIME_CONNECTION_WAYS_H

#include "assemble/assemble.h"
#include "connection/wanted.h"
#include "survey/survey.h"

/**
 * How each site tells its connection, in the order of survey_t.sites; to be freed. Sites that cannot tell it have no way, and what
 * is left out is said, with the reason. @param first_name the number that the pattern of the first name has for the BPF program
 * @return NULL with a reason: out of memory, or no site can tell it
 */
assemble_connection_t *ways_make(const survey_t *survey, const wanted_t *wanted, unsigned first_name, say_fn say, reason_t *reason);

/** What a site tells of its connection where views are to know whose events are. */
typedef struct st_told_t {
    assemble_connection_t connection; /* without a way: nothing */
    const catalog_field_t *number;    /* of the connection, as its events have it; NULL: it tells nothing */
} told_t;

/**
 * What sites where requests or connections of HTTP begin tell, in the order of survey_t.sites; to be freed. If none of them can
 * tell addresses, or names, that is said. @param say NULL: it is not @return NULL: out of memory
 */
told_t *ways_tell(const survey_t *survey, say_fn say);

#endif
