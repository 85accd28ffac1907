/* The .d file: what it says in comments is what a reader has to know before he believes it. */
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "from/write.h"
#include "print/escape.h"

/* Text that may come from anywhere, in a comment of C: it does not end it, and is no @appdata. */
static void put_text(FILE *out, str_t text)
{
    size_t start = 0;

    for (size_t i = 0; i + 1 < text.n; ++i) {
        int is_end = (text.p[i] == '*' && text.p[i + 1] == '/') || (text.p[i] == '/' && text.p[i + 1] == '*');
        if (!is_end && !(text.p[i] == '@' && text.p[i + 1] == 'a'))
            continue;
        print_safely(out, (str_t){text.p + start, i + 1 - start});
        fputc(' ', out);
        start = i + 1;
    }
    print_safely(out, (str_t){text.p + start, text.n - start});
}

/* ---- the head of the file ---- */

static void put_odd(FILE *out, const gathered_t *gathered)
{
    if (gathered->odd == NULL)
        return;
    fprintf(out, " *\n * These notes have names that no definition can have, and are left out:\n");
    for (const gathered_odd_t *odd = gathered->odd; odd != NULL; odd = odd->next) {
        fputs(" *     ", out);
        put_text(out, odd->provider);
        fputs(": ", out);
        put_text(out, odd->name);
        fputc('\n', out);
    }
    if (gathered->num_odd > GATHERED_MAX_ODD)
        fprintf(out, " *     ... and %zu more\n", gathered->num_odd - GATHERED_MAX_ODD);
}

static void put_head(FILE *out, const gathered_t *gathered)
{
    fputs("/*\n * The probes of ", out);
    put_text(out, gathered->files);
    fputs(", by probegen from: a beginning, not what the program's authors say.\n"
          " *\n"
          " * Names of probes, and number, width and sign of their arguments are those of the notes. ",
          out);
    if (gathered->has_names)
        fputs("What is called a guess is what the debug\n * information has where an argument is read; look at the call before you "
              "rely on it.\n",
              out);
    else
        fputs("There is no debug information, so\n * arguments have no names of their own, and what an address leads to is not "
              "known.\n",
              out);
    fputs(" * `void *` with \"or uint64_t\" is 8 bytes without a sign: what an address leads to may be text (`const char *`).\n",
          out);
    put_odd(out, gathered);
    fputs(" */\n", out);
}

/* ---- probes ---- */

static int is_last_char(str_t text, char c)
{
    return text.n != 0 && text.p[text.n - 1] == c;
}

static void put_arg(FILE *out, const from_arg_t *arg)
{
    fprintf(out, "%.*s%s%.*s", STR_ARG(arg->type), is_last_char(arg->type, '*') ? "" : " ", STR_ARG(arg->name));
}

/* columns of a line */
#define WIDTH 132

static void put_remark(FILE *out, str_t remark)
{
    if (remark.n == 0)
        return;
    fputs(" /* ", out);
    put_text(out, remark);
    fputs(" */", out);
}

/* The arguments behind each other, or below each other with their remarks behind the commas. */
static void put_args(FILE *out, const from_probe_t *probe, int is_long)
{
    fputs(probe->num_args == 0 ? "(void" : "(", out);
    for (unsigned i = 0; i < probe->num_args; ++i) {
        const from_arg_t *arg = &probe->args[i];
        const char *comma = i + 1 != probe->num_args ? "," : "";
        fputs(is_long ? "\n        " : i != 0 ? " " : "", out);
        put_arg(out, arg);
        if (is_long)
            fputs(comma, out);
        put_remark(out, arg->remark);
        if (!is_long)
            fputs(comma, out);
    }
    fputs(is_long ? "\n    );\n" : ");\n", out);
}

static void put_declaration(FILE *out, const from_probe_t *probe)
{
    text_stream_t line;

    text_stream_begin(&line);
    fprintf(line.out, "    probe %.*s", STR_ARG(probe->gathered->name));
    put_args(line.out, probe, 0);
    text_stream_end(&line);
    if (line.n <= WIDTH + 1) {
        fwrite(line.p, 1, line.n, out);
    } else {
        fprintf(out, "    probe %.*s", STR_ARG(probe->gathered->name));
        put_args(out, probe, 1);
    }
    free(line.p);
}

static void put_probe(FILE *out, const from_probe_t *probe)
{
    fputs("    /* ", out);
    put_text(out, probe->sites);
    if (probe->gathered->num_args > probe->num_args)
        fprintf(out, "; of %u arguments, more than a definition can have, the first %u", probe->gathered->num_args,
                probe->num_args);
    if (probe->why_not.n != 0) {
        fprintf(out, "\n     * left out: ");
        put_text(out, probe->why_not);
        fprintf(out, "\n     * probe %.*s */\n", STR_ARG(probe->gathered->name));
        return;
    }
    fputs(" */\n", out);
    put_declaration(out, probe);
}

void write_definition(const write_t *what, FILE *out)
{
    str_t last = STR("");

    put_head(out, what->gathered);
    for (size_t i = 0; i < what->num; ++i) {
        const from_probe_t *probe = what->probes + i;
        if (!str_eq(probe->gathered->provider, last)) {
            fprintf(out, "%s\nprovider %.*s {\n", last.n != 0 ? "};\n" : "", STR_ARG(probe->gathered->provider));
            last = probe->gathered->provider;
        }
        put_probe(out, probe);
    }
    if (last.n != 0)
        fputs("};\n", out);
}
