#include "app-probes.h"
#include "other-probes.h"

#define LIMIT(x) ((x) < 10 ? (x) : 10)

int direct(const char *text, int len)
{
    APP_NONE();
    APP_ONE(1);
    APP_TWO(1, 2);
    APP_ONE (1);
    APP_ONE/* between */(/* in it */ 1 /* behind */);
    APP_TWO
    (
        1,
        2
    );
    if (APP_ONE_ENABLED())
        APP_ONE(len);
    else
        APP_TWO(len, APP_ONE_ENABLED());
    APP_TWO((1, 2), f(1, 2));
    APP_TEXT("(,)", ',');
    APP_TEXT("\"),(\\", '\'');
    APP_TWO(((struct pair){1}).a, g((int[]){1}));
    APP_ONE(LIMIT(len)); APP_ONE(LIMIT(len)); APP_TWO(1, LIMIT(2));
    APP_ONE(({ APP_TWO(1, 2); 3; }));
    APP_TWO(h(APP_ONE(1)), APP_ONE(2));
    APP_DOUBLE_UNDERSCORE(1);
    OTHER_ONE(1), OTHER_TICK();
    return APP_ONE;
}

int APP_ONE_MORE(int);
int (*pointer)(int) = APP_ONE;
