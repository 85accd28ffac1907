/* What single options set. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/catalog.h"
#include "options/options_int.h"

#define DEFAULT_INTERVAL 1000000000 /* ns */

_Noreturn void options_out_of_memory(void)
{
    fprintf(stderr, "%s: out of memory\n", catalog.tracer);
    exit(TRACER_ENVIRONMENT);
}

void options_add_glob(const cmdline_use_t *use)
{
    tracer_options_t *options = use->options;
    const char **globs = realloc((void *)options->globs, (options->num_globs + 1) * sizeof(*globs));

    if (globs == NULL)
        options_out_of_memory();
    globs[options->num_globs++] = use->arg;
    options->globs = globs;
}

/* Notes an option that says which events are wanted, for what the stream says of itself. */
static void note_filter(const cmdline_use_t *use)
{
    tracer_options_t *options = use->options;
    size_t before = options->filters != NULL ? strlen(options->filters) : 0;
    char *filters = realloc(options->filters, before + strlen(use->option->name) + strlen(use->arg) + sizeof("--=\n"));

    if (filters == NULL)
        options_out_of_memory();
    sprintf(filters + before, "--%s=%s\n", use->option->name, use->arg);
    for (char *p = filters + before; *p != '\0'; ++p)
        *p = *p == '\n' && p[1] != '\0' ? ' ' : *p;
    options->filters = filters;
}

void options_set_slower(const cmdline_use_t *use)
{
    cmdline_duration(use);
    note_filter(use);
}

/* Takes a value that says which connections are wanted. */
static void add_wanted(const cmdline_use_t *use, int (*add)(wanted_t *wanted, const char *text, reason_t *reason))
{
    tracer_options_t *options = use->options;
    reason_t reason;

    if (add(&options->wanted, use->arg, &reason) != 0)
        cmdline_refuse(use->cmdline, "%s", reason.text);
    note_filter(use);
}

void options_add_sample(const cmdline_use_t *use)
{
    add_wanted(use, wanted_add_sample);
}

void options_add_addresses(const cmdline_use_t *use)
{
    add_wanted(use, wanted_add_addresses);
}

void options_add_ids(const cmdline_use_t *use)
{
    add_wanted(use, wanted_add_ids);
}

void options_add_names(const cmdline_use_t *use)
{
    add_wanted(use, wanted_add_names);
}

void options_add_text(const cmdline_use_t *use)
{
    const tracer_options_t *options = use->options;
    choose_texts_t *texts = use->member;
    const char **list = realloc((void *)texts->list, (texts->num + 1) * sizeof(*list));

    if (list == NULL)
        options_out_of_memory();
    list[texts->num++] = use->arg;
    texts->list = list;
    if (texts == &options->expressions || texts == &options->headers)
        note_filter(use);
}

static void add_process(const cmdline_use_t *use, const wanted_process_t *process)
{
    tracer_options_t *options = use->options;
    wanted_process_t *list = realloc(options->processes, (options->num_processes + 1) * sizeof(*list));

    if (list == NULL)
        options_out_of_memory();
    options->processes = list;
    for (size_t i = 0; i < options->num_processes; ++i) {
        if (process->file == NULL && list[i].pid == process->pid)
            return;
    }
    list[options->num_processes++] = *process;
}

pid_t tracer_options_read_pid(const char *text, const char **end)
{
    unsigned long long pid = 0;

    for (*end = text; isdigit((unsigned char)**end); ++*end)
        pid = pid > INT32_MAX ? pid : pid * 10 + (unsigned)(**end - '0');
    return pid <= INT32_MAX ? (pid_t)pid : 0;
}

/* "123", "123,124", as pgrep(1) tells them, one a line, or "@FILE" */
void options_add_processes(const cmdline_use_t *use)
{
    static const char separators[] = ", \t\n";

    if (use->arg[0] == '@') {
        add_process(use, &(wanted_process_t){.file = use->arg + 1});
        return;
    }
    if (use->arg[strspn(use->arg, separators)] == '\0')
        cmdline_refuse(use->cmdline, "-p wants a process id, and got none: is the program running?");
    for (const char *p = use->arg; *p != '\0'; p += strspn(p, separators)) {
        const char *end;
        pid_t pid = tracer_options_read_pid(p, &end);
        if (pid == 0 || (*end != '\0' && strchr(separators, *end) == NULL))
            cmdline_refuse(use->cmdline, "-p wants a process id, not '%s'", use->arg);
        add_process(use, &(wanted_process_t){.pid = pid});
        p = end;
    }
}

void options_add_program(const cmdline_use_t *use)
{
    tracer_options_t *options = use->options;
    const char **programs = realloc((void *)options->programs, (options->num_programs + 1) * sizeof(*programs));

    if (programs == NULL)
        options_out_of_memory();
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

/* Which outputs there are, is said by the maps. */
void options_set_compat(const cmdline_use_t *use)
{
    tracer_options_t *options = use->options;
    char names[256] = "";
    size_t n = 0;

    for (unsigned i = 0; i < catalog.num_compats; ++i) {
        const catalog_compat_t *compat = catalog.compats + i;
        if (strcmp(compat->name, use->arg) == 0) {
            options->view = &view_compat;
            options->view_wish.compat = compat;
            return;
        }
        if (n < sizeof(names))
            n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i == 0 ? "" : ", ", compat->name);
    }
    if (n == 0)
        cmdline_refuse(use->cmdline, "--compat: the maps that this tracer was made of describe no output of other tools");
    cmdline_refuse(use->cmdline, "--compat knows %s, not '%s'", names, use->arg);
}

void options_set_rotation(const cmdline_use_t *use)
{
    rotation_t *rotation = &((tracer_options_t *)use->options)->rotation;
    uint64_t ns = 0;

    take_size_or_time(use, &rotation->size, &ns);
    if (ns != 0)
        rotation->seconds = (uint32_t)((ns + 999999999) / 1000000000);
}

void options_set_ring(const cmdline_use_t *use)
{
    tracer_options_t *options = use->options;

    take_size_or_time(use, &options->ring.size, &options->ring.ns);
    options->rings = 1;
}

void options_set_record(const cmdline_use_t *use)
{
    tracer_options_t *options = use->options;

    options->view = &view_record;
    options->file = use->arg;
}

void options_set_interval(const cmdline_use_t *use)
{
    if (use->arg != NULL)
        cmdline_duration(use);
    else
        *(uint64_t *)use->member = DEFAULT_INTERVAL;
}

void options_set_format(const cmdline_use_t *use)
{
    unsigned number;
    cmdline_use_t part = *use;

    part.member = &number;
    cmdline_choice(&part);
    *(const stat_format_t **)use->member = stat_formats + number;
}
