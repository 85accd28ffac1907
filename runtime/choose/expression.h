#ifndef RUNTIME_CHOOSE_EXPRESSION_H
#define RUNTIME_CHOOSE_EXPRESSION_H

/*
 * An expression that chooses events, as a tree. The grammar:
 *
 *     or:    and { "||" and }
 *     and:   not { "&&" not }
 *     not:   "!" not | "(" or ")" | term
 *     term:  [PROVIDER ":" PROBE "."] FIELD [op value]
 *     op:    "==" | "!=" | "<" | "<=" | ">" | ">=" | "=~"
 *     value: a number, decimal or with 0x, "-" in front or not | a time, such as 100ms | "true" | "false" | "null" | text in double
 * quotes
 *
 * What its names mean is the business of bind.h. The text comes from whoever may start a tracer, but may have been written by
 * others.
 */

#include <stddef.h>
#include <stdint.h>
#include "common/reason.h"

#define EXPRESSION_MAX_TEXT 4096 /* bytes */
#define EXPRESSION_MAX_TERMS 64
#define EXPRESSION_MAX_DEPTH 32 /* of parentheses and "!" in each other */
/* each term, what joins two of them, and each "!" in a row on a term */
#define EXPRESSION_MAX_NODES (2 * EXPRESSION_MAX_TERMS + EXPRESSION_MAX_DEPTH * EXPRESSION_MAX_TERMS)

/** A part of the text. */
typedef struct st_expression_span_t {
    const char *p;
    size_t n;
} expression_span_t;

typedef enum en_expression_op_t {
    EXPRESSION_BARE, /* no comparison */
    EXPRESSION_EQ,
    EXPRESSION_NE,
    EXPRESSION_LT,
    EXPRESSION_LE,
    EXPRESSION_GT,
    EXPRESSION_GE,
    EXPRESSION_LIKE /* =~ */
} expression_op_t;

typedef enum en_expression_value_kind_t {
    EXPRESSION_NUMBER,
    EXPRESSION_BOOLEAN,
    EXPRESSION_NULL,
    EXPRESSION_TEXT,
    EXPRESSION_TIME
} expression_value_kind_t;

typedef struct st_expression_value_t {
    expression_value_kind_t kind;
    int is_negative;        /* of a number */
    uint64_t number;        /* without its sign; of a boolean 1 or 0; of a time ns */
    expression_span_t text; /* what is between the quotes, escapes and all: see pattern.h */
} expression_value_t;

typedef struct st_expression_node_t {
    enum en_expression_kind_t { EXPRESSION_TERM, EXPRESSION_NOT, EXPRESSION_AND, EXPRESSION_OR } kind;
    unsigned left, right; /* nodes; of NOT only the left one */
    /* of a term */
    expression_span_t probe; /* "PROVIDER:PROBE", if it is right; n == 0: any */
    expression_span_t field, op_at, value_at;
    expression_op_t op;
    expression_value_t value;
} expression_node_t;

typedef struct st_expression_t {
    const char *text;
    expression_node_t nodes[EXPRESSION_MAX_NODES];
    unsigned num_nodes, num_terms, root;
} expression_t;

/** What is wrong with an expression, and where. */
typedef struct st_expression_error_t {
    size_t at; /* byte of the text */
    reason_t reason;
} expression_error_t;

/**
 * Reads an expression. @param text has to stay: the tree points into it
 * @return 0, or -1 with an error
 */
int expression_parse(expression_t *expression, const char *text, expression_error_t *error);

/** Sets an error. @return -1 */
int expression_error(expression_error_t *error, size_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
