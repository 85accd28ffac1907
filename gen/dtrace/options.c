/*
 * The command line of dtrace(1), as builds use it. It takes what the dtraces of SystemTap, Solaris and FreeBSD take to make headers
 * and objects; what only a tracer could do is refused, so that nobody waits for events.
 */
#include <stdlib.h>
#include <string.h>
#include "common/cmdline.h"
#include "dtrace/options.h"
#include "print/print.h"
#include "emit/usdt.h"
#include "common/version.h"

static void add_script(const cmdline_use_t *use)
{
    dtrace_options_t *options = use->options;

    options->scripts[options->num_scripts++] = use->arg;
}

static void set_output(const cmdline_use_t *use)
{
    if (*use->arg == '\0')
        cmdline_refuse(use->cmdline, "-o wants the name of a file");
    cmdline_string(use);
}

static void add_cpp_arg(const cmdline_use_t *use)
{
    command_t *args = use->member;

    command_add(args, arena_printf(args->arena, "-%c%s", use->letter, use->arg).p);
}

static _Noreturn void refuse_tracing(const cmdline_use_t *use)
{
    cmdline_refuse(use->cmdline, "-%c is for tracing, which this dtrace does not do", use->letter);
}

/* Options with a meaning only as a whole: -32, -64, -fpic and -fPIC. */
static void set_whole(const cmdline_use_t *use)
{
    if (use->letter == '3' && strcmp(use->arg, "2") == 0)
        *(int *)use->member = 1;
    else if (use->letter == 'f' && strcmp(use->arg, "pic") != 0 && strcmp(use->arg, "PIC") != 0)
        refuse_tracing(use);
    else if (use->letter == '3' || (use->letter == '6' && strcmp(use->arg, "4") != 0))
        cmdline_refuse(use->cmdline, "unknown option '-%c%s'", use->letter, use->arg);
}

static void ignore(const cmdline_use_t *use)
{
    (void)use;
}

#define MEMBER(name) CMDLINE_MEMBER(dtrace_options_t, name)
static const cmdline_option_t rows[] = {
    {'h', NULL, NULL, "a C and C++ header with the macros that fire the probes", .set = cmdline_flag, MEMBER(wants_header)},
    {'G', NULL, NULL, "an object with the semaphores of the probes, for programs whose headers only declare them",
     .set = cmdline_flag, MEMBER(wants_object)},
    {'s', NULL, "FILE", "the definitions; several files may be given", .set = add_script},
    {'o', NULL, "FILE", "where to write (default: FILE.h or FILE.o in the working folder, for -s FILE.d)", .set = set_output,
     MEMBER(output)},
    {'C', NULL, NULL, "run the definitions through the C preprocessor ($CPP, else cpp)", .set = cmdline_flag, MEMBER(preprocess)},
    {'I', NULL, "DIR", "where it looks for included files", .set = add_cpp_arg, MEMBER(cpp_args)},
    {'D', NULL, "NAME[=VALUE]", "a macro to define", .set = add_cpp_arg, MEMBER(cpp_args)},
    {'U', NULL, "NAME", "a macro to undefine", .set = add_cpp_arg, MEMBER(cpp_args)},
    {.help = "  -32                    the object is for a 32-bit program"},
    {.letters = "3:6:f:", .set = set_whole, MEMBER(is_32)},
    {0, "site", "KIND", "what a probe site is made of:", .set = cmdline_choice, MEMBER(site), CMDLINE_CHOICES(site_names)},
    {0, "types", NULL, "taken, and without a meaning", .set = ignore},
    {0, "no-pyparsing", NULL, "likewise", .set = ignore},
    {'v', NULL, NULL, "say what was written", .set = cmdline_flag, MEMBER(is_verbose)},
    {'V', "version", NULL, "print the version, and exit", .set = cmdline_version},
    {0, "help", NULL, "print this text, and exit", .set = cmdline_help},
    {.letters = "kqwZL:x:", .set = ignore},
    {.letters = "aAb:Bc:eEFHi:lm:n:p:P:SX:", .set = refuse_tracing},
    {0},
};

static const cmdline_t cmdline = {
    .program = "probegen dtrace",
    .version = "dtrace: probegen " PROBEGEN_VERSION,
    .about = "Usage: dtrace -h|-G -s FILE.d [-o FILE] [OPTION]...\n"
             "   or: probegen dtrace ...\n"
             "Makes of definitions of USDT probes what programs need to have them, as dtrace(1) does; it does not trace.",
    .options = rows,
    .notes =
        "Taken, and without a meaning here: -64, -k, -q, -w, -Z, -L DIR, -x OPTION, -fpic, -fPIC, and object files with -G.\n"
        "Objects are made by $CC (else cc) with $CFLAGS. Options in $PROBEGEN_DTRACEFLAGS come before those of the command line.\n"
        "Exit status: 0 all right, 1 mistakes in the definitions, 2 wrong usage, 3 a file cannot be read or written, or a program "
        "fails.",
    .end_stdout = finish_stdout,
};

/* The options of the environment, then those of the command line. */
static void gather_words(command_t *words, int argc, char **argv)
{
    const char *flags = getenv("PROBEGEN_DTRACEFLAGS");

    command_add(words, argv[0]);
    if (flags != NULL && command_split(words, flags) != 0)
        cmdline_refuse(&cmdline, "PROBEGEN_DTRACEFLAGS has a quote or backslash without end: %s", flags);
    for (int i = 1; i < argc; ++i)
        command_add(words, argv[i]);
}

/* The output's name as dtrace(1) derives it: that of the script, without folders, with another ending. */
static const char *derive_output(arena_t *arena, const char *script, const char *ending)
{
    const char *base = basename(script), *dot = strrchr(base, '.');
    size_t leading = strspn(base, ".");
    size_t n = dot != NULL && dot >= base + leading ? (size_t)(dot - base) : strlen(base);

    if (n == 0)
        cmdline_refuse(&cmdline, "no name for the output can be derived of '%s': -o FILE", script);
    return arena_printf(arena, "%.*s%s", (int)n, base, ending).p;
}

static void check(dtrace_options_t *options, arena_t *arena)
{
    if (options->wants_header && options->wants_object)
        cmdline_refuse(&cmdline, "-h and -G exclude each other");
    if (!options->wants_header && !options->wants_object)
        cmdline_refuse(&cmdline, "nothing to do: -h makes a header, -G an object");
    if (options->num_scripts == 0)
        cmdline_refuse(&cmdline, "no definitions given: -s FILE");
    if (options->num_objects != 0 && !options->wants_object)
        cmdline_refuse(&cmdline, "'%s' is not an option", options->objects[0]);
    if (options->output == NULL && options->num_scripts > 1)
        cmdline_refuse(&cmdline, "several files with definitions, and no name for what is made of them: -o FILE");
    if (options->output == NULL)
        options->output = derive_output(arena, options->scripts[0], options->wants_object ? ".o" : ".h");
}

void dtrace_options_parse(dtrace_options_t *options, arena_t *arena, int argc, char **argv)
{
    command_t words = {.arena = arena};

    gather_words(&words, argc, argv);
    *options =
        (dtrace_options_t){.scripts = arena_alloc(arena, words.num * sizeof(*options->scripts)), .cpp_args = {.arena = arena}};
    int num = cmdline_parse(&cmdline, options, (int)words.num, words.words);
    options->objects = words.words + num;
    options->num_objects = words.num - (size_t)num;
    check(options, arena);
}
