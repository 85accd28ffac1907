#include <string.h>
#include "base/text.h"

void text_put(text_t *text, const char *p, size_t n)
{
    if (text->capacity - text->n < n) {
        size_t capacity = (text->n + n) * 2 < 64 ? 64 : (text->n + n) * 2;
        char *larger = arena_alloc(text->arena, capacity);
        if (text->n != 0)
            memcpy(larger, text->p, text->n);
        text->p = larger;
        text->capacity = capacity;
    }
    if (n != 0)
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
