#include <stdarg.h>
#include <stdio.h>
#include "common/reason.h"

int reason_set(reason_t *reason, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(reason->text, sizeof(reason->text), fmt, args);
    va_end(args);
    return -1;
}
