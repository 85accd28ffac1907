#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/exit.h"
#include "model/load.h"
#include "audit/options.h"
#include "print/print.h"

static void print_help(void)
{
    fputs("Usage: probegen audit FILE.d... [FILE.map]... [--binary FILE...] [--source DIR...] [--seen TRACE...] [OPTION]...\n"
          "Says of every probe where it is defined, called, built and seen, and what is wrong with it.\n"
          "\n"
          "What is compared with the definitions (each may be given several times, or be followed by several files):\n"
          "      --source=DIR       C and C++ sources: which calls there are\n"
          "      --binary=FILE      a program or shared library, of any architecture: which sites there are\n"
          "  -p, --pid=PID          a running process, with all its libraries, instead\n"
          "      --seen=TRACE       output of a tracer, JSON lines, plain or compressed by gzip or zstd: which events there are; - "
          "is\n"
          "                         standard input\n"
          "\n"
          "What is printed:\n"
          "      --format=NAME      how (default: table):\n",
          stdout);
    formats_print_help(audit_formats);
    fputs(
        "  -o, --output=FILE      where to (default: standard output)\n"
        "\n"
        "What makes it fail:\n"
        "      --fail-on=SEVERITY findings of this severity or above: error, warning (default) or info\n"
        "      --fail-under-seen=PERCENT\n"
        "                         fewer probes are seen, of those that are built (if binaries are given, else: defined)\n"
        "      --suppress=FILE    findings that are known. A line is an id, what it is about (* and ? as in file names), and the\n"
        "                         reason: 'P003 app:debug_* only built with -DDEBUG'\n"
        "\n"
        "  -h, --help             print this text, and exit\n"
        "\n"
        "'probegen explain P003' explains a finding, 'probegen explain' lists them.\n"
        "Exit status: 0 clean, 1 findings, 2 wrong usage, 3 an input is missing, or is not what it should be.\n",
        stdout);
}

static _Noreturn __attribute__((format(printf, 1, 2))) void usage(const char *fmt, ...)
{
    va_list args;

    fputs("probegen audit: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputs("\nTry 'probegen audit --help'.\n", stderr);
    exit(EXIT_USAGE);
}

static void add_path(audit_paths_t *paths, const char *path)
{
    paths->list[paths->num++] = path;
}

static void init_paths(audit_paths_t *paths, arena_t *arena, int argc)
{
    *paths = (audit_paths_t){.list = arena_alloc(arena, argc * sizeof(*paths->list))};
}

static pid_t parse_pid(const char *text)
{
    char *end;

    errno = 0;
    long pid = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || pid <= 0 || pid > INT_MAX)
        usage("--pid takes the number of a process, not '%s'", text);
    return (pid_t)pid;
}

static double parse_percent(const char *text)
{
    char *end;
    double percent = strtod(text, &end);

    if (end == text || *end != '\0' || !isfinite(percent) || percent < 0 || percent > 100)
        usage("--fail-under-seen takes a number from 0 to 100, not '%s'", text);
    return percent;
}

static const format_t *parse_format(const char *name)
{
    const format_t *format = format_find(audit_formats, name);

    if (format == NULL)
        usage("there is no format '%s'; 'probegen audit --help' lists them", name);
    return format;
}

static severity_t parse_severity(const char *name)
{
    severity_t severity = severity_of_name(name);

    if (severity == SEVERITY_NONE)
        usage("--fail-on takes error, warning or info, not '%s'", name);
    return severity;
}

void audit_options_parse(audit_options_t *options, arena_t *arena, int argc, char **argv)
{
    enum { OPT_SOURCE = 256, OPT_BINARY, OPT_SEEN, OPT_FORMAT, OPT_FAIL_ON, OPT_FAIL_UNDER_SEEN, OPT_SUPPRESS };
    static const struct option longopts[] = {{"source", required_argument, NULL, OPT_SOURCE},
                                             {"binary", required_argument, NULL, OPT_BINARY},
                                             {"pid", required_argument, NULL, 'p'},
                                             {"seen", required_argument, NULL, OPT_SEEN},
                                             {"format", required_argument, NULL, OPT_FORMAT},
                                             {"output", required_argument, NULL, 'o'},
                                             {"fail-on", required_argument, NULL, OPT_FAIL_ON},
                                             {"fail-under-seen", required_argument, NULL, OPT_FAIL_UNDER_SEEN},
                                             {"suppress", required_argument, NULL, OPT_SUPPRESS},
                                             {"help", no_argument, NULL, 'h'},
                                             {NULL, 0, NULL, 0}};
    audit_paths_t *last = NULL; /* the list that files behind an option go to */
    int opt;

    *options = (audit_options_t){.format = audit_formats, .fail_on = SEVERITY_WARNING, .fail_under_seen = -1};
    init_paths(&options->definitions, arena, argc);
    init_paths(&options->sources, arena, argc);
    init_paths(&options->binaries, arena, argc);
    init_paths(&options->traces, arena, argc);
    /* "-": arguments that are no options are returned in their place */
    while ((opt = getopt_long(argc, argv, "-p:o:h", longopts, NULL)) != -1) {
        switch (opt) {
        case 1:
            if (is_definition_path(optarg))
                add_path(&options->definitions, optarg);
            else if (last != NULL)
                add_path(last, optarg);
            else
                usage("'%s' is no definition: its name ends in neither .d nor .map", optarg);
            continue;
        case OPT_SOURCE:
            add_path(last = &options->sources, optarg);
            continue;
        case OPT_BINARY:
            add_path(last = &options->binaries, optarg);
            continue;
        case OPT_SEEN:
            add_path(last = &options->traces, optarg);
            continue;
        case 'p':
            options->pid = parse_pid(optarg);
            break;
        case OPT_FORMAT:
            options->format = parse_format(optarg);
            break;
        case 'o':
            options->output = optarg;
            break;
        case OPT_FAIL_ON:
            options->fail_on = parse_severity(optarg);
            break;
        case OPT_FAIL_UNDER_SEEN:
            options->fail_under_seen = parse_percent(optarg);
            break;
        case OPT_SUPPRESS:
            options->suppress = optarg;
            break;
        case 'h':
            print_help();
            exit(finish_stdout());
        default:
            fputs("Try 'probegen audit --help'.\n", stderr);
            exit(EXIT_USAGE);
        }
        last = NULL;
    }
    if (optind < argc) /* behind "--" */
        usage("'%s' stands behind '--'; say './%s' instead", argv[optind], argv[optind]);
    if (options->definitions.num == 0)
        usage("no definitions given");
    if (options->fail_under_seen >= 0 && options->traces.num == 0)
        usage("--fail-under-seen needs traces: --seen");
}
