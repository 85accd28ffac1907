#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/reason.h"

int reason_set(reason_t *reason, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(reason->text, sizeof(reason->text), fmt, args);
    va_end(args);
    return -1;
}

/* ---- what may have been meant ---- */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static int is_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* `rows` has room for three times the length of the name, plus 1. */
static unsigned distance(const char *glob, const char *name, unsigned *rows)
{
    size_t n = strlen(name);
    unsigned *older = rows, *old = rows + n + 1, *new = old + n + 1;

    for (size_t j = 0; j <= n; ++j)
        old[j] = j;
    for (size_t i = 0; glob[i] != '\0'; ++i) {
        int is_star = glob[i] == '*';
        new[0] = old[0] + !is_star;
        for (size_t j = 1; j <= n; ++j) {
            int is_equal = glob[i] == '?' || is_same(glob[i], name[j - 1]);
            new[j] = is_star ? least(old[j], new[j - 1]) : least(least(old[j], new[j - 1]) + 1, old[j - 1] + !is_equal);
            if (i > 0 && j > 1 && is_same(glob[i], name[j - 2]) && is_same(glob[i - 1], name[j - 1]))
                new[j] = least(new[j], older[j - 2] + 1);
        }
        unsigned *free_row = older;
        older = old;
        old = new;
        new = free_row;
    }
    return old[n];
}

unsigned near_distance(const char *typed, const char *name)
{
    unsigned *rows = calloc(3 * (strlen(name) + 1), sizeof(*rows)), d = rows != NULL ? distance(typed, name, rows) : UINT_MAX;

    free(rows);
    return d;
}

unsigned near_most(const char *typed)
{
    return strlen(typed) / 4;
}
