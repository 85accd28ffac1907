/*
 * The actions of the grammar of .map files: they make the tree, and check of each statement what can be seen without the
 * definitions: whether its targets are probes or arguments, and whether its value is what it takes.
 */
#include <string.h>
#include "map/front.h"
#include "map/parse.h"

#define MAX_LENGTH 65535

/* what a statement's targets and value have to be */
enum { WITHOUT = 1, WITH = 2, NUMBER = 4, NAME = 8, ROLE = 16 };
/* whether it is said of an output, below `compat`, only, or also there; else it is said of what is traced */
enum { SHAPE = 64, EITHER = 128 };
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
    stmt->compat = st->tree.compat;
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

/* @param is_shape whether it is said of an output; @return whether it stands where it means something */
static int check_place(map_state_t *st, span_t keyword, int is_shape)
{
    str_t word = span_text(keyword);

    if (is_shape == (st->tree.compat != NULL))
        return 1;
    if (is_shape)
        diag_report(st->diag, E_MAP, keyword, "'%.*s' is said of an output: write 'compat NAME;' before it", STR_ARG(word));
    else
        diag_report(st->diag, E_MAP, keyword,
                    "'%.*s' is said of what is traced, not of the output '%.*s': write it before 'compat'", STR_ARG(word),
                    STR_ARG(st->tree.compat->value_name));
    return 0;
}

/* of digits; what is larger than a length can be is any such number */
static uint64_t number_of(str_t text)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.n && number <= MAX_LENGTH; ++i)
        number = number * 10 + (uint64_t)(text.p[i] - '0');
    return number;
}

static int is_decimal(str_t text)
{
    for (size_t i = 0; i < text.n; ++i) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return 0;
    }
    return 1;
}

static void read_number(map_state_t *st, map_stmt_t *stmt, str_t text)
{
    uint64_t number = number_of(text);

    if (!is_decimal(text)) {
        str_t shown = scan_shown(st->arena, stmt->value_span);
        diag_report(st->diag, E_MAP, stmt->value_span, "'%.*s' is neither a name nor a decimal number", STR_ARG(shown));
    } else if (number < 1 || number > MAX_LENGTH) {
        diag_report(st->diag, E_MAP, stmt->value_span, "a length is a number of bytes from 1 to %d", MAX_LENGTH);
    } else {
        stmt->value_is_number = 1;
        stmt->value_number = number;
    }
}

/* ---- roles of probes and arguments in HTTP ---- */

static const char *const http_events[] = {
#define HTTP_EVENT(kind, word) [MAP_HTTP_##kind] = word,
#include "map/http.def"
#undef HTTP_EVENT
};
static const char *const http_fields[] = {
#define HTTP_FIELD(kind, word, wants) [MAP_HTTP_##kind] = word,
#include "map/http.def"
#undef HTTP_FIELD
};

#define NUM(list) (sizeof(list) / sizeof((list)[0]))

static void report_role(map_state_t *st, const map_stmt_t *stmt, const char *of, const char *const *words, size_t num)
{
    str_t shown = scan_shown(st->arena, stmt->value_span), list = {NULL, 0};

    for (size_t i = 0; i < num; ++i) {
        if (words[i] != NULL)
            list = arena_printf(st->arena, "%.*s%s%s", STR_ARG(list), list.n == 0 ? "" : i + 1 < num ? ", " : " and ", words[i]);
    }
    diag_report(st->diag, E_MAP, stmt->value_span, "'%.*s' is nothing that %s can be in HTTP: there are %.*s", STR_ARG(shown), of,
                STR_ARG(list));
}

static void read_role(map_state_t *st, map_stmt_t *stmt)
{
    int is_of_arg = stmt->targets->arg.n != 0;
    const char *const *words = is_of_arg ? http_fields : http_events;
    size_t num = is_of_arg ? NUM(http_fields) : NUM(http_events);

    for (const map_target_t *target = stmt->targets; target != NULL; target = target->next) {
        if ((target->arg.n != 0) != is_of_arg) {
            diag_report(st->diag, E_MAP, target->span, "a value is said either of probes or of arguments: give each its own");
            return;
        }
    }
    for (size_t i = 0; i < num; ++i) {
        if (words[i] != NULL && str_is(stmt->value_name, words[i])) {
            stmt->role = (unsigned)i;
            return;
        }
    }
    report_role(st, stmt, is_of_arg ? "an argument" : "a probe", words, num);
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
    if (wanted == ROLE && stmt->value_name.n != 0)
        read_role(st, stmt);
}

map_targets_t map_set_value(map_targets_t target, span_t value)
{
    target.first->value = value;
    return target;
}

static void add_stmt(map_state_t *st, map_kind_t kind, span_t keyword, map_target_t *first, const map_target_t *last)
{
    map_stmt_t *stmt = add(st, kind, keyword);
    int is_right = (rules[kind].arg & EITHER) != 0 || check_place(st, keyword, (rules[kind].arg & SHAPE) != 0);

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

/* ---- pairs ---- */

map_keys_t map_make_key(map_state_t *st, span_t key, span_t other)
{
    map_key_t *made = arena_alloc(st->arena, sizeof(*made));

    made->begin_at = made->end_at = key;
    if (other.src != NULL)
        made->end_at = other;
    made->begin = span_text(made->begin_at);
    made->end = span_text(made->end_at);
    return (map_keys_t){made, made};
}

map_keys_t map_append_key(map_keys_t keys, map_keys_t key)
{
    keys.last->next = key.first;
    keys.last = key.last;
    return keys;
}

/* @return whether all of them name probes, and nothing else */
static int check_pair_targets(map_state_t *st, const map_target_t *first)
{
    int is_right = 1;

    for (const map_target_t *target = first; target != NULL; target = target->next) {
        str_t shown = scan_shown(st->arena, target->span);
        if (target->arg.n != 0)
            diag_report(st->diag, E_MAP, target->span, "'pair' is said of probes, but '%.*s' is an argument: write '%.*s:%.*s'",
                        STR_ARG(shown), STR_ARG(target->provider), STR_ARG(target->probe));
        else if (target->value.src != NULL)
            diag_report(st->diag, E_MAP, target->value, "a probe of a pair takes no value: write 'pair p:q -> p:r by arg;'");
        is_right &= target->arg.n == 0 && target->value.src == NULL;
    }
    return is_right;
}

void map_add_pair(map_state_t *st, span_t keyword, map_targets_t begins, map_targets_t ends, map_keys_t keys, span_t name)
{
    map_stmt_t *stmt = add(st, MAP_PAIR, keyword);
    int is_right = check_place(st, keyword, 0), are_begins_right = check_pair_targets(st, begins.first);

    /* what is wrong is looked at no more */
    if (is_right && check_pair_targets(st, ends.first) && are_begins_right) {
        stmt->targets = begins.first;
        stmt->ends = ends.first;
    }
    stmt->keys = keys.first;
    if (name.src != NULL && span_text(name).p[0] >= '0' && span_text(name).p[0] <= '9')
        diag_report(st->diag, E_MAP, name, "a name cannot begin with a digit");
    stmt->value_span = name;
    stmt->value_name = name.src != NULL ? span_text(name) : STR("duration");
}

/* "st_x" of "shop::st_x" and of "st_x<int>": the type of an argument is without namespaces and template arguments */
static str_t unscoped(str_t type)
{
    const char *end = memchr(type.p, '<', type.n), *start = end != NULL ? end : type.p + type.n;

    type.n = start - type.p;
    while (start != type.p && start[-1] != ':')
        --start;
    return (str_t){start, (size_t)(type.p + type.n - start)};
}

/** "struct x", "union x"; `type x` names what it is without a word before */
static str_t struct_name(map_state_t *st, str_t word, str_t type)
{
    return str_is(word, "type") ? type : arena_printf(st->arena, "%.*s %.*s", STR_ARG(word), STR_ARG(type));
}

static map_stmt_t *add_struct(map_state_t *st, span_t keyword, span_t name)
{
    map_stmt_t *stmt = add(st, MAP_STRUCT, keyword);
    str_t word = span_text(keyword), type = span_text(name), bare = unscoped(type);

    check_place(st, keyword, 0);
    stmt->struct_span = name;
    stmt->struct_tag = str_is(word, "type") ? CTYPE_NO_TAG : str_is(word, "union") ? CTYPE_UNION : CTYPE_STRUCT;
    stmt->struct_name = struct_name(st, word, bare);
    if (bare.n != type.n)
        stmt->struct_scoped = struct_name(st, word, type);
    return stmt;
}

void map_open_compat(map_state_t *st, span_t keyword, span_t name)
{
    st->tree.compat = NULL;
    map_stmt_t *stmt = add(st, MAP_COMPAT, keyword);
    stmt->value_span = name;
    stmt->value_name = span_text(name);
    st->tree.compat = stmt;
}

void map_open_struct(map_state_t *st, span_t keyword, span_t name)
{
    st->tree.body = add_struct(st, keyword, name);
    st->tree.body->struct_mode = MAP_STRUCT_FIELDS;
    st->tree.next_field = &st->tree.body->fields;
    st->tree.is_body_reported = 0;
}

void map_open_connection(map_state_t *st, span_t keyword, span_t name)
{
    map_open_struct(st, keyword, name);
    st->tree.body->kind = MAP_CONNECTION;
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

/** the last member of "a.b->c[0]" */
static span_t last_member(span_t path)
{
    str_t text = span_text(path);
    size_t n = text.n, end;

    while (n > 0 && text.p[n - 1] == ']') {
        while (text.p[n - 1] != '[')
            --n;
        --n;
    }
    for (end = n; n > 0 && text.p[n - 1] != '.' && text.p[n - 1] != '>';)
        --n;
    return (span_t){path.src, path.start + (uint32_t)n, path.start + (uint32_t)end};
}

/* What words that are no types say of a field. */
static map_field_mode_t mode_of(const ctype_t *type)
{
    if (type->tag != CTYPE_NO_TAG || type->num_pointers != 0)
        return MAP_FIELD_VALUE;
    return str_is(type->name, "address") ? MAP_FIELD_ADDRESS : str_is(type->name, "bytes") ? MAP_FIELD_BYTES : MAP_FIELD_VALUE;
}

/* The brackets at the end of bytes are their length; elsewhere those with a number in them are an index, and part of the path. */
static void split_length(map_field_t *field, span_t length)
{
    str_t path = field->path;
    size_t n = path.n;

    field->length_span = length;
    if (length.src != NULL || field->mode != MAP_FIELD_BYTES || path.p[n - 1] != ']')
        return;
    while (path.p[n - 1] != '[')
        --n;
    field->length_span = (span_t){field->path_span.src, field->path_span.start + (uint32_t)n, field->path_span.end - 1};
    field->path.n = n - 1;
}

static void read_length(map_state_t *st, map_field_t *field)
{
    str_t text = span_text(field->length_span);
    uint64_t number;

    if (!is_decimal(text)) {
        field->length_path = text;
    } else if (field->mode != MAP_FIELD_BYTES) {
        diag_report(st->diag, E_MAP, field->length_span, "an index is written without blanks: 'member[%.*s]'", STR_ARG(text));
    } else if ((number = number_of(text)) < 1 || number > MAX_LENGTH) {
        diag_report(st->diag, E_MAP, field->length_span, "a length is a member or a number of bytes from 1 to %d", MAX_LENGTH);
    } else {
        field->length_number = number;
    }
}

void map_add_field(map_state_t *st, span_t span, span_t type, span_t path, span_t length, span_t name, span_t unless)
{
    if (st->tree.body == NULL)
        return;
    map_field_t *field = arena_alloc(st->arena, sizeof(*field));
    field->span = span;
    field->type_span = type;
    ctype_read(&st->types, &field->type, type, (span_t){.src = NULL});
    ctype_finish(&st->types, &field->type, type.start);
    field->mode = mode_of(&field->type);
    field->path_span = path;
    field->path = span_text(field->path_span);
    split_length(field, length);
    if (field->length_span.src != NULL)
        read_length(st, field);
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
