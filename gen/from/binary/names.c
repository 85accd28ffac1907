#include "base/chars.h"
#include "from/binary/names.h"
#include "model/type.h"

static int is_word_of(const char *const *words, str_t name)
{
    for (; *words != NULL; ++words) {
        if (str_is(name, *words))
            return 1;
    }
    return 0;
}

/* Words that mean something to the scanner of definitions, beside those that types are made of. */
static const char *const items[] = {"provider", "probe", "typedef", NULL};
static const char *const keywords[] = {
    "extern",   "static",  "inline",   "translator", "break",     "case",           "continue",      "default", "do",
    "else",     "for",     "goto",     "if",         "return",    "sizeof",         "switch",        "while",   "_Alignas",
    "_Alignof", "_Atomic", "_Generic", "_Imaginary", "_Noreturn", "_Static_assert", "_Thread_local", NULL};

/* Of letters, digits and `_`: what every compiler takes. */
static int has_name_chars(str_t name)
{
    for (size_t i = 0; i < name.n; ++i) {
        if (!char_is_alnum(name.p[i]) && name.p[i] != '_')
            return 0;
    }
    return name.n != 0 && name.n <= NAMES_MAX;
}

int is_definable(str_t name)
{
    return has_name_chars(name) && ctype_token_of(name) == CTYPE_TOKEN_NAME && !is_word_of(items, name) &&
           !is_word_of(keywords, name);
}

str_t probe_name_of(arena_t *arena, str_t name)
{
    const str_t none = {NULL, 0};
    char text[2 * NAMES_MAX];
    size_t n = 0;

    if (name.n == 0 || name.n > NAMES_MAX)
        return none;
    for (size_t i = 0; i < name.n; ++i) {
        text[n++] = name.p[i] == '-' ? '_' : name.p[i];
        if (name.p[i] == '-')
            text[n++] = '_';
    }
    str_t made = {text, n};
    if (!has_name_chars(made) || is_word_of(items, made) ||
        (!char_is_digit(text[0]) && ctype_token_of(made) != CTYPE_TOKEN_NAME && !is_word_of(keywords, made)))
        return none;
    return arena_strdup(arena, made);
}

int is_known_type(str_t name, unsigned *size, int *is_signed)
{
    const typedefs_t none = {.by_name = {0}};
    const ctype_t type = {.text = name, .bare = name, .name = name, .name_at = (uint32_t)name.n};
    type_t meaning = type_of(&none, &type);

    *size = meaning.size;
    *is_signed = meaning.scalar == SCALAR_INT;
    return meaning.scalar == SCALAR_INT || meaning.scalar == SCALAR_UINT || meaning.scalar == SCALAR_BOOL;
}
