#include <string.h>
#include "print/formats.h"

const format_t *format_find(const format_t *formats, const char *name)
{
    for (; formats->name != NULL; ++formats) {
        if (strcmp(formats->name, name) == 0)
            return formats;
    }
    return NULL;
}

void formats_print_help(const format_t *formats)
{
    for (; formats->name != NULL; ++formats)
        printf("                           %-9s %s\n", formats->name, formats->help);
}
