#ifndef GEN_PRINT_FORMATS_H
#define GEN_PRINT_FORMATS_H

#include <stdio.h>

/** A format of the reports of one command. A list of them ends with one that has no name. */
typedef struct st_format_t {
    const char *name, *help;
    void (*print)(const void *report, FILE *out);
} format_t;

/* A list of them ends with one that has no name: options choose from it (CMDLINE_CHOICES). */

/**
 * Declares the function that prints a format, PREFIX_NAME(), and defines print_NAME(), which is that for reports of unknown type:
 * so that X-macros make a list of a file formats.def.
 */
#define FORMAT_FUNCTIONS(prefix, name, type)                                                                                       \
    void prefix##_##name(const type *report, FILE *out);                                                                           \
    static void print_##name(const void *report, FILE *out)                                                                        \
    {                                                                                                                              \
        prefix##_##name(report, out);                                                                                              \
    }

#endif
