#include "choose/condition.h"
#include "common/grow.h"

unsigned condition_add(condition_t *condition, const condition_node_t *node)
{
    condition_node_t *list = grow_list(condition->nodes, &condition->capacity, condition->num, sizeof(*list));

    if (list == NULL)
        return CONDITION_FAILED;
    condition->nodes = list;
    list[condition->num] = *node;
    return (unsigned)condition->num++;
}

unsigned condition_add_constant(condition_t *condition, int is_true)
{
    return condition_add(condition, &(condition_node_t){.kind = is_true ? CONDITION_TRUE : CONDITION_FALSE});
}

unsigned condition_add_not(condition_t *condition, unsigned node)
{
    if (node == CONDITION_FAILED)
        return CONDITION_FAILED;
    if (condition->nodes[node].kind <= CONDITION_TRUE)
        return condition_add_constant(condition, condition->nodes[node].kind == CONDITION_FALSE);
    return condition_add(condition, &(condition_node_t){.kind = CONDITION_NOT, .left = node});
}

unsigned condition_add_pair(condition_t *condition, enum en_condition_kind_t kind, unsigned left, unsigned right)
{
    enum en_condition_kind_t decides = kind == CONDITION_AND ? CONDITION_FALSE : CONDITION_TRUE;

    if (left == CONDITION_FAILED || right == CONDITION_FAILED)
        return CONDITION_FAILED;
    for (int i = 0; i < 2; ++i) {
        unsigned one = i == 0 ? left : right, other = i == 0 ? right : left;
        if (condition->nodes[one].kind <= CONDITION_TRUE)
            return condition->nodes[one].kind == decides ? one : other;
    }
    return condition_add(condition, &(condition_node_t){.kind = kind, .left = left, .right = right});
}

unsigned condition_add_is_null(condition_t *condition, int field, int is_negated)
{
    unsigned node = field < 0 ? condition_add_constant(condition, 0)
                              : condition_add(condition, &(condition_node_t){.kind = CONDITION_IS_NULL, .field = field});

    return is_negated ? condition_add_not(condition, node) : node;
}

const catalog_field_t *condition_lacks(const condition_t *condition, uint32_t show)
{
    for (size_t i = 0; i < condition->num; ++i) {
        const condition_node_t *node = condition->nodes + i;
        if (node->kind < CONDITION_IS_NULL || node->field < 0)
            continue;
        const catalog_field_t *field = condition->probe->fields + node->field;
        if (field->gate != 0 && (field->gate & show) == 0)
            return field;
    }
    return NULL;
}

int condition_asks_duration(const condition_t *condition)
{
    for (size_t i = 0; i < condition->num; ++i) {
        const condition_node_t *node = condition->nodes + i;
        if (node->kind >= CONDITION_IS_NULL && node->field >= 0 && condition->probe->fields[node->field].pair != 0)
            return 1;
    }
    return 0;
}

uint32_t condition_args(const condition_t *condition)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < condition->num; ++i) {
        const condition_node_t *node = condition->nodes + i;
        if (node->kind < CONDITION_IS_NULL || node->field < 0)
            continue;
        const catalog_field_t *field = condition->probe->fields + node->field;
        if (field->pair == 0)
            bits |= 1u << field->arg | (field->length_kind == CATALOG_LENGTH_ARG ? 1u << field->length : 0);
    }
    return bits;
}

int condition_matches_text(const condition_t *condition)
{
    size_t i = 0;

    while (i < condition->num && condition->nodes[i].kind != CONDITION_MATCH)
        ++i;
    return i != condition->num;
}
