#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/catalog.h"
#include "exit.h"
#include "options.h"

#ifndef PROBEGEN_VERSION
#define PROBEGEN_VERSION "unknown"
#endif

#define DEFAULT_STRING_LIMIT 4096
#define DEFAULT_BUFFER_SIZE (16 * 1024 * 1024)
#define MAX_BUFFER_SIZE (1024ull * 1024 * 1024)

static void print_help(void)
{
    const char *name = catalog.tracer;

    printf("Usage: %s -p PID [OPTION]...\n"
           "       %s -l [-p PID] [-t GLOB]...\n"
           "Prints the events of a running program's USDT probes, one JSON object a line, until Ctrl-C or the program's end.\n"
           "\n",
           name, name);
    printf(
        "  -p, --pid=PID          the process to trace\n"
        "  -t, --trace=GLOB       trace only these probes, 'PROVIDER:PROBE' with * and ? (repeatable; default: all)\n"
        "  -l, --list             list the probes; with -p: those that the process has, with their sites and operands\n"
        "  -w, --write=FILE       write the events into FILE instead of standard output\n"
        "  -a, --appdata          show application data too (header names and values, bodies)\n"
        "      --secrets          show secrets too (TLS keys and tokens)\n"
        "      --string-limit=N   cut strings after N bytes (default %d, at most %d)\n"
        "  -b, --buffer=SIZE      space for events that wait to be printed, e.g. 64M (default 16M); raise it when events are lost\n"
        "  -c, --count=N          stop after N events\n"
        "  -d, --debug            tell on standard error what is done and what is remarkable\n"
        "  -h, --help             print this text, and exit\n"
        "  -V, --version          print the version, and exit\n"
        "\n",
        DEFAULT_STRING_LIMIT, PG_MAX_STRING);
    printf("What is not shown is not even copied out of the process.\n"
           "Exit status: %d all right, %d wrong usage, %d not permitted or not possible on this machine, %d no such process or no "
           "probes in\n"
           "it, %d the events cannot be written.\n",
           EXIT_OK, EXIT_USAGE, EXIT_ENVIRONMENT, EXIT_TARGET, EXIT_OUTPUT);
}

/* Ends the program after it has printed what was asked for. */
static _Noreturn void finish(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        exit(EXIT_OK);
    fprintf(stderr, "%s: cannot write to standard output: %s\n", catalog.tracer, strerror(errno));
    exit(EXIT_OUTPUT);
}

static _Noreturn void usage(const char *what, const char *value)
{
    fprintf(stderr, "%s: ", catalog.tracer);
    fprintf(stderr, what, value);
    fprintf(stderr, "\nTry '%s --help'.\n", catalog.tracer);
    exit(EXIT_USAGE);
}

/* a decimal number from 1 to `max`, with a suffix K, M, G for sizes */
static uint64_t parse_number(const char *text, uint64_t max, int is_size, const char *message)
{
    char *end;

    errno = 0;
    unsigned long long x = strtoull(text, &end, 10);
    if (errno != 0 || end == text || text[0] < '0' || text[0] > '9')
        usage(message, text);
    if (is_size && *end != '\0') {
        static const char suffixes[] = "KMG";
        const char *suffix = strchr(suffixes, *end++);
        if (suffix == NULL || x > max)
            usage(message, text);
        x <<= 10 * (suffix - suffixes + 1);
    }
    if (*end != '\0' || x < 1 || x > max)
        usage(message, text);
    return x;
}

static uint64_t ring_size(uint64_t wanted)
{
    uint64_t size = sysconf(_SC_PAGESIZE);

    while (size < wanted)
        size *= 2;
    return size;
}

static void add_glob(options_t *options, const char *glob)
{
    const char **globs = realloc((void *)options->globs, (options->num_globs + 1) * sizeof(*globs));

    if (globs == NULL) {
        fprintf(stderr, "%s: out of memory\n", catalog.tracer);
        exit(EXIT_ENVIRONMENT);
    }
    if (strchr(glob, ':') == NULL)
        usage("-t wants 'PROVIDER:PROBE', not '%s'", glob);
    globs[options->num_globs++] = glob;
    options->globs = globs;
}

void options_parse(options_t *options, int argc, char **argv)
{
    enum { OPT_SECRETS = 256, OPT_STRING_LIMIT };
    static const struct option longopts[] = {{"pid", required_argument, NULL, 'p'},
                                             {"trace", required_argument, NULL, 't'},
                                             {"list", no_argument, NULL, 'l'},
                                             {"write", required_argument, NULL, 'w'},
                                             {"appdata", no_argument, NULL, 'a'},
                                             {"secrets", no_argument, NULL, OPT_SECRETS},
                                             {"string-limit", required_argument, NULL, OPT_STRING_LIMIT},
                                             {"buffer", required_argument, NULL, 'b'},
                                             {"count", required_argument, NULL, 'c'},
                                             {"debug", no_argument, NULL, 'd'},
                                             {"help", no_argument, NULL, 'h'},
                                             {"version", no_argument, NULL, 'V'},
                                             {NULL, 0, NULL, 0}};
    int opt;

    *options = (options_t){.string_limit = DEFAULT_STRING_LIMIT, .buffer_size = DEFAULT_BUFFER_SIZE};
    /* for tests: what a kernel without uprobe_multi links would make it do */
    options->use_perf = getenv("PROBEGEN_ATTACH_PERF") != NULL;
    while ((opt = getopt_long(argc, argv, "p:t:lw:ab:c:dhV", longopts, NULL)) != -1) {
        switch (opt) {
        case 'p':
            options->pid = parse_number(optarg, INT32_MAX, 0, "-p wants a process id, not '%s'");
            break;
        case 't':
            add_glob(options, optarg);
            break;
        case 'l':
            options->list = 1;
            break;
        case 'w':
            options->file = optarg;
            break;
        case 'a':
            options->show |= PG_SHOW_APPDATA;
            break;
        case OPT_SECRETS:
            options->show |= PG_SHOW_SECRETS;
            break;
        case OPT_STRING_LIMIT:
            options->string_limit =
                parse_number(optarg, PG_MAX_STRING, 0, "--string-limit wants a number from 1 to 32768, not '%s'");
            break;
        case 'b':
            options->buffer_size =
                ring_size(parse_number(optarg, MAX_BUFFER_SIZE, 1, "-b wants a size up to 1G, such as 64M, not '%s'"));
            break;
        case 'c':
            options->count = parse_number(optarg, UINT64_MAX, 0, "-c wants a number of events, not '%s'");
            break;
        case 'd':
            options->debug = 1;
            break;
        case 'h':
            print_help();
            finish();
        case 'V':
            printf("%s (probegen " PROBEGEN_VERSION ")\n", catalog.tracer);
            finish();
        default:
            fprintf(stderr, "Try '%s --help'.\n", catalog.tracer);
            exit(EXIT_USAGE);
        }
    }
    if (optind < argc)
        usage("'%s' is not an option", argv[optind]);
    if (options->pid == 0 && !options->list)
        usage("%s", "no process given: -p PID");
}

char *options_select(const options_t *options)
{
    char *is_selected = calloc(catalog.num_probes + 1, 1);

    if (is_selected == NULL) {
        fprintf(stderr, "%s: out of memory\n", catalog.tracer);
        exit(EXIT_ENVIRONMENT);
    }
    if (options->num_globs == 0)
        memset(is_selected, 1, catalog.num_probes);
    for (size_t i = 0; i < options->num_globs; ++i) {
        int num = 0;
        for (unsigned j = 0; j < catalog.num_probes; ++j) {
            char name[512];
            snprintf(name, sizeof(name), "%s:%s", catalog.probes[j].provider, catalog.probes[j].name);
            if (fnmatch(options->globs[i], name, 0) == 0) {
                is_selected[j] = 1;
                ++num;
            }
        }
        if (num == 0)
            usage("no probe matches '%s'; -l lists them", options->globs[i]);
    }
    return is_selected;
}
