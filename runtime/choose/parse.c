/* The text of an expression → its tree. By recursive descent: how deep and how long it may be is limited. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "choose/expression.h"

typedef struct st_parser_t {
    expression_t *expression;
    const char *p; /* what comes next; blanks are behind */
    unsigned depth;
    expression_error_t *error;
} parser_t;

/* returned in place of a node */
#define FAILED ((unsigned)-1)

int expression_error(expression_error_t *error, size_t at, const char *fmt, ...)
{
    va_list args;

    error->at = at;
    va_start(args, fmt);
    vsnprintf(error->reason.text, sizeof(error->reason.text), fmt, args);
    va_end(args);
    return -1;
}

#define REFUSE(parser, where, ...)                                                                                                 \
    ((unsigned)expression_error((parser)->error, (size_t)((where) - (parser)->expression->text), __VA_ARGS__))

static void skip_blanks(parser_t *parser)
{
    while (isspace((unsigned char)*parser->p))
        ++parser->p;
}

/* Whether that comes next; then it is behind. */
static int take(parser_t *parser, const char *what)
{
    size_t n = strlen(what);

    if (strncmp(parser->p, what, n) != 0)
        return 0;
    parser->p += n;
    skip_blanks(parser);
    return 1;
}

static unsigned add_node(parser_t *parser, const expression_node_t *node)
{
    expression_t *expression = parser->expression;

    if (expression->num_nodes == EXPRESSION_MAX_NODES)
        return REFUSE(parser, parser->p, "too many operators");
    expression->nodes[expression->num_nodes] = *node;
    return expression->num_nodes++;
}

static unsigned join(parser_t *parser, enum en_expression_kind_t kind, unsigned left, unsigned right)
{
    return right != FAILED ? add_node(parser, &(expression_node_t){.kind = kind, .left = left, .right = right}) : FAILED;
}

/* ---- terms ---- */

/* As long as it can be a name; `more`: what else may be in it. */
static expression_span_t take_word(parser_t *parser, const char *more)
{
    expression_span_t word = {parser->p, 0};

    while (isalnum((unsigned char)word.p[word.n]) || (word.p[word.n] != '\0' && strchr(more, word.p[word.n]) != NULL))
        ++word.n;
    parser->p += word.n;
    return word;
}

static int is_word(expression_span_t span, const char *word)
{
    return strlen(word) == span.n && memcmp(word, span.p, span.n) == 0;
}

/* Whether what is here in place of a field is what stands behind an operator. */
static int is_value(expression_span_t word)
{
    return *word.p == '"' || (word.n != 0 && (isdigit((unsigned char)*word.p) || *word.p == '-')) || is_word(word, "null") ||
           is_word(word, "true") || is_word(word, "false");
}

/* Whether a term, or one in parentheses, follows a word: then it is an operator of other languages. */
static int is_in_front_of_term(const char *p)
{
    p += strspn(p, " \t\n");
    return *p == '(' || *p == '_' || isalpha((unsigned char)*p);
}

/* "PROVIDER:PROBE.FIELD", or "FIELD". What stands in front of the last dot is looked at when there are probes to look it up. What a
 * glob may have is no name of a field, and the last dot is in front of that. */
static int take_name(parser_t *parser, expression_node_t *term)
{
    expression_span_t whole = take_word(parser, "_*?:.-");
    size_t n = whole.n;

    if (is_value(whole))
        return (int)REFUSE(parser, whole.p, "this is a value: a field stands left of the comparison, and a value right of it");
    if (is_word(whole, "not") && is_in_front_of_term(parser->p))
        return (int)REFUSE(parser, whole.p, "'!' is wanted here, not 'not'");
    if (whole.n == 0)
        return (int)REFUSE(parser, parser->p, *parser->p == '\0' ? "a field is missing at the end" : "this is no field");
    while (n != 0 && whole.p[n - 1] != '.')
        --n;
    term->field = (expression_span_t){whole.p + n, whole.n - n};
    term->probe = (expression_span_t){whole.p, n != 0 ? n - 1 : 0};
    if (n == 0 && memchr(whole.p, ':', whole.n) != NULL)
        return (int)REFUSE(parser, parser->p, "a probe's field is wanted: PROVIDER:PROBE.FIELD");
    for (size_t i = 0; i < term->field.n; ++i) {
        if (!isalnum((unsigned char)term->field.p[i]) && term->field.p[i] != '_')
            return (int)REFUSE(parser, term->field.p + i, "no field has a name with '%c'", term->field.p[i]);
    }
    if (term->field.n == 0)
        return (int)REFUSE(parser, parser->p, "a field is missing behind the dot");
    skip_blanks(parser);
    return 0;
}

static void take_op(parser_t *parser, expression_node_t *term)
{
    /* longer ones first */
    static const struct {
        const char *text;
        expression_op_t op;
    } ops[] = {{"==", EXPRESSION_EQ},   {"!=", EXPRESSION_NE}, {"<=", EXPRESSION_LE}, {">=", EXPRESSION_GE},
               {"=~", EXPRESSION_LIKE}, {"<", EXPRESSION_LT},  {">", EXPRESSION_GT}};

    term->op = EXPRESSION_BARE;
    for (size_t i = 0; term->op == EXPRESSION_BARE && i < sizeof(ops) / sizeof(ops[0]); ++i) {
        term->op_at = (expression_span_t){parser->p, strlen(ops[i].text)};
        if (take(parser, ops[i].text))
            term->op = ops[i].op;
    }
}

static int digit_of(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : 99;
}

static int read_number(parser_t *parser, expression_span_t word, expression_value_t *value)
{
    unsigned base = word.n > 2 && word.p[0] == '0' && (word.p[1] == 'x' || word.p[1] == 'X') ? 16 : 10;

    value->kind = EXPRESSION_NUMBER;
    for (size_t i = base == 16 ? 2 : 0; i < word.n; ++i) {
        unsigned digit = (unsigned)digit_of(word.p[i]);
        if (digit >= base)
            return (int)REFUSE(parser, word.p + i, "this is no digit of a number");
        if (value->number > (UINT64_MAX - digit) / base)
            return (int)REFUSE(parser, word.p, "this number is larger than 64 bits can hold");
        value->number = value->number * base + digit;
    }
    return 0;
}

/* "100ms": a whole number and a unit. @return whether it is one */
static int read_time(expression_span_t word, expression_value_t *value)
{
    static const struct {
        const char *unit;
        uint64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
    uint64_t number = 0;
    size_t n = 0;

    for (; n < word.n && isdigit((unsigned char)word.p[n]); ++n) {
        if (number > (UINT64_MAX - 9) / 10)
            return 0;
        number = number * 10 + (uint64_t)(word.p[n] - '0');
    }
    for (size_t i = 0; n != 0 && i < sizeof(units) / sizeof(units[0]); ++i) {
        if (!is_word((expression_span_t){word.p + n, word.n - n}, units[i].unit) || number > INT64_MAX / units[i].ns)
            continue;
        *value = (expression_value_t){.kind = EXPRESSION_TIME, .number = number * units[i].ns};
        return 1;
    }
    return 0;
}

/* Text in quotes. What a backslash means is told by pattern.h; here, it keeps a quote from being the end. */
static int read_text(parser_t *parser, expression_value_t *value)
{
    const char *begin = parser->p, *p = begin + 1;

    while (*p != '\0' && *p != '"')
        p += *p == '\\' && p[1] != '\0' ? 2 : 1;
    if (*p == '\0')
        return (int)REFUSE(parser, begin, "the text that begins here has no '\"' at its end");
    value->kind = EXPRESSION_TEXT;
    value->text = (expression_span_t){begin + 1, (size_t)(p - begin) - 1};
    parser->p = p + 1;
    return 0;
}

static int take_value(parser_t *parser, expression_node_t *term)
{
    expression_value_t *value = &term->value;
    const char *begin = parser->p;
    int failed = 0;

    if (*begin == '"') {
        failed = read_text(parser, value);
    } else {
        value->is_negative = *parser->p == '-';
        parser->p += value->is_negative;
        expression_span_t word = take_word(parser, "_");
        if (word.n != 0 && isdigit((unsigned char)word.p[0]) && *parser->p == '.')
            failed = (int)REFUSE(parser, parser->p, "only integers can be compared with: there is no decimal point");
        else if (word.n != 0 && isdigit((unsigned char)word.p[0]))
            failed = !value->is_negative && read_time(word, value) ? 0 : read_number(parser, word, value);
        else if (is_word(word, "null") && !value->is_negative)
            value->kind = EXPRESSION_NULL;
        else if ((is_word(word, "true") || is_word(word, "false")) && !value->is_negative)
            *value = (expression_value_t){.kind = EXPRESSION_BOOLEAN, .number = word.p[0] == 't'};
        else
            failed =
                (int)REFUSE(parser, begin, "a value is wanted here: a number, true, false, null, or \"text\" in double quotes");
    }
    term->value_at = (expression_span_t){begin, (size_t)(parser->p - begin)};
    skip_blanks(parser);
    return failed;
}

static unsigned parse_term(parser_t *parser)
{
    expression_node_t term = {.kind = EXPRESSION_TERM};

    if (take_name(parser, &term) != 0)
        return FAILED;
    if (++parser->expression->num_terms > EXPRESSION_MAX_TERMS)
        return REFUSE(parser, term.field.p, "an expression has at most %d comparisons: give some to another -e",
                      EXPRESSION_MAX_TERMS);
    take_op(parser, &term);
    if (term.op != EXPRESSION_BARE && take_value(parser, &term) != 0)
        return FAILED;
    return add_node(parser, &term);
}

/* ---- operators ---- */

static unsigned parse_or(parser_t *parser);

/* What stands behind a term is neither an operator nor, where it may be, ')'. */
static unsigned refuse_rest(const parser_t *parser, const char *wanted)
{
    static const struct {
        const char *typed, *meant;
    } others[] = {{"and", "'&&' is wanted here, not 'and'"},
                  {"or", "'||' is wanted here, not 'or'"},
                  {"in", "there is no 'in': compare with each value, with '||' between the comparisons"},
                  {"not", "there is no 'not': '!' is in front of a comparison, !(FIELD =~ \"GLOB\")"}};
    expression_span_t word = {parser->p, 0};

    while (isalnum((unsigned char)word.p[word.n]) || word.p[word.n] == '_')
        ++word.n;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); ++i) {
        if (is_word(word, others[i].typed))
            return REFUSE(parser, word.p, "%s", others[i].meant);
    }
    if (strncmp(word.p, "!~", 2) == 0)
        return REFUSE(parser, word.p, "there is no '!~': write !(FIELD =~ \"GLOB\")");
    return REFUSE(parser, word.p, "%s", wanted);
}

static unsigned parse_not(parser_t *parser)
{
    const char *begin = parser->p;
    unsigned node;

    if (parser->depth == EXPRESSION_MAX_DEPTH)
        return REFUSE(parser, begin, "more than %d parentheses and '!' are in each other", EXPRESSION_MAX_DEPTH);
    ++parser->depth;
    if (take(parser, "!")) {
        node = parse_not(parser);
        if (node != FAILED)
            node = add_node(parser, &(expression_node_t){.kind = EXPRESSION_NOT, .left = node});
    } else if (take(parser, "(")) {
        node = parse_or(parser);
        if (node != FAILED && !take(parser, ")"))
            node = *parser->p != '\0' ? refuse_rest(parser, "'&&', '||' or ')' is wanted here")
                                      : REFUSE(parser, begin, "this '(' has no ')'");
    } else {
        node = parse_term(parser);
    }
    --parser->depth;
    return node;
}

static unsigned parse_and(parser_t *parser)
{
    unsigned node = parse_not(parser);

    while (node != FAILED && take(parser, "&&"))
        node = join(parser, EXPRESSION_AND, node, parse_not(parser));
    return node;
}

static unsigned parse_or(parser_t *parser)
{
    unsigned node = parse_and(parser);

    while (node != FAILED && take(parser, "||"))
        node = join(parser, EXPRESSION_OR, node, parse_and(parser));
    return node;
}

int expression_parse(expression_t *expression, const char *text, expression_error_t *error)
{
    parser_t parser = {.expression = expression, .p = text, .error = error};

    expression->text = text;
    expression->num_nodes = expression->num_terms = 0;
    if (strlen(text) > EXPRESSION_MAX_TEXT)
        return expression_error(error, EXPRESSION_MAX_TEXT, "an expression has at most %d bytes", EXPRESSION_MAX_TEXT);
    skip_blanks(&parser);
    expression->root = parse_or(&parser);
    if (expression->root == FAILED)
        return -1;
    if (*parser.p == ')')
        return (int)REFUSE(&parser, parser.p, "this ')' has no '('");
    if (*parser.p == '=')
        return (int)REFUSE(&parser, parser.p, "'==' compares; there is no '='");
    if (*parser.p == '&' || *parser.p == '|')
        return (int)REFUSE(&parser, parser.p, "'%c%c' is wanted here", *parser.p, *parser.p);
    return *parser.p == '\0' ? 0 : (int)refuse_rest(&parser, "a comparison, '&&' or '||' is wanted here");
}
