/*
 * What a type's text means.
 *
 * The parser hands on types as text, tokens joined by blanks, since a definition may name types that it never declares: only a C
 * compiler that sees the headers could resolve them all. What a tracer has to know is less: is it a number, of what width and sign,
 * a pointer, and to what. So the text is read as C's declaration specifiers (any order, `unsigned` alone, `long long`), then the
 * derivations behind them: stars, and brackets, which are pointers in an argument list. A name that is not a C keyword is looked up
 * among the definition's own typedefs and #defines, then in types.def.
 */
#include <string.h>
#include "base/text.h"
#include "model/type.h"

/* typedefs of typedefs of …: more than this is a cycle */
#define MAX_TYPEDEF_DEPTH 32

static const struct {
    const char *name;
    scalar_t scalar;
    unsigned size, size_ilp32;
} known_types[] = {
#define TYPE(name, scalar, size, size_ilp32) {name, scalar, size, size_ilp32},
#include "model/types.def"
#undef TYPE
};

typedef struct st_specifiers_t {
    int is_unsigned, is_signed, is_complex, num_long, is_short, is_char, is_int, is_double;
    str_t tag;  /* "struct", "union", "enum" */
    str_t name; /* behind the tag, or a type's name */
} specifiers_t;

static str_t next_word(str_t *rest)
{
    while (rest->n > 0 && rest->p[0] == ' ')
        ++rest->p, --rest->n;
    str_t word = {rest->p, 0};
    while (word.n < rest->n && rest->p[word.n] != ' ' && rest->p[word.n] != '*' && rest->p[word.n] != '[' && rest->p[word.n] != '(')
        ++word.n;
    rest->p += word.n;
    rest->n -= word.n;
    return word;
}

static void read_specifier(specifiers_t *specs, str_t word)
{
    if (text_is_qualifier(word))
        return;
    if (str_is(word, "unsigned"))
        specs->is_unsigned = 1;
    else if (str_is(word, "signed") || str_is(word, "__signed") || str_is(word, "__signed__"))
        specs->is_signed = 1;
    else if (str_is(word, "long"))
        ++specs->num_long;
    else if (str_is(word, "short"))
        specs->is_short = 1;
    else if (str_is(word, "char"))
        specs->is_char = 1;
    else if (str_is(word, "int"))
        specs->is_int = 1;
    else if (str_is(word, "_Complex"))
        specs->is_complex = 1;
    else if (str_is(word, "double"))
        specs->is_double = 1;
    else if (str_is(word, "struct") || str_is(word, "union") || str_is(word, "enum"))
        specs->tag = word;
    else
        specs->name = word;
}

static type_t make(scalar_t scalar, unsigned size, unsigned size_ilp32)
{
    return (type_t){.scalar = scalar, .size = size, .size_ilp32 = size_ilp32};
}

static type_t resolve(const typedefs_t *typedefs, str_t text, unsigned depth);

static type_t of_name(const typedefs_t *typedefs, str_t name, unsigned depth)
{
    const str_t *text = table_get(&typedefs->by_name, name);
    type_t type = {.scalar = SCALAR_UNKNOWN, .size = 8, .size_ilp32 = 4, .unknown = name};

    if (text != NULL && depth < MAX_TYPEDEF_DEPTH) {
        type = resolve(typedefs, *text, depth + 1);
        /* D has no bool; definitions make one with `#define bool char` and mean it */
        if (str_is(name, "bool") && (type.scalar == SCALAR_INT || type.scalar == SCALAR_UINT))
            type.scalar = SCALAR_BOOL;
        if (type.scalar != SCALAR_UNKNOWN)
            return type;
    }
    for (size_t i = 0; i < sizeof(known_types) / sizeof(known_types[0]); ++i) {
        if (str_is(name, known_types[i].name))
            return make(known_types[i].scalar, known_types[i].size, known_types[i].size_ilp32);
    }
    return type;
}

/* "struct st_x"; n == 0 for a struct without a tag */
static str_t tagged_name(const typedefs_t *typedefs, const specifiers_t *specs)
{
    if (specs->name.n == 0)
        return (str_t){NULL, 0};
    return arena_printf(typedefs->arena, "%.*s %.*s", STR_ARG(specs->tag), STR_ARG(specs->name));
}

static type_t of_specifiers(const typedefs_t *typedefs, const specifiers_t *specs, unsigned depth)
{
    scalar_t integer = specs->is_unsigned ? SCALAR_UINT : SCALAR_INT;

    if (str_is(specs->tag, "enum"))
        return make(SCALAR_INT, 4, 4);
    if (specs->tag.n != 0)
        return (type_t){.scalar = SCALAR_UNREADABLE, .pointee = tagged_name(typedefs, specs)};
    if (specs->is_complex)
        return make(SCALAR_UNREADABLE, 0, 0);
    if (specs->is_double)
        return specs->num_long != 0 ? make(SCALAR_UNREADABLE, 0, 0) : make(SCALAR_FLOAT, 8, 8);
    if (specs->is_char)
        return make(integer, 1, 1);
    if (specs->is_short)
        return make(integer, 2, 2);
    if (specs->num_long != 0)
        return make(integer, 8, specs->num_long == 1 ? 4 : 8);
    if (specs->name.n == 0)
        return make(integer, 4, 4);
    if (str_is(specs->name, "__int128") || str_is(specs->name, "void"))
        return make(SCALAR_UNREADABLE, 0, 0);
    return of_name(typedefs, specs->name, depth);
}

/* one star or pair of brackets behind the specifiers */
static type_t of_pointer(const typedefs_t *typedefs, const specifiers_t *specs, unsigned depth)
{
    type_t type = make(SCALAR_POINTER, 8, 4);

    if (specs->is_char && !specs->is_unsigned) {
        type.scalar = SCALAR_STRING;
    } else if (specs->is_char || str_is(specs->name, "void")) {
        type.scalar = SCALAR_BYTES;
    } else if (specs->name.n != 0) {
        type.pointee = specs->tag.n == 0 ? specs->name : tagged_name(typedefs, specs);
        if (specs->tag.n == 0) {
            type_t to = of_name(typedefs, specs->name, depth);
            if (to.scalar == SCALAR_INT && to.size == 1 && str_is(specs->name, "int8_t") == 0)
                type.scalar = SCALAR_STRING; /* a typedef of char */
            else if (to.scalar == SCALAR_UINT && to.size == 1)
                type.scalar = SCALAR_BYTES;
            /* `typedef struct st_x x_t;`: a map may name either */
            if (to.scalar == SCALAR_UNREADABLE && to.pointee.n != 0)
                type.pointee = to.pointee;
        }
    }
    return type;
}

static type_t resolve(const typedefs_t *typedefs, str_t text, unsigned depth)
{
    specifiers_t specs = {0};
    unsigned num_derivations = 0;
    str_t rest = text;

    while (1) {
        str_t word = next_word(&rest);
        if (word.n != 0) {
            if (num_derivations == 0)
                read_specifier(&specs, word);
            continue;
        }
        if (rest.n == 0)
            break;
        if (rest.p[0] == '(')
            return make(SCALAR_POINTER, 8, 4); /* to a function or an array */
        ++num_derivations;
        if (rest.p[0] == '[') {
            const char *close = memchr(rest.p, ']', rest.n);
            size_t skip = close != NULL ? (size_t)(close - rest.p) : rest.n - 1;
            rest.p += skip;
            rest.n -= skip;
        }
        ++rest.p;
        --rest.n;
    }
    if (num_derivations == 0)
        return of_specifiers(typedefs, &specs, depth);
    if (num_derivations == 1)
        return of_pointer(typedefs, &specs, depth);
    return make(SCALAR_POINTER, 8, 4);
}

void type_define(typedefs_t *typedefs, str_t name, str_t text)
{
    str_t *copy = arena_alloc(typedefs->arena, sizeof(*copy));

    *copy = text;
    table_put(&typedefs->by_name, name, copy);
}

type_t type_of(const typedefs_t *typedefs, str_t text)
{
    return resolve(typedefs, text, 0);
}

str_t type_declare(arena_t *arena, str_t type, str_t name)
{
    const char *bracket = memchr(type.p, '[', type.n), *function = memmem(type.p, type.n, "(*", 2);
    size_t before = type.n; /* what stands before the name */

    if (name.n == 0)
        return type;
    if (function != NULL)
        before = (size_t)(function + 2 - type.p);
    else if (bracket != NULL)
        before = (size_t)(bracket - type.p);
    return arena_printf(arena, "%.*s%s%.*s%.*s", (int)before, type.p, before == type.n && type.p[type.n - 1] != '*' ? " " : "",
                        STR_ARG(name), (int)(type.n - before), type.p + before);
}

const char *type_c_name(scalar_t scalar, unsigned size)
{
    static const char *const names[2][9] = {{[1] = "__s8", [2] = "__s16", [4] = "__s32", [8] = "__s64"},
                                            {[1] = "__u8", [2] = "__u16", [4] = "__u32", [8] = "__u64"}};

    return names[scalar != SCALAR_INT && scalar != SCALAR_UNKNOWN][size];
}
