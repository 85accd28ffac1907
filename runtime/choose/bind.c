/*
 * Expressions and the catalog: what each means for each probe.
 *
 * A term names a field of one probe, of those that a pattern matches, or of any; for all other probes it is false. What does not
 * depend on the event is worked out here: of `a && b` where b is of another probe nothing is left, and a number that a field cannot
 * have needs no comparison.
 */
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "choose/bind.h"
#include "common/reason.h"

/* names longer than that are none */
#define MAX_NAME 256

typedef struct st_binder_t {
    const bind_t *to;
    const expression_t *expression;
    expression_error_t *error;
} binder_t;

/* what a function that makes a node returns if it cannot */
#define FAILED CONDITION_FAILED

static int refuse_at(const binder_t *binder, const char *where)
{
    binder->error->at = (size_t)(where - binder->expression->text);
    return -1;
}

#define REFUSE(binder, where, ...) (reason_set(&(binder)->error->reason, __VA_ARGS__), refuse_at((binder), (where)))

static int refuse_memory(const binder_t *binder)
{
    return REFUSE(binder, binder->expression->text, "out of memory");
}

/* ---- names ---- */

static int is_text(expression_span_t span, const char *text)
{
    return strlen(text) == span.n && memcmp(text, span.p, span.n) == 0;
}

/* A name as a string, cut. */
static const char *name_of(expression_span_t span, char name[MAX_NAME])
{
    snprintf(name, MAX_NAME, "%.*s", (int)(span.n < MAX_NAME ? span.n : MAX_NAME), span.p);
    return name;
}

static void name_probe(const catalog_probe_t *probe, char name[MAX_NAME])
{
    snprintf(name, MAX_NAME, "%s:%s", probe->provider, probe->name);
}

/* Whether a term is of a probe, as far as its name goes. */
static int names_probe(const expression_node_t *term, const catalog_probe_t *probe)
{
    char glob[MAX_NAME], name[MAX_NAME];

    if (term->probe.n == 0)
        return 1;
    name_probe(probe, name);
    return term->probe.n < MAX_NAME && fnmatch(name_of(term->probe, glob), name, 0) == 0;
}

static int is_glob(expression_span_t span)
{
    return memchr(span.p, '*', span.n) != NULL || memchr(span.p, '?', span.n) != NULL;
}

/* Which field of a probe a term names. @return whether there is one */
static int find_field(const expression_node_t *term, const catalog_probe_t *probe, int *field)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (is_text(term->field, probe->fields[i].name)) {
            *field = (int)i;
            return 1;
        }
    }
    *field = is_text(term->field, "pid") ? CONDITION_PID : CONDITION_TID;
    return *field == CONDITION_PID || is_text(term->field, "tid");
}

/* ---- what may have been meant ---- */

typedef struct st_nearest_t {
    const char *typed;
    char name[MAX_NAME];
    unsigned distance;
} nearest_t;

static void consider(nearest_t *nearest, const char *name)
{
    unsigned d = near_distance(nearest->typed, name);

    if (d < nearest->distance && d <= near_most(nearest->typed) + (strlen(nearest->typed) < 8)) {
        nearest->distance = d;
        snprintf(nearest->name, sizeof(nearest->name), "%s", name);
    }
}

/* "stats.num.lost": the struct is a field, but what is in it is none. @return 0: this is something else */
static int refuse_member(const binder_t *binder, const expression_node_t *term)
{
    char owner[MAX_NAME], name[MAX_NAME];
    const char *colon = memchr(term->probe.p, ':', term->probe.n), *end = term->probe.p + term->probe.n;
    const char *dot = colon != NULL ? memchr(colon, '.', (size_t)(end - colon)) : NULL, *p = dot != NULL ? dot + 1 : term->probe.p;
    const expression_span_t first = {p, strcspn(p, ".")};
    const expression_node_t of = {.probe = {term->probe.p, dot != NULL ? (size_t)(dot - term->probe.p) : 0}};

    for (unsigned i = 0; i < catalog.num_probes && (colon == NULL || dot != NULL); ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        for (unsigned j = 0; j < probe->num_fields && names_probe(&of, probe); ++j) {
            if (probe->fields[j].value != CATALOG_VALUE_OBJECT || !is_text(first, probe->fields[j].name))
                continue;
            name_probe(probe, owner);
            return REFUSE(binder, first.p, "'%s.%s' is a struct that is shown whole: its members cannot be compared", owner,
                          name_of(first, name));
        }
    }
    return 0;
}

/* A probe without its provider, or something else in front of a dot. */
static int refuse_front(const binder_t *binder, const expression_node_t *term)
{
    char typed[MAX_NAME], field[MAX_NAME];

    name_of(term->probe, typed);
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (fnmatch(typed, catalog.probes[i].name, 0) == 0)
            return REFUSE(binder, term->probe.p, "in front of the dot PROVIDER:PROBE is wanted: did you mean '%s:%s.%s'?",
                          catalog.probes[i].provider, typed, name_of(term->field, field));
    }
    return REFUSE(binder, term->probe.p, "in front of the dot PROVIDER:PROBE is wanted");
}

static int refuse_probe(const binder_t *binder, const expression_node_t *term)
{
    char typed[MAX_NAME], name[MAX_NAME];
    nearest_t nearest = {.typed = name_of(term->probe, typed), .distance = UINT_MAX};

    if (refuse_member(binder, term) != 0)
        return -1;
    if (strchr(typed, ':') == NULL)
        return refuse_front(binder, term);
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        name_probe(catalog.probes + i, name);
        if (strcmp(name, typed) == 0)
            return REFUSE(binder, term->probe.p, "%s does not select '%s'", binder->to->selected_by, typed);
        consider(&nearest, name);
    }
    if (nearest.distance != UINT_MAX)
        return REFUSE(binder, term->probe.p, "no probe matches '%s'; did you mean '%s'?", typed, nearest.name);
    return REFUSE(binder, term->probe.p, "no probe matches '%s'; -l lists them", typed);
}

/* What is in an event beside its fields. */
static int is_key(expression_span_t name)
{
    return is_text(name, "module") || is_text(name, "type") || is_text(name, "time");
}

static int refuse_field(const binder_t *binder, const expression_node_t *term)
{
    char typed[MAX_NAME], owner[MAX_NAME], none[MAX_NAME + 64];
    nearest_t nearest = {.typed = name_of(term->field, typed), .distance = UINT_MAX};

    if (is_key(term->field))
        return REFUSE(binder, term->field.p, "'%s' is a key of every event, and no field: %s", typed,
                      is_text(term->field, "time") ? "it cannot be compared" : "-t chooses by provider and probe");
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        if (!binder->to->is_selected[i] || !names_probe(term, probe))
            continue;
        for (unsigned j = 0; j < probe->num_fields; ++j)
            consider(&nearest, probe->fields[j].name);
    }
    if (term->probe.n == 0)
        snprintf(none, sizeof(none), binder->to->selected_by != NULL ? "no probe that %s selects" : "no probe",
                 binder->to->selected_by);
    else if (is_glob(term->probe))
        snprintf(none, sizeof(none), "no probe that matches '%s'", name_of(term->probe, owner));
    else
        snprintf(none, sizeof(none), "'%s'", name_of(term->probe, owner));
    const char *has = term->probe.n != 0 && !is_glob(term->probe) ? "has no field" : "has a field";
    if (nearest.distance != UINT_MAX)
        return REFUSE(binder, term->field.p, "%s %s '%s'; did you mean '%s'?", none, has, typed, nearest.name);
    return REFUSE(binder, term->field.p, "%s %s '%s'; -l -v lists them", none, has, typed);
}

/* ---- which probes an expression is about ---- */

/* @return how many there are, or -1: the term names nothing */
static int mark_term(const binder_t *binder, const expression_node_t *term, char *is_about)
{
    int num = 0, num_named = 0, field;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (!binder->to->is_selected[i] || !names_probe(term, catalog.probes + i))
            continue;
        ++num_named;
        if (!find_field(term, catalog.probes + i, &field))
            continue;
        ++num;
        /* that all events have it says nothing of which are meant */
        is_about[i] |= field >= 0 || term->probe.n != 0;
    }
    if (num_named == 0)
        return term->probe.n != 0 ? refuse_probe(binder, term) : num;
    return num != 0 ? num : refuse_field(binder, term);
}

/* @return flags by index, for free(); NULL with an error */
static char *find_probes(const binder_t *binder)
{
    const expression_t *expression = binder->expression;
    char *is_about = calloc(catalog.num_probes + 1, 1);
    int failed = is_about == NULL;

    if (failed)
        refuse_memory(binder);
    for (unsigned i = 0; !failed && i < expression->num_nodes; ++i)
        failed = expression->nodes[i].kind == EXPRESSION_TERM && mark_term(binder, expression->nodes + i, is_about) < 0;
    if (failed) {
        free(is_about);
        return NULL;
    }
    if (memchr(is_about, 1, catalog.num_probes) == NULL)
        memcpy(is_about, binder->to->is_selected, catalog.num_probes);
    return is_about;
}

/* ---- terms ---- */

/* A term that is about a probe. */
typedef struct st_use_t {
    const binder_t *binder;
    const expression_node_t *term;
    condition_t *condition;
    int field;
} use_t;

static enum en_catalog_value_t type_of(const use_t *use)
{
    return use->field >= 0 ? use->condition->probe->fields[use->field].value : CATALOG_VALUE_INTEGER;
}

/* A type, and what can be asked of it. */
static const char *const allowed[] = {
    [CATALOG_VALUE_INTEGER] = "an integer, which is compared with a number",
    [CATALOG_VALUE_BOOLEAN] = "a boolean: write it alone, or == or != true, false or null",
    [CATALOG_VALUE_FLOAT] = "a floating-point number, of which only == null and != null can be asked",
    [CATALOG_VALUE_POINTER] = "a pointer, which is compared with a number",
    [CATALOG_VALUE_TEXT] = "text: == \"text\", != \"text\", =~ \"glob\", or == or != null",
    [CATALOG_VALUE_BYTES] = "bytes: == \"hexadecimal digits\", != the same, =~ with * and ?, or == or != null",
    [CATALOG_VALUE_ADDRESS] = "the address of a socket, which cannot be compared",
    [CATALOG_VALUE_OBJECT] = "an object, which cannot be compared",
    [CATALOG_VALUE_DURATION] = "a duration, which is compared with a time, such as 100ms",
};

static int refuse_type(const use_t *use, expression_span_t where)
{
    char probe[MAX_NAME], field[MAX_NAME], more[MAX_NAME + 32] = "";
    enum en_catalog_value_t type = type_of(use);

    name_of(use->term->field, field);
    if (use->term->op == EXPRESSION_BARE && (type == CATALOG_VALUE_INTEGER || type == CATALOG_VALUE_POINTER))
        snprintf(more, sizeof(more), ": write %s != 0", field);
    else if (use->term->op == EXPRESSION_LIKE && type != CATALOG_VALUE_TEXT && type != CATALOG_VALUE_BYTES)
        snprintf(more, sizeof(more), "; =~ is for text");
    name_probe(use->condition->probe, probe);
    return REFUSE(use->binder, where.p, "'%s.%s' is %s%s", probe, field, allowed[type], more);
}

/* How a number lies to what a field can have: below, within, above. */
static int place_of(const use_t *use, const expression_value_t *value)
{
    const catalog_field_t *field = use->field >= 0 ? use->condition->probe->fields + use->field : NULL;
    unsigned bits = field != NULL ? field->size * 8u : 32;

    if (condition_is_signed(use->condition, use->field)) {
        uint64_t most = (1ull << (bits - 1)) - 1;
        return value->is_negative ? -(value->number > most + 1) : value->number > most;
    }
    if (value->is_negative && value->number != 0)
        return -1;
    return bits < 64 && value->number >> bits != 0;
}

static unsigned add_comparison(const use_t *use)
{
    static const condition_op_t ops[] = {
        [EXPRESSION_EQ] = CONDITION_EQ, [EXPRESSION_NE] = CONDITION_NE, [EXPRESSION_LT] = CONDITION_LT,
        [EXPRESSION_LE] = CONDITION_LE, [EXPRESSION_GT] = CONDITION_GT, [EXPRESSION_GE] = CONDITION_GE};
    const expression_value_t *value = &use->term->value;
    expression_op_t op = use->term->op;
    int place = place_of(use, value);

    if (place != 0) { /* all numbers are unequal to it, and all are less, or greater */
        int is_true = op == EXPRESSION_NE ||
                      (place > 0 ? op == EXPRESSION_LT || op == EXPRESSION_LE : op == EXPRESSION_GT || op == EXPRESSION_GE);
        return is_true ? condition_add_is_null(use->condition, use->field, 1) : condition_add_constant(use->condition, 0);
    }
    return condition_add(use->condition, &(condition_node_t){.kind = CONDITION_COMPARE,
                                                             .field = use->field,
                                                             .op = ops[op],
                                                             .value = value->is_negative ? -value->number : value->number});
}

/* `is_set == true`, and so on: true only if it is not null */
static unsigned add_boolean(const use_t *use)
{
    unsigned node = condition_add(use->condition, &(condition_node_t){.kind = CONDITION_IS_TRUE, .field = use->field});
    int is_wanted = use->term->op == EXPRESSION_BARE || (use->term->value.number == 1) == (use->term->op == EXPRESSION_EQ);

    if (is_wanted)
        return node;
    return condition_add_pair(use->condition, CONDITION_AND, condition_add_is_null(use->condition, use->field, 1),
                              condition_add_not(use->condition, node));
}

static unsigned add_match(const use_t *use)
{
    const expression_node_t *term = use->term;
    struct pg_pattern pattern;
    condition_node_t node = {.kind = CONDITION_MATCH, .field = use->field};
    unsigned flags = (term->op == EXPRESSION_LIKE ? PATTERN_GLOB : 0) | (type_of(use) == CATALOG_VALUE_BYTES ? PATTERN_HEX : 0);
    size_t at;

    if (pattern_make(&pattern, term->value.text.p, term->value.text.n, flags, &at, &use->binder->error->reason) != 0)
        return (unsigned)refuse_at(use->binder, term->value.text.p + at);
    if (patterns_add(use->binder->to->patterns, &pattern, &node.pattern) != 0)
        return FAILED;
    node.op = term->op == EXPRESSION_NE ? CONDITION_NE : CONDITION_EQ;
    return condition_add(use->condition, &node);
}

/* Whether the type of a field has this comparison with this kind of value. */
static int is_allowed(const use_t *use)
{
    const expression_node_t *term = use->term;
    enum en_catalog_value_t type = type_of(use);
    int is_equality = term->op == EXPRESSION_EQ || term->op == EXPRESSION_NE;

    if (type == CATALOG_VALUE_ADDRESS || type == CATALOG_VALUE_OBJECT)
        return 0;
    if (type == CATALOG_VALUE_BOOLEAN && term->op == EXPRESSION_BARE)
        return 1;
    if (term->op == EXPRESSION_BARE)
        return 0;
    switch (term->value.kind) {
    case EXPRESSION_NULL:
        return is_equality;
    case EXPRESSION_NUMBER:
        return term->op != EXPRESSION_LIKE && (type == CATALOG_VALUE_INTEGER || type == CATALOG_VALUE_POINTER);
    case EXPRESSION_BOOLEAN:
        return is_equality && type == CATALOG_VALUE_BOOLEAN;
    case EXPRESSION_TIME:
        return term->op != EXPRESSION_LIKE && type == CATALOG_VALUE_DURATION;
    case EXPRESSION_TEXT:
        return (is_equality || term->op == EXPRESSION_LIKE) && (type == CATALOG_VALUE_TEXT || type == CATALOG_VALUE_BYTES);
    }
    return 0;
}

static int is_hidden(const catalog_field_t *field, uint32_t show)
{
    return field->pair == 0 && field->gate != 0 && (field->gate & show) == 0;
}

static unsigned bind_term(const binder_t *binder, const expression_node_t *term, condition_t *condition)
{
    use_t use = {.binder = binder, .term = term, .condition = condition};

    if (!names_probe(term, condition->probe) || !find_field(term, condition->probe, &use.field))
        return condition_add_constant(condition, 0);
    if (use.field >= 0 && (condition->probe->fields[use.field].gate & PG_SHOW_SECRETS & ~binder->to->show) != 0)
        return (unsigned)REFUSE(binder, term->field.p, "this is a secret: to choose events by it takes --secrets");
    if (binder->to->asks_records && use.field >= 0 && is_hidden(condition->probe->fields + use.field, binder->to->show))
        return (unsigned)REFUSE(binder, term->field.p, "this is application data: it is looked at only with -a");
    if (!is_allowed(&use))
        return (unsigned)refuse_type(&use, term->op == EXPRESSION_BARE ? term->field
                                           : type_of(&use) == CATALOG_VALUE_ADDRESS || type_of(&use) == CATALOG_VALUE_OBJECT
                                               ? term->field
                                               : term->op_at);
    if (term->op != EXPRESSION_BARE && term->value.kind == EXPRESSION_NULL)
        return condition_add_is_null(condition, use.field, term->op == EXPRESSION_NE);
    if (type_of(&use) == CATALOG_VALUE_BOOLEAN)
        return add_boolean(&use);
    return term->value.kind == EXPRESSION_TEXT ? add_match(&use) : add_comparison(&use);
}

static unsigned bind(const binder_t *binder, unsigned number, condition_t *condition)
{
    const expression_node_t *node = binder->expression->nodes + number;

    if (node->kind == EXPRESSION_TERM)
        return bind_term(binder, node, condition);
    unsigned left = bind(binder, node->left, condition);
    if (left == FAILED || node->kind == EXPRESSION_NOT)
        return condition_add_not(condition, left);
    return condition_add_pair(condition, node->kind == EXPRESSION_AND ? CONDITION_AND : CONDITION_OR, left,
                              bind(binder, node->right, condition));
}

/* ---- the whole ---- */

/* An event has to fulfil one of the expressions that are about its probe. */
static int add_to_probes(const binder_t *binder, const char *is_about)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        condition_t *condition = binder->to->conditions + i;
        if (!is_about[i])
            continue;
        int is_first = !condition->is_wished;
        condition->is_wished = 1;
        condition->probe = catalog.probes + i;
        binder->error->reason.text[0] = '\0';
        unsigned node = bind(binder, binder->expression->root, condition);
        if (node != FAILED && !is_first)
            node = condition_add_pair(condition, CONDITION_OR, condition->root, node);
        if (node == FAILED)
            return binder->error->reason.text[0] != '\0' ? -1 : refuse_memory(binder);
        condition->root = node;
    }
    return 0;
}

int bind_expression(const bind_t *to, const char *text, expression_error_t *error)
{
    expression_t *expression = calloc(1, sizeof(*expression));
    binder_t binder = {.to = to, .expression = expression, .error = error};
    char *is_about = NULL;

    if (expression == NULL)
        return expression_error(error, 0, "out of memory");
    int failed = expression_parse(expression, text, error) != 0 || (is_about = find_probes(&binder)) == NULL ||
                 add_to_probes(&binder, is_about) != 0;
    free(is_about);
    free(expression);
    return failed ? -1 : 0;
}
