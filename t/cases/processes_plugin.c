/* a library that is loaded later, with a probe of its own; -DFIRST: a program that is linked with it */
#include "processes.h"

void plugin(int n);

#ifdef FIRST

int main(void)
{
    plugin(2);
    return 0;
}

#else

static __attribute__((constructor)) void fire_first(void)
{
    SERVICE_PLUGIN(1);
}

void plugin(int n)
{
    SERVICE_PLUGIN(n);
}

#endif
