/*
 * ASSERTION: a table of options is read as getopt_long(3) reads: values joined and apart, abbreviations, letters in one word,
 * options after other arguments; each value comes where its row says, sizes and times with their units, or is refused with one
 * message and status 2, as are options that have no meaning together; --help shows every row in columns, with choices and further
 * lines below.
 */

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/cmdline.h"
#include "tap.h"

typedef struct st_values_t {
    int verbose;
    unsigned mode;
    const char *name;
    uint32_t count;
    uint64_t size, kinds;
    unsigned color;
    char taken[256];
} values_t;

static const struct st_color_t {
    const char *name, *help;
    int more;
} colors[] = {{"red", "like blood", 7},
              {"green", "like grass", 8},
              {"ultramarine", "like the sea, when there is sun, and no clouds", 9},
              {0}};

static int end_stdout(void)
{
    fflush(stdout);
    return 77;
}

static void take(const cmdline_use_t *use)
{
    values_t *values = use->options;
    size_t n = strlen(values->taken);

    snprintf(values->taken + n, sizeof(values->taken) - n, "[%c%s:%s]", use->letter != 0 ? use->letter : '-',
             use->option != NULL && use->option->name != NULL ? use->option->name : "", use->arg != NULL ? use->arg : "");
}

#define MEMBER(name) CMDLINE_MEMBER(values_t, name)

static const cmdline_option_t rows[] = {
    {.help = "What it does:"},
    {'v', "verbose", NULL, "say more", .set = cmdline_flag, MEMBER(verbose)},
    {0, "deep", NULL, "look deeper", .set = cmdline_flag, MEMBER(mode), .bits = 4},
    {0, "wide", NULL, "look wider", .set = cmdline_flag, MEMBER(mode), .bits = 8},
    {'m', "more", NULL, "more of it, each time", .set = cmdline_count, MEMBER(mode)},
    {'n', "name", "NAME", "its name,\nwhich may be long,\nas here", .set = cmdline_string, MEMBER(name)},
    {.help = "\nHow much:"},
    {'c', "count", "N", "how many", .set = cmdline_number, MEMBER(count), .max = UINT32_MAX, .wants = "-c wants a number"},
    {0, "size", "SIZE", "how large", .set = cmdline_number, .suffixes = "KMG", MEMBER(size), .max = UINT64_MAX,
     .wants = "--size wants a size"},
    {0, "small-size", "S", "how small; just fits", .set = cmdline_number, .suffixes = "KMG", MEMBER(size), .max = 1024,
     .wants = "--small-size wants a size"},
    {0, "room", "SIZE", "how much room", .set = cmdline_number, .suffixes = "KMG", MEMBER(size), .min = 4096, .max = 1024 * 1024,
     .wants = "--room wants a size from 4K to 1M"},
    {0, "time", "TIME", "how long", .set = cmdline_duration, MEMBER(size), .wants = "--time wants a time"},
    {0, "pause", "TIME", "how long not, which is a long story that has to be told in several lines, of this-width and this",
     .set = cmdline_duration, MEMBER(size), .min = 1000000, .max = 60000000000, .wants = "--pause wants a time from 1ms to 1m"},
    {0, "color", "COLOR", "which color:", .set = cmdline_choice, MEMBER(color), CMDLINE_CHOICES(colors)},
    {0, "kinds-with-long-name", "LIST", "which ones", .set = cmdline_choices, MEMBER(kinds), CMDLINE_CHOICES(colors)},
    {'s', NULL, "FILE", "an option without a name", .set = take},
    {'q', NULL, NULL, "one with nothing at all", .set = take},
    {.letters = "zI:", .set = take},
    {'h', "help", NULL, "print this text, and exit", .set = cmdline_help},
    {'V', "version", NULL, "print the version, and exit", .set = cmdline_version},
    {0},
};

static const cmdline_exclusion_t exclusions[] = {
    {"deep", "wide kinds-with-long-name", "looks at one point"},
    {"size", "count", "says the same"},
    {0},
};

static const cmdline_t leaving = {
    .program = "test program",
    .version = "%s 1.2",
    .about = "Usage: %1$s [OPTION]...\n   or: %1$s nothing\nDoes nothing.",
    .options = rows,
    .exclusions = exclusions,
    .notes = "That is all: 100%.\n\n  A table is left as it is, though it is wider than a terminal, which has room for less. \nThe "
             "rest is "
             "broken so that each of its lines, to the very last character of it, has room",
    .end_stdout = end_stdout,
};

static char output[4096];

/* What a command line comes to, and what is printed, into `output`. @return exit status */
static int run(const cmdline_t *cmdline, const char *line)
{
    char *copy = strdup(line), *argv[32] = {"argv0"};
    int argc = 1, fd = memfd_create("output", 0), status;

    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "''") == 0 ? "" : word;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        values_t values = {.color = 99};
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        int num = cmdline_parse(cmdline, &values, argc, argv);
        printf("%d %u %s %u %llu %llx %u%s", values.verbose, values.mode, values.name != NULL ? values.name : "-", values.count,
               (unsigned long long)values.size, (unsigned long long)values.kinds, values.color, values.taken);
        while (num < argc)
            printf(" %s", argv[num++]);
        fflush(stdout);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        bail_out("fork");
    ssize_t n = pread(fd, output, sizeof(output) - 1, 0);
    output[n > 0 ? n : 0] = '\0';
    close(fd);
    free(copy);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_values(void)
{
    static const struct {
        const char *line, *expected; /* verbose mode name count size kinds color taken arguments */
    } cases[] = {
        {"", "0 0 - 0 0 0 99"},
        {"-v", "1 0 - 0 0 0 99"},
        {"--verbose -v", "1 0 - 0 0 0 99"},
        {"--deep", "0 4 - 0 0 0 99"},
        {"--wide", "0 8 - 0 0 0 99"},
        {"-m", "0 1 - 0 0 0 99"},
        {"-mm --more", "0 3 - 0 0 0 99"},
        {"--name=x", "0 0 x 0 0 0 99"},
        {"--name x", "0 0 x 0 0 0 99"},
        {"-nx", "0 0 x 0 0 0 99"},
        {"-n x -n y", "0 0 y 0 0 0 99"},
        {"-vnx", "1 0 x 0 0 0 99"},
        {"-n -v", "0 0 -v 0 0 0 99"},
        {"--name=", "0 0  0 0 0 99"},
        {"--verb", "1 0 - 0 0 0 99"},
        {"--na x", "0 0 x 0 0 0 99"},
        {"-c 1", "0 0 - 1 0 0 99"},
        {"-c 4294967295", "0 0 - 4294967295 0 0 99"},
        {"--count=007", "0 0 - 7 0 0 99"},
        {"--size=18446744073709551615", "0 0 - 0 18446744073709551615 0 99"},
        {"--size=3K", "0 0 - 0 3072 0 99"},
        {"--size 2M", "0 0 - 0 2097152 0 99"},
        {"--size=17179869183G", "0 0 - 0 18446744072635809792 0 99"},
        {"--small-size=1K", "0 0 - 0 1024 0 99"},
        {"--size=3k", "0 0 - 0 3072 0 99"},
        {"--size=3KB", "0 0 - 0 3072 0 99"},
        {"--size=3KiB", "0 0 - 0 3072 0 99"},
        {"--size=3kib", "0 0 - 0 3072 0 99"},
        {"--size=2MiB", "0 0 - 0 2097152 0 99"},
        {"--size=1GB", "0 0 - 0 1073741824 0 99"},
        {"--room=4096", "0 0 - 0 4096 0 99"},
        {"--room=1MB", "0 0 - 0 1048576 0 99"},
        {"--room=1M --room=4K", "0 0 - 0 4096 0 99"},
        {"--time=10", "0 0 - 0 10000000000 0 99"},
        {"--time=10s", "0 0 - 0 10000000000 0 99"},
        {"--time=0.5", "0 0 - 0 500000000 0 99"},
        {"--time=1us", "0 0 - 0 1000 0 99"},
        {"--time=0.001us", "0 0 - 0 1 0 99"},
        {"--time=250ms", "0 0 - 0 250000000 0 99"},
        {"--time=5m", "0 0 - 0 300000000000 0 99"},
        {"--time=1.25h", "0 0 - 0 4500000000000 0 99"},
        {"--time=2d", "0 0 - 0 172800000000000 0 99"},
        {"--time=0.000000001", "0 0 - 0 1 0 99"},
        {"--time=1.0000000001", "0 0 - 0 1000000000 0 99"},
        {"--time=18446744073.709551615", "0 0 - 0 18446744073709551615 0 99"},
        {"--pause=1ms", "0 0 - 0 1000000 0 99"},
        {"--pause=60", "0 0 - 0 60000000000 0 99"},
        {"--color=red", "0 0 - 0 0 0 0"},
        {"--color=ultramarine", "0 0 - 0 0 0 2"},
        {"--kinds=green", "0 0 - 0 0 2 99"},
        {"--kinds=ultramarine,red", "0 0 - 0 0 5 99"},
        {"--kinds=,red,,red,", "0 0 - 0 0 1 99"},
        {"--kinds=red --kinds=green", "0 0 - 0 0 2 99"},
        {"-s x -q", "0 0 - 0 0 0 99[s:x][q:]"},
        {"-zI. -Ix -qz", "0 0 - 0 0 0 99[z:][I:.][I:x][q:][z:]"},
        {"a -v b", "1 0 - 0 0 0 99 a b"},
        {"a -- -v b", "0 0 - 0 0 0 99 a -v b"},
        {"- -v", "1 0 - 0 0 0 99 -"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        int status = run(&leaving, cases[i].line);
        is_str(output, cases[i].expected, cases[i].line);
        is_int(status, 0, "... is taken");
    }
}

static void test_refusals(void)
{
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"--nothing", "unrecognized option '--nothing'"},
        {"-x", "invalid option -- 'x'"},
        {"-n", "option requires an argument -- 'n'"},
        {"--name", "option '--name' requires an argument"},
        {"-I", "option requires an argument -- 'I'"},
        {"--verbose=x", "option '--verbose' doesn't allow an argument"},
        {"-c ''", "-c wants a number, not ''"},
        {"-c 0", "-c wants a number, not '0'"},
        {"-c -1", "-c wants a number, not '-1'"},
        {"-c +1", "-c wants a number, not '+1'"},
        {"-c 1K", "-c wants a number, not '1K'"},
        {"-c 0x10", "-c wants a number, not '0x10'"},
        {"-c 4294967296", "-c wants a number, not '4294967296'"},
        {"--count=99999999999999999999", "-c wants a number, not '99999999999999999999'"},
        {"--size=1KX", "--size wants a size, not '1KX'"},
        {"--size=1B", "--size wants a size, not '1B'"},
        {"--size=1KBB", "--size wants a size, not '1KBB'"},
        {"--size=1Ki", "--size wants a size, not '1Ki'"},
        {"--size=1T", "--size wants a size, not '1T'"},
        {"--room=4095", "--room wants a size from 4K to 1M, not '4095'"},
        {"--room=3K", "--room wants a size from 4K to 1M, not '3K'"},
        {"--room=1025K", "--room wants a size from 4K to 1M, not '1025K'"},
        {"--time=", "--time wants a time, not ''"},
        {"--time=0", "--time wants a time, not '0'"},
        {"--time=0.0s", "--time wants a time, not '0.0s'"},
        {"--time=0.0000000001", "--time wants a time, not '0.0000000001'"},
        {"--time=-1s", "--time wants a time, not '-1s'"},
        {"--time=.5s", "--time wants a time, not '.5s'"},
        {"--time=5.s", "--time wants a time, not '5.s'"},
        {"--time=1.2.3s", "--time wants a time, not '1.2.3s'"},
        {"--time=s", "--time wants a time, not 's'"},
        {"--time=1M", "--time wants a time, not '1M'"},
        {"--time=1e3", "--time wants a time, not '1e3'"},
        {"--time=0x1s", "--time wants a time, not '0x1s'"},
        {"--time=1s5", "--time wants a time, not '1s5'"},
        {"--time=1m30s", "--time wants a time, not '1m30s'"},
        {"--time=213504d", "--time wants a time, not '213504d'"},
        {"--time=18446744073.709551616", "--time wants a time, not '18446744073.709551616'"},
        {"--time=99999999999999999999", "--time wants a time, not '99999999999999999999'"},
        {"--pause=999us", "--pause wants a time from 1ms to 1m, not '999us'"},
        {"--pause=60.1", "--pause wants a time from 1ms to 1m, not '60.1'"},
        {"--wide --deep", "--wide has no meaning with --deep, which looks at one point"},
        {"--deep --wide", "--wide has no meaning with --deep, which looks at one point"},
        {"--kinds=red --deep", "--kinds-with-long-name has no meaning with --deep, which looks at one point"},
        {"-c 1 --size=1", "-c has no meaning with --size, which says the same"},
        {"--size=K", "--size wants a size, not 'K'"},
        {"--size=17179869184G", "--size wants a size, not '17179869184G'"},
        {"--small-size=1025", "--small-size wants a size, not '1025'"},
        {"--small-size=2K", "--small-size wants a size, not '2K'"},
        {"--color=blue", "--color takes red, green or ultramarine, not 'blue'"},
        {"--color=re", "--color takes red, green or ultramarine, not 're'"},
        {"--color=", "--color takes red, green or ultramarine, not ''"},
        {"--kinds=red,blue,green", "--kinds-with-long-name takes red, green or ultramarine, not 'blue'"},
        {"--kinds=", "--kinds-with-long-name takes red, green or ultramarine, not ''"},
        {"--kinds=,", "--kinds-with-long-name takes red, green or ultramarine, not ','"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        char expected[256];
        snprintf(expected, sizeof(expected), "test program: %s\nTry 'test program --help'.\n", cases[i].message);
        int status = run(&leaving, cases[i].line);
        is_str(output, expected, cases[i].line);
        is_int(status, CMDLINE_WRONG_USAGE, "... is refused");
    }
    is_int(run(&leaving, "--s 1"), CMDLINE_WRONG_USAGE, "what could be the beginning of two names is refused");
}

/* arguments that are no options, where they stand */
static void test_operands(void)
{
    cmdline_t taking = leaving;

    taking.operand = take;
    is_int(run(&taking, "a --verbose b -n x c -s d e"), 0, "a program may take arguments where they stand");
    is_str(output, "1 0 x 0 0 0 99[-:a][-verbose:b][nname:c][s:d][s:e]", "... and knows the last option before each");
    run(&taking, "a -- b -v");
    is_str(output, "0 0 - 0 0 0 99[-:a] b -v", "... and none after --");
}

static void test_help(void)
{
    is_int(run(&leaving, "-v --help --nothing"), 77, "--help ends the program");
    is_str(output,
           "Usage: test program [OPTION]...\n"
           "   or: test program nothing\n"
           "Does nothing.\n"
           "\n"
           "What it does:\n"
           "  -v, --verbose          say more\n"
           "      --deep             look deeper\n"
           "      --wide             look wider\n"
           "  -m, --more             more of it, each time\n"
           "  -n, --name=NAME        its name,\n"
           "                         which may be long,\n"
           "                         as here\n"
           "\n"
           "How much:\n"
           "  -c, --count=N          how many\n"
           "      --size=SIZE        how large\n"
           "      --small-size=S     how small; just fits\n"
           "      --room=SIZE        how much room\n"
           "      --time=TIME        how long\n"
           "      --pause=TIME       how long not, which is a long story that has to be told\n"
           "                         in several lines, of this-width and this\n"
           "      --color=COLOR      which color:\n"
           "                           red          like blood\n"
           "                           green        like grass\n"
           "                           ultramarine  like the sea, when there is sun, and no\n"
           "                                        clouds\n"
           "      --kinds-with-long-name=LIST\n"
           "                         which ones\n"
           "  -s FILE                an option without a name\n"
           "  -q                     one with nothing at all\n"
           "  -h, --help             print this text, and exit\n"
           "  -V, --version          print the version, and exit\n"
           "\n"
           "That is all: 100%.\n"
           "\n"
           "  A table is left as it is, though it is wider than a terminal, which has room for less. \n"
           "The rest is broken so that each of its lines, to the very last character of it,\n"
           "has room\n",
           "... and has all rows");
    is_int(run(&leaving, "-V"), 77, "--version ends the program");
    is_str(output, "test program 1.2\n", "... and says what it is");
}

int main(void)
{
    test_values();
    test_refusals();
    test_operands();
    test_help();
    return done_testing();
}
