#ifndef GEN_PRINT_PRINT_H
#define GEN_PRINT_PRINT_H

#include <stdio.h>
#include "base/diag.h"
#include "print/escape.h"

/* What commands print: reports for people, whole or not at all; how far they are. */

/** columns of a report for people */
#define PRINT_WIDTH 80

/**
 * Prints text safely, in lines that end at a blank.
 * @param column where the first line begins, from 0; the others are indented by as much
 * @param width  column that no line goes beyond, unless a word is longer
 */
void print_wrapped(FILE *out, str_t text, int column, int width);

/** "s" for a plural */
static inline const char *plural_of(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/** Ends standard output. @return EXIT_OK, or EXIT_FILE when not all could be printed: reported then */
int finish_stdout(void);
/** Whether what goes to this file (NULL: standard output) is coloured: only on a terminal, and NO_COLOR is not set. */
int print_has_color(const char *path);
/**
 * Has a report printed into memory, and writes it to a file (NULL: standard output).
 * @return EXIT_OK; EXIT_FILE when it cannot be written: reported, and the file is as it was
 */
int print_report(arena_t *arena, diag_t *diag, const char *path, void (*print)(const void *report, FILE *out), const void *report);

/* ---- progress ---- */

/**
 * Shows on standard error, if that is a terminal, how far a long job is; a line that overwrites itself, ten times a second at most,
 * so that it may be called often.
 * @param total 0: not known
 */
void progress_show(const char *what, uint64_t done, uint64_t total, const char *unit);
/** Removes the line. */
void progress_end(void);

/* ---- formats of reports ---- */

/** A format of the reports of a command. A list of them ends with one without a name; options choose from it (CMDLINE_CHOICES). */
typedef struct st_format_t {
    const char *name, *help;
    void (*print)(const void *report, FILE *out);
} format_t;

/**
 * Declares the function that prints a format, PREFIX_NAME(), and defines print_as_NAME(), which is that for reports of unknown
 * type: so that X-macros make a list of a file formats.def.
 */
#define FORMAT_FUNCTIONS(prefix, name, type)                                                                                       \
    void prefix##_##name(const type *report, FILE *out);                                                                           \
    static void print_as_##name(const void *report, FILE *out)                                                                     \
    {                                                                                                                              \
        prefix##_##name(report, out);                                                                                              \
    }

#endif
