#include <ctype.h>
#include <string.h>
#include "audit/calls/suspect.h"

/* What stands before a token. */
enum { BEFORE_OTHER, BEFORE_STATEMENT, BEFORE_PARENTHESIS };

static int is_one_of(str_t text, const char *const *words)
{
    while (*words != NULL && !str_is(text, *words))
        ++words;
    return *words != NULL;
}

static int kind_before(int previous, const ctoken_t *token)
{
    static const char *const before_body[] = {"const", "noexcept", "override", "final", NULL};
    static const char *const before_statement[] = {"else", "do", NULL};

    if (token->kind == CTOKEN_NAME && previous == BEFORE_PARENTHESIS && is_one_of(ctoken_str(token), before_body))
        return BEFORE_PARENTHESIS;
    if (token->kind == CTOKEN_NAME)
        return is_one_of(ctoken_str(token), before_statement) ? BEFORE_STATEMENT : BEFORE_OTHER;
    if (ctoken_is(token, ')'))
        return BEFORE_PARENTHESIS;
    return token->kind == CTOKEN_PUNCT && token->n == 1 && strchr(";{}:", token->p[0]) != NULL ? BEFORE_STATEMENT : BEFORE_OTHER;
}

int tracker_next(tracker_t *tracker, const reader_t *reader, const ctoken_t *token)
{
    int is_opening = ctoken_is(token, '{'), depth = reader->num_braces - is_opening; /* outside of it */
    int is_statement = tracker->previous != BEFORE_OTHER && tracker->function_depth != 0;

    if (depth < tracker->function_depth)
        tracker->function_depth = 0;
    if (is_opening && tracker->function_depth == 0 && tracker->previous == BEFORE_PARENTHESIS)
        tracker->function_depth = depth + 1;
    tracker->previous = kind_before(tracker->previous, token);
    return is_statement;
}

void suspect_is_asked(macros_t *macros, str_t text)
{
    static const str_t enabled = STR_LITERAL("_ENABLED");
    name_t *name = NULL;

    if (text.n > enabled.n && memcmp(text.p + text.n - enabled.n, enabled.p, enabled.n) == 0)
        name = macros_find(macros, (str_t){text.p, text.n - enabled.n});
    if (name != NULL && name->suspect != NULL)
        name->suspect->is_enabled = 1;
}

str_t suspect_probe(arena_t *arena, const name_t *name)
{
    size_t prefix = name->suspect->prefix;
    str_t lower = arena_strdup(arena, (str_t){name->text.p + prefix, name->text.n - prefix});

    for (size_t i = 0; i < lower.n; ++i)
        ((char *)lower.p)[i] = (char)tolower((unsigned char)lower.p[i]);
    return lower;
}
