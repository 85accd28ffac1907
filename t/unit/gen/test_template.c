/*
 * ASSERTION: templates replace the names they know and nothing else, inner ones before outer ones; lines are indented, empty ones
 * are not; a name that is not known ends the program.
 */

#include "emit/template.h"
#include "lab.h"

static arena_t *arena;
static diag_t messages;

static const var_t vars[] = {TEXT("name", STR("VALUE")),
                             TEXT("na", STR("$name$")),
                             TEXT("empty", ((str_t){NULL, 0})),
                             TEXT("lines", STR("one\n\ntwo\n")),
                             NUMBER("number", 18446744073709551615ul),
                             {.outer = NULL}};

static printer_t begin(outdir_t **dir)
{
    *dir = outdir_open(arena, &messages, arena_printf(arena, "%s", lab_path("made")).p);
    return (printer_t){.out = out_begin(*dir, "x"), .arena = arena, .vars = vars};
}

static void test_names(void)
{
    static const struct {
        const char *text, *expected;
    } table[] = {
        {"", ""},
        {"no placeholder", "no placeholder"},
        {"$name$", "VALUE"},
        {"a $name$ b $name$.", "a VALUE b VALUE."},
        {"$name$$name$", "VALUEVALUE"},
        {"x$$y", "x$y"},
        {"$$$name$$$", "$VALUE$"},
        {"<$empty$>", "<>"},
        {"$na$", "$name$"}, /* a value is not looked through again */
        {"line\n    $name$;\n", "line\n    VALUE;\n"},
        {"$number$u", "18446744073709551615u"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
        outdir_t *dir;
        printer_t to = begin(&dir);
        emit(&to, table[i].text);
        out_commit(dir);
        is_str(lab_contents("made/x"), table[i].expected, "a template");
    }
}

static void test_inner(void)
{
    outdir_t *dir;
    printer_t to = begin(&dir);

    EMIT(&to, "$name$ $inner$ $number$ ", TEXT("inner", STR("more")), NUMBER("name", 1), NUMBER("number", 0));
    emit(&to, "$name$");
    out_commit(dir);
    is_str(lab_contents("made/x"), "1 more 0 VALUE", "names of one template hide those of the printer, which stay as they are");
}

static void test_indent(void)
{
    outdir_t *dir;
    printer_t to = begin(&dir);

    emit(&to, "{\n");
    to.indent = 4;
    emit(&to, "a = $name$");
    emit(&to, " + 1;\n\n");
    emit(&to, "    $lines$");
    to.indent = 0;
    emit(&to, "}\n");
    out_commit(dir);
    is_str(lab_contents("made/x"), "{\n    a = VALUE + 1;\n\n        one\n\n    two\n}\n", "each line is indented once");
}

/* ---- mistakes ---- */

static void use_unknown_name(void)
{
    outdir_t *dir;
    printer_t to = begin(&dir);

    emit(&to, "a $nam$ b");
}

static void use_open_name(void)
{
    outdir_t *dir;
    printer_t to = begin(&dir);

    emit(&to, "a $name b");
}

static void test_mistakes(void)
{
    int status = lab_child("log", use_unknown_name);

    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "a placeholder that has no value aborts");
    ok(strstr(lab_contents("log"), "$nam$") != NULL, "... and is named");
    status = lab_child("log", use_open_name);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "so does a dollar sign without another");
}

int main(void)
{
    lab_init();
    arena = arena_create();

    test_names();
    test_inner();
    test_indent();
    test_mistakes();

    arena_destroy(arena);
    return done_testing();
}
