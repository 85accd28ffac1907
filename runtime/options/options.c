/* The command line of a tracer, and which probes of the catalog it selects. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/catalog.h"
#include "common/cmdline.h"
#include "common/safe.h"
#include "options/exit.h"
#include "options/options.h"
#include "common/say.h"
#include "common/version.h"
#include "stat/by.h"
#include "stat/counts.h"
#include "survey/select.h"

#define DEFAULT_STRING_LIMIT 4096
#define DEFAULT_INTERVAL 1000000000
#define DEFAULT_TOP 20
#define DEFAULT_PATIENCE (120ull * 1000000000)
#define DEFAULT_BUFFER_SIZE (16 * 1024 * 1024)
/* An event can have eight strings of 32 KB, and thousands of events can come in the 20 ms until the tracer looks again. */
#define MIN_BUFFER_SIZE (1024 * 1024)
#define MAX_TIME (365ull * 86400 * 1000000000)
#define MIN_INTERVAL 100000000
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

/* Takes a value that says which connections are wanted. */
static void add_wanted(const cmdline_use_t *use, int (*add)(wanted_t *wanted, const char *text, reason_t *reason))
{
    tracer_options_t *options = use->options;
    reason_t reason;

    if (add(&options->wanted, use->arg, &reason) != 0)
        cmdline_refuse(use->cmdline, "%s", reason.text);
}

static void add_sample(const cmdline_use_t *use)
{
    add_wanted(use, wanted_add_sample);
}

static void add_addresses(const cmdline_use_t *use)
{
    add_wanted(use, wanted_add_addresses);
}

static void add_ids(const cmdline_use_t *use)
{
    add_wanted(use, wanted_add_ids);
}

static void add_names(const cmdline_use_t *use)
{
    add_wanted(use, wanted_add_names);
}

static void add_text(const cmdline_use_t *use)
{
    choose_texts_t *texts = use->member;
    const char **list = realloc((void *)texts->list, (texts->num + 1) * sizeof(*list));

    if (list == NULL)
        out_of_memory();
    list[texts->num++] = use->arg;
    texts->list = list;
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

/* Either a size or a time: "5m" is one, "5M" the other, and "5" may be meant as either. What it is not stays as it was. */
static void take_size_or_time(const cmdline_use_t *use, uint64_t *size, uint64_t *ns)
{
    size_t len = strlen(use->arg);
    cmdline_option_t of_time = *use->option;
    cmdline_use_t part = *use;

    if (len != 0 && isdigit((unsigned char)use->arg[len - 1]))
        cmdline_refuse(use->cmdline, "%s, not '%s'", use->option->wants, use->arg);
    if (len != 0 && strchr("smhd", use->arg[len - 1]) != NULL) {
        of_time.max = 0; /* the row has that of sizes */
        part.option = &of_time;
        part.member = ns;
        cmdline_duration(&part);
    } else {
        part.member = size;
        cmdline_number(&part);
    }
}

static void set_rotation(const cmdline_use_t *use)
{
    rotation_t *rotation = &((tracer_options_t *)use->options)->rotation;
    uint64_t ns = 0;

    take_size_or_time(use, &rotation->size, &ns);
    if (ns != 0)
        rotation->seconds = (uint32_t)((ns + 999999999) / 1000000000);
}

static void set_ring(const cmdline_use_t *use)
{
    tracer_options_t *options = use->options;

    take_size_or_time(use, &options->ring.size, &options->ring.ns);
    options->rings = 1;
}

static void set_record(const cmdline_use_t *use)
{
    tracer_options_t *options = use->options;

    options->view = &view_record;
    options->file = use->arg;
}

static void set_interval(const cmdline_use_t *use)
{
    if (use->arg != NULL)
        cmdline_duration(use);
    else
        *(uint64_t *)use->member = DEFAULT_INTERVAL;
}

static void set_format(const cmdline_use_t *use)
{
    unsigned number;
    cmdline_use_t part = *use;

    part.member = &number;
    cmdline_choice(&part);
    *(const stat_format_t **)use->member = stat_formats + number;
}
/* in the order of view_group_t */
static const struct {
    const char *name, *help;
} groups[] = {[VIEW_RAW] = {"raw", "as they come"},
              [VIEW_REQUEST] = {"request", "a block each"},
              [VIEW_CONNECTION] = {"connection", "with all requests"},
              {NULL, NULL}};

#define MEMBER(name) CMDLINE_MEMBER(tracer_options_t, name)
#define STR(x) STR_(x)
#define STR_(x) #x

static const cmdline_option_t rows[] = {
    {.help = "Which processes:"},
    {'p', "pid", "PID,...", "these (repeatable); @FILE: the pid is in that file", .set = add_processes},
    {0, "children", NULL, "their descendants too, now and later", .set = cmdline_flag, MEMBER(children)},
    {'x', "exe", "FILE", "all that execute this file, now and later (repeatable)", .set = add_program},
    {0, "cgroup", "PATH", "those of a control group: a systemd unit, a container", .set = cmdline_string, MEMBER(cgroup)},
    {0, "wait", NULL, "wait for what is not there yet: -x, -p @FILE, --cgroup", .set = cmdline_flag, MEMBER(wait), .is_rare = 1},
    {0, "replay", "FILE", "none: show a recording (-: standard input)", .set = cmdline_string, MEMBER(replay)},
    {.help = "\nWhich events:"},
    {'t', "trace", "GLOB,...", "only these: PROVIDER:PROBE with * and ?; !GLOB: not", .set = add_glob},
    {'e', "filter", "EXPR", "only events for which this holds: 'status >= 400'", .set = add_text, MEMBER(expressions)},
    {'s', "header", "NAME", "of headers, only those with this name (repeatable)", .set = add_text, MEMBER(headers)},
    {'S', "sample", "RATIO", "only of a share of connections: of each all or none", .set = add_sample},
    {'A', "address", "ADDR,...", "only of connections from ADDR or ADDR/BITS (repeatable)", .set = add_addresses},
    {'N', "server", "NAME,...", "only of TLS connections to NAME or *.NAME (repeatable)", .set = add_names},
    {'C', "conn", "ID,...", "only of connections with these numbers (repeatable)", .set = add_ids},
    {'l', "list", NULL, "list the probes, and exit; with -p: sites and operands", .set = cmdline_flag, MEMBER(list)},
    {'v', "verbose", NULL, "with -l: also what probes mean, and their JSON keys", .set = cmdline_flag, MEMBER(is_verbose),
     .is_rare = 1},
    {'c', "count", "N", "stop after N events", .set = cmdline_number, MEMBER(count), .max = UINT64_MAX,
     .wants = "-c wants a number of events"},
    {0, "duration", "TIME", "stop after TIME, such as 10s, 5m or 1h", .set = cmdline_duration, MEMBER(duration), .max = MAX_TIME,
     .wants = "--duration wants a time up to 365d, such as 10s, 5m or 1h"},
    {0, "ring", "LIMIT", "write only the last 10s, or 64M, when it ends", .set = set_ring, MEMBER(ring.size), .suffixes = "KMG",
     .max = MAX_BUFFER_SIZE, .wants = "--ring wants a size up to 1G, such as 64M, or a time, such as 10s"},
    {0, "until", "EXPR", "end after an event for which this holds", .set = add_text, MEMBER(untils)},
    {.help = "\nWhat is shown:"},
    {'a', "appdata", NULL, "show application data too", .set = cmdline_flag, MEMBER(show), .bits = PG_SHOW_APPDATA},
    {0, "secrets", NULL, "show secrets too", .set = cmdline_flag, MEMBER(show), .bits = PG_SHOW_SECRETS, .is_rare = 1},
    {0, "mask", "NAME", "of headers with this name, not the value (repeatable)", .set = add_text, MEMBER(masks), .is_rare = 1},
    {'H', "http", NULL, "show HTTP as text: requests and responses", .set = cmdline_flag, MEMBER(is_http)},
    {'g', "group", "BY", "of -H: raw (default), request, connection", .set = cmdline_choice, MEMBER(view_wish.group),
     CMDLINE_CHOICES(groups)},
    {0, "patience", "TIME", "of -g: how long the rest is waited for (default 120s)", .set = cmdline_duration,
     MEMBER(view_wish.patience), .max = MAX_TIME, .wants = "--patience wants a time up to 365d, such as 10s, 5m or 1h",
     .is_rare = 1},
    {0, "slower-than", "TIME", "of -g: only requests that took TIME, such as 100ms", .set = cmdline_duration,
     MEMBER(view_wish.slower_than), .max = MAX_TIME, .wants = "--slower-than wants a time up to 365d, such as 100ms or 2s"},
    {0, "string-limit", "N", "cut strings after N bytes (default " STR(DEFAULT_STRING_LIMIT) ", at most " STR(PG_MAX_STRING) ")",
     .set = cmdline_number, MEMBER(string_limit), .max = PG_MAX_STRING,
     .wants = "--string-limit wants a number from 1 to " STR(PG_MAX_STRING), .is_rare = 1},
    {.help = "\nCounts instead of events:"},
    {0, "stat", "[TIME]", "count events instead, and print that every TIME (1s)", .set = set_interval, MEMBER(stat.interval),
     .min = MIN_INTERVAL, .max = MAX_TIME, .wants = "--stat wants a time from 100ms to 365d, such as 500ms or 10s"},
    {0, "by", "FIELD", "with --stat: also by the values of this field", .set = cmdline_string, MEMBER(stat.by)},
    {0, "top", "N", "print only the N values with most events (default " STR(DEFAULT_TOP) ")", .set = cmdline_number,
     MEMBER(stat.top), .max = COUNTS_MAX_VALUES, .wants = "--top wants a number from 1 to 65536", .is_rare = 1},
    {0, "stat-format", "NAME", "json, table (default on a terminal) or prometheus (needs -w FILE)", .set = set_format,
     MEMBER(stat.format), CMDLINE_CHOICES(stat_formats), .is_rare = 1},
    {.help = "\nWhere to:"},
    {'w', "write", "FILE", "append to FILE, not to standard output (-)", .set = cmdline_string, MEMBER(file)},
    {0, "record", "FILE", "append raw events to FILE, for --replay", .set = set_record},
    {0, "truncate", NULL, "empty FILE when the trace has begun", .set = cmdline_flag, MEMBER(truncates), .is_rare = 1},
    {0, "rotate", "LIMIT", "a new file for each 100M or 1h; old ones get the time", .set = set_rotation, MEMBER(rotation.size),
     .suffixes = "KMG", .max = UINT64_MAX, .wants = "--rotate wants a size, such as 100M, or a time, such as 1h", .is_rare = 1},
    {0, "keep", "N", "keep only the last N of these", .set = cmdline_number, MEMBER(rotation.keep), .max = UINT32_MAX,
     .wants = "--keep wants a number of files", .is_rare = 1},
    {'b', "buffer", "SIZE", "room for events that wait, 1M to 1G (default 16M)", .set = cmdline_number, .suffixes = "KMG",
     MEMBER(buffer_size), .min = MIN_BUFFER_SIZE, .max = MAX_BUFFER_SIZE, .wants = "-b wants a size from 1M to 1G, such as 64M",
     .is_rare = 1},
    {0, "strict", NULL, "exit status 6 if events were lost", .set = cmdline_flag, MEMBER(is_strict), .is_rare = 1},
    {.help = "\nOther:"},
    {'r', "keep-root", NULL, "keep the rights of root after attaching", .set = cmdline_flag, MEMBER(keeps_root), .is_rare = 1},
    {0, "user", "NAME", "whom root becomes (default: who called sudo, or nobody)", .set = cmdline_string, MEMBER(user_name),
     .is_rare = 1},
    {'q', "quiet", NULL, "say only what goes wrong", .set = cmdline_flag, MEMBER(is_quiet)},
    {'d', "debug", NULL, "say what is done; -dd: also what BPF does at each site", .set = cmdline_count, MEMBER(debug),
     .is_rare = 1},
    {'h', "help", NULL, "print this text, and exit", .set = cmdline_help},
    {0, "help-all", NULL, "print it with all other options, and exit", .set = cmdline_help_all},
    {'V', "version", NULL, "print the version, and exit", .set = cmdline_version, .is_rare = 1},
    {0},
};

/* Whoever adds an option says here with which others it has no meaning. */
static const cmdline_exclusion_t exclusions[] = {
    {"list",
     "children wait count duration appdata secrets http group patience slower-than string-limit write truncate rotate keep buffer "
     "strict quiet",
     "lists probes, and prints no events"},
    {"ring", "list count", "shows what was kept when all has ended"},
    {"until", "list", "ends a trace"},
    {"record", "write list http group", "writes records in place of JSON"},
    {"replay", "pid children exe cgroup wait list duration string-limit buffer record stat by top stat-format ring",
     "shows what was recorded, and traces nothing"},
    {"list", "stat by top stat-format", "lists probes, and counts nothing"},
    {"stat", "count string-limit buffer strict record http group ring until", "makes no records of events"},
    {0},
};

static cmdline_t cmdline = {
    .version = "%s (probegen " PROBEGEN_VERSION ")",
    .about = "Usage: %1$s -p PID[,PID]... [--children] [OPTION]...\n"
             "       %1$s -x FILE | --cgroup=PATH [OPTION]...\n"
             "       %1$s [--children] [OPTION]... -- COMMAND [ARG]...\n"
             "       %1$s --replay=FILE [OPTION]...\n"
             "       %1$s -l [-v] [-p PID | -x FILE] [-t GLOB]...\n"
             "       %1$s doctor [-p PID | FILE]\n"
             "Prints the events of a running program's USDT probes, one JSON object a line, until Ctrl-C or the program's end.",
    .options = rows,
    .exclusions = exclusions,
    .notes =
        "What is not shown is not even copied out of the process.\n"
        "Exit status: 0 all right, 2 wrong usage, 3 not permitted or not possible here,\n"
        "4 no such process or recording, or no probes in it, 5 the events cannot be written, 6 events were lost (with --strict).",
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

static int has_headers(void)
{
    unsigned i = 0;

    while (i < catalog.num_probes && catalog.probes[i].header == NULL)
        ++i;
    return i != catalog.num_probes;
}

static int is_about_headers(const cmdline_option_t *row)
{
    return row->set == add_text && row->offset != offsetof(tracer_options_t, expressions) &&
           row->offset != offsetof(tracer_options_t, untils);
}

static int is_about_connections(const cmdline_option_t *row)
{
    return row->set == add_sample || row->set == add_addresses || row->set == add_names || row->set == add_ids;
}

/* The rows that have a meaning here, with what is marked. */
static const cmdline_option_t *rows_with_marks(void)
{
    static cmdline_option_t copy[NUM_ROWS];
    static char texts[2][MAX_MARKS];
    size_t num = 0, num_rows = 0;

    for (size_t i = 0; i < NUM_ROWS; ++i) {
        if ((is_about_headers(rows + i) && !has_headers()) || (is_about_connections(rows + i) && catalog.num_connections == 0))
            continue;
        copy[num_rows] = rows[i];
        if (rows[i].bits != 0 && num != 2)
            tell_marks(copy + num_rows, texts[num++]);
        ++num_rows;
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

static void check_stat(tracer_options_t *options)
{
    stat_wish_t *stat = &options->stat;
    int is_replaced = stat->format != NULL && stat->format->replaces;

    if (stat->interval == 0 && (stat->by != NULL || stat->top != 0 || stat->format != NULL))
        cmdline_refuse(&cmdline, "--%s is about what --stat counts: it needs that",
                       stat->by != NULL ? "by"
                       : stat->top != 0 ? "top"
                                        : "stat-format");
    if (stat->top != 0 && stat->by == NULL)
        cmdline_refuse(&cmdline, "--top is about values: it needs --by");
    if (is_replaced && options->file == NULL)
        cmdline_refuse(&cmdline,
                       "--stat-format=prometheus needs -w FILE, such as one in the folder of node_exporter's textfile collector");
    if (is_replaced && (options->truncates || options->rotation.size != 0 || options->rotation.seconds != 0))
        cmdline_refuse(&cmdline, "--stat-format=prometheus replaces its file: --truncate and --rotate have no meaning with it");
    if (stat->interval != 0)
        options->view = &view_stat;
    if (stat->top == 0)
        stat->top = DEFAULT_TOP;
}

static void check_processes(const tracer_options_t *options)
{
    int num_kinds = (options->num_processes != 0) + (options->cgroup != NULL) + (options->command != NULL);
    int can_wait = options->num_programs != 0 || options->cgroup != NULL;

    if (num_kinds == 0 && options->num_programs == 0 && !options->list && options->replay == NULL)
        cmdline_refuse(&cmdline, "no process given: -p PID, -x FILE, --cgroup=PATH, or -- COMMAND");
    if (num_kinds > 1)
        cmdline_refuse(&cmdline, "-p, --cgroup and -- COMMAND exclude each other");
    for (size_t i = 0; i < options->num_processes; ++i)
        can_wait |= options->processes[i].file != NULL;
    if (options->wait && !can_wait)
        cmdline_refuse(&cmdline, "--wait waits for the file of -x, the process of -p @FILE, or the group of --cgroup");
    if (options->num_processes == 0 && options->command == NULL && options->children)
        cmdline_refuse(&cmdline, "--children wants -p or a command: whose children?");
    if (options->replay != NULL && options->command != NULL)
        cmdline_refuse(&cmdline, "--replay shows what was recorded: it does not go with -- COMMAND");
    if (options->list && options->command != NULL)
        cmdline_refuse(&cmdline, "-l lists what is there now: it does not go with -- COMMAND");
}

static int shows_any(const view_t *view, const view_wish_t *wish, const char *is_selected)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if ((is_selected == NULL || is_selected[i]) && view->shows(catalog.probes + i, wish))
            return 1;
    }
    return 0;
}

/* What HTTP is made of is application data. */
static void choose_view(tracer_options_t *options)
{
    view_wish_t *wish = &options->view_wish;

    if (options->is_http && !shows_any(&view_http, wish, NULL))
        cmdline_refuse(&cmdline, "-H: the maps that %s was made of say of no probe what it is of HTTP (http PROVIDER:PROBE = ...;)",
                       catalog.tracer);
    if (!options->is_http && wish->group != VIEW_RAW)
        cmdline_refuse(&cmdline, "-g says how -H puts events together: it needs -H");
    if (wish->group == VIEW_RAW && (wish->patience != 0 || wish->slower_than != 0))
        cmdline_refuse(&cmdline, "%s is about whole requests: it needs -H with -g request or -g connection",
                       wish->patience != 0 ? "--patience" : "--slower-than");
    if (wish->patience == 0)
        wish->patience = DEFAULT_PATIENCE;
    if (options->is_http) {
        options->view = &view_http;
        options->show |= PG_SHOW_APPDATA;
    }
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
    if (options->list && options->wanted.chosen.by != 0)
        cmdline_refuse(&cmdline, "-l lists probes, and prints no events: -S, -A, -N and -C have no meaning then");
    if (options->replay != NULL && options->wanted.chosen.by != 0)
        cmdline_refuse(&cmdline, "--replay cannot tell connections apart: -S, -A, -N and -C have a meaning when it is recorded");
    choose_view(options);
    if (options->is_verbose && !options->list)
        cmdline_refuse(&cmdline, "-v is about what -l lists");
    if (options->is_quiet)
        tracer_be_quiet();
    if (options->file != NULL && strcmp(options->file, "-") == 0)
        options->file = NULL;
    if (options->view->magic != NULL && options->file == NULL && isatty(STDOUT_FILENO))
        cmdline_refuse(&cmdline, "a recording is not for a terminal: --record FILE");
    int rotates = options->rotation.size != 0 || options->rotation.seconds != 0;
    if (options->file == NULL && (rotates || options->truncates))
        cmdline_refuse(&cmdline, "%s needs -w or --record FILE", rotates ? "--rotate" : "--truncate");
    if (options->rotation.keep != 0 && !rotates)
        cmdline_refuse(&cmdline, "--keep needs --rotate");
    check_stat(options);
    options->buffer_size = ring_size(options->buffer_size);
}

void tracer_options_find_fields(tracer_options_t *options, const char *is_selected)
{
    stat_wish_t *stat = &options->stat;
    reason_t reason;

    if (stat->by == NULL)
        return;
    stat->fields = by_find(stat->by, is_selected, options->show, &reason);
    if (stat->fields == NULL && reason.text[0] == '\0')
        out_of_memory();
    if (stat->fields == NULL)
        cmdline_refuse(&cmdline, "%s", reason.text);
}

/* Shows the place in an expression, then why it is wrong. */
static _Noreturn void refuse_expression(const choose_error_t *error)
{
    char *before = NULL;
    size_t size = 0, column = 0;
    FILE *to = error->text != NULL ? open_memstream(&before, &size) : NULL;

    if (to != NULL) {
        safe_print(to, error->text, error->error.at);
        fclose(to);
        for (size_t i = 0; before != NULL && i < size; ++i)
            column += (before[i] & 0xc0) != 0x80; /* characters of UTF-8 */
        tracer_say("%s", error->text);
        tracer_say("%*s^", (int)column, "");
        free(before);
    }
    cmdline_refuse(&cmdline, "%s", error->error.reason.text);
}

static char *select_or_refuse(const char *const *globs, size_t num_globs)
{
    reason_t reason;
    char *is_selected = select_probes(globs, num_globs, &reason);

    if (is_selected == NULL && reason.text[0] == '\0')
        out_of_memory();
    if (is_selected == NULL)
        cmdline_refuse(&cmdline, "%s", reason.text);
    return is_selected;
}

static int has_patterns(const tracer_options_t *options)
{
    return options->num_globs != 0 || options->view->shows != NULL;
}

/* Leaves those that a view shows nothing of, if none were named. */
static void leave_to_view(const tracer_options_t *options, char *is_selected)
{
    if (options->view->shows == NULL)
        return;
    if (!shows_any(options->view, &options->view_wish, is_selected))
        cmdline_refuse(&cmdline, "-H shows none of the probes that -t selects");
    for (unsigned i = 0; i < catalog.num_probes && options->num_globs == 0; ++i)
        is_selected[i] = (char)(options->view->shows(catalog.probes + i, &options->view_wish) != 0);
}

/* It is about events that are wanted: of all others there are no records. */
static void find_last(tracer_options_t *options, const char *is_selected)
{
    choose_error_t error;
    char *copy = malloc(catalog.num_probes + 1);
    const choose_wish_t wish = {.expressions = options->untils,
                                .has_patterns = has_patterns(options),
                                .narrowed_by = options->expressions.num != 0 ? "-e" : NULL,
                                .show = options->show,
                                .ends = 1};

    if (copy == NULL)
        out_of_memory();
    memcpy(copy, is_selected, catalog.num_probes);
    if (choose_make(&options->until, &wish, copy, &error) != 0)
        refuse_expression(&error);
    free(copy);
}

char *tracer_options_select(tracer_options_t *options)
{
    reason_t reason;
    choose_error_t error;
    char *is_selected = select_or_refuse(options->globs, options->num_globs);
    const choose_wish_t wish = {.expressions = options->expressions,
                                .headers = options->headers,
                                .masks = options->masks,
                                .has_patterns = has_patterns(options),
                                .show = options->show};

    leave_to_view(options, is_selected);
    if (choose_make(&options->choose, &wish, is_selected, &error) != 0)
        refuse_expression(&error);
    find_last(options, is_selected);
    if (wanted_limit(&options->wanted, is_selected, tracer_say, &reason) != 0)
        cmdline_refuse(&cmdline, "%s", reason.text);
    return is_selected;
}
