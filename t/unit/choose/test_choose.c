/*
 * ASSERTION: an expression that is wrong is refused with its place and what may have been meant, and no text of whatever kind does
 * harm; one that is right is about the probes whose fields it names, and those that nothing is asked of stay as they were selected.
 */

#include <stdlib.h>
#include <string.h>
#include "choose_lab.h"

/* ---- what is refused ---- */

/* The place in `text` is where the '^' in `place` stands. */
static void refused(const char *text, const char *place, const char *message)
{
    int is_taken = lab_choose_one(text, NULL);

    ok(!is_taken && lab_error.text != NULL, "'%s' is refused", text);
    is_int(is_taken ? -1 : (long long)lab_error.error.at, (long long)strlen(place) - 1, "... at the right place");
    ok(is_taken || strstr(lab_error.error.reason.text, message) != NULL, "... '%s' is said: %s", message,
       lab_error.error.reason.text);
}

static void test_syntax(void)
{
    refused("", "^", "a field is missing at the end");
    refused("u8 == ", "      ^", "a value is wanted here");
    refused("u8 = 1", "   ^", "'==' compares");
    refused("u8 == 1 &", "        ^", "'&&' is wanted");
    refused("u8 == 1 | flag", "        ^", "'||' is wanted");
    refused("u8 == 1 &&", "          ^", "a field is missing");
    refused("u8 == 1 flag", "        ^", "'&&' or '||' is wanted");
    refused("(u8 == 1", "^", "this '(' has no ')'");
    refused("(u8 == 1 flag)", "         ^", "'&&', '||' or ')'");
    refused("u8 == 1)", "       ^", "has no '('");
    refused("u8 == 12x", "        ^", "no digit");
    refused("u8 == 0x", "       ^", "no digit");
    refused("u64 == 18446744073709551616", "       ^", "64 bits");
    refused("u64 == 0x10000000000000000", "       ^", "64 bits");
    refused("u8 == -", "      ^", "a value is wanted");
    refused("u8 == -true", "      ^", "a value is wanted");
    refused("name == \"abc", "        ^", "no '\"' at its end");
    refused("name == \"abc\\\"", "        ^", "no '\"' at its end");
    refused("name == abc", "        ^", "double quotes");
    refused("app:numbers == 1", "           ^", "PROVIDER:PROBE.FIELD");
    refused("400 <= u8", "^", "a field stands left of the comparison");
    refused("null == name", "^", "a field stands left of the comparison");
    refused("\"x\" == name", "^", "a field stands left of the comparison");
    refused("400 == 400", "^", "a field stands left of the comparison");
    refused("1", "^", "a field stands left of the comparison");
    refused("-1.5 < u8", "^", "a field stands left of the comparison");
    refused("u8 >= 4 || true", "           ^", "a field stands left of the comparison");
    refused("u8 == 1 and flag", "        ^", "'&&' is wanted here, not 'and'");
    refused("(u8 == 1 or flag)", "         ^", "'||' is wanted here, not 'or'");
    refused("not flag", "^", "'!' is wanted here, not 'not'");
    refused("u8 == 1 && not (flag)", "           ^", "'!' is wanted here, not 'not'");
    refused("name !~ \"x\"", "     ^", "write !(FIELD =~ \"GLOB\")");
    refused("u8 in (1, 2)", "   ^", "there is no 'in'");
    refused("u8 not in (1, 2)", "   ^", "there is no 'not'");
    refused("not == 1", "^", "has a field 'not'");
    refused("u8 == 1.5", "       ^", "only integers");
    refused("u64 == 12345678901234567890123", "       ^", "is larger than 64 bits can hold");
    refused("app:numbers. == 1", "            ^", "behind the dot");
    refused("u* == 1", " ^", "'*'");
    refused("%", "^", "no field");
}

/* @param ns -1: it is no time */
static void takes_time(const char *text, long long ns)
{
    static expression_t expression;
    expression_error_t error;
    int failed = expression_parse(&expression, text, &error);
    const expression_value_t *value = &expression.nodes[0].value;

    is_int(failed || value->kind != EXPRESSION_TIME ? -1 : (long long)value->number, ns, text);
}

static void test_times(void)
{
    takes_time("x > 5ns", 5);
    takes_time("x > 100us", 100000);
    takes_time("x>=100ms", 100000000);
    takes_time("x < 2s", 2000000000);
    takes_time("x == 3m", 180000000000);
    takes_time("x != 1h", 3600000000000);
    takes_time("x > 0s", 0);
    takes_time("x > 9223372036854775807ns", INT64_MAX);
    takes_time("x > 9223372036854775808ns", -1);
    takes_time("x > 9223372036854775807us", -1);
    takes_time("x > 99999999999999999999999s", -1);
    takes_time("x > -5ms", -1);
    takes_time("x > 5min", -1);
    takes_time("x > 0x5s", -1);
    takes_time("x > 5", -1);
    refused("u8 > 5ms", "   ^", "an integer");
}

static void test_names(void)
{
    refused("app:numbers.i3 == 1", "            ^", "'app:numbers' has no field 'i3'; did you mean 'i8'?");
    refused("optionl == 1", "^", "did you mean 'optional'?");
    refused("app:*.vlaue_len == 1", "      ^", "no probe that matches 'app:*' has a field 'vlaue_len'; did you mean 'value_len'?");
    refused("app:nubmers.u8 == 1", "^", "did you mean 'app:numbers'?");
    refused("nothing:like.this == 1", "^", "-l lists them");
    refused("numbers.u8 == 1", "^", "did you mean 'app:numbers.u8'?");
    refused("other.u8 == 1", "^", "in front of the dot PROVIDER:PROBE is wanted");
    refused("whole.a.b == 1", "^", "'lib:stats.whole' is a struct that is shown whole: its members cannot be compared");
    refused("lib:stats.whole.a == 1", "          ^", "its members cannot be compared");
    refused("app:numbers.whole.a == 1", "^", "no probe matches 'app:numbers.whole'");
    refused("time > 1", "^", "'time' is a key of every event, and no field: it cannot be compared");
    refused("app:numbers.type == \"x\"", "            ^", "-t chooses by provider and probe");
    refused("module == \"x\"", "^", "-t chooses by provider and probe");
    ok(!lab_choose_one("app:texts.name == \"x\"", "x..."), "a field of a probe that is not selected is refused");
    ok(strstr(lab_error.error.reason.text, "-t does not select 'app:texts'") != NULL, "... with that reason");
}

static void test_types(void)
{
    refused("u8", "^", "'app:numbers.u8' is an integer");
    refused("u8 == \"1\"", "   ^", "compared with a number");
    refused("u8 == true", "   ^", "compared with a number");
    refused("u8", "^", ": write u8 != 0");
    refused("u8 =~ 1", "   ^", "compared with a number");
    refused("u8 =~ \"4*\"", "   ^", "; =~ is for text");
    refused("u8 < null", "   ^", "compared with a number");
    refused("ptr == \"0x1\"", "    ^", "a pointer");
    refused("flag == 1", "     ^", "a boolean");
    refused("flag < true", "     ^", "a boolean");
    refused("name < \"a\"", "     ^", "=~ \"glob\"");
    refused("name == 1", "     ^", "=~ \"glob\"");
    refused("raw == \"zz\"", "        ^", "two hexadecimal digits");
    refused("raw == \"414\"", "          ^", "two hexadecimal digits");
    refused("ratio > 1", "      ^", "floating-point");
    refused("peer == null", "^", "address of a socket");
    refused("key == \"x\"", "^", "--secrets");
    refused("name == \"0123456789012345678901234567890123456789012345678901234567890123\"",
            "                                                                        ^", "at most 63 bytes");
    const choose_wish_t with_secrets = {.expressions = {(const char *[]){"key == \"x\""}, 1}, .show = PG_SHOW_SECRETS};
    ok(lab_choose(&with_secrets, NULL), "a secret can be asked for if secrets are shown");
    ok(lab_choose_one("value == \"x\"", NULL), "application data can be asked for though it is not shown");
    const choose_wish_t end = {.expressions = {(const char *[]){"value == \"x\""}, 1}, .ends = 1},
                        shown = {.expressions = end.expressions, .show = PG_SHOW_APPDATA, .ends = 1},
                        never = {.expressions = {(const char *[]){"u8 > 256"}, 1}, .ends = 1};
    ok(!lab_choose(&end, NULL) && strstr(lab_error.error.reason.text, "only with -a") != NULL, "... but not of a record");
    ok(lab_choose(&shown, NULL), "... which has it if it is shown");
    ok(!lab_choose(&never, "xxxx") && strstr(lab_error.error.reason.text, "--until wants it") != NULL,
       "an end that never comes is refused whatever -t selects");
}

/* `n` times one text after the other, then another one */
static char *repeated(const char *text, size_t n, const char *end)
{
    char *all = calloc(1, n * strlen(text) + strlen(end) + 1);

    for (size_t i = 0; i < n; ++i)
        strcat(all, text);
    return strcat(all, end);
}

static void limits_to(char *text, const char *message)
{
    int is_taken = lab_choose_one(text, NULL);

    ok(message == NULL ? is_taken : !is_taken && strstr(lab_error.error.reason.text, message) != NULL, "%.20s..., %zu bytes: %s",
       text, strlen(text), message != NULL ? message : "taken");
    free(text);
}

static void test_limits(void)
{
    limits_to(repeated("flag||", EXPRESSION_MAX_TERMS - 1, "flag"), NULL);
    limits_to(repeated("flag||", EXPRESSION_MAX_TERMS, "flag"), "at most 64 comparisons");
    limits_to(repeated("!", EXPRESSION_MAX_DEPTH - 1, "flag"), NULL);
    limits_to(repeated("!", EXPRESSION_MAX_DEPTH, "flag"), "are in each other");
    limits_to(repeated("(", 3000, "flag"), "are in each other");
    limits_to(repeated(" ", EXPRESSION_MAX_TEXT - 4, "flag"), NULL);
    limits_to(repeated(" ", EXPRESSION_MAX_TEXT - 3, "flag"), "at most 4096 bytes");
    char *nots = repeated("!", EXPRESSION_MAX_DEPTH - 1, "flag||");
    limits_to(repeated(nots, EXPRESSION_MAX_TERMS - 1, "flag"), NULL);
    free(nots);
}

/* ---- whom it is about ---- */

static const char *selected_now(void)
{
    static char text[NUM_PROBES + 1];

    for (int i = 0; i < NUM_PROBES; ++i)
        text[i] = !lab_selected[i] ? '.' : choose_condition(&lab_choice, probes + i) != NULL ? 'c' : 'x';
    return text;
}

/* @param expected of each probe: . it is not traced, x all of its events are wanted, c some */
static void about(const char *expression, const char *selected, const char *expected)
{
    if (!lab_choose_one(expression, selected))
        diag("%s", lab_error.error.reason.text);
    is_str(selected_now(), expected, expression);
}

static void test_probes(void)
{
    about("u8 == 1", NULL, "c...");
    about("u8 == 1", "xxxx", "cxxx");
    about("u8 == 1", "x.x.", "c.x.");
    about("name == \"x\"", NULL, ".cc.");
    about("lib:texts.name == \"x\"", NULL, "..c.");
    about("lib:*.name == \"x\"", NULL, "..c.");
    about("*:te?ts.name == \"x\"", "xxxx", "xccx");
    about("name == \"x\" && tid == 1", NULL, ".cc.");
    about("pid == 1", NULL, "cccc");
    about("pid == 1", "x...", "c...");
    about("lib:stats.pid == 1", NULL, "...c");
    about("name == \"x\" && u8 == 1 || raw == null", NULL, ".c..");
    about("name == \"x\" || u8 == 300", "xxxx", ".ccx");
    about("name == \"x\" || u8 != 300", "xxxx", "cccx");
    about("!(u8 == 1) || lib:texts.name == \"x\"", NULL, "c.c.");
    ok(!lab_choose_one("name == \"x\" && u8 == 1", NULL), "no event has both");
    ok(lab_error.text == NULL && strstr(lab_error.error.reason.text, "no event can be") != NULL, "... and that is said");
    const choose_wish_t two = {.expressions = {(const char *[]){"u8 == 1", "name == \"x\""}, 2}};
    ok(lab_choose(&two, NULL), "two expressions");
    is_str(selected_now(), "ccc.", "... each is about its own probes");
    ok(choose_filters(&lab_choice), "... and there may be events that are not wanted");
    ok(lab_choose(&(const choose_wish_t){.show = 0}, NULL) && !choose_filters(&lab_choice), "nothing is asked for");
    is_str(selected_now(), "xxxx", "... all of all");
}

static void test_headers(void)
{
    static const char *const names[] = {"cookie", "x"};
    const choose_texts_t texts = {(const char **)names, 2};
    const choose_wish_t by_name = {.headers = texts}, by_mask = {.masks = texts},
                        both = {.headers = texts, .expressions = {(const char *[]){"u8 == 1"}, 1}};

    ok(lab_choose(&by_name, NULL), "names of headers");
    is_str(selected_now(), ".c..", "... select the probes that have some");
    ok(choose_filters(&lab_choice), "... not all of this one");
    ok(lab_choose(&by_mask, NULL), "names of headers whose values are hidden");
    is_str(selected_now(), ".c..", "... the same");
    ok(!choose_filters(&lab_choice), "... but all events are wanted");
    ok(lab_choose(&both, NULL), "an expression about another probe, and names");
    is_str(selected_now(), "cc..", "... each about its own");
    ok(lab_choose(&by_name, "xxx."), "names of headers, with patterns");
    is_str(selected_now(), "xcx.", "... all events of other probes are wanted");
    ok(lab_choose(&by_mask, "xx.."), "... and where values are hidden");
    is_str(selected_now(), "xc..", "... too");
    ok(!lab_choose(&by_name, "x..."), "no header is selected");
    ok(strstr(lab_error.error.reason.text, "-s is about headers") != NULL, "... and that is said");
}

/* ---- texts of any kind ---- */

static void test_fuzz(void)
{
    static const char *const seeds[] = {"u8 == 1 && !(name =~ \"a*\\\"b\") || app:texts.raw == \"00ff\"",
                                        "flag && i64 >= -9223372036854775808", "((lib:*.name != null)) || tid < 0xfff",
                                        "!!on == false && ptr > 18446744073709551615"};
    static const char bytes[] = "!&|()<>=~\"\\.:*?-_0x19aznul \xff\n\t";
    unsigned num_taken = 0, num_bad = 0;

    srandom(2);
    for (int i = 0; i < 100000; ++i) {
        char text[256];
        strcpy(text, seeds[random() % 4]);
        for (int j = (int)(random() % 6); j >= 0; --j) {
            size_t n = strlen(text), at = (size_t)random() % (n + 1);
            char c = bytes[(size_t)random() % (sizeof(bytes) - 1)];
            if (random() % 3 == 0 && n > 0)
                memmove(text + at, text + at + (at < n), n - at + (at >= n));
            else if (n + 2 < sizeof(text) && random() % 2 == 0)
                memmove(text + at + 1, text + at, n - at + 1), text[at] = c;
            else if (at < n)
                text[at] = c;
        }
        if (lab_choose_one(text, NULL))
            ++num_taken;
        else if (lab_error.error.at > strlen(text) || lab_error.error.reason.text[0] == '\0')
            ++num_bad;
    }
    is_int(num_bad, 0, "100000 texts with mistakes: each error has a place and a reason");
    ok(num_taken > 1000, "... and %u were none", num_taken);
}

int main(void)
{
    test_syntax();
    test_times();
    test_names();
    test_types();
    test_limits();
    test_probes();
    test_headers();
    test_fuzz();
    choose_dispose(&lab_choice);
    return done_testing();
}
