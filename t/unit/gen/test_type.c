/*
 * ASSERTION: a type means what a C compiler makes of it: kind, size, sign and what it points to, through typedefs, in
 * whatever order its words stand; what nothing declares is said to be unknown, and a cycle of typedefs ends. Its
 * spelling is kept, with and without qualifiers, and it can be declared with any name.
 */

#include "model/type.h"
#include "tap.h"

static arena_t *arena;
static typedefs_t typedefs;

static str_t str(const char *s)
{
    return (str_t){s, strlen(s)};
}

/* Reads a type as the parsers do: words and single characters, `name` among them as the declared name if it is not NULL. */
static const ctype_t *read_type(const char *text, const char *name)
{
    src_t *src = arena_alloc(arena, sizeof(*src));
    ctype_t *type = arena_alloc(arena, sizeof(*type));
    span_t declared = {.src = NULL};
    ctype_log_t log;

    *src = (src_t){.text = text, .len = (uint32_t)strlen(text), .arena = arena};
    ctype_log_init(&log, arena, src);
    for (uint32_t i = 0; i < src->len;) {
        uint32_t n = (uint32_t)strspn(text + i, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        str_t token = {text + i, n != 0 ? n : 1};
        if (name != NULL && str_is(token, name))
            declared = (span_t){src, i, i + n};
        if (*token.p != ' ')
            ctype_log(&log, i, i + (uint32_t)token.n);
        i += (uint32_t)token.n;
    }
    ctype_read(&log, type, (span_t){src, 0, src->len}, declared);
    ctype_finish(&log, type, 0);
    return type;
}

static const char *const scalars[] = {
    [SCALAR_INT] = "int",         [SCALAR_UINT] = "uint",       [SCALAR_BOOL] = "bool",
    [SCALAR_FLOAT] = "float",     [SCALAR_STRING] = "string",   [SCALAR_BYTES] = "bytes",
    [SCALAR_POINTER] = "pointer", [SCALAR_UNKNOWN] = "unknown", [SCALAR_UNREADABLE] = "unreadable"};

/* "uint 4", "pointer 8 struct st_x"; for what is unreadable the size means nothing */
static const char *meaning(const char *text)
{
    static char said[256];
    type_t type = type_of(&typedefs, read_type(text, NULL));

    if (type.scalar == SCALAR_UNREADABLE)
        return "unreadable";
    snprintf(said, sizeof(said), "%s %u%s%.*s", scalars[type.scalar], type.size, type.pointee.n != 0 ? " " : "",
             STR_ARG(type.pointee));
    return said;
}

static void define(const char *name, const char *text)
{
    type_define(&typedefs, str(name), read_type(text, NULL));
}

static const struct {
    const char *text, *meaning;
} table[] = {
    /* integers, their words in any order */
    {"int", "int 4"},
    {"unsigned", "uint 4"},
    {"signed", "int 4"},
    {"unsigned int", "uint 4"},
    {"int unsigned", "uint 4"},
    {"char", "int 1"},
    {"signed char", "int 1"},
    {"unsigned char", "uint 1"},
    {"char unsigned", "uint 1"},
    {"short", "int 2"},
    {"short int", "int 2"},
    {"int short", "int 2"},
    {"unsigned short int", "uint 2"},
    {"long", "int 8"},
    {"long int", "int 8"},
    {"unsigned long", "uint 8"},
    {"long unsigned int", "uint 8"},
    {"long long", "int 8"},
    {"unsigned long long int", "uint 8"},
    {"long int long unsigned", "uint 8"},
    {"const int", "int 4"},
    {"int const", "int 4"},
    {"const volatile unsigned long", "uint 8"},
    {"register int", "int 4"},
    {"enum color", "int 4"},
    {"enum color const", "int 4"},
    /* those that have names */
    {"int8_t", "int 1"},
    {"uint8_t", "uint 1"},
    {"int16_t", "int 2"},
    {"uint16_t", "uint 2"},
    {"int32_t", "int 4"},
    {"uint32_t", "uint 4"},
    {"int64_t", "int 8"},
    {"uint64_t", "uint 8"},
    {"const uint64_t", "uint 8"},
    {"uint64_t const", "uint 8"},
    {"size_t", "uint 8"},
    {"ssize_t", "int 8"},
    {"off_t", "int 8"},
    {"pid_t", "int 4"},
    {"uid_t", "uint 4"},
    {"mode_t", "uint 4"},
    {"uintptr_t", "uint 8"},
    {"intptr_t", "int 8"},
    {"in_port_t", "uint 2"},
    {"wchar_t", "int 4"},
    {"u_int", "uint 4"},
    {"ulong_t", "uint 8"},
    /* others that are read as they are */
    {"bool", "bool 1"},
    {"_Bool", "bool 1"},
    {"const bool", "bool 1"},
    {"boolean_t", "bool 4"},
    {"float", "float 4"},
    {"double", "float 8"},
    {"const double", "float 8"},
    {"string", "string 8"},
    /* what cannot be read by value */
    {"struct st_x", "unreadable"},
    {"const struct st_x", "unreadable"},
    {"union u", "unreadable"},
    {"long double", "unreadable"},
    {"double long", "unreadable"},
    {"__int128", "unreadable"},
    {"unsigned __int128", "unreadable"},
    {"void", "unreadable"},
    /* pointers to text and to bytes */
    {"char *", "string 8"},
    {"const char *", "string 8"},
    {"char const *", "string 8"},
    {"char *const", "string 8"},
    {"const char *const", "string 8"},
    {"char *restrict", "string 8"},
    {"signed char *", "string 8"},
    {"char [16]", "string 8"},
    {"char []", "string 8"},
    {"const char [SIZE * 2]", "string 8"},
    {"unsigned char *", "bytes 8"},
    {"const unsigned char *", "bytes 8"},
    {"char unsigned *", "bytes 8"},
    {"void *", "bytes 8"},
    {"const void *", "bytes 8"},
    {"void const *", "bytes 8"},
    {"uint8_t *", "bytes 8 uint8_t"},
    {"const uint8_t *", "bytes 8 uint8_t"},
    {"u_char *", "bytes 8 u_char"},
    {"uint8_t [16]", "bytes 8 uint8_t"},
    /* int8_t is a number, not text */
    {"int8_t *", "pointer 8 int8_t"},
    /* other pointers, and what they point to */
    {"int *", "pointer 8"},
    {"unsigned long *", "pointer 8"},
    {"double *", "pointer 8"},
    {"int [4]", "pointer 8"},
    {"struct st_x *", "pointer 8 struct st_x"},
    {"const struct st_x *", "pointer 8 struct st_x"},
    {"struct st_x const *", "pointer 8 struct st_x"},
    {"struct st_x *const", "pointer 8 struct st_x"},
    {"volatile struct st_x *restrict", "pointer 8 struct st_x"},
    {"struct st_x [4]", "pointer 8 struct st_x"},
    {"union u *", "pointer 8 union u"},
    {"x_t *", "pointer 8 x_t"},
    {"const x_t *", "pointer 8 x_t"},
    {"uint32_t *", "pointer 8 uint32_t"},
    /* pointers to pointers say nothing of what is at their end */
    {"char **", "pointer 8"},
    {"const char **", "pointer 8"},
    {"const char *const *", "pointer 8"},
    {"char *[8]", "pointer 8"},
    {"char [2][3]", "pointer 8"},
    {"void **", "pointer 8"},
    {"struct st_x **", "pointer 8"},
    {"void ***", "pointer 8"},
    /* functions */
    {"void (*)(int, char *)", "pointer 8"},
    {"int (*)(void)", "pointer 8"},
    {"void *(*)(void)", "pointer 8"},
    {"int (*[4])(int)", "pointer 8"},
    {"void (int x)", "pointer 8"},
    {"int (*)(int, ...)", "pointer 8"},
    /* what nothing declares */
    {"Oid", "unknown 8"},
    {"const Oid", "unknown 8"},
    {"unsigned_t", "unknown 8"},
};

static const struct {
    const char *name, *text;
} defines[] = {
    {"id_a", "unsigned int"},
    {"id_b", "id_a"},
    {"id_c", "const id_b"},
    {"text_t", "char *"},
    {"text_p", "text_t *"},
    {"byte_t", "unsigned char"},
    {"letter_t", "char"},
    {"letters_t", "char [64]"},
    {"node_t", "struct st_node"},
    {"node_tt", "node_t"},
    {"node_p", "struct st_node *"},
    {"const_node_p", "const struct st_node *"},
    {"const_node_t", "const struct st_node"},
    {"anonymous_t", "struct"},
    {"callback_t", "void (*)(int, char *)"},
    {"color_t", "enum color"},
    {"real_t", "double"},
    /* cycles, short and long */
    {"self", "self"},
    {"self_p", "self_p *"},
    {"ping", "pong"},
    {"pong", "ping"},
    {"pang", "const pang *"},
    /* a definition has the last word, unless it says nothing */
    {"pid_t", "long"},
    {"bool", "unsigned char"},
    {"size_t", "nothing_t"},
};

static const struct {
    const char *text, *meaning;
} through_typedefs[] = {
    {"id_a", "uint 4"},
    {"id_b", "uint 4"},
    {"id_c", "uint 4"},
    {"const id_c", "uint 4"},
    {"text_t", "string 8"},
    {"const text_t", "string 8"},
    {"text_t *", "pointer 8 text_t"},
    {"byte_t", "uint 1"},
    {"byte_t *", "bytes 8 byte_t"},
    {"const byte_t *", "bytes 8 byte_t"},
    {"letter_t *", "string 8 letter_t"},
    {"letters_t", "string 8"},
    {"node_t", "unreadable"},
    {"node_tt", "unreadable"},
    {"node_t *", "pointer 8 struct st_node"},
    {"const node_t *", "pointer 8 struct st_node"},
    {"node_p", "pointer 8 struct st_node"},
    {"const_node_p", "pointer 8 struct st_node"},
    {"node_tt *", "pointer 8 struct st_node"},
    {"const_node_t *", "pointer 8 struct st_node"},
    {"anonymous_t *", "pointer 8 anonymous_t"},
    {"anonymous_t", "unreadable"},
    {"callback_t", "pointer 8"},
    {"color_t", "int 4"},
    {"real_t", "float 8"},
    {"real_t *", "pointer 8 real_t"},
    {"bool", "bool 1"},
    {"self", "unknown 8"},
    {"ping", "unknown 8"},
    {"ping *", "pointer 8 ping"},
    {"pid_t", "int 8"},
    {"size_t", "uint 8"},
};

/* what is declared, how the type is spelled without the name, and without qualifiers; and with the name of another argument */
static const struct {
    const char *declared, *text, *bare, *other;
} declarations[] = {
    {"int x", "int", "int", "int other"},
    {"const  char*x", "const char *", "char *", "const char *other"},
    {"char const * const * x", "char const * const *", "char **", "char const * const *other"},
    {"char * restrict x", "char * restrict", "char *", "char * restrict other"},
    {"register unsigned long x", "register unsigned long", "unsigned long", "register unsigned long other"},
    {"__const void *x", "__const void *", "void *", "__const void *other"},
    {"struct st_x *x", "struct st_x *", "struct st_x *", "struct st_x *other"},
    {"char x[16]", "char [16]", "char [16]", "char other[16]"},
    {"char *x[8]", "char *[8]", "char *[8]", "char *other[8]"},
    {"char x[2][SIZE * 2 + 1]", "char [2][SIZE * 2 + 1]", "char [2][SIZE * 2 + 1]", "char other[2][SIZE * 2 + 1]"},
    {"void (*x)(int, const char *)", "void (*)(int, const char *)", "void (*)(int, char *)", "void (*other)(int, const char *)"},
    {"int (*x[4])(int)", "int (*[4])(int)", "int (*[4])(int)", "int (*other[4])(int)"},
    {"void x(int y)", "void (int y)", "void (int y)", "void other(int y)"},
};

static void test_declarations(void)
{
    for (size_t i = 0; i < sizeof(declarations) / sizeof(declarations[0]); ++i) {
        const ctype_t *type = read_type(declarations[i].declared, "x");
        is_str(arena_strdup(arena, type->text).p, declarations[i].text, declarations[i].declared);
        is_str(arena_strdup(arena, type->bare).p, declarations[i].bare, "... without qualifiers");
        is_str(ctype_declare(arena, type, str("other")).p, declarations[i].other, "... declared with another name");
    }
    is_str(arena_strdup(arena, ctype_declare(arena, read_type("char *[8]", NULL), str(""))).p, "char *[8]",
           "a type without a name");
}

static void test_void(void)
{
    static const char *const voids[] = {"void", "const void", "void const", "__const void", "register void __volatile__"};
    static const char *const others[] = {"void *", "void ()", "void [2]", "int", "unsigned", "void_t"};

    for (size_t i = 0; i < sizeof(voids) / sizeof(voids[0]); ++i)
        ok(ctype_is_void(read_type(voids[i], NULL)), "'%s' is void", voids[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); ++i)
        ok(!ctype_is_void(read_type(others[i], NULL)), "'%s' is not", others[i]);
}

static void test_c_names(void)
{
    is_str(type_c_name(SCALAR_INT, 1), "__s8", "a field of a signed byte");
    is_str(type_c_name(SCALAR_INT, 2), "__s16", "... of a short");
    is_str(type_c_name(SCALAR_INT, 4), "__s32", "... of an int");
    is_str(type_c_name(SCALAR_INT, 8), "__s64", "... of a long");
    is_str(type_c_name(SCALAR_UINT, 1), "__u8", "... of an unsigned byte");
    is_str(type_c_name(SCALAR_UINT, 8), "__u64", "... of an unsigned long");
    is_str(type_c_name(SCALAR_BOOL, 1), "__u8", "... of a bool");
    is_str(type_c_name(SCALAR_POINTER, 8), "__u64", "... of a pointer");
    is_str(type_c_name(SCALAR_FLOAT, 4), "__u32", "... of a float, whose bits are copied");
    is_str(type_c_name(SCALAR_FLOAT, 8), "__u64", "... of a double");
    is_str(type_c_name(SCALAR_UNKNOWN, 8), "__s64", "... of an unknown type");
}

/* A chain that is as long as a chain may be, and one that is longer: neither recurses without end. */
static void test_long_chain(void)
{
    char name[32], text[32];

    define("chain_0", "short");
    for (int i = 1; i < 10000; ++i) {
        snprintf(name, sizeof(name), "chain_%d", i);
        snprintf(text, sizeof(text), "chain_%d", i - 1);
        str_t copies[2] = {arena_strdup(arena, str(name)), arena_strdup(arena, str(text))};
        type_define(&typedefs, copies[0], read_type(copies[1].p, NULL));
    }
    is_str(meaning("chain_30"), "int 2", "a chain of 30 typedefs is followed");
    is_str(meaning("chain_9999"), "unknown 8", "one of 10000 is given up, without harm");
}

int main(void)
{
    arena = arena_create();
    typedefs.by_name.arena = arena;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i)
        is_str(meaning(table[i].text), table[i].meaning, table[i].text);
    for (size_t i = 0; i < sizeof(defines) / sizeof(defines[0]); ++i)
        define(defines[i].name, defines[i].text);
    for (size_t i = 0; i < sizeof(through_typedefs) / sizeof(through_typedefs[0]); ++i)
        is_str(meaning(through_typedefs[i].text), through_typedefs[i].meaning, through_typedefs[i].text);
    define("id_a", "char");
    is_str(meaning("id_a"), "uint 4", "the first of several definitions of a name holds");
    test_long_chain();
    test_declarations();
    test_void();
    test_c_names();

    arena_destroy(arena);
    return done_testing();
}
