/*
 * ASSERTION: what is taken for the name of a probe, a provider or an argument is one in a definition; anything else is not.
 */

#include "from/binary/names.h"
#include "model/secret.h"
#include "tap.h"

int main(void)
{
    static const char *const good[] = {"a", "_x", "conn", "x1", "class", "this", "size_t", "bool"};
    static const char *const bad[] = {"",     "1x",       "a b",    "a-b",     "a.b",   "a$",     "\xc3\xa9", "int",
                                      "void", "unsigned", "struct", "const",   "probe", "return", "provider", "typedef",
                                      "if",   "extern",   "sizeof", "_Atomic", "*/ x",  "a\nb",   "enum",     "_Bool"};
    static const struct {
        const char *note, *expected;
    } probes[] = {
        {"start", "start"},   {"order-start", "order__start"},
        {"a--b", "a____b"},   {"2nd", "2nd"},
        {"return", "return"}, {"extern", "extern"},
        {"int", NULL},        {"probe", NULL},
        {"a.b", NULL},        {"", NULL},
    };
    arena_t *arena = arena_create();
    char long_name[NAMES_MAX + 2];
    unsigned size;
    int is_signed;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); ++i)
        ok(is_definable(str_of(good[i])), "'%s' is a name", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i)
        ok(!is_definable(str_of(bad[i])), "bad name %zu is none", i);
    memset(long_name, 'x', sizeof(long_name));
    ok(is_definable((str_t){long_name, NAMES_MAX}) && !is_definable((str_t){long_name, NAMES_MAX + 1}), "there is a limit");
    for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); ++i) {
        str_t name = probe_name_of(arena, str_of(probes[i].note));
        is_str(name.n != 0 ? name.p : NULL, probes[i].expected, probes[i].note);
    }
    ok(is_known_type(STR("uint16_t"), &size, &is_signed) && size == 2 && !is_signed, "uint16_t is known");
    ok(is_known_type(STR("ssize_t"), &size, &is_signed) && size == 8 && is_signed, "ssize_t is known");
    ok(!is_known_type(STR("conn_t"), &size, &is_signed), "conn_t is not");
    ok(looks_secret(STR("session_key")) && looks_secret(STR("PASSWORD")), "secrets sound so");
    ok(!looks_secret(STR("keyboard")) && !looks_secret(STR("name")), "other names do not");
    arena_destroy(arena);
    return done_testing();
}
