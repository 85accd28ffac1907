/* the same name as in yours.c, and another meaning */
#include "app-probes.h"
#define TRACE(what, ...) APP_##what(__VA_ARGS__)
#define STEP(n) TRACE(ONE, n)

void mine(void)
{
    TRACE(ONE, 1);
    TRACE(TWO, 1, 2);
    STEP(1);
}
#include "part/body.inc"

#define LISTED(label) APP_##label(1);
void listed(void)
{
#include "part/list.def"
}
#undef LISTED
