/*
 * Types, as far as a parser can read them.
 *
 * A grammar that tells types from names would need a table of all type names; definitions name types that they never declare. So
 * the grammars take any row of words, stars and brackets that could be a declaration, and log its tokens. When the declaration has
 * ended it is known which of its tokens is the name that is declared; the others are the type, and are read here.
 */
#include <string.h>
#include "base/chars.h"
#include "syntax/ctype.h"

typedef struct st_word_t {
    str_t word;
    ctype_token_t kind;
    unsigned value; /* CTYPE_* */
} word_t;

static const word_t words[] = {{STR_LITERAL("const"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("__const"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("__const__"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("volatile"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("__volatile"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("__volatile__"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("restrict"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("__restrict"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("__restrict__"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("register"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("auto"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("extern"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("static"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("inline"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("userland"), CTYPE_TOKEN_QUALIFIER, 0},
                               {STR_LITERAL("struct"), CTYPE_TOKEN_TAG, CTYPE_STRUCT},
                               {STR_LITERAL("union"), CTYPE_TOKEN_TAG, CTYPE_UNION},
                               {STR_LITERAL("enum"), CTYPE_TOKEN_TAG, CTYPE_ENUM},
                               {STR_LITERAL("void"), CTYPE_TOKEN_BASIC, CTYPE_VOID},
                               {STR_LITERAL("char"), CTYPE_TOKEN_BASIC, CTYPE_CHAR},
                               {STR_LITERAL("short"), CTYPE_TOKEN_BASIC, CTYPE_SHORT},
                               {STR_LITERAL("int"), CTYPE_TOKEN_BASIC, CTYPE_INT},
                               {STR_LITERAL("long"), CTYPE_TOKEN_BASIC, CTYPE_LONG},
                               {STR_LITERAL("__int128"), CTYPE_TOKEN_BASIC, CTYPE_INT128},
                               {STR_LITERAL("signed"), CTYPE_TOKEN_BASIC, CTYPE_SIGNED},
                               {STR_LITERAL("__signed"), CTYPE_TOKEN_BASIC, CTYPE_SIGNED},
                               {STR_LITERAL("__signed__"), CTYPE_TOKEN_BASIC, CTYPE_SIGNED},
                               {STR_LITERAL("unsigned"), CTYPE_TOKEN_BASIC, CTYPE_UNSIGNED},
                               {STR_LITERAL("float"), CTYPE_TOKEN_BASIC, CTYPE_FLOAT},
                               {STR_LITERAL("double"), CTYPE_TOKEN_BASIC, CTYPE_DOUBLE},
                               {STR_LITERAL("_Complex"), CTYPE_TOKEN_BASIC, CTYPE_COMPLEX},
                               {STR_LITERAL("_Bool"), CTYPE_TOKEN_BASIC, CTYPE_BOOL}};

static word_t look_up(str_t token)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (str_eq(token, words[i].word))
            return words[i];
    }
    if (token.p[0] == '{')
        return (word_t){.kind = CTYPE_TOKEN_BODY};
    return (word_t){.kind = !char_is_digit(token.p[0]) && char_is_word(token.p[0]) ? CTYPE_TOKEN_NAME : CTYPE_TOKEN_OTHER};
}

ctype_token_t ctype_token_of(str_t token)
{
    return look_up(token).kind;
}

void ctype_log_init(ctype_log_t *log, arena_t *arena, const src_t *src)
{
    *log = (ctype_log_t){.arena = arena, .src = src, .text.arena = arena, .bare.arena = arena};
}

void ctype_log(ctype_log_t *log, uint32_t start, uint32_t end)
{
    log->tokens = arena_grow(log->arena, log->tokens, &log->capacity, log->num, sizeof(*log->tokens));
    log->tokens[log->num++] = (struct st_ctype_logged_t){start, end};
}

/* ---- what the words say ---- */

static void put_meaning(ctype_t *type, const word_t *word, str_t token, unsigned *brackets)
{
    char c = token.p[0];

    if (*brackets != 0 || c == '[') { /* a size says nothing here */
        *brackets += (c == '[') - (c == ']');
        type->num_pointers += c == '[' && *brackets == 1;
    } else if (c == '(') {
        type->has_parens = 1;
    } else if (c == '*') {
        ++type->num_pointers;
    } else if (type->num_pointers != 0) {
        ; /* a qualifier of a pointer */
    } else if (word->kind == CTYPE_TOKEN_TAG) {
        type->tag = word->value;
    } else if (word->kind == CTYPE_TOKEN_NAME) {
        type->name = token;
    } else {
        type->basic |= word->value == CTYPE_LONG && (type->basic & CTYPE_LONG) != 0 ? CTYPE_LONG_LONG : word->value;
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
        word_t word = look_up(token);
        if (name.src != NULL && logged->start == name.start) {
            type->name_at = (uint32_t)log->text.n;
            continue;
        }
        if (word.kind == CTYPE_TOKEN_BODY)
            continue;
        if (!type->has_parens)
            put_meaning(type, &word, token, &brackets);
        put_spelling(&log->text, token);
        if (word.kind != CTYPE_TOKEN_QUALIFIER)
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
    if (after.n == 0 && before.n != 0) { /* most stand in the source just so */
        size_t gap = before.p[before.n] == ' ';
        if (gap != (before.p[before.n - 1] == '*') && strncmp(before.p + before.n + gap, name.p, name.n) == 0)
            return (str_t){before.p, before.n + gap + name.n};
    }
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
