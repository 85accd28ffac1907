#include <stdarg.h>
#include <stdio.h>
#include "common/catalog.h"
#include "common/safe.h"
#include "common/say.h"

void tracer_say(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    safe_vsay(stderr, catalog.tracer, fmt, args);
    va_end(args);
}
