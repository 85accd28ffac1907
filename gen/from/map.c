/*
 * The .map file: suggestions. Each is a statement behind a `#` without a blank, so that `sed 's/^#\([a-z]\)/\1/'` would take all of
 * them. Only what sounds like a secret is in force: a trace shows it as soon as it is made.
 */
#include <string.h>
#include "from/write.h"
#include "model/secret.h"
#include "print/escape.h"

/* A kind of suggestions: its heading is printed before the first one. */
typedef struct st_section_t {
    FILE *out;
    const char *heading;
    int has_begun;
} section_t;

static void begin(section_t *section)
{
    if (!section->has_begun)
        fprintf(section->out, "\n# %s\n", section->heading);
    section->has_begun = 1;
}

static void put_target(FILE *out, const from_probe_t *probe, const from_arg_t *arg)
{
    fprintf(out, "%.*s:%.*s.%.*s", STR_ARG(probe->gathered->provider), STR_ARG(probe->gathered->name), STR_ARG(arg->name));
}

static void suggest(section_t *section, const char *statement, const from_probe_t *probe, const from_arg_t *arg)
{
    begin(section);
    fputs(statement, section->out);
    put_target(section->out, probe, arg);
    fputs(";\n", section->out);
}

/* ---- what is suggested ---- */

static int is_secret(const from_arg_t *arg)
{
    return (arg->is_text || arg->is_bytes) && looks_secret(arg->name);
}

static void suggest_secrets(section_t *section, const from_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        if (is_secret(&probe->args[i]))
            suggest(section, "secret ", probe, &probe->args[i]);
    }
}

static void suggest_appdata(section_t *section, const from_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        if (probe->args[i].is_text && !is_secret(&probe->args[i]))
            suggest(section, "#appdata ", probe, &probe->args[i]);
    }
}

/* An event holds so many texts, and those that the definition has are among them. */
static void suggest_strings(section_t *section, const from_probe_t *probe)
{
    unsigned num = probe->num_texts;

    for (unsigned i = 0; i < probe->num_args; ++i) {
        if (probe->args[i].is_address && num++ < IR_MAX_SLOTS)
            suggest(section, "#string ", probe, &probe->args[i]);
    }
}

static int is_length_name(str_t name)
{
    static const char *const names[] = {"len", "length", "size", "n", "num", "count", "bytes", "nbytes", "sz"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        size_t n = strlen(names[i]);
        if (str_is(name, names[i]) || (name.n > n + 1 && name.p[name.n - n - 1] == '_' && str_ends_in(name, names[i])))
            return 1;
    }
    return name.n > 3 &&
           (str_ends_in(name, "len") || str_ends_in(name, "Len") || str_ends_in(name, "size") || str_ends_in(name, "Size"));
}

/* A pointer to text or bytes that a number follows which sounds like a length. What definitions find by themselves is not said. */
static void suggest_lengths(section_t *section, const from_probe_t *probe)
{
    unsigned num = probe->num_texts;

    for (unsigned i = 0; i + 1 < probe->num_args; ++i) {
        const from_arg_t *arg = &probe->args[i], *next = arg + 1;
        if (!(arg->is_text || arg->is_bytes) || !next->is_integer || !is_length_name(next->name) || partner_of(probe, arg) != NULL)
            continue;
        /* text has its place already; bytes need one */
        if (!arg->is_text && !arg->is_address && num++ >= IR_MAX_SLOTS)
            continue;
        begin(section);
        fputs("#length ", section->out);
        put_target(section->out, probe, arg);
        fprintf(section->out, " = %.*s;\n", STR_ARG(next->name));
    }
}

static void suggest_flags(section_t *section, const from_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        str_t name = probe->args[i].name;
        if (probe->args[i].is_integer && name.n > 4 && (memcmp(name.p, "is_", 3) == 0 || memcmp(name.p, "has_", 4) == 0))
            suggest(section, "#flag ", probe, &probe->args[i]);
    }
}

/* ---- structs ---- */

static int is_pointed_to(const write_t *what, str_t type)
{
    for (size_t i = 0; i < what->num; ++i) {
        for (unsigned j = 0; what->probes[i].why_not.n == 0 && j < what->probes[i].num_args; ++j) {
            if (str_eq(what->probes[i].args[j].points_to, type))
                return 1;
        }
    }
    return 0;
}

static int is_address_type(str_t type)
{
    return type.n > 15 && memcmp(type.p, "struct sockaddr", 15) == 0;
}

static void put_struct(FILE *out, const gathered_struct_t *at)
{
    int has_tag = (at->type.n > 7 && memcmp(at->type.p, "struct ", 7) == 0) || memcmp(at->type.p, "union ", 6) == 0;

    fprintf(out, "#%s%.*s", has_tag ? "" : "type ", STR_ARG(at->type));
    fputs(" {\n", out);
    for (const gathered_member_t *member = at->members; member != NULL; member = member->next)
        fprintf(out, "#    %.*s%s%.*s;\n", STR_ARG(member->type), member->type.p[member->type.n - 1] == '*' ? "" : " ",
                STR_ARG(member->name));
    fputs("#}\n", out);
}

static void put_structs(const write_t *what, FILE *out)
{
    section_t section = {.out = out,
                         .heading = "fields of structs: they are gathered by the debug information of the program that runs"};

    for (const gathered_struct_t *at = what->gathered->structs; at != NULL; at = at->next) {
        if (!is_pointed_to(what, at->type))
            continue;
        if (is_address_type(at->type) || str_is(at->type, "struct sockaddr")) {
            begin(&section);
            fprintf(out, "#%.*s address;\n", STR_ARG(at->type));
        } else if (at->members != NULL) {
            begin(&section);
            put_struct(out, at);
        }
    }
}

/* ---- all of it ---- */

static const struct {
    const char *heading;
    void (*suggest)(section_t *section, const from_probe_t *probe);
} kinds[] = {
    {"sounds like secrets, which only --secrets shows; take away what is none", suggest_secrets},
    {"text that only those shall see who ask for it with -a", suggest_appdata},
    {"text, if it is that an address leads to: up to its NUL", suggest_strings},
    {"lengths of text and bytes", suggest_lengths},
    {"booleans", suggest_flags},
};

void write_map(const write_t *what, FILE *out)
{
    fputs("# What may be said of the probes of ", out);
    print_safely(out, what->gathered->files);
    fputs(
        ", by probegen from: guesses. A line that begins with '#' is not in force; take\n"
        "# the '#' away where it is so. What the statements mean: probes/README.md of probegen. Without them, all text is shown to "
        "those who trace.\n",
        out);
    for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); ++kind) {
        section_t section = {.out = out, .heading = kinds[kind].heading};
        for (size_t i = 0; i < what->num; ++i) {
            if (what->probes[i].why_not.n == 0)
                kinds[kind].suggest(&section, what->probes + i);
        }
    }
    put_structs(what, out);
}
