#ifndef GEN_DIFF_COMPARE_CHANGE_H
#define GEN_DIFF_COMPARE_CHANGE_H

#include "diff/side/side.h"

/** The closed set of changes: see changes.def. */
typedef enum en_change_kind_t {
#define CHANGE(id, slug, title, scripts, json, records) CHANGE_##id,
#include "diff/compare/changes.def"
#undef CHANGE
    CHANGE_NUM_KINDS
} change_kind_t;

typedef enum en_diff_user_t { USER_SCRIPTS, USER_JSON, USER_RECORDS, NUM_USERS } diff_user_t;
typedef enum en_diff_effect_t { EFFECT_COMPATIBLE, EFFECT_BREAKING, EFFECT_UNKNOWN } diff_effect_t;

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
    unsigned *shifts;          /* by record id on the new side: how many ids after it changed */
    unsigned num_changes;
    unsigned num_breaking[NUM_USERS];
    unsigned num_kinds[CHANGE_NUM_KINDS];
} diff_t;

/** "probe-added" */
const char *change_slug(change_kind_t kind);
/** "probe added" */
const char *change_title(change_kind_t kind);
/** "scripts", "JSON", "records": for people */
const char *user_title(diff_user_t user);
/** "scripts", "json", "records" */
const char *user_slug(diff_user_t user);
/** "compatible", "breaking", "unknown" */
const char *effect_slug(diff_effect_t effect);

/** Adds a change; the caller fills in the rest. */
change_t *change_add(diff_t *diff, change_kind_t kind, change_end_t before, change_end_t after);

#endif
