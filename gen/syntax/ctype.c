/*
 * Types, as far as a parser can read them.
 *
 * A grammar that tells types from names would need a table of all type names; definitions name types that they never declare. So
 * the grammars take any row of words, stars and brackets that could be a declaration, and log its tokens. When the declaration has
 * ended it is known which of its tokens is the name that is declared; the others are the type, and are read here.
 */
#include <string.h>
#include "syntax/ctype.h"

static const struct {
    const char *word;
    ctype_token_t kind;
    unsigned value; /* CTYPE_* */
} words[] = {
    {"const", CTYPE_TOKEN_QUALIFIER, 0},
    {"__const", CTYPE_TOKEN_QUALIFIER, 0},
    {"__const__", CTYPE_TOKEN_QUALIFIER, 0},
    {"volatile", CTYPE_TOKEN_QUALIFIER, 0},
    {"__volatile", CTYPE_TOKEN_QUALIFIER, 0},
    {"__volatile__", CTYPE_TOKEN_QUALIFIER, 0},
    {"restrict", CTYPE_TOKEN_QUALIFIER, 0},
    {"__restrict", CTYPE_TOKEN_QUALIFIER, 0},
    {"__restrict__", CTYPE_TOKEN_QUALIFIER, 0},
    {"register", CTYPE_TOKEN_QUALIFIER, 0},
    {"auto", CTYPE_TOKEN_QUALIFIER, 0},
    {"extern", CTYPE_TOKEN_QUALIFIER, 0},
    {"static", CTYPE_TOKEN_QUALIFIER, 0},
    {"inline", CTYPE_TOKEN_QUALIFIER, 0},
    {"userland", CTYPE_TOKEN_QUALIFIER, 0}, /* of D */
    {"struct", CTYPE_TOKEN_TAG, CTYPE_STRUCT},
    {"union", CTYPE_TOKEN_TAG, CTYPE_UNION},
    {"enum", CTYPE_TOKEN_TAG, CTYPE_ENUM},
    {"void", CTYPE_TOKEN_BASIC, CTYPE_VOID},
    {"char", CTYPE_TOKEN_BASIC, CTYPE_CHAR},
    {"short", CTYPE_TOKEN_BASIC, CTYPE_SHORT},
    {"int", CTYPE_TOKEN_BASIC, CTYPE_INT},
    {"long", CTYPE_TOKEN_BASIC, CTYPE_LONG},
    {"__int128", CTYPE_TOKEN_BASIC, CTYPE_INT128},
    {"signed", CTYPE_TOKEN_BASIC, CTYPE_SIGNED},
    {"__signed", CTYPE_TOKEN_BASIC, CTYPE_SIGNED},
    {"__signed__", CTYPE_TOKEN_BASIC, CTYPE_SIGNED},
    {"unsigned", CTYPE_TOKEN_BASIC, CTYPE_UNSIGNED},
    {"float", CTYPE_TOKEN_BASIC, CTYPE_FLOAT},
    {"double", CTYPE_TOKEN_BASIC, CTYPE_DOUBLE},
    {"_Complex", CTYPE_TOKEN_BASIC, CTYPE_COMPLEX},
    {"_Bool", CTYPE_TOKEN_BASIC, CTYPE_BOOL},
};

/* @return its index in the table; the size of that for any other word */
static size_t look_up(str_t word)
{
    size_t i = 0;

    while (i < sizeof(words) / sizeof(words[0]) && !str_is(word, words[i].word))
        ++i;
    return i;
}

ctype_token_t ctype_token_of(str_t word)
{
    size_t i = look_up(word);

    return i < sizeof(words) / sizeof(words[0]) ? words[i].kind : CTYPE_TOKEN_NAME;
}

void ctype_log_init(ctype_log_t *log, arena_t *arena, const src_t *src)
{
    *log = (ctype_log_t){.arena = arena, .src = src, .text.arena = arena, .bare.arena = arena};
}

void ctype_log(ctype_log_t *log, uint32_t start, uint32_t end, ctype_token_t kind)
{
    log->tokens = arena_grow(log->arena, log->tokens, &log->capacity, log->num, sizeof(*log->tokens));
    log->tokens[log->num++] = (struct st_ctype_logged_t){start, end, kind};
}

/* ---- what the words say ---- */

static void put_specifier(ctype_t *type, ctype_token_t kind, str_t token)
{
    unsigned value;

    switch (kind) {
    case CTYPE_TOKEN_TAG:
        type->tag = words[look_up(token)].value;
        break;
    case CTYPE_TOKEN_BASIC:
        value = words[look_up(token)].value;
        type->basic |= value == CTYPE_LONG && (type->basic & CTYPE_LONG) != 0 ? CTYPE_LONG_LONG : value;
        break;
    case CTYPE_TOKEN_NAME:
        type->name = token;
        break;
    default:
        break;
    }
}

static void put_meaning(ctype_t *type, ctype_token_t kind, str_t token, unsigned *brackets)
{
    char c = token.p[0];

    if (*brackets != 0 || c == '[') { /* a size says nothing here */
        *brackets += (c == '[') - (c == ']');
        type->num_pointers += c == '[' && *brackets == 1;
    } else if (c == '(') {
        type->has_parens = 1;
    } else if (c == '*') {
        ++type->num_pointers;
    } else if (type->num_pointers == 0) {
        put_specifier(type, kind, token);
    }
}

/* ---- how it is spelled ---- */

static int is_joined(char left, char right)
{
    if (left == '(' || left == '[' || right == ')' || right == ']' || right == ',')
        return 1;
    if (left == '*')
        return right == '*' || right == '[' || right == '(';
    return (left == ')' || left == ']') && (right == '(' || right == '[');
}

static void put_spelling(text_t *text, str_t token)
{
    if (text->n != 0 && !is_joined(text->p[text->n - 1], token.p[0]))
        text_put(text, " ", 1);
    text_put(text, token.p, token.n);
}

/* the first logged token that begins at `start` or after it; a list may be long */
static size_t find(const ctype_log_t *log, uint32_t start)
{
    size_t low = 0, high = log->num;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (log->tokens[middle].start < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void ctype_read(ctype_log_t *log, ctype_t *type, span_t span, span_t name)
{
    unsigned brackets = 0;

    for (size_t i = find(log, span.start); i < log->num && log->tokens[i].end <= span.end; ++i) {
        const struct st_ctype_logged_t *logged = log->tokens + i;
        str_t token = {log->src->text + logged->start, logged->end - logged->start};
        if (name.src != NULL && logged->start == name.start) {
            type->name_at = (uint32_t)log->text.n;
            continue;
        }
        if (logged->kind == CTYPE_TOKEN_BODY)
            continue;
        if (!type->has_parens)
            put_meaning(type, logged->kind, token, &brackets);
        put_spelling(&log->text, token);
        if (logged->kind != CTYPE_TOKEN_QUALIFIER)
            put_spelling(&log->bare, token);
    }
    if (name.src == NULL)
        type->name_at = (uint32_t)log->text.n;
}

static str_t take(ctype_log_t *log, text_t *text, str_t source)
{
    str_t spelled = {text->p, text->n};

    text->n = 0;
    if (spelled.n <= source.n && memcmp(source.p, spelled.p, spelled.n) == 0)
        return (str_t){source.p, spelled.n};
    return arena_strdup(log->arena, spelled);
}

void ctype_finish(ctype_log_t *log, ctype_t *type, uint32_t start)
{
    type->text = take(log, &log->text, (str_t){log->src->text + start, log->src->len - start});
    type->bare = take(log, &log->bare, type->text);
    /* a tag and its name stand beside each other */
    if (type->tag != CTYPE_NO_TAG && type->name.n != 0) {
        static const char *const tags[] = {[CTYPE_STRUCT] = "struct", [CTYPE_UNION] = "union", [CTYPE_ENUM] = "enum"};
        type->name = arena_printf(log->arena, "%s %.*s", tags[type->tag], STR_ARG(type->name));
    }
}

str_t ctype_declare(arena_t *arena, const ctype_t *type, str_t name)
{
    str_t before = {type->text.p, type->name_at}, after = {type->text.p + type->name_at, type->text.n - type->name_at};

    if (name.n == 0)
        return type->text;
    if (after.n != 0 && after.p[0] == ' ')
        ++after.p, --after.n;
    return arena_printf(arena, "%.*s%s%.*s%.*s", STR_ARG(before),
                        before.n == 0 || before.p[before.n - 1] == '*' || before.p[before.n - 1] == '(' ? "" : " ", STR_ARG(name),
                        STR_ARG(after));
}

int ctype_is_void(const ctype_t *type)
{
    return type->basic == CTYPE_VOID && type->num_pointers == 0 && !type->has_parens;
}
