/* The command line of a tracer: the table of its options, and what does not go together. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/catalog.h"
#include "options/options_int.h"
#include "common/say.h"
#include "common/version.h"
#include "stat/counts.h"
#include "view/keylog.h"

#define DEFAULT_STRING_LIMIT 4096
#define DEFAULT_TOP 20
#define DEFAULT_BUFFER_SIZE (16 * 1024 * 1024)
/* An event can have eight strings of 32 KB, and thousands of events can come in the 20 ms until the tracer looks again. */
#define MIN_BUFFER_SIZE (1024 * 1024)
#define MAX_TIME (365ull * 86400 * 1000000000)
#define MIN_INTERVAL 100000000
#define MAX_BUFFER_SIZE (1024ull * 1024 * 1024)

static int end_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return TRACER_OK;
    fprintf(stderr, "%s: cannot write to standard output: %s\n", catalog.tracer, strerror(errno));
    return TRACER_OUTPUT;
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
    {'p', "pid", "PID,...", "these (repeatable); @FILE: the pid is in that file", .set = options_add_processes},
    {0, "children", NULL, "their descendants too, now and later", .set = cmdline_flag, MEMBER(children)},
    {'x', "exe", "FILE", "all that execute this file, now and later (repeatable)", .set = options_add_program},
    {0, "cgroup", "PATH", "those of a control group: a systemd unit, a container", .set = cmdline_string, MEMBER(cgroup)},
    {0, "wait", NULL, "wait for what is not there yet: -x, -p @FILE, --cgroup", .set = cmdline_flag, MEMBER(wait), .is_rare = 1},
    {0, "replay", "FILE", "none: show a recording (-: standard input)", .set = cmdline_string, MEMBER(replay)},
    {.help = "\nWhich events:"},
    {'t', "trace", "GLOB,...", "only these: PROVIDER:PROBE with * and ?; !GLOB: not", .set = options_add_glob},
    {'e', "filter", "EXPR", "only events for which this holds: 'status >= 400'", .set = options_add_text, MEMBER(expressions)},
    {'s', "header", "NAME", "of headers, only those with this name (repeatable)", .set = options_add_text, MEMBER(headers),
     .is_rare = 1},
    {'S', "sample", "RATIO", "only of a share of connections: of each all or none", .set = options_add_sample},
    {'A', "address", "ADDR,...", "only of connections from ADDR or ADDR/BITS (repeatable)", .set = options_add_addresses},
    {'N', "server", "NAME,...", "only of TLS connections to NAME or *.NAME (repeatable)", .set = options_add_names},
    {'C', "conn", "ID,...", "only of connections with these numbers (repeatable)", .set = options_add_ids},
    {'l', "list", NULL, "list the probes, and exit; with -p: sites and operands", .set = cmdline_flag, MEMBER(list)},
    {'v', "verbose", NULL, "with -l: also what probes mean, and their JSON keys", .set = cmdline_flag, MEMBER(is_verbose),
     .is_rare = 1},
    {'c', "count", "N", "stop after N events", .set = cmdline_number, MEMBER(count), .max = UINT64_MAX,
     .wants = "-c wants a number of events"},
    {0, "duration", "TIME", "stop after TIME, such as 10s, 5m or 1h", .set = cmdline_duration, MEMBER(duration), .max = MAX_TIME,
     .wants = "--duration wants a time up to 365d, such as 10s, 5m or 1h"},
    {0, "ring", "LIMIT", "write only the last 10s, or 64M, when it ends", .set = options_set_ring, MEMBER(ring.size),
     .suffixes = "KMG", .max = MAX_BUFFER_SIZE, .wants = "--ring wants a size up to 1G, such as 64M, or a time, such as 10s",
     .is_rare = 1},
    {0, "until", "EXPR", "end after an event for which this holds", .set = options_add_text, MEMBER(untils), .is_rare = 1},
    {.help = "\nWhat is shown:"},
    {'a', "appdata", NULL, "show application data too", .set = cmdline_flag, MEMBER(show), .bits = PG_SHOW_APPDATA},
    {0, "secrets", NULL, "show secrets too", .set = cmdline_flag, MEMBER(show), .bits = PG_SHOW_SECRETS, .is_rare = 1},
    {0, "durations", NULL, "show how long what events end has taken", .set = cmdline_flag, MEMBER(show), .bits = PG_SHOW_DURATIONS,
     .is_rare = 1},
    {0, "mask", "NAME", "of headers with this name, not the value (repeatable)", .set = options_add_text, MEMBER(masks),
     .is_rare = 1},
    {'H', "http", NULL, "show HTTP as text: requests and responses", .set = cmdline_flag, MEMBER(is_http)},
    {'g', "group", "BY", "of -H: raw (default), request, connection", .set = cmdline_choice, MEMBER(view_wish.group),
     CMDLINE_CHOICES(groups)},
    {0, "patience", "TIME", "of -g: how long the rest is waited for (default 120s)", .set = cmdline_duration,
     MEMBER(view_wish.patience), .max = MAX_TIME, .wants = "--patience wants a time up to 365d, such as 10s, 5m or 1h",
     .is_rare = 1},
    {0, "slower-than", "TIME", "only events that end what took TIME, such as 100ms", .set = options_set_slower,
     MEMBER(view_wish.slower_than), .max = MAX_TIME, .wants = "--slower-than wants a time up to 365d, such as 100ms or 2s",
     .is_rare = 1},
    {0, "compat", "NAME", "print events as other tools do, such as v1", .set = options_set_compat, .is_rare = 1},
    {0, "keylog", "FILE", "append session keys to FILE, as Wireshark reads them", .set = cmdline_string, MEMBER(keylog),
     .is_rare = 1},
    {0, "string-limit", "N", "cut strings after N bytes (default " STR(DEFAULT_STRING_LIMIT) ", at most " STR(PG_MAX_STRING) ")",
     .set = cmdline_number, MEMBER(string_limit), .max = PG_MAX_STRING,
     .wants = "--string-limit wants a number from 1 to " STR(PG_MAX_STRING), .is_rare = 1},
    {.help = "\nCounts instead of events:"},
    {0, "stat", "[TIME]", "count events instead, and print that every TIME (1s)", .set = options_set_interval,
     MEMBER(stat.interval), .min = MIN_INTERVAL, .max = MAX_TIME,
     .wants = "--stat wants a time from 100ms to 365d, such as 500ms or 10s"},
    {0, "by", "FIELD", "with --stat: also by the values of this field", .set = cmdline_string, MEMBER(stat.by)},
    {0, "top", "N", "print only the N values with most events (default " STR(DEFAULT_TOP) ")", .set = cmdline_number,
     MEMBER(stat.top), .max = COUNTS_MAX_VALUES, .wants = "--top wants a number from 1 to 65536", .is_rare = 1},
    {0, "stat-format", "NAME", "json, table (default on a terminal) or prometheus (needs -w FILE)", .set = options_set_format,
     MEMBER(stat.format), CMDLINE_CHOICES(stat_formats), .is_rare = 1},
    {.help = "\nWhere to:"},
    {'w', "write", "FILE", "append to FILE, not to standard output (-)", .set = cmdline_string, MEMBER(file)},
    {0, "record", "FILE", "append raw events to FILE, for --replay", .set = options_set_record},
    {0, "truncate", NULL, "empty FILE when the trace has begun", .set = cmdline_flag, MEMBER(truncates), .is_rare = 1},
    {0, "rotate", "LIMIT", "a new file for each 100M or 1h; old ones get the time", .set = options_set_rotation,
     MEMBER(rotation.size), .suffixes = "KMG", .max = UINT64_MAX,
     .wants = "--rotate wants a size, such as 100M, or a time, such as 1h", .is_rare = 1},
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
     "children wait count duration appdata secrets durations http group patience slower-than compat keylog string-limit write "
     "truncate "
     "rotate "
     "keep buffer strict quiet",
     "lists probes, and prints no events"},
    {"ring", "list count", "shows what was kept when all has ended"},
    {"until", "list", "ends a trace"},
    {"record", "write list http group compat keylog", "writes records in place of JSON"},
    {"replay", "pid children exe cgroup wait list duration string-limit buffer record stat by top stat-format ring",
     "shows what was recorded, and traces nothing"},
    {"compat", "durations", "prints what other tools know, which is no durations"},
    {"http", "compat keylog durations", "shows text in place of JSON"},
    {"list", "stat by top stat-format", "lists probes, and counts nothing"},
    {"stat", "count string-limit buffer strict record http group compat keylog ring until", "makes no records of events"},
    {0},
};

cmdline_t options_cmdline = {
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
    return row->set == options_add_text && row->offset != offsetof(tracer_options_t, expressions) &&
           row->offset != offsetof(tracer_options_t, untils);
}

static int is_about_connections(const cmdline_option_t *row)
{
    return row->set == options_add_sample || row->set == options_add_addresses || row->set == options_add_names ||
           row->set == options_add_ids;
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
        if ((rows[i].bits & PG_SHOW_PRIVATE) != 0 && num != 2)
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
        cmdline_refuse(&options_cmdline, "--%s is about what --stat counts: it needs that",
                       stat->by != NULL ? "by"
                       : stat->top != 0 ? "top"
                                        : "stat-format");
    if (stat->top != 0 && stat->by == NULL)
        cmdline_refuse(&options_cmdline, "--top is about values: it needs --by");
    if (is_replaced && options->file == NULL)
        cmdline_refuse(&options_cmdline,
                       "--stat-format=prometheus needs -w FILE, such as one in the folder of node_exporter's textfile collector");
    if (is_replaced && (options->truncates || options->rotation.size != 0 || options->rotation.seconds != 0))
        cmdline_refuse(&options_cmdline,
                       "--stat-format=prometheus replaces its file: --truncate and --rotate have no meaning with it");
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
        cmdline_refuse(&options_cmdline, "no process given: -p PID, -x FILE, --cgroup=PATH, or -- COMMAND");
    if (num_kinds > 1)
        cmdline_refuse(&options_cmdline, "-p, --cgroup and -- COMMAND exclude each other");
    for (size_t i = 0; i < options->num_processes; ++i)
        can_wait |= options->processes[i].file != NULL;
    if (options->wait && !can_wait)
        cmdline_refuse(&options_cmdline, "--wait waits for the file of -x, the process of -p @FILE, or the group of --cgroup");
    if (options->num_processes == 0 && options->command == NULL && options->children)
        cmdline_refuse(&options_cmdline, "--children wants -p or a command: whose children?");
    if (options->replay != NULL && options->command != NULL)
        cmdline_refuse(&options_cmdline, "--replay shows what was recorded: it does not go with -- COMMAND");
    if (options->list && options->command != NULL)
        cmdline_refuse(&options_cmdline, "-l lists what is there now: it does not go with -- COMMAND");
}

void tracer_options_parse(tracer_options_t *options, int argc, char **argv)
{
    *options = (tracer_options_t){.view = &view_events, .string_limit = DEFAULT_STRING_LIMIT, .buffer_size = DEFAULT_BUFFER_SIZE};
    /* for tests: what kernel 5.15 would make it do */
    options->use_perf = getenv("PROBEGEN_ATTACH_PERF") != NULL;
    options_cmdline.program = catalog.tracer;
    options_cmdline.options = rows_with_marks();
    int num = cmdline_parse(&options_cmdline, options, argc, argv);
    int is_command = num > 1 && strcmp(argv[num - 1], "--") == 0;
    if (num < argc && !is_command && options->stat.interval != 0 && isdigit((unsigned char)argv[num][0]))
        cmdline_refuse(&options_cmdline, "'%s' is not an option; the time of --stat is joined to it: --stat=%s", argv[num],
                       argv[num]);
    if (num < argc && !is_command)
        cmdline_refuse(&options_cmdline, "'%s' is not an option", argv[num]);
    options->command = num < argc ? argv + num : NULL;
    check_processes(options);
    if (options->list && options->wanted.chosen.by != 0)
        cmdline_refuse(&options_cmdline, "-l lists probes, and prints no events: -S, -A, -N and -C have no meaning then");
    if (options->replay != NULL && options->wanted.chosen.by != 0)
        cmdline_refuse(&options_cmdline,
                       "--replay cannot tell connections apart: -S, -A, -N and -C have a meaning when it is recorded");
    options_choose_view(options);
    if (options->is_verbose && !options->list)
        cmdline_refuse(&options_cmdline, "-v is about what -l lists");
    if (options->is_quiet)
        tracer_be_quiet();
    if (options->file != NULL && strcmp(options->file, "-") == 0)
        options->file = NULL;
    if (options->view->magic != NULL && options->file == NULL && isatty(STDOUT_FILENO))
        cmdline_refuse(&options_cmdline, "a recording is not for a terminal: --record FILE");
    int rotates = options->rotation.size != 0 || options->rotation.seconds != 0;
    if (options->file == NULL && (rotates || options->truncates))
        cmdline_refuse(&options_cmdline, "%s needs -w or --record FILE", rotates ? "--rotate" : "--truncate");
    if (options->keylog != NULL && (options->show & PG_SHOW_SECRETS) == 0)
        cmdline_refuse(&options_cmdline, "--keylog writes secrets: it needs --secrets");
    if (options->keylog != NULL && options->string_limit < KEYLOG_MAX_SECRET)
        cmdline_refuse(&options_cmdline, "--keylog needs a --string-limit of %d or more", KEYLOG_MAX_SECRET);
    if (options->rotation.keep != 0 && !rotates)
        cmdline_refuse(&options_cmdline, "--keep needs --rotate");
    check_stat(options);
    options->buffer_size = ring_size(options->buffer_size);
}
