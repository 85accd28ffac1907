#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "base/exit.h"
#include "model/load.h"
#include "diff/options.h"
#include "print/print.h"
#include "diff/side/tree.h"

static void print_help(void)
{
    fputs("Usage: probegen diff [OPTION]... OLD NEW\n"
          "Says what changed between two versions of definitions, and whom it breaks: scripts, which read arguments by number;\n"
          "JSON, which has names and types; records, which have a layout.\n"
          "\n"
          "OLD and NEW, each:\n"
          "  FILE.d                 a definition\n"
          "  DIR                    all definitions and maps in it; of a source tree: *-probes.d, also those in deps/*\n"
          "  PROGRAM                a program or shared library: only probes, and how their arguments are passed, are known\n"
          "  git:REV:PATH           a file or folder of a revision of the git repository here, as 'git show REV:PATH' names it\n"
          "\n"
          "      --map=FILE         also apply this map to both; it may be given several times. What it names need not be there\n"
          "      --format=NAME      how to print (default: table):\n",
          stdout);
    formats_print_help(diff_formats);
    fputs("  -o, --output=FILE      where to (default: standard output)\n"
          "      --fail-on=LIST     what makes it fail, names with commas between them (default: scripts,json,records):\n"
          "                           scripts   a change that breaks scripts\n"
          "                           json      one that breaks readers of the JSON\n"
          "                           records   one that breaks readers of the records\n"
          "                           change    any change\n"
          "                           none      nothing\n"
          "  -h, --help             print this text, and exit\n"
          "\n"
          "Exit status: 0 nothing that makes it fail, 1 it fails, 2 wrong usage, 3 OLD or NEW cannot be read, or has mistakes.\n",
          stdout);
}

static _Noreturn __attribute__((format(printf, 1, 2))) void usage(const char *fmt, ...)
{
    va_list args;

    fputs("probegen diff: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputs("\nTry 'probegen diff --help'.\n", stderr);
    exit(EXIT_USAGE);
}

static const format_t *parse_format(const char *name)
{
    const format_t *format = format_find(diff_formats, name);

    if (format == NULL)
        usage("there is no format '%s'; --help lists them", name);
    return format;
}

static void add_to_policy(diff_policy_t *policy, const char *name)
{
    if (strcmp(name, "none") == 0)
        return;
    if (strcmp(name, "change") == 0) {
        policy->any_change = 1;
        return;
    }
    for (diff_user_t user = 0; user != NUM_USERS; ++user) {
        if (strcmp(name, user_slug(user)) == 0) {
            policy->users[user] = 1;
            return;
        }
    }
    usage("--fail-on takes scripts, json, records, change or none, not '%s'", name);
}

static void parse_policy(diff_policy_t *policy, char *list)
{
    char *rest = NULL;
    int num = 0;

    *policy = (diff_policy_t){.any_change = 0};
    for (const char *name = strtok_r(list, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest), ++num)
        add_to_policy(policy, name);
    if (num == 0)
        usage("--fail-on names nothing; 'none' says so");
}

static const char *parse_side(const char *path)
{
    if (tree_is_git(path) && strchr(path + 4, ':') == NULL)
        usage("'%s' names no file or folder: git:REV:PATH", path);
    if (!tree_is_git(path) && is_map_path(path))
        usage("'%s' is a map, and says nothing without definitions; --map=FILE applies one to both sides", path);
    return path;
}

void diff_options_parse(diff_options_t *options, arena_t *arena, int argc, char **argv)
{
    enum { OPT_MAP = 256, OPT_FORMAT, OPT_FAIL_ON };
    static const struct option longopts[] = {
        {"map", required_argument, NULL, OPT_MAP}, {"format", required_argument, NULL, OPT_FORMAT},
        {"output", required_argument, NULL, 'o'},  {"fail-on", required_argument, NULL, OPT_FAIL_ON},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    int opt;

    *options = (diff_options_t){.format = diff_formats, .policy = {.users = {1, 1, 1}}};
    options->maps.paths = arena_alloc(arena, argc * sizeof(*options->maps.paths));
    while ((opt = getopt_long(argc, argv, "o:h", longopts, NULL)) != -1) {
        switch (opt) {
        case OPT_MAP:
            if (!is_map_path(optarg))
                usage("'%s' is no map: its name does not end in .map", optarg);
            options->maps.paths[options->maps.num++] = optarg;
            break;
        case OPT_FORMAT:
            options->format = parse_format(optarg);
            break;
        case 'o':
            options->output = optarg;
            break;
        case OPT_FAIL_ON:
            parse_policy(&options->policy, optarg);
            break;
        case 'h':
            print_help();
            exit(finish_stdout());
        default:
            fputs("Try 'probegen diff --help'.\n", stderr);
            exit(EXIT_USAGE);
        }
    }
    if (argc - optind != 2)
        usage("it takes two things to compare, OLD and NEW, not %d", argc - optind);
    options->before = parse_side(argv[optind]);
    options->after = parse_side(argv[optind + 1]);
}
