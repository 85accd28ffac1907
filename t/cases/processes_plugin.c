/* a library that is loaded later, with a probe of its own */
#include "processes.h"

void plugin(int n);

void plugin(int n)
{
    SERVICE_PLUGIN(n);
}
