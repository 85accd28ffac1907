/*
 * ASSERTION: a name with dashes is that with `__` in their places, in patterns too, but not in their sets of characters; a name is
 * shown as dtrace(1) does.
 */

#include <stdlib.h>
#include "usdt/name.h"
#include "tap.h"

static void test_one(char *(*fn)(const char *), const char *name, const char *expected)
{
    char *got = fn(name);

    is_str(got, expected, name);
    free(got);
}

int main(void)
{
    static const char *const defined[][2] = {{"", ""},
                                             {"order", "order"},
                                             {"order-start", "order__start"},
                                             {"a-b-c", "a__b__c"},
                                             {"order__start", "order__start"},
                                             {"-", "__"},
                                             {"--", "____"},
                                             {"p:*-start", "p:*__start"},
                                             {"p:[a-c]x-y", "p:[a-c]x__y"},
                                             {"[!a-c]-", "[!a-c]__"},
                                             {"[]a-c]-", "[]a-c]__"},
                                             {"[^]-]-", "[^]-]__"},
                                             {"a[-", "a[__"},
                                             {"[", "["},
                                             {"[!", "[!"},
                                             {"[-]-", "[-]__"}};
    static const char *const shown[][2] = {{"", ""},
                                           {"order__start", "order-start"},
                                           {"a__b__c", "a-b-c"},
                                           {"a_b", "a_b"},
                                           {"a___b", "a-_b"},
                                           {"____", "--"},
                                           {"a_", "a_"},
                                           {"a-b", "a-b"}};

    for (size_t i = 0; i < sizeof(defined) / sizeof(defined[0]); ++i)
        test_one(name_defined, defined[i][0], defined[i][1]);
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); ++i)
        test_one(name_shown, shown[i][0], shown[i][1]);
    return done_testing();
}
