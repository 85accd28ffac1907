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

#endif
