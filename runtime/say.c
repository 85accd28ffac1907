#include <stdarg.h>
#include <stdio.h>
#include "common/catalog.h"
#include "say.h"

void tracer_say(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fprintf(stderr, "%s: ", catalog.tracer);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
}
