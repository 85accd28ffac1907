/*
 * ASSERTION: macros are expanded as a preprocessor does it (C11 6.10.3, and gcc's extensions) wherever this leads to calls of
 * probes, with each of several definitions; it is given up, and said so, where it would take too much.
 */

#include "audit/calls/expand.h"
#include "tap.h"

/* ---- definitions: app:one … app:five, and other:one ---- */

#define NUM_PROBES 6

static const char *const macros_of_probes[NUM_PROBES] = {"APP_ONE", "APP_TWO", "APP_THREE", "APP_FOUR", "APP_FIVE", "OTHER_ONE"};
static const char *const names_of_probes[NUM_PROBES] = {"one", "two", "three", "four", "five", "one"};
static ir_probe_t probes[NUM_PROBES];
static ir_provider_t providers[2] = {{.name = {"app", 3}, .file = "app.d"}, {.name = {"other", 5}, .file = "other.d"}};
static ir_t ir = {.providers = providers, .num_providers = 2, .probes = probes, .num_probes = NUM_PROBES};

static void init_probes(void)
{
    for (int i = 0; i < NUM_PROBES; ++i) {
        probes[i].provider = providers + (i == NUM_PROBES - 1);
        probes[i].name = probes[i].json_name = str_of(names_of_probes[i]);
        probes[i].macro = str_of(macros_of_probes[i]);
    }
}

/* ---- reading ---- */

static char out[1 << 24];
static size_t num_out;

static __attribute__((format(printf, 1, 2))) void put(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    num_out += (size_t)vsnprintf(out + num_out, sizeof(out) - num_out, fmt, args);
    va_end(args);
    if (num_out >= sizeof(out))
        bail_out("too much output");
}

/*
 * "APP_ONE/2@3": with two arguments in line 3; "P>APP_ONE/2@3": by the macro P; a condition follows in []. Of what is no probe,
 * "app:lost/1@2" by a marker, "?app:LOST/1@2" by a name that ## has made where it makes those of probes, "no:app:LOST/1@2"
 * elsewhere.
 */
static void put_call(const xfound_t *found)
{
    const audit_call_t *call = &found->call;
    const ir_probe_t *probe = found->row != NULL ? found->row->probe : NULL;
    str_t macro = probe != NULL ? probe->macro : STR("");

    put("%s%s", num_out != 0 ? " " : "", found->row != NULL ? "" : found->body->made_probe ? "?" : "no:");
    if (macro.n != 0 && !str_eq(macro, call->macro))
        put("%.*s>", STR_ARG(call->macro));
    if (macro.n != 0)
        put("%.*s", STR_ARG(macro));
    else if (found->row != NULL)
        put("%.*s:%.*s", STR_ARG(found->row->provider), STR_ARG(found->row->name));
    else
        put("%.*s:%.*s", STR_ARG(found->provider), STR_ARG(found->name));
    put("/%u@%u", call->num_args, call->line);
    if (call->condition.n != 0)
        put("[%.*s]", STR_ARG(call->condition));
}

#define ENOUGH ((uint64_t)1 << 30)
#define MAX_FILES 4

/* NULL ends them */
typedef struct st_files_t {
    const char *paths[MAX_FILES + 1], *texts[MAX_FILES];
} files_t;

static void read_definitions(macros_t *macros, scope_t *scope, uint32_t file, reader_t *reader)
{
    reader_event_t event;
    ctoken_t token;

    while ((event = reader_next(reader, &token)) != READER_END) {
        if (event == READER_INCLUDE)
            scope_include(scope, file, ctoken_str(&token));
        else if (event != READER_TOKEN)
            macros_define(macros, file, reader, &token, event == READER_UNDEF);
    }
}

/* Reads files as calls.c does, and writes their calls. @return how many steps the calls took */
static uint64_t expand_files(const files_t *files, uint64_t num_steps)
{
    arena_t *arena = arena_create();
    sources_t sources;
    ctext_t texts[MAX_FILES] = {{0}};
    ctexts_t kept = {.arena = arena, .table.arena = arena};
    uint64_t num_taken = 0;
    diag_t diag = {0};
    audit_t audit;
    macros_t macros;
    scope_t scope;
    expander_t expander;
    reader_t reader;

    sources_init(&sources, arena);
    for (uint32_t i = 0; files->paths[i] != NULL; ++i) {
        sources_add_path(&sources, str_of(files->paths[i]), str_of(files->paths[i]));
        texts[i] = (ctext_t){.p = strdup(files->texts[i]), .n = strlen(files->texts[i])};
        ctext_join_lines(texts + i);
    }
    num_out = 0;
    out[0] = '\0';
    audit_init(&audit, arena, &diag, &ir);
    macros_init(&macros, arena, &audit);
    scope_init(&scope, arena, &sources, &macros);
    for (uint32_t i = 0; i < sources.num; ++i) {
        reader_init(&reader, texts + i, &kept);
        read_definitions(&macros, &scope, i, &reader);
    }
    macros_find_relevant(&macros);
    expander_init(&expander, &macros, &scope, &kept);
    for (uint32_t i = 0; i < sources.num; ++i) {
        size_t num_before = expander.num_found;
        scope_enter_file(&scope, i, num_steps);
        reader_init(&reader, texts + i, &kept);
        expander_read(&expander, &reader);
        num_taken += num_steps - scope.steps;
        for (size_t j = num_before; j < expander.num_found; ++j)
            put_call(expander.found + j);
        if (expander.given_up.why != NULL)
            put("%s%.*s@%u %s", num_out != 0 ? " " : "", STR_ARG(expander.given_up.macro), expander.given_up.line,
                expander.given_up.why);
        ctext_dispose(texts + i);
    }
    expander_dispose(&expander);
    macros_dispose(&macros);
    arena_destroy(arena);
    return num_taken;
}

static uint64_t expand_text(const char *text, uint64_t num_steps)
{
    return expand_files(&(files_t){{"a.c"}, {text}}, num_steps);
}

static const struct {
    const char *what, *source, *expected;
} cases[] = {
    /* probes */
    {"a probe", "APP_ONE(a, b);", "APP_ONE/2@1"},
    {"arguments", "APP_ONE(); APP_ONE( ); APP_ONE(a); APP_ONE((a, b), c[1, 2]); APP_ONE(,)",
     "APP_ONE/0@1 APP_ONE/0@1 APP_ONE/1@1 APP_ONE/3@1 APP_ONE/2@1"},
    {"several lines", "APP_ONE\n(a,\nb\n);\nAPP_TWO(c)", "APP_ONE/2@1 APP_TWO/1@5"},
    {"no call", "APP_ONE; f(APP_ONE, 1); xAPP_ONE(1); APP_ONE_ENABLED(); APP_ONE [1]", ""},
    {"calls within each other", "APP_ONE(APP_TWO(a, b), APP_THREE())", "APP_ONE/2@1 APP_TWO/2@1 APP_THREE/0@1"},
    {"comments and strings", "/* APP_ONE() */ // APP_ONE()\n\"APP_ONE()\" 'APP_ONE()'", ""},
    {"parentheses that do not close", "APP_ONE(a; APP_TWO(b);", "APP_TWO/1@1"},
    {"conditions", "#if A\nAPP_ONE(a);\n#else\nAPP_TWO();\n#endif", "APP_ONE/1@2[A] APP_TWO/0@4[!(A)]"},
    {"sdt.h",
     "DTRACE_PROBE(app, one); DTRACE_PROBE2(app, x, a, b); STAP_PROBEV(b, c, d); DTRACE_PROBE1(app); DTRACE_PROBE1(a b, c, d)",
     "DTRACE_PROBE>APP_ONE/0@1 app:x/2@1"},
    {"a header of probegen",
     "#define PROBEGEN_SITE(n, nop, provider, name, ...) x\n#define P(a) do { PROBEGEN_X(); PROBEGEN_SITE(1, PROBEGEN_NOP, "
     "\"app\", \"two\", a); } while (0)\nP(1)",
     "P>APP_TWO/1@3"},

    /* macros like objects */
    {"another name", "#define P APP_ONE\nP(a, b); P;", "P>APP_ONE/2@2"},
    {"a whole call", "#define P APP_ONE(1)\nP; f(P)", "P>APP_ONE/1@2 P>APP_ONE/1@2"},
    {"names of names", "#define P Q\n#define Q R\n#define R APP_ONE\nP(a)", "P>APP_ONE/1@4"},
    {"not before its definition", "P(a);\n#define P APP_ONE\n", ""},
    {"not after #undef", "#define P APP_ONE\n#undef P\nP(a);", ""},
    {"defined again", "#define P APP_ONE\nP(a);\n#define P APP_TWO\nP(a)", "P>APP_ONE/1@2 P>APP_TWO/1@4"},

    /* macros like functions */
    {"parameters", "#define P(a, b) APP_ONE(b, a, b)\nP(1, 2); P(1)(2); P; P (1, (2, 3))", "P>APP_ONE/3@2 P>APP_ONE/3@2"},
    {"no parameters", "#define P() APP_ONE()\nP(); P(1); P", "P>APP_ONE/0@2"},
    {"an empty argument", "#define P(a) APP_ONE(a)\nP(); P(,)", "P>APP_ONE/0@2"},
    {"no blank before the parameters", "#define P (a) APP_ONE(a)\nP(1)", "P>APP_ONE/1@2"},
    {"broken parameters", "#define P(a, 1) APP_ONE(a)\n#define Q(a b) APP_ONE(a)\n#define R(a APP_ONE(a)\nP(1, 1); Q(1); R(1)", ""},
    {"the argument is a name", "#define P(f) f(1)\nP(APP_ONE); P(f)", "APP_ONE/1@2"},
    {"the argument is a call", "#define P(x) do { x; } while (0)\nP(APP_ONE(1, 2))", "APP_ONE/2@2"},
    {"... twice is one", "#define P(x) x x\nP(APP_ONE(1, 2))", "APP_ONE/2@2"},
    {"... thrown away", "#define P(x)\nP(APP_ONE(1, 2))", ""},
    {"... a string", "#define P(x) f(#x)\nP(APP_ONE(1, 2))", ""},
    {"arguments that come later", "#define P(a) APP_ONE\n#define Q P\nP(1)(2, 3); Q(1) (2)", "P>APP_ONE/2@3 Q>APP_ONE/1@3"},
    {"arguments from two places", "#define P(a) APP_ONE(a,\nP(1) 2)", "P>APP_ONE/2@2"},
    {"arguments over a conditional", "#define P(a, b) APP_ONE(a, b)\nP(1,\n#if A\n2\n#else\n3, 4\n#endif\n);", "P>APP_ONE/2@2"},

    /* # and ## */
    {"names are made", "#define P(n) APP_##n(1)\nP(ONE); P(TWO); f(P(THREE))", "P>APP_ONE/1@2 P>APP_TWO/1@2 P>APP_THREE/1@2"},
    {"... of three parts", "#define P(a, b) A##a##b(1)\nP(PP, _ONE); P(, PP_TWO)", "P>APP_ONE/1@2 P>APP_TWO/1@2"},
    {"... of parts elsewhere",
     "#define CAT(a, b) a##b\n#define P(n) CAT(APP_, n)(1)\nP(ONE); CAT(APP_, TWO)(2); CAT(APP, CAT(_, ONE))(3)",
     "P>APP_ONE/1@3 CAT>APP_TWO/1@3"},
    {"... through another macro",
     "#define CAT_(a, b) a##b\n#define CAT(a, b) CAT_(a, b)\n#define X APP_\nCAT(X, ONE)(1); CAT_(X, ONE)(1)", "CAT>APP_ONE/1@4"},
    {"... of a number", "#define P(n) APP_##n(1)\n#define APP_1 APP_ONE\nP(1)", "P>APP_ONE/1@3"},
    {"arguments beside ## are not expanded", "#define ONE TWO\n#define P(n) APP_##n(n)\nP(ONE)", "P>APP_ONE/1@3"},
    {"what cannot be joined", "#define P(n) APP_ONE##n\n#define Q(n) n##(1)\nP((1)); Q(APP_TWO)", "P>APP_ONE/1@3 APP_TWO/1@3"},
    {"what is no name", "#define P(n) APP_##n(1)\nP(\"ONE\"); P(+); P(ONE TWO)", ""},

    /* variadic macros */
    {"...", "#define P(a, ...) APP_ONE(a, __VA_ARGS__)\nP(1, 2, 3); P(1, 2); P(1,); P(1)",
     "P>APP_ONE/3@2 P>APP_ONE/2@2 P>APP_ONE/2@2 P>APP_ONE/2@2"},
    {"nothing before it", "#define P(...) APP_ONE(__VA_ARGS__)\nP(); P(1); P(1, 2)", "P>APP_ONE/0@2 P>APP_ONE/1@2 P>APP_ONE/2@2"},
    {"with a name", "#define P(a, rest...) APP_ONE(a, rest)\nP(1, 2, 3)", "P>APP_ONE/3@2"},
    {", ##", "#define P(a, ...) APP_ONE(a, ##__VA_ARGS__)\nP(1, 2, 3); P(1, 2); P(1)", "P>APP_ONE/3@2 P>APP_ONE/2@2 P>APP_ONE/1@2"},
    {"__VA_OPT__", "#define P(a, ...) APP_ONE(a __VA_OPT__(, __VA_ARGS__))\nP(1, 2, 3); P(1,); P(1)",
     "P>APP_ONE/3@2 P>APP_ONE/1@2 P>APP_ONE/1@2"},
    {"... with a call in it", "#define P(...) __VA_OPT__(APP_ONE(__VA_ARGS__))\nP(1); P()", "P>APP_ONE/1@2"},
    {"... that is pasted", "#define P(a, ...) APP_##__VA_OPT__(ONE)(a)\nP(1, 2)", "P>APP_ONE/1@2"},
    {"a name as argument", "#define P(f, ...) f(__VA_ARGS__)\nP(APP_ONE, 1, 2); P(P, 1)", "APP_ONE/2@2"},

    /* macros in macros */
    {"nested", "#define P(a) Q(a, 1)\n#define Q(a, b) R(a, b, 2)\n#define R(...) APP_ONE(__VA_ARGS__)\nP(0)", "P>APP_ONE/3@4"},
    {"a macro in its own arguments", "#define P(a) APP_ONE(a)\nP(P(P(1)))", "P>APP_ONE/1@2 P>APP_ONE/1@2 P>APP_ONE/1@2"},
    {"a macro that has itself", "#define P(a) P(a) APP_ONE(a)\n#define APP APP APP_TWO(1)\nP(1); APP",
     "P>APP_ONE/1@3 APP>APP_TWO/1@3"},
    {"two that have each other", "#define P Q APP_ONE(1)\n#define Q P APP_TWO(2)\nP; Q",
     "P>APP_TWO/1@3 P>APP_ONE/1@3 Q>APP_ONE/1@3 Q>APP_TWO/1@3"},
    {"a final name stays final", "#define P(a) a\n#define Q P(Q) APP_ONE(1)\nQ", "Q>APP_ONE/1@3"},
    {"6.10.3.4, example: f(2)(9)", "#define f(a) a*g\n#define g(a) f(a) APP_ONE(a)\nf(2)(9)", "f>APP_ONE/1@3"},

    /* several definitions */
    {"both branches", "#if A\n#define P(a) APP_ONE(a)\n#else\n#define P(a, b) APP_TWO(a, b)\n#endif\nP(1); P(1, 2)",
     "P>APP_ONE/1@6 P>APP_TWO/2@6"},
    {"an empty one", "#if A\n#define P(a) APP_ONE(a)\n#else\n#define P(a)\n#endif\nP(1);", "P>APP_ONE/1@6"},
    {"each with each",
     "#if A\n#define P Q(1)\n#else\n#define P Q(1, 2)\n#endif\n#if B\n#define Q APP_ONE\n#else\n#define Q APP_TWO\n#endif\nP",
     "P>APP_TWO/2@11 P>APP_ONE/2@11 P>APP_TWO/1@11 P>APP_ONE/1@11"},
    {"in a branch of the same conditional", "#if A\n#define P APP_ONE\nP(1);\n#else\n#define P APP_TWO\nP(1);\n#endif",
     "P>APP_ONE/1@3[A] P>APP_TWO/1@6[!(A)] P>APP_ONE/1@6[!(A)]"},

    /* names that nothing defines */
    {"an unknown name", "#define P(n) APP_##n(1, 2)\nP(ONE); P(LOST)", "P>APP_ONE/2@2 ?app:LOST/2@2"},
    {"... where none is made", "#define P(n) Q_APP(n)\n#define Q_APP(n) APP_NO_##n(1); APP_ONE(1)\nP(LOST)",
     "no:app:NO_LOST/1@3 P>APP_ONE/1@3"},
    {"an unknown name in a body", "#define P APP_LOST(1); APP_ONE(1)\nP", "P>APP_ONE/1@2"},
    {"without arguments", "#define P(n) APP_##n; APP_ONE(1)\nP(LOST)", "P>APP_ONE/1@2"},
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        expand_text(cases[i].source, ENOUGH);
        is_str(out, cases[i].expected, cases[i].what);
    }
}

/* ---- definitions in other files ---- */

static const struct {
    const char *what;
    files_t files;
    const char *expected;
} file_cases[] = {
    {"a header", {{"a.c", "p.h"}, {"#include \"p.h\"\nP(1);", "#define P(a) APP_ONE(a)"}}, "P>APP_ONE/1@2"},
    {"a header of a header",
     {{"a.c", "x/p.h", "x/q.h"}, {"#include \"x/p.h\"\nP(1);", "#include <q.h>", "#define P(a) APP_ONE(a)"}},
     "P>APP_ONE/1@2"},
    {"each file has its own",
     {{"a.c", "b.c"}, {"#define P(a) APP_ONE(a)\nP(1)", "#define P(a) APP_TWO(a)\nP(1)"}},
     "P>APP_ONE/1@2 P>APP_TWO/1@2"},
    {"not that of another source", {{"a.c", "b.c"}, {"P(1)", "#define P(a) APP_ONE(a)\nP(1)"}}, "P>APP_ONE/1@2"},
    {"that of the header beside it",
     {{"x/a.c", "x/p.h", "y/p.h"}, {"#include \"p.h\"\nP(1)", "#define P(a) APP_ONE(a)", "#define P(a) APP_TWO(a)"}},
     "P>APP_ONE/1@2"},
    {"those of all headers whose path ends so",
     {{"a.c", "x/p.h", "y/p.h"}, {"#include <p.h>\nP(1)", "#define P(a) APP_ONE(a)", "#define P(a) APP_TWO(a)"}},
     "P>APP_TWO/1@2 P>APP_ONE/1@2"},
    {"of any header when none is included",
     {{"a.c", "p.h"}, {"#include GENERATED\nP(1)", "#define P(a) APP_ONE(a)"}},
     "P>APP_ONE/1@2"},
    {"of the file that includes it",
     {{"a.c", "list.def"}, {"#define P(a) APP_ONE(a)\n#include \"list.def\"\n#undef P", "P(1)\nP(2)"}},
     "P>APP_ONE/1@1 P>APP_ONE/1@2"},
    {"a header undefines its own",
     {{"a.c", "p.h"}, {"#include \"p.h\"\nP(1)", "#define P(a) APP_ONE(a)\nP(2)\n#undef P"}},
     "P>APP_ONE/1@2"},
    {"its own hides that of a header",
     {{"a.c", "p.h"}, {"#include \"p.h\"\n#undef P\n#define P(a) APP_ONE(a)\nP(1)", "#define P(a) APP_TWO(a)"}},
     "P>APP_ONE/1@4"},
    {"its own under a condition does not",
     {{"a.c", "p.h"}, {"#include \"p.h\"\n#if A\n#define P(a) APP_ONE(a)\n#endif\nP(1)", "#define P(a) APP_TWO(a)"}},
     "P>APP_ONE/1@5 P>APP_TWO/1@5"},
};

static void test_files(void)
{
    for (size_t i = 0; i < sizeof(file_cases) / sizeof(file_cases[0]); ++i) {
        expand_files(&file_cases[i].files, ENOUGH);
        is_str(out, file_cases[i].expected, file_cases[i].what);
    }
}

/* ---- limits ---- */

static char text[1 << 21];
static size_t num_text;

static __attribute__((format(printf, 1, 2))) void write_text(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    num_text += (size_t)vsnprintf(text + num_text, sizeof(text) - num_text, fmt, args);
    va_end(args);
    if (num_text >= sizeof(text))
        bail_out("the text is too long");
}

/* Macros that have the one before them twice: the last one describes 2^40 calls. */
static void write_doubling(void)
{
    num_text = 0;
    write_text("#define A0 APP_ONE(1)\n");
    for (int i = 1; i <= 40; ++i)
        write_text("#define A%d A%d A%d\n", i, i - 1, i - 1);
}

static int ends_with(const char *end)
{
    return num_out >= strlen(end) && strcmp(out + num_out - strlen(end), end) == 0;
}

static void test_too_much(void)
{
    uint64_t num_steps;

    write_doubling();
    write_text("A3 A10");
    num_steps = expand_text(text, ENOUGH);
    is_str(out, "A3>APP_ONE/1@42 A10>APP_ONE/1@42", "a thousand calls of one place are one");
    ok(num_steps > 8 * 1024, "... though each is looked at");
    write_text(" A40 APP_TWO(1)");
    ok(expand_text(text, ENOUGH) - num_steps < 2000000, "steps are limited for a macro that describes a million millions");
    ok(ends_with("APP_TWO/1@42 A40@42 expands to too much"), "... which is given up, and the rest is read");
    ok(expand_text(text, 1000) == 1000, "steps are limited for a file");
    ok(ends_with("A10>APP_ONE/1@42 A10@42 expands to too much"), "... and nothing comes of the rest");
}

static void test_too_many_ways(void)
{
    num_text = 0;
    for (char c = 'A'; c <= 'O'; ++c)
        write_text("#if X\n#define %c APP_TWO(1)\n#else\n#define %c APP_ONE(1)\n#endif\n", c, c);
    write_text("#define P A B C D E F G H I J K L M N O\n#define Q A B C D E F\nA B C;\nQ; P; APP_TWO(1)");
    expand_text(text, ENOUGH);
    ok(ends_with("APP_TWO/1@79 P@79 expands to too much"), "fifteen macros with two definitions each are 32768 ways");
    ok(strstr(out, " Q>APP_ONE/1@79 Q>APP_TWO/1@79 ") != NULL, "... six are 64, each of which is taken");
    ok(strncmp(out, "A>APP_ONE/1@78 A>APP_TWO/1@78 B>APP_ONE/1@78", 44) == 0, "... and one by one they are two each");
}

static void test_too_deep(void)
{
    num_text = 0;
    write_text("#define P(a) a\n");
    for (int i = 0; i < 300; ++i)
        write_text("P(");
    write_text("APP_ONE(1)");
    for (int i = 0; i < 300; ++i)
        write_text(")");
    write_text("; APP_TWO(2)");
    expand_text(text, ENOUGH);
    is_str(out, "APP_TWO/1@2 P@2 is nested too deeply", "three hundred macros in each other");
}

static void test_too_long(void)
{
    num_text = 0;
    write_text("#define P(a) a\nP(");
    for (int i = 0; i < 300000; ++i)
        write_text("x ");
    write_text("APP_ONE(1)); APP_TWO(2)");
    expand_text(text, ENOUGH);
    is_str(out, "APP_ONE/1@2 APP_TWO/1@2 P@2 has too much in its parentheses", "an argument of 300000 tokens");
}

/* Openings that nothing closes: the rest of the file is read once, not once for each. */
static void test_unclosed(void)
{
    num_text = 0;
    for (int i = 0; i < 100000; ++i)
        write_text("APP_ONE(");
    expand_text(text, ENOUGH);
    ok(num_out == 0 || ends_with("has too much in its parentheses"), "a hundred thousand lists of arguments without end");
}

int main(void)
{
    init_probes();
    test_cases();
    test_files();
    test_too_much();
    test_too_many_ways();
    test_too_deep();
    test_too_long();
    test_unclosed();
    return done_testing();
}
