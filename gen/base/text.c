#include "base/text.h"

void text_put(text_t *text, const char *p, size_t n)
{
    if (n == 0)
        return;
    text->p = arena_grow(text->arena, text->p, &text->capacity, text->n + n - 1, 1);
    memcpy(text->p + text->n, p, n);
    text->n += n;
}

int text_is_qualifier(str_t word)
{
    static const char *const words[] = {"const",        "__const",  "__const__",  "volatile",     "__volatile",
                                        "__volatile__", "restrict", "__restrict", "__restrict__", "extern",
                                        "static",       "register", "auto",       "userland"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (str_is(word, words[i]))
            return 1;
    }
    return 0;
}

static int is_joined(char left, char right)
{
    if (left == '(' || left == '[' || right == ')' || right == ']' || right == ',')
        return 1;
    if (left == '*')
        return right == '*' || right == '[' || right == '(';
    return (left == ')' || left == ']') && (right == '(' || right == '[');
}

void text_put_type_token(text_t *text, str_t token)
{
    if (text->n != 0 && !is_joined(text->p[text->n - 1], token.p[0]))
        text_put(text, " ", 1);
    text_put(text, token.p, token.n);
}
