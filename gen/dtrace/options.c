/*
 * The command line of dtrace(1), as builds use it. Accepted is what SystemTap's, Solaris' and FreeBSD's understand in their two
 * modes for builds; what only a tracer could do is refused, so that nobody waits for events.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/child.h"
#include "base/exit.h"
#include "dtrace/options.h"
#include "print/print.h"
#include "emit/usdt/usdt.h"
#include "common/version.h"

static void print_help(void)
{
    fputs("Usage: dtrace -h|-G -s FILE.d [-o FILE] [OPTION]...\n"
          "   or: probegen dtrace ...\n"
          "Makes of definitions of USDT probes what programs need to have them, as dtrace(1) does; it does not trace.\n"
          "\n"
          "  -h                     a C and C++ header with the macros that fire the probes\n"
          "  -G                     an object with the semaphores of the probes, for programs whose headers only declare them\n"
          "  -s FILE                the definitions; several files may be given\n"
          "  -o FILE                where to write (default: FILE.h or FILE.o in the working folder, for -s FILE.d)\n"
          "  -C                     run the definitions through the C preprocessor ($CPP, else cpp), which\n"
          "  -I DIR, -D NAME[=VALUE], -U NAME\n"
          "                         are for\n"
          "  -32                    the object is for a 32-bit program\n"
          "      --site=KIND        what a probe site is made of:\n",
          stdout);
    for (const site_name_t *site = site_names; site->name != NULL; ++site)
        printf("                           %-5s %s\n", site->name, site->help);
    fputs(
        "      --types            taken, and without a meaning\n"
        "      --no-pyparsing     likewise\n"
        "  -v                     tell what was written\n"
        "  -V, --version          print the version, and exit\n"
        "      --help             print this text, and exit\n"
        "\n"
        "Taken, and without a meaning here: -64, -k, -q, -w, -Z, -L DIR, -x OPTION, -fpic, -fPIC, and object files with -G.\n"
        "Objects are made by $CC (else cc) with $CFLAGS. Options in $PROBEGEN_DTRACEFLAGS come before those of the command line.\n"
        "Exit status: 0 all right, 1 mistakes in the definitions, 2 wrong usage, 3 a file cannot be read or written, or a program\n"
        "fails.\n",
        stdout);
}

static _Noreturn __attribute__((format(printf, 1, 2))) void usage(const char *fmt, ...)
{
    va_list args;

    fputs("probegen dtrace: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputs("\nTry 'probegen dtrace --help'.\n", stderr);
    exit(EXIT_USAGE);
}

/* The name without folders and without what follows its last dot, and an ending: as dtrace(1) derives it. */
static const char *derive_output(arena_t *arena, const char *script, const char *ending)
{
    const char *slash = strrchr(script, '/'), *base = slash != NULL ? slash + 1 : script, *dot = strrchr(base, '.');
    size_t leading = strspn(base, ".");
    size_t n = dot != NULL && dot >= base + leading ? (size_t)(dot - base) : strlen(base);

    if (n == 0)
        usage("no name for the output can be derived of '%s': -o FILE", script);
    return arena_printf(arena, "%.*s%s", (int)n, base, ending).p;
}

static void add_cpp_arg(dtrace_options_t *options, arena_t *arena, int letter, const char *value)
{
    options->cpp_args[options->num_cpp_args++] = (char *)arena_printf(arena, "-%c%s", letter, value).p;
}

/* The options of the environment, then those of the command line. */
static void gather_words(command_t *words, int argc, char **argv)
{
    const char *flags = getenv("PROBEGEN_DTRACEFLAGS");

    command_add(words, argv[0]);
    if (flags != NULL && command_split(words, flags) != 0)
        usage("PROBEGEN_DTRACEFLAGS has a quote or backslash without end: %s", flags);
    for (int i = 1; i < argc; ++i)
        command_add(words, argv[i]);
}

/* Options with a meaning of their own only as a whole: -32, -64, -fpic and -fPIC. */
static void parse_whole(dtrace_options_t *options, int letter, const char *value)
{
    if (letter == '3' && strcmp(value, "2") == 0)
        options->is_32 = 1;
    else if (letter == 'f' && strcmp(value, "pic") != 0 && strcmp(value, "PIC") != 0)
        usage("-f is for tracing, which this dtrace does not do");
    else if ((letter == '3' && strcmp(value, "2") != 0) || (letter == '6' && strcmp(value, "4") != 0))
        usage("unknown option '-%c%s'", letter, value);
}

typedef struct st_modes_t {
    int header, object;
} modes_t;

enum { OPT_HELP = 256, OPT_SITE, OPT_IGNORED };

/* @return whether the option is one for builds */
static int parse_option(dtrace_options_t *options, arena_t *arena, modes_t *modes, int opt)
{
    switch (opt) {
    case 'h':
        modes->header = 1;
        return 1;
    case 'G':
        modes->object = 1;
        return 1;
    case 's':
        options->scripts[options->num_scripts++] = optarg;
        return 1;
    case 'o':
        if (*optarg == '\0')
            usage("-o wants the name of a file");
        options->output = optarg;
        return 1;
    case 'C':
        options->preprocess = 1;
        return 1;
    case 'I':
    case 'D':
    case 'U':
        add_cpp_arg(options, arena, opt, optarg);
        return 1;
    case '3':
    case '6':
    case 'f':
        parse_whole(options, opt, optarg);
        return 1;
    case 'v':
        options->is_verbose = 1;
        return 1;
    case OPT_SITE:
        if (site_of_name(optarg, &options->site) != 0)
            usage("--site takes nop, nop5 or sdt, not '%s'", optarg);
        return 1;
    case OPT_IGNORED:
        return 1;
    default:
        return strchr("kqwZLx", opt) != NULL;
    }
}

static void check(dtrace_options_t *options, arena_t *arena, const modes_t *modes)
{
    if (modes->header && modes->object)
        usage("-h and -G exclude each other");
    if (!modes->header && !modes->object)
        usage("nothing to do: -h makes a header, -G an object");
    options->wants_object = modes->object;
    if (options->num_scripts == 0)
        usage("no definitions given: -s FILE");
    if (options->num_objects != 0 && !options->wants_object)
        usage("'%s' is not an option", options->objects[0]);
    if (options->output == NULL && options->num_scripts > 1)
        usage("several files with definitions, and no name for what is made of them: -o FILE");
    if (options->output == NULL)
        options->output = derive_output(arena, options->scripts[0], options->wants_object ? ".o" : ".h");
}

void dtrace_options_parse(dtrace_options_t *options, arena_t *arena, int argc, char **argv)
{
    /* those of the second row are for tracing */
    static const char letters[] = "hGs:o:CI:D:U:3:6:f:vVkqwZL:x:"
                                  "aAb:Bc:eEFHi:lm:n:p:P:SX:";
    static const struct option longopts[] = {
        {"help", no_argument, NULL, OPT_HELP},     {"site", required_argument, NULL, OPT_SITE},
        {"types", no_argument, NULL, OPT_IGNORED}, {"no-pyparsing", no_argument, NULL, OPT_IGNORED},
        {"version", no_argument, NULL, 'V'},       {NULL, 0, NULL, 0}};
    command_t words = {.arena = arena};
    modes_t modes = {0};
    int opt;

    gather_words(&words, argc, argv);
    *options = (dtrace_options_t){.scripts = arena_alloc(arena, words.num * sizeof(*options->scripts)),
                                  .cpp_args = arena_alloc(arena, words.num * sizeof(*options->cpp_args))};
    while ((opt = getopt_long((int)words.num, words.words, letters, longopts, NULL)) != -1) {
        switch (opt) {
        case OPT_HELP:
            print_help();
            exit(finish_stdout());
        case 'V':
            puts("dtrace: probegen " PROBEGEN_VERSION);
            exit(finish_stdout());
        case '?':
            fputs("Try 'probegen dtrace --help'.\n", stderr);
            exit(EXIT_USAGE);
        default:
            if (!parse_option(options, arena, &modes, opt))
                usage("-%c is for tracing, which this dtrace does not do", opt);
        }
    }
    options->objects = words.words + optind;
    options->num_objects = words.num - (size_t)optind;
    check(options, arena, &modes);
}
