#include <string.h>
#include "choose/evaluate.h"

typedef struct st_evaluator_t {
    const condition_t *condition;
    const patterns_t *patterns;
    const char *record;
} evaluator_t;

static const struct pg_head *head_of(const evaluator_t *of)
{
    return (const struct pg_head *)of->record;
}

static const catalog_field_t *field_of(const evaluator_t *of, const condition_node_t *node)
{
    return of->condition->probe->fields + node->field;
}

/* A number as the record has it, extended to 64 bits by its sign. */
static uint64_t number_of(const evaluator_t *of, const condition_node_t *node)
{
    uint64_t x = 0;

    if (node->field < 0)
        return node->field == CONDITION_PID ? head_of(of)->tgid : head_of(of)->tid;
    const catalog_field_t *field = field_of(of, node);
    memcpy(&x, of->record + field->offset, field->size);
    if (field->is_signed && field->size < 8 && (x >> (field->size * 8 - 1)) != 0)
        x |= ~0ull << (field->size * 8);
    return x;
}

static int is_null(const evaluator_t *of, const condition_node_t *node)
{
    if (node->field < 0)
        return 0;
    const catalog_field_t *field = field_of(of, node);
    if ((head_of(of)->nulls & 1ull << field->bit) != 0)
        return 1;
    return field->is_optional && number_of(of, node) == 0;
}

static int compare(const evaluator_t *of, const condition_node_t *node)
{
    uint64_t x = number_of(of, node), y = node->value;
    int is_less = condition_is_signed(of->condition, node->field) ? (int64_t)x < (int64_t)y : x < y;

    switch (node->op) {
    case CONDITION_EQ:
        return x == y;
    case CONDITION_NE:
        return x != y;
    case CONDITION_LT:
        return is_less;
    case CONDITION_LE:
        return is_less || x == y;
    case CONDITION_GT:
        return !is_less && x != y;
    case CONDITION_GE:
        return !is_less;
    }
    return 0;
}

static int matches(const evaluator_t *of, const condition_node_t *node)
{
    const catalog_field_t *field = field_of(of, node);
    struct pg_span span;

    memcpy(&span, of->record + field->offset, sizeof(span));
    const char *slot = of->record + of->condition->probe->size + (size_t)field->slot * head_of(of)->slot;
    int is_cut = span.len > span.got;
    return pattern_matches(of->patterns->list + node->pattern, slot, span.got, is_cut) == (node->op == CONDITION_EQ);
}

static int is_so(const evaluator_t *of, unsigned number)
{
    const condition_node_t *node = of->condition->nodes + number;

    switch (node->kind) {
    case CONDITION_FALSE:
    case CONDITION_TRUE:
        return node->kind == CONDITION_TRUE;
    case CONDITION_NOT:
        return !is_so(of, node->left);
    case CONDITION_AND:
        return is_so(of, node->left) && is_so(of, node->right);
    case CONDITION_OR:
        return is_so(of, node->left) || is_so(of, node->right);
    case CONDITION_IS_NULL:
        return is_null(of, node);
    case CONDITION_IS_TRUE:
        return !is_null(of, node) && number_of(of, node) != 0;
    case CONDITION_COMPARE:
        return !is_null(of, node) && compare(of, node);
    case CONDITION_MATCH:
        return !is_null(of, node) && matches(of, node);
    }
    return 0;
}

int evaluate(const condition_t *condition, const patterns_t *patterns, const void *record)
{
    const evaluator_t of = {.condition = condition, .patterns = patterns, .record = record};

    return is_so(&of, condition->root);
}

int evaluate_mask(const condition_t *condition, const patterns_t *patterns, const void *record)
{
    const evaluator_t of = {.condition = condition, .patterns = patterns, .record = record};

    return is_so(&of, condition->mask);
}
