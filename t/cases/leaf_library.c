/* the same provider in a shared library */
#include "leaf.h"

int library_enabled(void);
long library_fire(long x);

int library_enabled(void)
{
    return LEAF_FIRED_ENABLED();
}

long library_fire(long x)
{
    LEAF_FIRED(x, "library");
    return x;
}
