#ifndef RUNTIME_SURVEY_SURVEY_H
#define RUNTIME_SURVEY_SURVEY_H

#include "common/say.h"
#include "survey/fields.h"
#include "survey/kinds.h"

#define SURVEY_MAX_BUILD_ID 64 /* bytes */

/** What the files of a target say: where its sites are, and the fields of structs. */
typedef struct st_survey_t {
    sites_t sites;
    fields_t fields;
    kinds_t kinds;
    char build_id[2 * SURVEY_MAX_BUILD_ID + 1]; /* of the program, in hex digits; "": it has none */
} survey_t;

/** What is wanted of it. */
typedef struct st_survey_wish_t {
    const char *is_selected; /* by index in the catalog */
    const char *is_left_out; /* the same, of probes that are not, since they tell of no connection: it is said; NULL: of none */
    uint32_t show;           /* PG_SHOW_*: what will be printed */
    const uint32_t *reads;   /* the same: bits of the arguments that somebody reads; NULL: any */
    int sites_only;          /* no fields */
    int by_connection;       /* also what tells connections */
    int is_detailed;         /* say also what is merely remarkable */
    say_fn say;              /* gets what there is to say: tracer_say(), or another one */
    /** called some times a second while the worker is waited for; when it returns another number than 0, the survey is given up.
     * NULL: there is nothing else to do */
    int (*idle)(void *data);
    void *data;
} survey_wish_t;

/**
 * Reads the files of a target, which may be anybody's, in a process of its own with limits of time and memory. What is remarkable
 * is said: sites that are left out, arguments and fields that will be null, with the reasons.
 * @return 0, or -1 with a reason; no site at all is no failure. survey_dispose() is needed in any case
 */
int survey_make(survey_t *survey, const target_t *target, const survey_wish_t *wish, reason_t *reason);
void survey_dispose(survey_t *survey);

#endif
