/* Which events are wanted: by expressions, and by the names of headers. */
#include <stdlib.h>
#include <string.h>
#include "choose/bind.h"
#include "choose/choose.h"

/* ---- headers: which field is the name of one is said by the catalog ---- */

/* Whether the name is one of these (EQ), or none of them (NE). Both are false if it cannot be read. */
static unsigned add_test(choose_t *choose, condition_t *condition, const choose_texts_t *names, condition_op_t op,
                         expression_error_t *error)
{
    int is_one = op == CONDITION_EQ;
    unsigned node = condition_add_constant(condition, !is_one);

    for (size_t i = 0; i < names->num; ++i) {
        condition_node_t match = {.kind = CONDITION_MATCH, .field = (int)condition->probe->header->name, .op = op};
        struct pg_pattern pattern;
        size_t at;
        if (pattern_make(&pattern, names->list[i], strlen(names->list[i]), PATTERN_IGNORE_CASE | PATTERN_PLAIN, &at,
                         &error->reason) != 0)
            return CONDITION_FAILED;
        if (patterns_add(&choose->patterns, &pattern, &match.pattern) != 0)
            return (unsigned)expression_error(error, 0, "out of memory");
        node = condition_add_pair(condition, is_one ? CONDITION_OR : CONDITION_AND, node, condition_add(condition, &match));
    }
    if (node == CONDITION_FAILED)
        expression_error(error, 0, "out of memory");
    return node;
}

/* What -s and --mask say of a probe whose events are headers. */
static int add_names(choose_t *choose, const choose_wish_t *wish, condition_t *condition, expression_error_t *error)
{
    unsigned node;

    if (wish->headers.num != 0) {
        if ((node = add_test(choose, condition, &wish->headers, CONDITION_EQ, error)) == CONDITION_FAILED)
            return -1;
        condition->root = condition->is_wished ? condition_add_pair(condition, CONDITION_AND, condition->root, node) : node;
        condition->is_wished = 1;
    } else if (!condition->is_wished) {
        condition->root = condition_add_constant(condition, 1);
    }
    if (wish->masks.num != 0) {
        /* what cannot be read may be one of them */
        node = condition_add_not(condition, add_test(choose, condition, &wish->masks, CONDITION_NE, error));
        condition->hides_value = 1;
        condition->mask = node;
        if (node == CONDITION_FAILED)
            return -1;
    }
    return condition->root != CONDITION_FAILED ? 0 : expression_error(error, 0, "out of memory");
}

static int add_headers(choose_t *choose, const choose_wish_t *wish, const char *is_selected, expression_error_t *error)
{
    unsigned num = 0;

    if (wish->headers.num == 0 && wish->masks.num == 0)
        return 0;
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        condition_t *condition = choose->conditions + i;
        if (!is_selected[i] || catalog.probes[i].header == NULL)
            continue;
        condition->probe = catalog.probes + i;
        if (add_names(choose, wish, condition, error) != 0)
            return -1;
        ++num;
    }
    return num != 0 ? 0
                    : expression_error(error, 0, "%s is about headers, and no probe that is selected has any",
                                       wish->headers.num != 0 ? "-s" : "--mask");
}

/* ---- durations ---- */

/* One of them, where there are several. */
static unsigned add_slower(condition_t *condition, uint64_t ns)
{
    unsigned node = condition_add_constant(condition, 0);

    for (unsigned i = 0; i < condition->probe->num_fields; ++i) {
        const condition_node_t compare = {.kind = CONDITION_COMPARE, .field = (int)i, .op = CONDITION_GE, .value = ns};
        if (condition->probe->fields[i].pair != 0)
            node = condition_add_pair(condition, CONDITION_OR, node, condition_add(condition, &compare));
    }
    return node;
}

static int has_durations(const catalog_probe_t *probe)
{
    return probe->num_roles != 0 && probe->roles[0].is_end;
}

static int refuse_slower(expression_error_t *error)
{
    return catalog.num_pairs == 0
               ? expression_error(error, 0,
                                  "--slower-than: the maps that %s was made of say of no probes that they are begin and end "
                                  "(pair PROVIDER:PROBE -> ...;)",
                                  catalog.tracer)
               : expression_error(error, 0, "--slower-than: no probe that is selected has a duration; -l -v says which ones have");
}

/* Of what events end, what took less than that is not wanted. */
static int add_durations(choose_t *choose, const choose_wish_t *wish, const char *is_selected, expression_error_t *error)
{
    int takes_all = wish->has_patterns || wish->expressions.num == 0, num = 0;

    for (unsigned i = 0; wish->slower_than != 0 && i < catalog.num_probes; ++i) {
        condition_t *condition = choose->conditions + i;
        if (!is_selected[i] || !has_durations(catalog.probes + i) || !(condition->is_wished || takes_all))
            continue;
        condition->probe = catalog.probes + i;
        unsigned node = add_slower(condition, wish->slower_than);
        condition->root = condition->is_wished ? condition_add_pair(condition, CONDITION_AND, condition->root, node) : node;
        condition->is_wished = 1;
        if (condition->root == CONDITION_FAILED)
            return expression_error(error, 0, "out of memory");
        ++num;
    }
    return wish->slower_than == 0 || num != 0 ? 0 : refuse_slower(error);
}

/* ---- the whole ---- */

/* What is wanted of the selection. @return whether there is anything left */
static int narrow(const choose_t *choose, const choose_wish_t *wish, char *is_selected)
{
    int asks_nothing = wish->expressions.num == 0 && wish->slower_than == 0 && wish->headers.num == 0;
    int takes_all = !wish->ends && !wish->of_groups && (wish->has_patterns || (asks_nothing && wish->masks.num == 0));
    int is_left = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const condition_t *condition = choose->conditions + i;
        int is_masked = asks_nothing && condition->hides_value;
        is_selected[i] &= condition->is_wished ? condition->nodes[condition->root].kind != CONDITION_FALSE : takes_all || is_masked;
        is_left |= is_selected[i];
    }
    return is_left;
}

int choose_make(choose_t *choose, const choose_wish_t *wish, char *is_selected, choose_error_t *error)
{
    *choose = (choose_t){0};
    *error = (choose_error_t){0};
    if (wish->expressions.num == 0 && wish->headers.num == 0 && wish->masks.num == 0 && wish->slower_than == 0)
        return 0;
    choose->conditions = calloc(catalog.num_probes + 1, sizeof(*choose->conditions));
    if (choose->conditions == NULL)
        return expression_error(&error->error, 0, "out of memory");
    const bind_t to = {.is_selected = is_selected,
                       .selected_by = wish->has_patterns ? "-t" : wish->narrowed_by,
                       .asks_records = wish->ends || wish->of_groups,
                       .show = wish->show,
                       .conditions = choose->conditions,
                       .patterns = &choose->patterns};
    for (size_t i = 0; i < wish->expressions.num; ++i) {
        error->text = wish->expressions.list[i];
        if (bind_expression(&to, error->text, &error->error) != 0)
            return -1;
    }
    error->text = NULL;
    if (add_headers(choose, wish, is_selected, &error->error) != 0 || add_durations(choose, wish, is_selected, &error->error) != 0)
        return -1;
    return narrow(choose, wish, is_selected)
               ? 0
               : expression_error(&error->error, 0, "no event can be as %s wants it: there is none with all that is asked of it",
                                  wish->ends ? "--until" : "-e");
}

const condition_t *choose_condition(const choose_t *choose, const catalog_probe_t *probe)
{
    const condition_t *condition = choose->conditions != NULL ? choose->conditions + (probe - catalog.probes) : NULL;

    return condition != NULL && condition->num != 0 ? condition : NULL;
}

int choose_asks_durations(const choose_t *choose)
{
    for (unsigned i = 0; choose->conditions != NULL && i < catalog.num_probes; ++i) {
        if (condition_asks_duration(choose->conditions + i))
            return 1;
    }
    return 0;
}

int choose_filters(const choose_t *choose)
{
    for (unsigned i = 0; choose->conditions != NULL && i < catalog.num_probes; ++i) {
        if (choose->conditions[i].is_wished)
            return 1;
    }
    return 0;
}

void choose_dispose(choose_t *choose)
{
    for (unsigned i = 0; choose->conditions != NULL && i < catalog.num_probes; ++i)
        free(choose->conditions[i].nodes);
    free(choose->conditions);
    patterns_dispose(&choose->patterns);
    *choose = (choose_t){0};
}
