/*
 * Attributes of GNU C that make another type of the one they are about: `mode(DI)`, an integer of eight bytes whatever the type
 * says, and `vector_size`. All others leave a type what it is to a reader of values.
 */
#include <string.h>
#include "d/front.h"

/* The next word of a text; n == 0 at its end. Underscores around it do not count. */
static str_t next_word(str_t *text)
{
    str_t word = {text->p, 0};

    while (text->n != 0 && !char_is_word(*text->p))
        ++text->p, --text->n;
    for (word.p = text->p; text->n != 0 && char_is_word(*text->p); ++word.n)
        ++text->p, --text->n;
    while (word.n != 0 && word.p[0] == '_')
        ++word.p, --word.n;
    while (word.n != 0 && word.p[word.n - 1] == '_')
        --word.n;
    return word;
}

/* @return the first word after `name`; n == 0: the attribute has no such word */
static str_t find_after(span_t attribute, const char *name)
{
    str_t text = span_text(attribute);

    while (text.n != 0) {
        if (str_is(next_word(&text), name))
            return next_word(&text);
    }
    return (str_t){NULL, 0};
}

int d_changes_type(span_t attribute)
{
    return find_after(attribute, "mode").n != 0 || find_after(attribute, "vector_size").n != 0;
}

int d_change_type(ctype_t *type, span_t attribute)
{
    static const struct {
        str_t name;
        unsigned basic;
    } modes[] = {{STR_LITERAL("QI"), CTYPE_CHAR},
                 {STR_LITERAL("byte"), CTYPE_CHAR},
                 {STR_LITERAL("HI"), CTYPE_SHORT},
                 {STR_LITERAL("SI"), CTYPE_INT},
                 {STR_LITERAL("DI"), CTYPE_LONG | CTYPE_LONG_LONG},
                 {STR_LITERAL("word"), CTYPE_LONG},
                 {STR_LITERAL("pointer"), CTYPE_LONG},
                 {STR_LITERAL("unwind_word"), CTYPE_LONG},
                 {STR_LITERAL("TI"), CTYPE_INT128},
                 {STR_LITERAL("SF"), CTYPE_FLOAT},
                 {STR_LITERAL("DF"), CTYPE_DOUBLE}};
    str_t mode = find_after(attribute, "mode");

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); ++i) {
        if (!str_eq(mode, modes[i].name))
            continue;
        type->basic = modes[i].basic | (type->basic & CTYPE_UNSIGNED) | (modes[i].basic == CTYPE_CHAR ? CTYPE_SIGNED : 0);
        if ((type->basic & CTYPE_UNSIGNED) != 0)
            type->basic &= ~(unsigned)CTYPE_SIGNED;
        type->name = (str_t){NULL, 0};
        return 1;
    }
    return 0;
}
