/*
 * The command line of `probegen audit`. Definitions are known by their names and may stand anywhere; any other file belongs to the
 * option before it, so that a shell can expand `--seen traces-*`.
 */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include "common/cmdline.h"
#include "model/load.h"
#include "audit/options.h"
#include "print/print.h"

static void add_path(audit_paths_t *paths, const char *path)
{
    paths->list[paths->num++] = path;
}

static void add_input(const cmdline_use_t *use)
{
    add_path(use->member, use->arg);
}

static void add_operand(const cmdline_use_t *use)
{
    if (is_definition_path(use->arg))
        add_path(&((audit_options_t *)use->options)->definitions, use->arg);
    else if (use->option != NULL && use->option->set == add_input)
        add_input(use);
    else
        cmdline_refuse(use->cmdline, "'%s' is no definition: its name ends in neither .d nor .map", use->arg);
}

static void set_severity(const cmdline_use_t *use)
{
    severity_t severity = severity_of_name(use->arg);

    if (severity == SEVERITY_NONE)
        cmdline_refuse(use->cmdline, "--fail-on takes error, warning or info, not '%s'", use->arg);
    *(severity_t *)use->member = severity;
}

static void set_percent(const cmdline_use_t *use)
{
    char *end;
    double percent = strtod(use->arg, &end);

    if (end == use->arg || *end != '\0' || !isfinite(percent) || percent < 0 || percent > 100)
        cmdline_refuse(use->cmdline, "--fail-under-seen takes a number from 0 to 100, not '%s'", use->arg);
    *(double *)use->member = percent;
}

#define MEMBER(name) CMDLINE_MEMBER(audit_options_t, name)

static const cmdline_option_t rows[] = {
    {.help = "What is compared with the definitions (each may be given several times, or be followed by several files):"},
    {0, "source", "DIR", "C and C++ sources: which calls there are", .set = add_input, MEMBER(sources)},
    {0, "binary", "FILE", "a program or shared library, of any architecture: which sites there are", .set = add_input,
     MEMBER(binaries)},
    {'p', "pid", "PID", "a running process, with all its libraries, instead", .set = cmdline_number, MEMBER(pid), .max = INT_MAX,
     .wants = "--pid takes the number of a process"},
    {0, "seen", "TRACE",
     "output of a tracer, JSON lines, plain or compressed by gzip or zstd: which events there are; - is standard input",
     .set = add_input, MEMBER(traces)},
    {.help = "\nWhat is printed:"},
    {0, "format", "NAME", "how (default: table):", .set = cmdline_choice, MEMBER(format), CMDLINE_CHOICES(audit_formats)},
    {'o', "output", "FILE", "where to (default: standard output)", .set = cmdline_string, MEMBER(output)},
    {.help = "\nWhat makes it fail:"},
    {0, "fail-on", "SEVERITY", "findings of this severity or above: error, warning (default) or info", .set = set_severity,
     MEMBER(fail_on)},
    {0, "fail-under-seen", "PERCENT", "fewer probes are seen, of those that are built (if binaries are given, else: defined)",
     .set = set_percent, MEMBER(fail_under_seen)},
    {0, "suppress", "FILE",
     "findings that are known. A line is an id, what it is about (* and ? as in file names), and the "
     "reason: 'P003 app:debug_* only built with -DDEBUG'; with 'maybe' in front it may match nothing",
     .set = cmdline_string, MEMBER(suppress)},
    {.help = ""},
    {'h', "help", NULL, "print this text, and exit", .set = cmdline_help},
    {0},
};

static const cmdline_t cmdline = {
    .program = "probegen audit",
    .about = "Usage: probegen audit FILE.d... [FILE.map]... [--source DIR...]\n"
             "                [--binary FILE...] [--seen TRACE...] [OPTION]...\n"
             "Says of every probe where it is defined, called, built and seen, and what is wrong with it.",
    .options = rows,
    .operand = add_operand,
    .notes = "'probegen explain P003' explains a finding, 'probegen explain' lists them.\n"
             "Exit status: 0 clean, 1 findings, 2 wrong usage, 3 an input is missing, or is not what it should be.",
    .end_stdout = finish_stdout,
};

void audit_options_parse(audit_options_t *options, arena_t *arena, int argc, char **argv)
{
    audit_paths_t *const lists[] = {&options->definitions, &options->sources, &options->binaries, &options->traces};

    *options = (audit_options_t){.fail_on = SEVERITY_WARNING, .fail_under_seen = -1};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); ++i)
        lists[i]->list = arena_alloc(arena, argc * sizeof(*lists[i]->list));
    int num = cmdline_parse(&cmdline, options, argc, argv);
    if (num < argc)
        cmdline_refuse(&cmdline, "'%s' stands after '--'; say './%s' instead", argv[num], argv[num]);
    if (options->definitions.num == 0)
        cmdline_refuse(&cmdline, "no definitions given");
    if (options->fail_under_seen >= 0 && options->traces.num == 0)
        cmdline_refuse(&cmdline, "--fail-under-seen needs traces: --seen");
}
