#include <stdlib.h>
#include <string.h>
#include "usdt/name.h"

/* The end of what fnmatch(3) takes for a set of characters: "[a-z]", "[!]x]". A bracket that nothing closes is one of the text. */
static const char *end_of_set(const char *p)
{
    const char *first = p + 1 + (p[1] == '!' || p[1] == '^');
    const char *end = *first != '\0' ? strchr(first + 1, ']') : NULL;

    return end != NULL ? end : p;
}

char *name_defined(const char *name)
{
    char *made = malloc(2 * strlen(name) + 1), *to = made;
    const char *set_end = name;

    for (const char *p = name; made != NULL && *p != '\0'; ++p) {
        if (*p == '[' && p >= set_end)
            set_end = end_of_set(p);
        if (*p == '-' && p >= set_end)
            *to++ = '_';
        *to++ = *p == '-' && p >= set_end ? '_' : *p;
    }
    if (made != NULL)
        *to = '\0';
    return made;
}

char *name_shown(const char *name)
{
    char *made = malloc(strlen(name) + 1), *to = made;

    for (const char *p = name; made != NULL && *p != '\0'; ++p) {
        int is_dash = p[0] == '_' && p[1] == '_';
        *to++ = is_dash ? '-' : *p;
        p += is_dash;
    }
    if (made != NULL)
        *to = '\0';
    return made;
}
