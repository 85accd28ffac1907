/*
 * The actions of the grammar of .map files: they make the tree, and check of each statement what can be seen without the
 * definitions: whether its targets are probes or arguments, and whether its value is what it takes.
 */
#include <string.h>
#include "map/front.h"
#include "map/parse.h"

#define MAX_LENGTH 65535

/* what a statement's targets and value have to be */
enum { WITHOUT = 1, WITH = 2, NUMBER = 4, NAME = 8 };
static const struct {
    const char *word, *example;
    int arg, value;
} rules[] = {
#define STATEMENT(kind, word, targets, value, example) {word, example, targets, value},
#include "map/statements.def"
#undef STATEMENT
};

map_targets_t map_make_target(map_state_t *st, span_t span)
{
    map_target_t *target = arena_alloc(st->arena, sizeof(*target));
    str_t text = span_text(span);

    target->is_optional = text.p[text.n - 1] == '?';
    text.n -= (size_t)target->is_optional;
    span.end -= (uint32_t)target->is_optional;

    const char *end = text.p + text.n, *colon = memchr(text.p, ':', text.n);
    const char *dot = memchr(colon, '.', (size_t)(end - colon)), *probe_end = dot != NULL ? dot : end;

    target->span = span;
    target->provider = (str_t){text.p, (size_t)(colon - text.p)};
    target->probe = (str_t){colon + 1, (size_t)(probe_end - colon) - 1};
    if (dot != NULL)
        target->arg = (str_t){dot + 1, (size_t)(end - dot) - 1};
    return (map_targets_t){target, target};
}

map_targets_t map_append_target(map_targets_t targets, map_targets_t target)
{
    targets.last->next = target.first;
    targets.last = target.last;
    return targets;
}

static map_stmt_t *add(map_state_t *st, map_kind_t kind, span_t keyword)
{
    map_stmt_t *stmt = arena_alloc(st->arena, sizeof(*stmt));

    stmt->kind = kind;
    stmt->span = keyword;
    *st->tree.next_stmt = stmt;
    st->tree.next_stmt = &stmt->next;
    return stmt;
}

/** @return whether the target has the parts that the statement wants */
static int check_target(map_state_t *st, map_kind_t kind, const map_target_t *target)
{
    if ((rules[kind].arg & (target->arg.n != 0 ? WITH : WITHOUT)) != 0)
        return 1;
    str_t shown = scan_shown(st->arena, target->span);
    if (target->arg.n != 0)
        diag_report(st->diag, E_MAP, target->span, "'%s' is said of probes, but '%.*s' is an argument: write '%s'",
                    rules[kind].word, STR_ARG(shown), rules[kind].example);
    else
        diag_report(st->diag, E_MAP, target->span, "'%s' is said of arguments, but '%.*s' is a probe: write '%s'", rules[kind].word,
                    STR_ARG(shown), rules[kind].example);
    return 0;
}

static void read_number(map_state_t *st, map_stmt_t *stmt, str_t text)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.n; ++i) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            str_t shown = scan_shown(st->arena, stmt->value_span);
            diag_report(st->diag, E_MAP, stmt->value_span, "'%.*s' is neither a name nor a decimal number", STR_ARG(shown));
            return;
        }
        if (number <= MAX_LENGTH)
            number = number * 10 + (uint64_t)(text.p[i] - '0');
    }
    if (number < 1 || number > MAX_LENGTH) {
        diag_report(st->diag, E_MAP, stmt->value_span, "a length is a number of bytes from 1 to %d", MAX_LENGTH);
        return;
    }
    stmt->value_is_number = 1;
    stmt->value_number = number;
}

static void read_value(map_state_t *st, map_stmt_t *stmt, span_t value)
{
    int wanted = rules[stmt->kind].value;
    str_t text = span_text(value);

    stmt->value_span = value;
    if (wanted == 0)
        diag_report(st->diag, E_MAP, value, "'%s' takes no value: write '%s'", rules[stmt->kind].word, rules[stmt->kind].example);
    else if (text.p[0] < '0' || text.p[0] > '9')
        stmt->value_name = text;
    else if ((wanted & NUMBER) != 0)
        read_number(st, stmt, text);
    else
        diag_report(st->diag, E_MAP, value, "a name cannot begin with a digit: write '%s'", rules[stmt->kind].example);
}

map_targets_t map_set_value(map_targets_t target, span_t value)
{
    target.first->value = value;
    return target;
}

static void add_stmt(map_state_t *st, map_kind_t kind, span_t keyword, map_target_t *first, const map_target_t *last)
{
    map_stmt_t *stmt = add(st, kind, keyword);
    int is_right = 1;

    stmt->targets = first;
    for (const map_target_t *target = first; target != NULL && is_right; target = target->next)
        is_right = check_target(st, kind, target);
    if (last->value.src != NULL) {
        if (is_right)
            read_value(st, stmt, last->value);
    } else if (is_right && rules[kind].value != 0) {
        span_t end = last->span;
        diag_report(st->diag, E_MAP, (span_t){end.src, end.end, end.end}, "'%s' needs a value: write '%s'", rules[kind].word,
                    rules[kind].example);
    }
}

void map_add_stmts(map_state_t *st, map_kind_t kind, span_t keyword, map_targets_t targets)
{
    map_target_t *first = targets.first;

    for (map_target_t *target = first, *next; target != NULL; target = next) {
        next = target->next;
        if (target->value.src == NULL && next != NULL)
            continue;
        target->next = NULL;
        add_stmt(st, kind, keyword, first, target);
        first = next;
    }
}

/** "struct x", "union x"; `type x` names what it is without a word before */
static map_stmt_t *add_struct(map_state_t *st, span_t keyword, span_t name)
{
    map_stmt_t *stmt = add(st, MAP_STRUCT, keyword);
    str_t word = span_text(keyword), type = span_text(name);

    stmt->struct_span = name;
    stmt->struct_tag = str_is(word, "type") ? CTYPE_NO_TAG : str_is(word, "union") ? CTYPE_UNION : CTYPE_STRUCT;
    stmt->struct_name =
        stmt->struct_tag == CTYPE_NO_TAG ? type : arena_printf(st->arena, "%.*s %.*s", STR_ARG(word), STR_ARG(type));
    return stmt;
}

void map_open_struct(map_state_t *st, span_t keyword, span_t name)
{
    st->tree.body = add_struct(st, keyword, name);
    st->tree.body->struct_mode = MAP_STRUCT_FIELDS;
    st->tree.next_field = &st->tree.body->fields;
    st->tree.is_body_reported = 0;
}

void map_add_mode(map_state_t *st, span_t keyword, span_t name, span_t mode)
{
    map_stmt_t *stmt = add_struct(st, keyword, name);
    str_t text = span_text(mode);

    if (str_is(text, "address")) {
        stmt->struct_mode = MAP_STRUCT_ADDRESS;
    } else if (str_is(text, "whole")) {
        stmt->struct_mode = MAP_STRUCT_WHOLE;
    } else {
        map_report_mode(st, mode);
    }
}

/** the last member of "a.b->c" */
static span_t last_member(span_t path)
{
    str_t text = span_text(path);
    size_t n = text.n;

    while (n > 0 && text.p[n - 1] != '.' && text.p[n - 1] != '>')
        --n;
    return (span_t){path.src, path.start + (uint32_t)n, path.end};
}

void map_add_field(map_state_t *st, span_t span, span_t type, span_t path, span_t name, span_t unless)
{
    if (st->tree.body == NULL)
        return;
    map_field_t *field = arena_alloc(st->arena, sizeof(*field));
    field->span = span;
    field->type_span = type;
    ctype_read(&st->types, &field->type, type, (span_t){.src = NULL});
    ctype_finish(&st->types, &field->type, type.start);
    field->path_span = path;
    field->path = span_text(path);
    field->name_span = name.src != NULL ? name : last_member(path);
    field->name = span_text(field->name_span);
    field->unless_span = unless;
    if (unless.src != NULL && !str_is(span_text(unless), "0"))
        diag_report(st->diag, E_MAP, unless, "a field is left out for one value only: write 'unless 0'");
    *st->tree.next_field = field;
    st->tree.next_field = &field->next;
}

void map_close_struct(map_state_t *st, span_t brace)
{
    if (st->tree.body == NULL)
        diag_report(st->diag, E_SYNTAX, brace, "'}' without '{': remove it");
    st->tree.body = NULL;
}
