/*
 * A shared library with a probe: of the provider PROVIDER, in the function FUNCTION. NEXT: a function of another library that it calls; SILENT:
 * without a probe.
 */
#include <sys/sdt.h>

#ifndef PROVIDER
#define PROVIDER forms
#endif
#ifndef FUNCTION
#define FUNCTION fire_library
#endif
#ifdef NEXT
int NEXT(int x);
#else
#define NEXT(x) (x)
#endif

int FUNCTION(int x)
{
#ifndef SILENT
    DTRACE_PROBE1(PROVIDER, inlined, x);
#endif
    return NEXT(x) + 1;
}
