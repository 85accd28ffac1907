#include "app-probes.h"
#include "other-probes.h"
#define TRACE(what, ...) OTHER_##what(__VA_ARGS__)

void yours(void)
{
    TRACE(ONE, 1);
    TRACE(TICK);
}
#include <part/body.inc>
