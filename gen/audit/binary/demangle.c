/*
 * The C++ library of the machine knows how its names are mangled, and nearly every machine has one. It is looked for where it is
 * needed, so that neither a build nor an installation of probegen depends on it: without it, names stay mangled.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include "audit/binary/demangle.h"

typedef char *(*demangle_t)(const char *name, char *buf, size_t *n, int *status);

static demangle_t find_library(void)
{
    static const char *const libraries[] = {"libstdc++.so.6", "libc++abi.so.1", "libc++.so.1"};

    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); ++i) {
        void *library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
        void *function = library != NULL ? dlsym(library, "__cxa_demangle") : NULL;
        if (function != NULL)
            return (demangle_t)function;
    }
    return NULL;
}

int is_mangled(str_t symbol)
{
    return symbol.n > 2 && symbol.n <= DEMANGLE_MAX && symbol.p[0] == '_' && symbol.p[1] == 'Z';
}

char *demangle(str_t symbol)
{
    static demangle_t function;
    static int is_looked_for;
    char name[DEMANGLE_MAX + 1];
    int status;

    if (!is_mangled(symbol))
        return NULL;
    if (!is_looked_for)
        function = find_library();
    is_looked_for = 1;
    memcpy(name, symbol.p, symbol.n);
    name[symbol.n] = '\0';
    return function != NULL ? function(name, NULL, NULL, &status) : NULL;
}
