/*
 * Between the scanner and the parser of .map files: what a word is depends on its place. Where a statement can begin it is looked
 * up among the statements; between the braces of a struct it may be a keyword of C; elsewhere it is a name, whatever it is. When
 * the parser has refused a token, the rest of the item becomes one token RECOVER.
 */
#include <string.h>
#include "map/front.h"
#include "map/parse.h"

static const struct {
    const char *word;
    int kind;
    map_kind_t stmt;
} statements[] = {
#define STATEMENT(kind, word, targets, value, example) {word, TARGETED, MAP_##kind},
#include "map/statements.def"
#undef STATEMENT
    {"struct", STRUCT, MAP_STRUCT}, {"union", STRUCT, MAP_STRUCT},
    {"type", STRUCT, MAP_STRUCT},   {"connection", CONNECTION, MAP_CONNECTION},
    {"compat", COMPAT, MAP_COMPAT}, {"pair", PAIR, MAP_PAIR}};

#define NUM(table) (sizeof(table) / sizeof((table)[0]))

const char *map_token_name(int kind)
{
    static const struct {
        int kind;
        const char *name;
    } names[] = {{TARGETED, "statement"},
                 {STRUCT, "statement"},
                 {CONNECTION, "statement"},
                 {COMPAT, "statement"},
                 {PAIR, "statement"},
                 {UNKNOWN, "unknown"},
                 {TARGET, "target"},
                 {WORD, "word"},
                 {SCOPED, "scoped"},
                 {PATH, "path"},
                 {AS, "as"},
                 {UNLESS, "unless"},
                 {ARROW, "arrow"},
                 {BY, "by"},
                 {OTHER, "other"},
                 {RECOVER, "recover"}};

    for (size_t i = 0; i < NUM(names); ++i) {
        if (names[i].kind == kind)
            return names[i].name;
    }
    return "punct";
}

str_t map_stmt_words(map_state_t *st)
{
    st->words.n = 0;
    for (size_t i = 0; i < NUM(statements); ++i) {
        if (i != 0)
            text_put(&st->words, i + 1 < NUM(statements) ? ", " : " and ", i + 1 < NUM(statements) ? 2 : 5);
        text_put(&st->words, statements[i].word, strlen(statements[i].word));
    }
    str_t words = arena_strdup(st->arena, (str_t){st->words.p, st->words.n});
    st->words.n = 0;
    return words;
}

static void classify_statement(map_token_t *token)
{
    str_t text = span_text(token->span);

    token->kind = UNKNOWN;
    for (size_t i = 0; i < NUM(statements); ++i) {
        if (str_is(text, statements[i].word)) {
            token->kind = statements[i].kind;
            token->stmt = statements[i].stmt;
        }
    }
}

/* A connection is one of a struct, as a struct is said. */
static void classify_after_connection(map_token_t *token)
{
    map_token_t word = *token;

    classify_statement(&word);
    if (word.kind == STRUCT)
        *token = word;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* These are keywords where what they take follows, since a member may be called so: a name after `as`, a number after `unless`. */
static int is_after_member(const map_state_t *st, const map_token_t *token, const char *word)
{
    const char *p = st->src->text + token->span.end;

    if ((st->current.kind != WORD && st->current.kind != PATH && st->current.kind != ']') || !str_is(span_text(token->span), word))
        return 0;
    while (*p == ' ' || (*p >= '\t' && *p <= '\r'))
        ++p;
    return is_digit(*p) || (word[0] == 'a' && ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || *p == '_' || *p == '$'));
}

static void classify_in_body(const map_state_t *st, map_token_t *token)
{
    static const int kinds[] = {[CTYPE_TOKEN_QUALIFIER] = QUALIFIER,
                                [CTYPE_TOKEN_TAG] = TAG,
                                [CTYPE_TOKEN_BASIC] = BASIC,
                                [CTYPE_TOKEN_NAME] = WORD,
                                [CTYPE_TOKEN_OTHER] = OTHER};
    str_t text = span_text(token->span);

    if (is_after_member(st, token, "as")) {
        token->kind = AS;
        return;
    }
    if (is_after_member(st, token, "unless")) {
        token->kind = UNLESS;
        return;
    }
    if (st->current.kind != UNLESS && st->current.kind != '[')
        token->kind = kinds[ctype_token_of(text)];
}

/* Between the targets of a pair and its keys, and behind these. */
static void classify_in_pair(const map_state_t *st, map_token_t *token)
{
    if (st->current.kind == TARGET && str_is(span_text(token->span), "by"))
        token->kind = BY;
    else if (is_after_member(st, token, "as"))
        token->kind = AS;
}

int map_begins_stmt(const map_state_t *st, const map_token_t *token)
{
    const char *start = st->src->text, *p = start + token->span.start;
    map_token_t word = *token;

    if (word.kind == WORD)
        classify_statement(&word);
    if (word.kind != TARGETED && word.kind != STRUCT && word.kind != CONNECTION && word.kind != COMPAT && word.kind != PAIR)
        return 0;
    while (p != start && (p[-1] == ' ' || p[-1] == '\t'))
        --p;
    return p == start || p[-1] == '\n';
}

static map_token_t next_token(map_state_t *st)
{
    map_token_t token;

    if (st->has_queued) {
        st->has_queued = 0;
        token = st->queued;
    } else if (diag_is_full(st->diag)) {
        return (map_token_t){.span = {st->src, st->src->len, st->src->len}};
    } else {
        token = map_scan_next(st);
    }
    if (token.kind == WORD) {
        if (st->in_body)
            classify_in_body(st, &token);
        else if (st->item == MAP_ITEM_NONE)
            classify_statement(&token);
        else if (st->item == MAP_ITEM_PAIR)
            classify_in_pair(st, &token);
        else if (st->current.kind == CONNECTION)
            classify_after_connection(&token);
    }
    return token;
}

/** keeps track of where in an item the token stands */
static void follow(map_state_t *st, const map_token_t *token)
{
    st->item_before = st->item;
    if (st->item == MAP_ITEM_NONE) {
        st->types.num = 0;
        if (token->kind == TARGETED || token->kind == UNKNOWN)
            st->item = MAP_ITEM_TARGETED;
        else if (token->kind == STRUCT || token->kind == CONNECTION || token->kind == COMPAT)
            st->item = MAP_ITEM_STRUCT;
        else if (token->kind == PAIR)
            st->item = MAP_ITEM_PAIR;
        else if (st->in_body)
            st->item = MAP_ITEM_FIELD;
    }
    if (st->item == MAP_ITEM_FIELD)
        ctype_log(&st->types, token->span.start, token->span.end);
    switch (token->kind) {
    case '{':
        st->in_body = 1;
        st->item = MAP_ITEM_NONE;
        break;
    case '}':
        st->in_body = 0;
        st->item = MAP_ITEM_NONE;
        break;
    case ';':
        st->item = MAP_ITEM_NONE;
        break;
    }
}

/** Passes over the rest of an item that the parser has refused at `current`. */
static map_token_t skip_item(map_state_t *st)
{
    map_token_t token = st->current;
    int depth = 0; /* of braces that belong to the item */

    st->is_reported = 0;
    if (token.kind == '{')
        st->in_body = 0; /* what is in these braces belongs to the item */
    for (;; token = st->has_queued ? next_token(st) : map_scan_next(st)) {
        if (depth == 0 && token.kind == ';')
            break;
        if (token.kind == '{') {
            ++depth;
        } else if (token.kind == '}' && depth > 0) {
            if (--depth == 0)
                break;
        } else if (token.kind == 0 || (token.kind == '}' && depth == 0) ||
                   (depth == 0 && !st->in_body && map_begins_stmt(st, &token))) {
            st->queued = token;
            st->has_queued = 1;
            break;
        }
        if (diag_is_full(st->diag)) {
            token.kind = 0;
            break;
        }
    }
    st->is_recovering = 0;
    st->item = MAP_ITEM_NONE;
    if (st->has_queued && st->queued.kind == '}')
        st->in_body = st->tree.body != NULL;
    token.kind = RECOVER;
    return token;
}

int map_lex(MAP_STYPE *value, span_t *span, map_state_t *st)
{
    map_token_t token;

    if (st->is_recovering) {
        token = skip_item(st);
    } else {
        if (st->item == MAP_ITEM_NONE && !(st->has_queued && st->queued.kind == 0))
            st->is_reported = 0; /* that was about the item before */
        token = next_token(st);
        follow(st, &token);
    }
    st->previous = st->current;
    st->current = token;
    value->kind = token.stmt;
    *span = token.span;
    return token.kind;
}
