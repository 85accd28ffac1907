#ifndef GEN_AUDIT_CALLS_SUSPECT_H
#define GEN_AUDIT_CALLS_SUSPECT_H

#include "audit/calls/macro.h"

/**
 * Names that look like the macro of a probe that there is not: APP_LOST_CALL(conn) where the provider app has no probe lost_call.
 * It takes a name in capitals that begins like the macros of a provider, that no source defines, and that is used as nothing else.
 * In the source itself such a call is a statement, `NAME(…);`, in the body of a function.
 */

/** What is known of a place in a file: whether a statement may begin there. Zero-initialise it for each file. */
typedef struct st_tracker_t {
    int previous;       /* see suspect.c */
    int function_depth; /* braces around the body of the function, from 1; 0: there is none */
} tracker_t;

/** Each token of the file. @return whether it may be the beginning of a statement in the body of a function */
int tracker_next(tracker_t *tracker, const reader_t *reader, const ctoken_t *token);

/** NAME_ENABLED() says of NAME that it is meant to be a probe. */
void suspect_is_asked(macros_t *macros, str_t text);

/** The probe that is meant: APP_LOST_CALL -> lost_call. */
str_t suspect_probe(arena_t *arena, const name_t *name);

#endif
