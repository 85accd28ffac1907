#include <stdarg.h>
#include <stdio.h>
#include "common/catalog.h"
#include "common/safe.h"
#include "common/say.h"

static FILE *to; /* NULL: standard error */

void tracer_say_to(FILE *out)
{
    to = out;
}

void tracer_say(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    safe_vsay(to != NULL ? to : stderr, catalog.tracer, fmt, args);
    va_end(args);
}

static int is_quiet;

void tracer_be_quiet(void)
{
    is_quiet = 1;
}

void tracer_note(const char *fmt, ...)
{
    va_list args;

    if (is_quiet)
        return;
    va_start(args, fmt);
    safe_vsay(to != NULL ? to : stderr, catalog.tracer, fmt, args);
    va_end(args);
}
