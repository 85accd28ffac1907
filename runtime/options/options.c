/* The command line of a tracer, and which probes of the catalog it selects. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/catalog.h"
#include "common/cmdline.h"
#include "options/exit.h"
#include "options/options.h"
#include "common/say.h"
#include "common/version.h"
#include "survey/select.h"
#include "view/keylog.h"

#define DEFAULT_STRING_LIMIT 4096
#define DEFAULT_BUFFER_SIZE (16 * 1024 * 1024)
/* An event can have eight strings of 32 KB, and thousands of events can come in the 20 ms until the tracer looks again. */
#define MIN_BUFFER_SIZE (1024 * 1024)
#define MAX_TIME (365ull * 86400 * 1000000000)
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

/* Either a size or a time: "5m" is one, "5M" the other, and "5" may be meant as either. */
static void set_rotation(const cmdline_use_t *use)
{
    rotation_t *rotation = &((tracer_options_t *)use->options)->rotation;
    size_t len = strlen(use->arg);
    cmdline_use_t part = *use;
    uint64_t ns;

    if (len != 0 && isdigit((unsigned char)use->arg[len - 1]))
        cmdline_refuse(use->cmdline, "%s, not '%s'", use->option->wants, use->arg);
    if (len != 0 && strchr("smhd", use->arg[len - 1]) != NULL) {
        part.member = &ns;
        cmdline_duration(&part);
        rotation->seconds = (uint32_t)((ns + 999999999) / 1000000000);
    } else {
        part.member = &rotation->size;
        cmdline_number(&part);
    }
}

/* Which outputs there are, is said by the maps. */
static void set_compat(const cmdline_use_t *use)
{
    tracer_options_t *options = use->options;
    char names[256] = "";
    size_t n = 0;

    for (unsigned i = 0; i < catalog.num_compats; ++i) {
        const catalog_compat_t *compat = catalog.compats + i;
        if (strcmp(compat->name, use->arg) == 0) {
            options->view = &view_compat;
            options->compat = compat;
            return;
        }
        if (n < sizeof(names))
            n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i == 0 ? "" : ", ", compat->name);
    }
    if (n == 0)
        cmdline_refuse(use->cmdline, "--compat: the maps that this tracer was made of describe no output of other tools");
    cmdline_refuse(use->cmdline, "--compat knows %s, not '%s'", names, use->arg);
}

#define MEMBER(name) CMDLINE_MEMBER(tracer_options_t, name)
#define STR(x) STR_(x)
#define STR_(x) #x

static const cmdline_option_t rows[] = {
    {.help = "Which processes:"},
    {'p', "pid", "PID,...", "these; @FILE: the one whose pid is in that file (repeatable)", .set = add_processes},
    {0, "children", NULL, "their descendants too, now and later", .set = cmdline_flag, MEMBER(children)},
    {'x', "exe", "FILE",
     "all that execute this program or library, now and later; with -p or a command: what these may execute (repeatable)",
     .set = add_program},
    {0, "cgroup", "PATH", "those of a control group: a systemd unit, a container", .set = cmdline_string, MEMBER(cgroup)},
    {0, "wait", NULL, "wait for what is not there yet: -x, -p @FILE, --cgroup", .set = cmdline_flag, MEMBER(wait)},
    {.help = "\nWhich events:"},
    {'t', "trace", "GLOB,...", "only these probes: PROVIDER:PROBE, with * and ?; !GLOB: not those (repeatable; default all)",
     .set = add_glob},
    {'l', "list", NULL, "list the probes, and exit; with -p: those that the process has, with their sites and operands",
     .set = cmdline_flag, MEMBER(list)},
    {'v', "verbose", NULL, "with -l: also what probes mean, and their JSON keys", .set = cmdline_flag, MEMBER(is_verbose)},
    {'c', "count", "N", "stop after N events", .set = cmdline_number, MEMBER(count), .max = UINT64_MAX,
     .wants = "-c wants a number of events"},
    {0, "duration", "TIME", "stop after TIME, such as 10s, 5m or 1h", .set = cmdline_duration, MEMBER(duration), .max = MAX_TIME,
     .wants = "--duration wants a time up to 365d, such as 10s, 5m or 1h"},
    {.help = "\nWhat is shown:"},
    {'a', "appdata", NULL, "show application data too", .set = cmdline_flag, MEMBER(show), .bits = PG_SHOW_APPDATA},
    {0, "secrets", NULL, "show secrets too", .set = cmdline_flag, MEMBER(show), .bits = PG_SHOW_SECRETS},
    {0, "keylog", "FILE", "append session keys to FILE, as Wireshark reads them", .set = cmdline_string, MEMBER(keylog)},
    {0, "string-limit", "N", "cut strings after N bytes (default " STR(DEFAULT_STRING_LIMIT) ", at most " STR(PG_MAX_STRING) ")",
     .set = cmdline_number, MEMBER(string_limit), .max = PG_MAX_STRING,
     .wants = "--string-limit wants a number from 1 to " STR(PG_MAX_STRING)},
    {0, "compat", "NAME", "print events as other tools do, such as v1", .set = set_compat},
    {.help = "\nWhere to:"},
    {'w', "write", "FILE", "append to FILE instead of writing to standard output (-)", .set = cmdline_string, MEMBER(file)},
    {0, "truncate", NULL, "empty FILE when the trace has begun", .set = cmdline_flag, MEMBER(truncates)},
    {0, "rotate", "LIMIT", "a new file for each 100M, or 1h; the old one's name gets the time", .set = set_rotation,
     MEMBER(rotation.size), .suffixes = "KMG", .max = UINT64_MAX,
     .wants = "--rotate wants a size, such as 100M, or a time, such as 1h"},
    {0, "keep", "N", "keep only the last N of these", .set = cmdline_number, MEMBER(rotation.keep), .max = UINT32_MAX,
     .wants = "--keep wants a number of files"},
    {'b', "buffer", "SIZE", "room for events that wait, 1M to 1G (default 16M)", .set = cmdline_number, .suffixes = "KMG",
     MEMBER(buffer_size), .min = MIN_BUFFER_SIZE, .max = MAX_BUFFER_SIZE, .wants = "-b wants a size from 1M to 1G, such as 64M"},
    {0, "strict", NULL, "exit status 6 if events were lost", .set = cmdline_flag, MEMBER(is_strict)},
    {.help = "\nOther:"},
    {'r', "keep-root", NULL, "keep the rights of root after attaching", .set = cmdline_flag, MEMBER(keeps_root)},
    {0, "user", "NAME", "whom root becomes (default: who called sudo, or nobody)", .set = cmdline_string, MEMBER(user_name)},
    {'q', "quiet", NULL, "say only what goes wrong; no lines about the stream in the output", .set = cmdline_flag,
     MEMBER(is_quiet)},
    {'d', "debug", NULL, "say what is done and what is remarkable; -dd: also what the BPF program does at each site",
     .set = cmdline_count, MEMBER(debug)},
    {'h', "help", NULL, "print this text, and exit", .set = cmdline_help},
    {'V', "version", NULL, "print the version, and exit", .set = cmdline_version},
    {0},
};

/* Whoever adds an option says here with which others it has no meaning. */
static const cmdline_exclusion_t exclusions[] = {
    {"list",
     "children wait count duration appdata secrets string-limit compat keylog write truncate rotate keep buffer strict quiet",
     "lists probes, and prints no events"},
    {0},
};

static cmdline_t cmdline = {
    .version = "%s (probegen " PROBEGEN_VERSION ")",
    .about = "Usage: %1$s -p PID[,PID]... [--children] [OPTION]...\n"
             "       %1$s -x FILE | --cgroup=PATH [OPTION]...\n"
             "       %1$s [--children] [OPTION]... -- COMMAND [ARG]...\n"
             "       %1$s -l [-v] [-p PID | -x FILE] [-t GLOB]...\n"
             "       %1$s doctor [-p PID | FILE]\n"
             "Prints the events of a running program's USDT probes, one JSON object a line, until Ctrl-C or the program's end.",
    .options = rows,
    .exclusions = exclusions,
    .notes = "Application data and secrets are what definitions and maps mark as such; what is "
             "not shown is not even copied out of the process. All other text is shown.\n"
             "Exit status: 0 all right, 2 wrong usage, 3 not permitted or not possible here,\n"
             "4 no such process or no probes in it, 5 the events cannot be written, 6 events were lost (with --strict).",
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

/* The kernel wants a power of 2. */
static uint64_t ring_size(uint64_t wanted)
{
    uint64_t size = MIN_BUFFER_SIZE;

    while (size < wanted)
        size *= 2;
    if (size != wanted)
        tracer_say("-b: the buffer has %lluM, the next power of 2", (unsigned long long)size >> 20);
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
    if (options->list && options->command != NULL)
        cmdline_refuse(&cmdline, "-l lists what is there now: it does not go with -- COMMAND");
}

void tracer_options_parse(tracer_options_t *options, int argc, char **argv)
{
    *options = (tracer_options_t){.view = &view_events, .string_limit = DEFAULT_STRING_LIMIT, .buffer_size = DEFAULT_BUFFER_SIZE};
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
    if (options->is_verbose && !options->list)
        cmdline_refuse(&cmdline, "-v is about what -l lists");
    if (options->is_quiet)
        tracer_be_quiet();
    if (options->file != NULL && strcmp(options->file, "-") == 0)
        options->file = NULL;
    int rotates = options->rotation.size != 0 || options->rotation.seconds != 0;
    if (options->file == NULL && (rotates || options->truncates))
        cmdline_refuse(&cmdline, "%s needs -w FILE", rotates ? "--rotate" : "--truncate");
    if (options->keylog != NULL && (options->show & PG_SHOW_SECRETS) == 0)
        cmdline_refuse(&cmdline, "--keylog writes secrets: it needs --secrets");
    if (options->keylog != NULL && options->string_limit < KEYLOG_MAX_SECRET)
        cmdline_refuse(&cmdline, "--keylog needs a --string-limit of %d or more", KEYLOG_MAX_SECRET);
    if (options->rotation.keep != 0 && !rotates)
        cmdline_refuse(&cmdline, "--keep needs --rotate");
    options->buffer_size = ring_size(options->buffer_size);
}

/* A key log is made of events that have secrets, and of those that have what tells of whom these are. */
static void check_keylog(const char *is_selected)
{
    const catalog_probe_t *missing = NULL;
    int has_any = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        if (probe->keylog.connection == 0)
            continue;
        has_any = 1;
        if (!is_selected[i])
            missing = probe;
    }
    if (!has_any)
        cmdline_refuse(&cmdline, "--keylog: the maps that this tracer was made of do not say which events have TLS secrets");
    if (missing != NULL)
        cmdline_refuse(&cmdline, "--keylog needs the events of %s:%s, which -t leaves out", missing->provider, missing->name);
}

/* Probes whose events are not printed, and not needed otherwise, are not traced. @return how many are left */
static unsigned leave_out(const tracer_options_t *options, char *is_selected)
{
    unsigned num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        int is_wanted = options->keylog != NULL && catalog.probes[i].keylog.connection != 0;
        is_selected[i] &= is_wanted || options->compat->shapes[i].type != NULL;
        num += is_selected[i] != 0;
    }
    return num;
}

char *tracer_options_select(const tracer_options_t *options)
{
    reason_t reason;
    char *is_selected = select_probes(options->globs, options->num_globs, &reason);

    if (is_selected == NULL && reason.text[0] == '\0')
        out_of_memory();
    if (is_selected == NULL)
        cmdline_refuse(&cmdline, "%s", reason.text);
    if (options->keylog != NULL)
        check_keylog(is_selected);
    if (options->compat != NULL && leave_out(options, is_selected) == 0)
        cmdline_refuse(&cmdline, "--compat=%s has no events of the probes that -t selects", options->compat->name);
    return is_selected;
}
