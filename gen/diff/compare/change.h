#ifndef GEN_DIFF_COMPARE_CHANGE_H
#define GEN_DIFF_COMPARE_CHANGE_H

#include "diff/side/side.h"

/** The closed set of changes: see changes.def. */
typedef enum en_change_kind_t {
#define CHANGE(id, slug, scripts, json, records) CHANGE_##id,
#include "diff/compare/changes.def"
#undef CHANGE
    CHANGE_NUM_KINDS
} change_kind_t;

typedef enum en_diff_user_t { USER_SCRIPTS, USER_JSON, USER_RECORDS, NUM_USERS } diff_user_t;
typedef enum en_diff_effect_t { EFFECT_COMPATIBLE, EFFECT_BREAKING, EFFECT_UNKNOWN } diff_effect_t;

/** "probe-added", …, by kind */
extern const char *const change_slugs[];
/** "scripts", "JSON", "records", for people, and as JSON has them */
extern const char *const user_titles[], *const user_slugs[];
/** "compatible", "breaking", "unknown" */
extern const char *const effect_slugs[];

/** What a change is about, on one of the sides. */
typedef struct st_change_end_t {
    const side_provider_t *provider; /* NULL: it is not there */
    const side_probe_t *probe;       /* NULL: it is not there, or the change is not about a probe */
    int arg;                         /* index; -1: likewise */
    const ir_field_t *field;         /* NULL: likewise */
    str_t text;                      /* what changed, as it is there; n == 0: it is not there, or empty */
} change_end_t;

typedef struct st_change_t {
    struct st_change_t *next;
    change_kind_t kind;
    change_end_t before, after;
    str_t text; /* what happened, for people */
    diff_effect_t effects[NUM_USERS];
} change_t;

typedef struct st_diff_t {
    arena_t *arena;
    side_t before, after;
    int has_binary;            /* either of them is one: only sites are compared */
    change_t *changes, **next; /* by provider and probe, in the order of the definitions */
    unsigned num_changes;
    unsigned num_breaking[NUM_USERS];
    unsigned num_kinds[CHANGE_NUM_KINDS];
} diff_t;

change_end_t end_of_provider(const side_provider_t *provider);
/** Also of a side that has the probe, but not the part of it that the change is about. */
change_end_t end_of_probe(const side_probe_t *probe);
/** An argument, with the field that is the argument itself; that is not known when a binary is compared. */
change_end_t end_of_arg(const side_probe_t *probe, int arg);
change_end_t end_of_field(const side_probe_t *probe, const ir_field_t *field);

/** Adds a change, with the texts of its ends, and the text for people. */
void change_add(diff_t *diff, change_kind_t kind, change_end_t before, str_t old_text, change_end_t after, str_t new_text,
                const char *fmt, ...) __attribute__((format(printf, 7, 8)));

#endif
