#ifndef GEN_EMIT_TEMPLATE_H
#define GEN_EMIT_TEMPLATE_H

#include "base/out.h"

/** What `$name$` stands for. A list of these ends with an element without a name, whose `outer` is where to look on. */
typedef struct st_var_t {
    str_t name;
    str_t text;
    int is_number;
    unsigned long number;
    const struct st_var_t *outer; /* of the last element: a list for all other names, or NULL */
} var_t;

#define TEXT(n, value)                                                                                                             \
    {                                                                                                                              \
        .name = STR_LITERAL(n), .text = (value)                                                                                    \
    }
#define NUMBER(n, value)                                                                                                           \
    {                                                                                                                              \
        .name = STR_LITERAL(n), .is_number = 1, .number = (value)                                                                  \
    }

/** A file that templates are printed into, and what their names stand for. */
typedef struct st_printer_t {
    out_t *out;
    arena_t *arena; /* for values that are needed once; ended by printer_end() */
    const var_t *vars;
    unsigned indent; /* in front of every line, in blanks */
    int is_in_line;
} printer_t;

/** Begins to print into a file, which stays the caller's. */
printer_t printer_begin(out_t *out);
void printer_end(printer_t *to);

/**
 * Prints text with its `$name$` placeholders replaced; `$$` is a dollar sign. A name that `vars` does not have is a mistake in
 * probegen and aborts.
 */
void emit_with(printer_t *to, const char *text, const var_t *vars);
/** The same with what the printer knows. */
void emit(printer_t *to, const char *text);
/** The same with more, e.g. EMIT(to, "$type$ a$n$;\n", TEXT("type", arg->type), NUMBER("n", i)) */
#define EMIT(to, text, ...) emit_with((to), (text), (const var_t[]){__VA_ARGS__, {.outer = (to)->vars}})

#endif
