#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "emit/template.h"

printer_t printer_begin(out_t *out)
{
    return (printer_t){.out = out, .arena = arena_create()};
}

void printer_end(printer_t *to)
{
    arena_destroy(to->arena);
}

/* lines get their indentation when something is printed into them, so that empty ones have none */
static void put(printer_t *to, const char *p, size_t n)
{
    if (to->indent == 0 && n > 0) {
        out_bytes(to->out, p, n);
        to->is_in_line = p[n - 1] != '\n';
        return;
    }
    while (n > 0) {
        const char *newline = memchr(p, '\n', n);
        size_t length = newline != NULL ? (size_t)(newline + 1 - p) : n;
        for (unsigned i = 0; !to->is_in_line && *p != '\n' && i < to->indent; ++i)
            out_text(to->out, " ");
        out_bytes(to->out, p, length);
        to->is_in_line = newline == NULL;
        p += length;
        n -= length;
    }
}

static void put_value(printer_t *to, str_t name, const var_t *vars)
{
    char number[32];

    for (const var_t *var = vars; var != NULL; var = var->name.n != 0 ? var + 1 : var->outer) {
        if (var->name.n == 0 || !str_eq(name, var->name))
            continue;
        if (var->is_number)
            put(to, number, snprintf(number, sizeof(number), "%lu", var->number));
        else
            put(to, var->text.p, var->text.n);
        return;
    }
    fprintf(stderr, "probegen: template with an unknown placeholder: $%.*s$\n", STR_ARG(name));
    abort();
}

void emit_with(printer_t *to, const char *text, const var_t *vars)
{
    const char *dollar, *end;

    for (; (dollar = strchr(text, '$')) != NULL; text = end + 1) {
        put(to, text, dollar - text);
        if ((end = strchr(dollar + 1, '$')) == NULL) {
            fprintf(stderr, "probegen: template with a placeholder without end: %.40s\n", dollar);
            abort();
        }
        if (end == dollar + 1)
            put(to, "$", 1);
        else
            put_value(to, (str_t){dollar + 1, end - dollar - 1}, vars);
    }
    put(to, text, strlen(text));
}

void emit(printer_t *to, const char *text)
{
    emit_with(to, text, to->vars);
}
