#include <limits.h>
#include "common/cmdline.h"
#include "from/options.h"
#include "print/print.h"

static void add_provider(const cmdline_use_t *use)
{
    from_options_t *options = use->options;

    options->providers[options->num_providers++] = use->arg;
}

#define MEMBER(name) CMDLINE_MEMBER(from_options_t, name)

static const cmdline_option_t rows[] = {
    {'p', "pid", "PID", "a running process, with all its libraries, instead of files", .set = cmdline_number, MEMBER(pid),
     .max = INT_MAX, .wants = "--pid takes the number of a process"},
    {0, "provider", "NAME", "only this provider; it may be given several times", .set = add_provider, MEMBER(providers)},
    {'o', "output-dir", "DIR", "write PROVIDER.d and PROVIDER.map into DIR, for each provider", .set = cmdline_string,
     MEMBER(outdir)},
    {0, "force", NULL, "overwrite files that are there", .set = cmdline_flag, MEMBER(is_forced)},
    {0, "map", NULL, "print the map instead of the definition", .set = cmdline_flag, MEMBER(wants_map)},
    {'h', "help", NULL, "print this text, and exit", .set = cmdline_help},
    {0},
};

static const cmdline_t cmdline = {
    .program = "probegen from",
    .about =
        "Usage: probegen from [OPTION]... BINARY...\n"
        "   or: probegen from [OPTION]... -p PID\n"
        "Makes a first definition from a binary, a program or shared library that has USDT probes and comes without one: the "
        "names "
        "of its probes, and number, width and sign of their arguments; with debug information, names and types for many of them.\n"
        "The definition is printed, unless -o is given. What is a guess is called one there.",
    .options = rows,
    .notes = "A map is made, too, whose lines are suggestions: what may be text, a length, a secret, which fields structs have.\n"
             "Where a definition exists, 'probegen diff FILE.d BINARY' says what differs.\n"
             "Exit status: 0 all right, 2 wrong usage, 3 a file cannot be read or written, is there already, or has no probes.",
    .end_stdout = finish_stdout,
};

void from_options_parse(from_options_t *options, arena_t *arena, int argc, char **argv)
{
    *options = (from_options_t){.providers = arena_alloc(arena, (size_t)argc * sizeof(*options->providers))};
    int num = cmdline_parse(&cmdline, options, argc, argv);
    options->files = argv + num;
    options->num_files = (size_t)(argc - num);
    if (options->pid == 0 && options->num_files == 0)
        cmdline_refuse(&cmdline, "no binary given");
    if (options->pid != 0 && options->num_files != 0)
        cmdline_refuse(&cmdline, "-p and '%s' exclude each other", options->files[0]);
    if (options->wants_map && options->outdir != NULL)
        cmdline_refuse(&cmdline, "--map is about what is printed, and with -o nothing is");
    if (options->is_forced && options->outdir == NULL)
        cmdline_refuse(&cmdline, "--force is about what -o writes");
}
