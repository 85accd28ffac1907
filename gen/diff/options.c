#include <string.h>
#include "common/cmdline.h"
#include "model/load.h"
#include "diff/options.h"
#include "print/print.h"
#include "diff/side/tree.h"

static void add_map(const cmdline_use_t *use)
{
    side_maps_t *maps = use->member;

    if (!is_map_path(use->arg))
        cmdline_refuse(use->cmdline, "'%s' is no map: its name does not end in .map", use->arg);
    maps->paths[maps->num++] = use->arg;
}

/* what --fail-on takes */
static const struct {
    const char *name, *help;
} causes[] = {
    [USER_SCRIPTS] = {"scripts", "a change that breaks scripts"},
    [USER_JSON] = {"json", "one that breaks readers of the JSON"},
    [USER_RECORDS] = {"records", "one that breaks readers of the records"},
    [FAIL_ON_CHANGE] = {"change", "any change"},
    [FAIL_ON_NONE] = {"none", "nothing"},
    {0},
};

#define MEMBER(name) CMDLINE_MEMBER(diff_options_t, name)

static const cmdline_option_t rows[] = {
    {0, "map", "FILE", "also apply this map to both; it may be given several times. What it names need not be there",
     .set = add_map, MEMBER(maps)},
    {0, "format", "NAME", "how to print (default: table):", .set = cmdline_choice, MEMBER(format), CMDLINE_CHOICES(diff_formats)},
    {'o', "output", "FILE", "where to (default: standard output)", .set = cmdline_string, MEMBER(output)},
    {0, "fail-on", "LIST", "what makes it fail, names with commas between them (default: scripts,json,records):",
     .set = cmdline_choices, MEMBER(fail_on), CMDLINE_CHOICES(causes)},
    {'h', "help", NULL, "print this text, and exit", .set = cmdline_help},
    {0},
};

static const cmdline_t cmdline = {
    .program = "probegen diff",
    .about = "Usage: probegen diff [OPTION]... OLD NEW\n"
             "Says what changed between two versions of definitions, and whom it breaks: scripts, which read arguments by number; "
             "JSON, which has names and types; records, which have a layout.\n"
             "\n"
             "OLD and NEW, each:\n"
             "  FILE.d                 a definition\n"
             "  DIR                    all definitions and maps in it; of a source tree:\n"
             "                         *-probes.d, also those in deps/*\n"
             "  PROGRAM                a program or shared library: only probes, and how their\n"
             "                         arguments are passed, are known\n"
             "  git:REV:PATH           a file or folder of a revision of the git repository\n"
             "                         here, as 'git show REV:PATH' names it",
    .options = rows,
    .notes = "Exit status: 0 nothing that makes it fail, 1 it fails, 2 wrong usage, 3 OLD or NEW cannot be read, or has mistakes.",
    .end_stdout = finish_stdout,
};

static const char *check_side(const char *path)
{
    if (tree_is_git(path) && strchr(path + 4, ':') == NULL)
        cmdline_refuse(&cmdline, "'%s' names no file or folder: git:REV:PATH", path);
    if (!tree_is_git(path) && is_map_path(path))
        cmdline_refuse(&cmdline, "'%s' is a map, and says nothing without definitions; --map=FILE applies one to both sides", path);
    return path;
}

void diff_options_parse(diff_options_t *options, arena_t *arena, int argc, char **argv)
{
    *options = (diff_options_t){.fail_on = 1 << USER_SCRIPTS | 1 << USER_JSON | 1 << USER_RECORDS};
    options->maps.paths = arena_alloc(arena, argc * sizeof(*options->maps.paths));
    int num = cmdline_parse(&cmdline, options, argc, argv);
    if (argc - num != 2)
        cmdline_refuse(&cmdline, "it takes two things to compare, OLD and NEW, not %d", argc - num);
    options->before = check_side(argv[num]);
    options->after = check_side(argv[num + 1]);
}
