/* The command line of a tracer, and which probes of the catalog it selects. */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/catalog.h"
#include "common/cmdline.h"
#include "exit.h"
#include "options.h"
#include "common/version.h"
#include "usdt/name.h"

#define DEFAULT_STRING_LIMIT 4096
#define DEFAULT_BUFFER_SIZE (16 * 1024 * 1024)
#define MAX_BUFFER_SIZE (1024ull * 1024 * 1024)

static _Noreturn void out_of_memory(void)
{
    fprintf(stderr, "%s: out of memory\n", catalog.tracer);
    exit(TRACER_ENVIRONMENT);
}

static int end_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return TRACER_OK;
    fprintf(stderr, "%s: cannot write to standard output: %s\n", catalog.tracer, strerror(errno));
    return TRACER_OUTPUT;
}

static void add_glob(const cmdline_use_t *use)
{
    tracer_options_t *options = use->options;
    const char **globs = realloc((void *)options->globs, (options->num_globs + 1) * sizeof(*globs));

    if (globs == NULL)
        out_of_memory();
    if (strchr(use->arg, ':') == NULL)
        cmdline_refuse(use->cmdline, "-t wants 'PROVIDER:PROBE', not '%s'", use->arg);
    globs[options->num_globs++] = use->arg;
    options->globs = globs;
}

static void add_process(const cmdline_use_t *use, const wanted_process_t *process)
{
    tracer_options_t *options = use->options;
    wanted_process_t *list = realloc(options->processes, (options->num_processes + 1) * sizeof(*list));

    if (list == NULL)
        out_of_memory();
    options->processes = list;
    for (size_t i = 0; i < options->num_processes; ++i) {
        if (process->file == NULL && list[i].pid == process->pid)
            return;
    }
    list[options->num_processes++] = *process;
}

/* "123", "123,124", as pgrep(1) tells them, one a line, or "@FILE" */
static void add_processes(const cmdline_use_t *use)
{
    static const char separators[] = ", \t\n";

    if (use->arg[0] == '@') {
        add_process(use, &(wanted_process_t){.file = use->arg + 1});
        return;
    }
    if (use->arg[strspn(use->arg, separators)] == '\0')
        cmdline_refuse(use->cmdline, "-p wants a process id, and got none: is the program running?");
    for (const char *p = use->arg; *p != '\0'; p += strspn(p, separators)) {
        char *end;
        unsigned long long pid = isdigit((unsigned char)*p) ? strtoull(p, &end, 10) : 0;
        if (pid == 0 || pid > INT32_MAX || (*end != '\0' && strchr(separators, *end) == NULL))
            cmdline_refuse(use->cmdline, "-p wants a process id, not '%s'", use->arg);
        add_process(use, &(wanted_process_t){.pid = (pid_t)pid});
        p = end;
    }
}

static void add_program(const cmdline_use_t *use)
{
    tracer_options_t *options = use->options;
    const char **programs = realloc((void *)options->programs, (options->num_programs + 1) * sizeof(*programs));

    if (programs == NULL)
        out_of_memory();
    programs[options->num_programs++] = use->arg;
    options->programs = programs;
}

#define MEMBER(name) CMDLINE_MEMBER(tracer_options_t, name)
#define STR(x) STR_(x)
#define STR_(x) #x

static const cmdline_option_t rows[] = {
    {'p', "pid", "PID", "the process to trace; several with commas or by repetition; @FILE: the one whose\npid is in that file",
     .set = add_processes},
    {0, "children", NULL, "trace their descendants too, now and later", .set = cmdline_flag, MEMBER(children)},
    {'x', "exe", "FILE",
     "trace all processes that execute this program or library, now and later; with -p or\na command: what these may execute "
     "later (repeatable)",
     .set = add_program},
    {0, "cgroup", "PATH", "trace the processes of this control group (a systemd unit, a container), now and later",
     .set = cmdline_string, MEMBER(cgroup)},
    {0, "wait", NULL, "wait for what is not there yet: the file of -x, the process of -p @FILE, the control group",
     .set = cmdline_flag, MEMBER(wait)},
    {'t', "trace", "GLOB", "trace only these probes, 'PROVIDER:PROBE' with * and ? (repeatable; default: all)", .set = add_glob},
    {'l', "list", NULL, "list the probes; with -p: those that the process has, with their sites and operands", .set = cmdline_flag,
     MEMBER(list)},
    {'w', "write", "FILE", "write the events into FILE instead of standard output", .set = cmdline_string, MEMBER(file)},
    {'a', "appdata", NULL, "show application data too", .set = cmdline_flag, MEMBER(show), .bits = PG_SHOW_APPDATA},
    {0, "secrets", NULL, "show secrets too", .set = cmdline_flag, MEMBER(show), .bits = PG_SHOW_SECRETS},
    {0, "string-limit", "N", "cut strings after N bytes (default " STR(DEFAULT_STRING_LIMIT) ", at most " STR(PG_MAX_STRING) ")",
     .set = cmdline_number, MEMBER(string_limit), .max = PG_MAX_STRING,
     .wants = "--string-limit wants a number from 1 to " STR(PG_MAX_STRING)},
    {'b', "buffer", "SIZE", "space for events that wait to be printed, e.g. 64M (default 16M); raise it when events are lost",
     .set = cmdline_number, .suffixes = "KMG", MEMBER(buffer_size), .max = MAX_BUFFER_SIZE,
     .wants = "-b wants a size up to 1G, such as 64M"},
    {'c', "count", "N", "stop after N events", .set = cmdline_number, MEMBER(count), .max = UINT64_MAX,
     .wants = "-c wants a number of events"},
    {'d', "debug", NULL,
     "say on standard error what is done and what is remarkable; twice: also what the\nBPF program does at each site",
     .set = cmdline_count, MEMBER(debug)},
    {'h', "help", NULL, "print this text, and exit", .set = cmdline_help},
    {'V', "version", NULL, "print the version, and exit", .set = cmdline_version},
    {0},
};

static cmdline_t cmdline = {
    .version = "%s (probegen " PROBEGEN_VERSION ")",
    .about = "Usage: %1$s -p PID[,PID]... [--children] [OPTION]...\n"
             "       %1$s -x FILE | --cgroup=PATH [OPTION]...\n"
             "       %1$s [--children] [OPTION]... -- COMMAND [ARG]...\n"
             "       %1$s -l [-p PID | -x FILE] [-t GLOB]...\n"
             "Prints the events of a running program's USDT probes, one JSON object a line, until Ctrl-C or the program's end.",
    .options = rows,
    .notes =
        "Application data and secrets are what definitions and maps mark as such; all other text is shown.\n"
        "What is not shown is not even copied out of the process.\n"
        "Exit status: 0 all right, 2 wrong usage, 3 not permitted or not possible on this machine, 4 no such process or no probes "
        "in\n"
        "it, 5 the events cannot be written.",
    .end_stdout = end_stdout,
};

/* ---- what is marked: that is said by what the tracer was made of, and by nothing here ---- */

enum { NUM_ROWS = sizeof(rows) / sizeof(rows[0]), MAX_MARKS = 256 };

/* How many arguments are marked so, and which is the first of them. */
static unsigned count_marked(unsigned gate, const catalog_probe_t **first, unsigned *first_arg)
{
    unsigned num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        for (unsigned j = 0; j < catalog.probes[i].num_args; ++j) {
            if (catalog.probes[i].args[j].gate != gate || num++ != 0)
                continue;
            *first = catalog.probes + i;
            *first_arg = j;
        }
    }
    return num;
}

/* Completes the help of an option that shows what is marked. */
static void tell_marks(cmdline_option_t *row, char text[MAX_MARKS])
{
    const catalog_probe_t *first;
    unsigned arg, num = count_marked(row->bits, &first, &arg);
    char unnamed[16];

    if (num == 0) {
        snprintf(text, MAX_MARKS, "%s (nothing is marked as such here)", row->help);
    } else {
        snprintf(unnamed, sizeof(unnamed), "arg%u", arg);
        snprintf(text, MAX_MARKS, "%s (%u argument%s, such as %s:%s.%s)", row->help, num, num != 1 ? "s" : "", first->provider,
                 first->name, first->args[arg].name != NULL ? first->args[arg].name : unnamed);
    }
    row->help = text;
}

static const cmdline_option_t *rows_with_marks(void)
{
    static cmdline_option_t copy[NUM_ROWS];
    static char texts[2][MAX_MARKS];
    size_t num = 0;

    memcpy(copy, rows, sizeof(rows));
    for (size_t i = 0; i < NUM_ROWS; ++i) {
        if (copy[i].bits != 0 && num != 2)
            tell_marks(&copy[i], texts[num++]);
    }
    return copy;
}

static uint64_t ring_size(uint64_t wanted)
{
    uint64_t size = sysconf(_SC_PAGESIZE);

    while (size < wanted)
        size *= 2;
    return size;
}

static void check_processes(const tracer_options_t *options)
{
    int num_kinds = (options->num_processes != 0) + (options->cgroup != NULL) + (options->command != NULL);
    int can_wait = options->num_programs != 0 || options->cgroup != NULL;

    if (num_kinds == 0 && options->num_programs == 0 && !options->list)
        cmdline_refuse(&cmdline, "no process given: -p PID, -x FILE, --cgroup=PATH, or -- COMMAND");
    if (num_kinds > 1)
        cmdline_refuse(&cmdline, "-p, --cgroup and -- COMMAND exclude each other");
    for (size_t i = 0; i < options->num_processes; ++i)
        can_wait |= options->processes[i].file != NULL;
    if (options->wait && !can_wait)
        cmdline_refuse(&cmdline, "--wait waits for the file of -x, the process of -p @FILE, or the group of --cgroup");
    if (options->num_processes == 0 && options->command == NULL && options->children)
        cmdline_refuse(&cmdline, "--children wants -p or a command: whose children?");
    if (options->list && (options->children || options->wait || options->command != NULL))
        cmdline_refuse(&cmdline, "-l lists what is there now: it goes with none of --children, --wait and -- COMMAND");
}

void tracer_options_parse(tracer_options_t *options, int argc, char **argv)
{
    *options = (tracer_options_t){.string_limit = DEFAULT_STRING_LIMIT, .buffer_size = DEFAULT_BUFFER_SIZE};
    /* for tests: what kernel 5.15 would make it do */
    options->use_perf = getenv("PROBEGEN_ATTACH_PERF") != NULL;
    cmdline.program = catalog.tracer;
    cmdline.options = rows_with_marks();
    int num = cmdline_parse(&cmdline, options, argc, argv);
    int is_command = num > 1 && strcmp(argv[num - 1], "--") == 0;
    if (num < argc && !is_command)
        cmdline_refuse(&cmdline, "'%s' is not an option", argv[num]);
    options->command = num < argc ? argv + num : NULL;
    check_processes(options);
    options->buffer_size = ring_size(options->buffer_size);
}

/* Whether a glob matches a name as the definitions spell it, `query__start`, or as dtrace(1) shows it, `query-start`. */
static int matches(const char *glob, const char *name)
{
    char *defined = name_defined(glob), *shown = name_shown(name);

    if (defined == NULL || shown == NULL)
        out_of_memory();
    int is_match = fnmatch(glob, name, 0) == 0 || fnmatch(defined, name, 0) == 0 || fnmatch(glob, shown, 0) == 0;
    free(defined);
    free(shown);
    return is_match;
}

/* Selects the probes that a glob matches. @return how many */
static unsigned select_matches(const char *glob, char *is_selected)
{
    unsigned num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        char *name;
        if (asprintf(&name, "%s:%s", catalog.probes[i].provider, catalog.probes[i].name) < 0)
            out_of_memory();
        if (matches(glob, name)) {
            is_selected[i] = 1;
            ++num;
        }
        free(name);
    }
    return num;
}

char *tracer_options_select(const tracer_options_t *options)
{
    char *is_selected = calloc(catalog.num_probes + 1, 1);

    if (is_selected == NULL)
        out_of_memory();
    if (options->num_globs == 0)
        memset(is_selected, 1, catalog.num_probes);
    for (size_t i = 0; i < options->num_globs; ++i) {
        if (select_matches(options->globs[i], is_selected) == 0)
            cmdline_refuse(&cmdline, "no probe matches '%s'; -l lists them", options->globs[i]);
    }
    return is_selected;
}
