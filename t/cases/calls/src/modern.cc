#include "wrappers.h"

namespace app
{
const char *raw = R"(APP_ONE(1); " )" "APP_ONE(2)";
const char *delimited = R"x(
APP_ONE(1);
)" APP_ONE(2);
)x";
const wchar_t *wide = LR"(")"; auto eight = u8R"y(APP_ONE(1))y";

void modern(int R)
{
    APP_ONE(1'000'000);
    APP_TWO(0x1'f, 0b1'1);
    auto lambda = [&](int x) { APP_ONE(x); };
    APP_TWO(std::map<int, int>());
    PROBE(ONE, [] { return 1; }());
    char c = 'a'; APP_ONE('a'); int n = 1'0; APP_ONE('b');
    ::app::APP_ONE(1);
}
}
