#ifndef RUNTIME_CHOOSE_CONDITION_H
#define RUNTIME_CHOOSE_CONDITION_H

/* What an event of one probe has to be like: expressions whose names have been looked up, with nothing left that does not depend on
 * the event. */

#include "common/catalog.h"

/** Fields that the catalog does not have, in place of an index. */
enum { CONDITION_PID = -1, CONDITION_TID = -2 };

typedef enum en_condition_op_t {
    CONDITION_EQ,
    CONDITION_NE,
    CONDITION_LT,
    CONDITION_LE,
    CONDITION_GT,
    CONDITION_GE
} condition_op_t;

typedef struct st_condition_node_t {
    enum en_condition_kind_t {
        CONDITION_FALSE, /* only at the root, as the next one */
        CONDITION_TRUE,
        CONDITION_NOT,
        CONDITION_AND,
        CONDITION_OR,
        /* what follows is of one field; all but IS_NULL are false if it is null */
        CONDITION_IS_NULL, /* or it cannot be read, or the event has not got it */
        CONDITION_IS_TRUE, /* it is not 0 */
        CONDITION_COMPARE, /* with a number */
        CONDITION_MATCH    /* with a pattern: EQ or NE */
    } kind;
    unsigned left, right; /* nodes; of NOT only the left one */
    int field;            /* index in catalog_probe_t.fields, or CONDITION_* */
    condition_op_t op;
    uint64_t value;   /* as the field's type has it, extended to 64 bits */
    unsigned pattern; /* number */
} condition_node_t;

/** In place of a node: memory is short. */
#define CONDITION_FAILED ((unsigned)-1)

typedef struct st_condition_t {
    const catalog_probe_t *probe;
    condition_node_t *nodes;
    size_t num, capacity;
    unsigned root;
    int is_wished;   /* somebody has asked for some of the events; else all are wanted */
    int hides_value; /* of a header, if `mask` is so */
    unsigned mask;   /* node */
} condition_t;

/** Add a node. @return its number, or CONDITION_FAILED; a node that has failed makes those above it fail. */
unsigned condition_add(condition_t *condition, const condition_node_t *node);
unsigned condition_add_constant(condition_t *condition, int is_true);
unsigned condition_add_not(condition_t *condition, unsigned node);
/** @param kind AND or OR. What is constant decides, or is left out. */
unsigned condition_add_pair(condition_t *condition, enum en_condition_kind_t kind, unsigned left, unsigned right);
unsigned condition_add_is_null(condition_t *condition, int field, int is_negated);

/** A field that a condition asks about, and that a record does not have if `show` (PG_SHOW_*) is shown; NULL: there is none. */
const catalog_field_t *condition_lacks(const condition_t *condition, uint32_t show);
/** Whether it asks about a duration. */
int condition_asks_duration(const condition_t *condition);
/** Bits of the arguments that it is about, or about something in them; those that say how long they are, too. */
uint32_t condition_args(const condition_t *condition);
/** Whether it asks about text or bytes. */
int condition_matches_text(const condition_t *condition);

/** Whether a field is compared as a signed number. */
static inline int condition_is_signed(const condition_t *condition, int field)
{
    return field >= 0 && condition->probe->fields[field].is_signed;
}

#endif
