/* What is said of processes and files: names, what is missing, how it ended. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/say.h"
#include "targets/targets_int.h"

/* processes that are named in one line */
#define MAX_NAMED 8
/* descendants of a process without probes that are looked at, to tell which of them has some */
#define MAX_ASKED 64

/* ---- names ---- */

static void add_text(reason_t *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add_text(reason_t *text, const char *fmt, ...)
{
    size_t len = strlen(text->text);
    va_list args;

    va_start(args, fmt);
    vsnprintf(text->text + len, sizeof(text->text) - len, fmt, args);
    va_end(args);
}

/* "12, 13 and 2 more" */
typedef struct st_pids_t {
    reason_t text;
    unsigned num;
    const targets_t *targets;
} pids_t;

static void name_pid(pids_t *pids, pid_t pid)
{
    if (pids->num++ < MAX_NAMED)
        add_text(&pids->text, "%s%d", pids->num != 1 ? ", " : "", (int)pid);
}

static void end_pids(pids_t *pids)
{
    if (pids->num > MAX_NAMED)
        add_text(&pids->text, " and %u more", pids->num - MAX_NAMED);
}

/* Whether the program of a process has sites. */
static int has_sites(const targets_t *targets, pid_t pid)
{
    struct stat st;

    return proc_program(pid, &st) == 0 && attachments_have_sites(&targets->files, &st);
}

static void name_if_has_sites(void *data, pid_t pid)
{
    pids_t *pids = data;

    if (processes_find(&pids->targets->processes, pid) == NULL && has_sites(pids->targets, pid))
        name_pid(pids, pid);
}

static void add_programs(const targets_t *targets, reason_t *title)
{
    const tracer_options_t *options = targets->options;
    pids_t pids = {.targets = targets};

    proc_each(name_if_has_sites, &pids);
    end_pids(&pids);
    add_text(title, "all processes that execute ");
    for (size_t i = 0; i < options->num_programs; ++i)
        add_text(title, "%s%s", i != 0 ? " or " : "", options->programs[i]);
    add_text(title, " (%s)", pids.num != 0 ? pids.text.text : "none yet");
}

void targets_title(const targets_t *targets, reason_t *title)
{
    const processes_t *processes = &targets->processes;

    title->text[0] = '\0';
    if (targets->scope == PG_SCOPE_ALL) {
        add_programs(targets, title);
        return;
    }
    if (targets->options->cgroup != NULL)
        add_text(title, "control group %s: %s", targets->options->cgroup, processes->num == 0 ? "no process yet" : "");
    for (size_t i = 0; i < processes->num && i < MAX_NAMED; ++i)
        add_text(title, "%sprocess %d (%s)", i != 0 ? ", " : "", (int)processes->list[i]->pid, processes->list[i]->name);
    if (processes->num > MAX_NAMED)
        add_text(title, " and %zu more", processes->num - MAX_NAMED);
    for (size_t i = 0; i < targets->options->num_processes; ++i) {
        if (!targets->is_found[i])
            add_text(title, "%sthe process of %s, once there is one", title->text[0] != '\0' ? ", " : "",
                     targets->options->processes[i].file);
    }
    if (targets->options->children)
        add_text(title, " and all descendants");
}

/* Which children of what is traced have the probes, and are not traced: it may be them who do the work. */
static void note_children(targets_t *targets)
{
    const processes_t *processes = &targets->processes;

    for (size_t i = 0; i < processes->num && i < targets->options->num_processes && targets->others.text[0] == '\0'; ++i) {
        pids_t pids = {.targets = targets};
        proc_each_child(processes->list[i]->pid, name_if_has_sites, &pids);
        end_pids(&pids);
        if (pids.num != 0)
            reason_set(&targets->others, "process %d has children that have the probes, too: -p %s, or --children for all",
                       (int)processes->list[i]->pid, pids.text.text);
    }
}

void targets_note_others(targets_t *targets)
{
    pids_t pids = {.targets = targets};

    targets->others.text[0] = '\0';
    if (targets->scope == PG_SCOPE_ALL || targets->options->children)
        return;
    note_children(targets);
    if (targets->others.text[0] != '\0')
        return;
    proc_each(name_if_has_sites, &pids);
    end_pids(&pids);
    if (pids.num != 0)
        reason_set(&targets->others, "other processes execute the same program: %s. -p takes several, and -x traces all of them",
                   pids.text.text);
}

void targets_say_others(targets_t *targets, double seconds)
{
    if (targets->others.text[0] != '\0')
        tracer_note("no event came in %.0f s; %s", seconds, targets->others.text);
    targets->others.text[0] = '\0';
}

/* ---- nothing to trace ---- */

static const char without_probes[] = "was it built with USDT (sys/sdt.h)? 'readelf -n' shows what a file has";

/* Looks for descendants that have sites. */
typedef struct st_search_t {
    const targets_t *targets;
    attachments_t files; /* theirs: nothing is attached to them */
    pids_t found;
    char name[PROC_NAME_SIZE]; /* of the first of them */
    unsigned num_asked;
} search_t;

static void search_child(void *data, pid_t pid)
{
    search_t *search = data;
    reason_t reason;
    int has_any;

    if (++search->num_asked > MAX_ASKED || processes_find(&search->targets->processes, pid) != NULL)
        return;
    if (attachments_look(&search->files, pid, &has_any, &reason) == 0 && has_any) {
        name_pid(&search->found, pid);
        if (search->found.num == 1)
            proc_name(pid, search->name);
    }
    proc_each_child(pid, search_child, search);
}

/* "its child 12 (/usr/sbin/h2o) has them" */
static int find_child_with_sites(const targets_t *targets, pid_t pid, reason_t *text)
{
    search_t search = {.targets = targets, .found.targets = targets, .files.wish = targets->files.wish};

    search.files.wish.sites_only = 1;
    proc_each_child(pid, search_child, &search);
    attachments_close(&search.files);
    end_pids(&search.found);
    if (search.found.num == 0)
        return 0;
    reason_set(text, "%s %s (%s) %s", search.found.num == 1 ? "its child" : "its descendants", search.found.text.text, search.name,
               search.found.num == 1 ? "has them" : "have them");
    return 1;
}

void targets_say_has_none(const targets_t *targets, const process_t *process)
{
    reason_t child;

    if (find_child_with_sites(targets, process->pid, &child))
        tracer_say("process %d (%s) has none of the probes, but %s: trace that with -p, or all with --children", (int)process->pid,
                   process->name, child.text);
    else
        tracer_say("process %d (%s) has none of the probes; %s", (int)process->pid, process->name, without_probes);
}

void targets_say_none(const targets_t *targets)
{
    const processes_t *processes = &targets->processes;

    if (attachments_num_refused(&targets->files) != 0) {
        tracer_say("%s has no site that can be attached to",
                   targets->files.num != 0 ? targets->files.list[0]->target.name : "nothing");
        return;
    }
    if (targets->options->cgroup != NULL)
        tracer_say("none of the %zu process%s in control group %s has the probes; %s", processes->num,
                   processes->num == 1 ? "" : "es", targets->options->cgroup, without_probes);
    for (size_t i = 0; i < targets->options->num_processes && i < processes->num; ++i)
        targets_say_has_none(targets, processes->list[i]);
    for (size_t i = 0; i < targets->options->num_programs; ++i)
        tracer_say("%s has none of the probes; %s", targets->options->programs[i], without_probes);
    if (targets->command.path != NULL)
        tracer_say("%s has none of the probes; %s", targets->command.path, without_probes);
}

void targets_say_idle(const targets_t *targets)
{
    const processes_t *processes = &targets->processes;

    for (size_t i = 0; i < processes->num && i < targets->options->num_processes && !targets->options->children; ++i) {
        if (!processes->list[i]->has_sites)
            targets_say_has_none(targets, processes->list[i]);
    }
}

/* ---- ends ---- */

void targets_say_end(const process_t *process, int status, int is_detailed)
{
    int is_killed = status != -1 && WIFSIGNALED(status);

    if (!process->is_told && !is_killed && !is_detailed)
        return;
    if (status == -1)
        tracer_note("process %d (%s) has ended", (int)process->pid, process->name);
    else if (is_killed)
        tracer_note("process %d (%s) has ended: killed by signal %d (%s)", (int)process->pid, process->name, WTERMSIG(status),
                    strsignal(WTERMSIG(status)));
    else
        tracer_note("process %d (%s) has ended: exit status %d", (int)process->pid, process->name, WEXITSTATUS(status));
}
