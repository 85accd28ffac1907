#ifndef GEN_DIFF_REPORT_REPORT_H
#define GEN_DIFF_REPORT_REPORT_H

#include "diff/compare/change.h"
#include "print/print.h"

/** What makes the command fail, bits of a set: changes that break a user, and these two */
enum { FAIL_ON_CHANGE = NUM_USERS, FAIL_ON_NONE };

/** All that a report is made of. */
typedef struct st_diff_report_t {
    const diff_t *diff;
    uint64_t fail_on;
    int is_failed;
    int is_color; /* for a terminal */
} diff_report_t;

/** The output formats: formats.def */
extern const format_t diff_formats[];

/** Whether there are changes such as make the command fail. */
int diff_is_failed(const diff_t *diff, uint64_t fail_on);
/** One line: "no changes: 135 probes", "FAILED: 3 changes; breaking for …; 132 -> 135 probes" */
str_t diff_verdict(const diff_report_t *report);

/* what formats for people share */

/** What a change is about: on the new side, if it is there. */
const change_end_t *change_end(const change_t *change);
/** Whether it is reported with its provider, which came or went as a whole. */
int change_is_of_provider(const change_t *change);
/** "a, b, c": the probes of a provider */
str_t provider_probes(arena_t *arena, const side_provider_t *provider);
/** "BREAKING", "ok", "?", by effect */
extern const char *const effect_words[];

#endif
