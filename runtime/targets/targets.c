/*
 * Whom a tracer traces. There are four scopes, and each costs others as little as it can:
 *
 * One process. The links have the kernel compare the process, so other processes of the same file do not even have the breakpoints.
 *
 * Some processes: several, or the descendants of some. The links are for all processes of the file, since a child has to be traced
 * from its first instruction on, and the BPF program looks into a map. Other processes of the file pay for that.
 *
 * The processes of a control group. The links are the same, and the program asks which group the process is in.
 *
 * All processes that execute a file. The links are the same, and nothing is asked.
 *
 * A process can get other files: it loads a library, or executes another program. So its memory map is looked at some times a
 * second, if a number that costs little says that it may have changed (proc_signature()); when a followed process executes
 * something, that is told by the kernel (processes/follow.c). Files that were not known are surveyed then, and attached to. What
 * happens in them before that is not seen; for a file that is known there is no such gap, its uprobes are there.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/grow.h"
#include "common/regular.h"
#include "common/say.h"
#include "rights/capability.h"
#include "targets/counting.h"
#include "targets/targets.h"

/* seconds between two looks at processes that may have changed */
#define LOOK_EVERY 0.1
/* processes that are looked at then: who executes something is told of, so this is for libraries that are loaded */
#define MAX_LOOKS 32
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

void targets_say_others(const targets_t *targets)
{
    pids_t pids = {.targets = targets};

    if (targets->scope == PG_SCOPE_ALL)
        return;
    proc_each(name_if_has_sites, &pids);
    end_pids(&pids);
    if (pids.num != 0)
        tracer_say("no event came; other processes execute the same program: %s. -p takes several, and -x traces all of them",
                   pids.text.text);
}

/* ---- files ---- */

static int load(targets_t *targets, attachment_t *attachment, reason_t *reason)
{
    maps_t *maps = &targets->maps;

    if (attachment->survey.sites.num == 0)
        return 0;
    if (maps_add_paths(maps, &targets->object, &attachment->survey.fields, attachment->first_file, reason) != 0)
        return -1;
    return programs_load(&attachment->programs, &targets->object, maps, &attachment->survey, attachment->first_file,
                         targets->options, &targets->kernel, reason);
}

/* The process that links compare; 0: none. The kernel takes the main thread for the process, so that has to be there. */
static pid_t process_of_links(const targets_t *targets)
{
    const processes_t *processes = &targets->processes;

    if (targets->scope != PG_SCOPE_ONE || processes->num == 0 || (targets->kernel.has_multi && !targets->kernel.has_pid_filter))
        return 0;
    pid_t pid = processes->list[0]->pid;
    return target_view(pid) == pid ? pid : 0;
}

static void say_unreachable(const attachment_t *attachment)
{
    const target_t *target = &attachment->target;
    size_t num = attachments_num_unreachable(attachment);

    if (num != 0)
        tracer_say(
            "%zu of the sites of %s cannot fire in process %d: it has moved that code from the file to anonymous memory, where "
            "uprobes do not reach",
            num, target->name, (int)target->pid);
}

static int watch(targets_t *targets, const char *path)
{
    watched_t *list = grow_list(targets->watched, &targets->watched_capacity, targets->num_watched, sizeof(*list));

    if (list == NULL)
        return -1;
    targets->watched = list;
    list[targets->num_watched] = (watched_t){.path = strdup(path)};
    return list[targets->num_watched++].path != NULL ? 0 : -1;
}

static int is_watched(const targets_t *targets, const char *path)
{
    for (size_t i = 0; i < targets->num_watched; ++i) {
        if (strcmp(targets->watched[i].path, path) == 0)
            return 1;
    }
    return 0;
}

/* Watches the paths of the files with sites, if they are what leads to them here, too: descendants will execute what comes there.
 */
static int watch_files(targets_t *targets, const attachment_t *attachment)
{
    for (size_t i = 0; targets->options->children && i < attachment->target.num_modules; ++i) {
        const module_t *module = attachment->target.modules + i;
        struct stat at_path, opened;
        if (stat(module->name, &at_path) == 0 && fstat(module->fd, &opened) == 0 && at_path.st_ino == opened.st_ino &&
            at_path.st_dev == opened.st_dev && attachments_have_sites(&targets->files, &opened) &&
            !is_watched(targets, module->name) && watch(targets, module->name) != 0)
            return -1;
    }
    return 0;
}

static int attach(targets_t *targets, attachment_t *attachment, reason_t *reason)
{
    attachment->is_attached = 1;
    say_unreachable(attachment);
    if (watch_files(targets, attachment) != 0)
        return reason_set(reason, "out of memory");
    return uprobes_attach(&targets->attach, &targets->attached, &attachment->survey.sites, process_of_links(targets),
                          &attachment->programs, targets->kernel.has_multi, reason);
}

/* Attaches to what has come while the trace runs. It goes on without that if it cannot be. @param begun when the file was found */
static void attach_late(targets_t *targets, double begun)
{
    reason_t reason;

    for (size_t i = 0; i < targets->files.num; ++i) {
        attachment_t *attachment = targets->files.list[i];
        const sites_t *sites = &attachment->survey.sites;
        if (attachment->is_attached || sites->num == 0)
            continue;
        size_t num_sites = targets->attached.num_sites;
        if (load(targets, attachment, &reason) != 0 || attach(targets, attachment, &reason) != 0)
            tracer_say("cannot trace %s: %s", sites->list[0].module->name, reason.text);
        else
            tracer_note("tracing %s, too: %zu sites, attached in %.0f ms", sites->list[0].module->name,
                        targets->attached.num_sites - num_sites, (clock_now() - begun) * 1000);
        attachment->is_attached = 1;
    }
}

/* Looks at the files of a process, if they may have changed. @return 0, or -1 with a reason */
static int look(targets_t *targets, process_t *process, reason_t *reason)
{
    uint64_t signature = proc_signature(process->pid);
    double begun = clock_now();

    if (process->is_known && signature == process->signature)
        return 0;
    process->is_known = 1;
    process->signature = signature;
    if (signature != 0 || process->name[0] == '\0') /* one that has ended keeps its name */
        proc_name(process->pid, process->name);
    if (attachments_look(&targets->files, process->pid, &process->has_sites, reason) != 0)
        return -1;
    if (targets->is_attached)
        attach_late(targets, begun);
    return 0;
}

/* Whether the trace is about to end: what is given up then is no failure. */
static int is_to_end(const targets_t *targets)
{
    return targets->idle != NULL && targets->idle(targets->data) != 0;
}

static void look_late(targets_t *targets, process_t *process)
{
    reason_t reason;

    /* one that has ended is told of otherwise */
    if (look(targets, process, &reason) != 0 && proc_signature(process->pid) != 0 && !is_to_end(targets))
        tracer_say("cannot look at the files of process %d (%s): %s", (int)process->pid, process->name, reason.text);
}

/* ---- processes ---- */

static void add_descendant(void *data, pid_t pid)
{
    targets_t *targets = data;
    process_t *process = processes_add(&targets->processes, pid);

    if (process == NULL)
        return;
    look_late(targets, process);
    /* it is traced by now, so what it forks from here on is told; what it has forked before is here */
    proc_each_child(pid, add_descendant, targets);
}

static void add_member(void *data, pid_t pid)
{
    targets_t *targets = data;
    process_t *process = processes_add(&targets->processes, pid);

    if (process == NULL)
        return;
    look_late(targets, process);
    process->is_told = process->has_sites;
    if (targets->is_attached && process->has_sites)
        tracer_note("tracing process %d (%s), too", (int)process->pid, process->name);
}

static void add_all_descendants(targets_t *targets)
{
    const processes_t *processes = &targets->processes;
    size_t num = processes->num;
    pid_t *pids = malloc((num + 1) * sizeof(*pids)); /* the list moves when it grows */

    for (size_t i = 0; pids != NULL && i < num; ++i)
        pids[i] = processes->list[i]->pid;
    for (size_t i = 0; pids != NULL && i < num; ++i)
        proc_each_child(pids[i], add_descendant, targets);
    free(pids);
}

static void take_notice(void *data, const struct pg_notice *notice)
{
    targets_t *targets = data;
    processes_t *processes = &targets->processes;
    process_t *process;

    if (notice->kind == PG_NOTICE_FORK) {
        const process_t *parent = processes_find(processes, (pid_t)notice->parent);
        process = processes_add(processes, (pid_t)notice->tgid);
        if (process == NULL || parent == NULL)
            return;
        /* it has the files of its parent, or the next notice tells otherwise */
        process->is_known = 1;
        process->has_sites = parent->has_sites;
        process->signature = parent->signature;
        strcpy(process->name, parent->name);
        if (targets->options->debug)
            tracer_say("process %d (%s) is a child of %d", (int)process->pid, process->name, (int)parent->pid);
    } else if ((process = processes_find(processes, (pid_t)notice->tgid)) != NULL) {
        process->is_known = 0;
        look_late(targets, process);
        if (process->has_sites) {
            process->is_told = 1;
            tracer_note("tracing process %d (%s), too", (int)process->pid, process->name);
        }
    }
}

static void say_end(const process_t *process, int status, int is_detailed)
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

static void take_ended(targets_t *targets)
{
    process_t ended;
    int status;

    while (processes_take_ended(&targets->processes, &ended, &status)) {
        say_end(&ended, status, targets->options->debug);
        targets->end_status = status;
        if (ended.pid == targets->command.pid)
            waitpid(ended.pid, NULL, WNOHANG);
    }
}

/* ---- what was asked for ---- */

static pid_t read_pid(const char *file)
{
    int fd = regular_open(-1, file), pid = 0;
    FILE *fp = fd != -1 ? fdopen(fd, "r") : NULL;

    if (fp == NULL)
        return -1;
    if (fscanf(fp, "%d", &pid) != 1)
        pid = 0;
    fclose(fp);
    return pid;
}

/* Finds a process that was asked for. @return 0, or -1 with a reason */
static int find_process(targets_t *targets, size_t number, reason_t *reason)
{
    const wanted_process_t *wanted = targets->options->processes + number;
    pid_t pid = wanted->file != NULL ? read_pid(wanted->file) : wanted->pid;
    process_t *process;

    if (wanted->file != NULL && pid <= 0)
        return reason_set(reason, "%s: %s", wanted->file, pid == 0 ? "no process id is in it" : strerror(errno));
    if (capability_may_look(pid, reason) != 0) {
        targets->is_forbidden = 1;
        return -1;
    }
    process = processes_add(&targets->processes, pid);
    if (process == NULL && errno == 0) {
        targets->is_found[number] = 1;
        return 0;
    }
    if (process == NULL) {
        int error = errno;
        /* what it is, if it is no process, is told by who looks at its files */
        int has_any;
        if (attachments_look(&targets->files, pid, &has_any, reason) != 0)
            return -1;
        return reason_set(reason, "cannot watch process %d: %s", (int)pid, strerror(error));
    }
    process->is_told = 1;
    targets->is_found[number] = 1;
    return look(targets, process, reason);
}

static int may_come_later(const targets_t *targets, const wanted_process_t *wanted)
{
    return targets->options->wait && wanted->file != NULL;
}

static int find_processes(targets_t *targets, reason_t *reason)
{
    const tracer_options_t *options = targets->options;

    for (size_t i = 0; i < options->num_processes; ++i) {
        if (find_process(targets, i, reason) != 0 && (targets->is_found[i] || !may_come_later(targets, options->processes + i)))
            return -1;
    }
    if (options->children)
        add_all_descendants(targets);
    return 0;
}

static int find_programs(targets_t *targets, reason_t *reason)
{
    const tracer_options_t *options = targets->options;

    for (size_t i = 0; i < options->num_programs; ++i) {
        if (watch(targets, options->programs[i]) != 0)
            return reason_set(reason, "out of memory");
        if (attachments_look_at_file(&targets->files, options->programs[i], 0, reason) != 0 &&
            !(options->wait && access(options->programs[i], F_OK) != 0))
            return -1;
    }
    return 0;
}

static void set_cgroup(const targets_t *targets)
{
    targets->maps.state->cgroup_level = targets->cgroup.level;
    targets->maps.state->cgroup = targets->cgroup.id;
}

/* Finds the control group, and the processes that are new in it. @return 0, or -1 with a reason */
static int find_cgroup(targets_t *targets, reason_t *reason)
{
    const char *path = targets->options->cgroup;

    if (path == NULL)
        return 0;
    if (cgroup_find(&targets->cgroup, path, reason) != 0)
        return -1;
    if (targets->is_attached)
        set_cgroup(targets);
    cgroup_each_process(path, add_member, targets);
    return 0;
}

static void look_at_library(void *data, const char *path)
{
    targets_t *targets = data;
    reason_t reason;

    if (attachments_look_at_file(&targets->files, path, 1, &reason) != 0)
        tracer_say("%s", reason.text);
}

/* Starts the command, which waits; its files are looked at as such, since the process has others yet. */
static int find_command(targets_t *targets, reason_t *reason)
{
    launch_t *command = &targets->command;

    if (targets->options->command == NULL)
        return 0;
    if (launch_start(command, targets->options->command, reason) != 0 ||
        attachments_look_at_file(&targets->files, command->path, 0, reason) != 0)
        return -1;
    launch_each_library(command, look_at_library, targets);
    process_t *process = processes_add(&targets->processes, command->pid);
    if (process == NULL)
        return reason_set(reason, "cannot watch process %d: %s", (int)command->pid, strerror(errno));
    process->is_told = process->is_known = 1;
    process->signature = proc_signature(process->pid);
    snprintf(process->name, sizeof(process->name), "%s", command->path);
    return 0;
}

int targets_release(targets_t *targets, reason_t *reason)
{
    return targets->command.path != NULL ? launch_release(&targets->command, reason) : 0;
}

/* What has come in place of a file, or where there was none: it is looked at when it has stayed the same for a while, since it may
 * just be written. */
static void look_at_watched(targets_t *targets)
{
    reason_t reason;

    for (size_t i = 0; i < targets->num_watched; ++i) {
        const char *path = targets->watched[i].path; /* the list may grow */
        struct stat st, *before = &targets->watched[i].seen;
        if (stat(path, &st) != 0 || attachments_have_file(&targets->files, &st))
            continue;
        if (st.st_ino == before->st_ino && st.st_size == before->st_size && st.st_mtim.tv_sec == before->st_mtim.tv_sec &&
            st.st_mtim.tv_nsec == before->st_mtim.tv_nsec) {
            double begun = clock_now();
            if (attachments_look_at_file(&targets->files, path, 0, &reason) == 0)
                attach_late(targets, begun);
            else
                tracer_say("%s", reason.text);
        }
        targets->watched[i].seen = st;
    }
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

static void say_has_none(const targets_t *targets, const process_t *process)
{
    reason_t child;

    if (find_child_with_sites(targets, process->pid, &child))
        tracer_say("process %d (%s) has none of the probes, but %s: trace that with -p, or all with --children", (int)process->pid,
                   process->name, child.text);
    else
        tracer_say("process %d (%s) has none of the probes; %s", (int)process->pid, process->name, without_probes);
}

static void say_none(const targets_t *targets)
{
    const processes_t *processes = &targets->processes;

    if (attachments_num_refused(&targets->files) != 0) {
        tracer_say("%s has no site that can be attached to",
                   targets->files.num != 0 ? targets->files.list[0]->target.name : "nothing");
        return;
    }
    if (targets->options->cgroup != NULL)
        tracer_say("none of the %zu processes in control group %s has the probes; %s", processes->num, targets->options->cgroup,
                   without_probes);
    for (size_t i = 0; i < targets->options->num_processes && i < processes->num; ++i)
        say_has_none(targets, processes->list[i]);
    for (size_t i = 0; i < targets->options->num_programs; ++i)
        tracer_say("%s has none of the probes; %s", targets->options->programs[i], without_probes);
    if (targets->command.path != NULL)
        tracer_say("%s has none of the probes; %s", targets->command.path, without_probes);
}

/* Tells of processes that have nothing to trace, and of children that are not traced, though they have the probes. */
static void say_children(const targets_t *targets)
{
    const processes_t *processes = &targets->processes;

    for (size_t i = 0; i < processes->num && i < targets->options->num_processes && !targets->options->children; ++i) {
        if (!processes->list[i]->has_sites)
            say_has_none(targets, processes->list[i]);
    }
    for (size_t i = 0; i < processes->num && i < targets->options->num_processes && !targets->options->children; ++i) {
        pids_t pids = {.targets = targets};
        proc_each_child(processes->list[i]->pid, name_if_has_sites, &pids);
        end_pids(&pids);
        if (pids.num != 0)
            tracer_say("process %d has children that have the probes, too, and are not traced: -p %s, or --children for all",
                       (int)processes->list[i]->pid, pids.text.text);
    }
}

/* ---- public ---- */

static int open_targets(targets_t *targets, const char *is_selected, reason_t *reason)
{
    const tracer_options_t *options = targets->options;

    targets->files.wish =
        (survey_wish_t){.is_selected = is_selected,
                        .show = options->show,
                        .sites_only = options->list || (options->stat.interval != 0 && !counting_needs_fields(&options->stat)),
                        .is_detailed = options->debug != 0,
                        .say = tracer_say};
    targets->scope = options->cgroup != NULL                                    ? PG_SCOPE_CGROUP
                     : options->num_processes + (options->command != NULL) == 0 ? PG_SCOPE_ALL
                     : options->num_processes > 1 || options->children          ? PG_SCOPE_SOME
                                                                                : PG_SCOPE_ONE;
    targets->is_found = calloc(options->num_processes + 1, 1);
    if (targets->is_found == NULL)
        return reason_set(reason, "out of memory");
    return processes_open(&targets->processes, reason);
}

targets_result_t targets_find(targets_t *targets, const tracer_options_t *options, const char *is_selected)
{
    reason_t reason;

    *targets = (targets_t){.options = options, .processes = {.epoll_fd = -1, .map_fd = -1}, .code_fd = -1, .end_status = -1};
    if (open_targets(targets, is_selected, &reason) != 0) {
        tracer_say("%s", reason.text);
        return TARGETS_FAILED;
    }
    if (find_processes(targets, &reason) != 0 || find_programs(targets, &reason) != 0 || find_command(targets, &reason) != 0 ||
        (find_cgroup(targets, &reason) != 0 && !options->wait)) {
        tracer_say("%s", reason.text);
        return targets->is_forbidden || (targets->files.has_failed && !targets_have_ended(targets)) ? TARGETS_FAILED : TARGETS_NONE;
    }
    if (attachments_num_sites(&targets->files) == 0 && !options->children && !targets_wait(targets)) {
        say_none(targets);
        return TARGETS_NONE;
    }
    if (!options->list)
        say_children(targets);
    return TARGETS_OK;
}

int targets_may_grow(const targets_t *targets)
{
    return targets->scope != PG_SCOPE_ONE || targets->command.path != NULL || targets->options->num_programs != 0 ||
           targets->options->keeps_root || targets_wait(targets);
}

pid_t targets_pid(const targets_t *targets)
{
    return targets->processes.num != 0 ? targets->processes.list[0]->pid : 0;
}

int targets_prepare(targets_t *targets, reason_t *reason)
{
    const tracer_options_t *options = targets->options;

    if (kernel_ask(&targets->kernel, options->use_perf, reason) != 0 ||
        object_open(&targets->object, pg_bpf_object, pg_bpf_object_end - pg_bpf_object, reason) != 0 ||
        maps_create(&targets->maps, &targets->object, options, targets->scope, reason) != 0)
        return -1;
    for (size_t i = 0; i < targets->files.num; ++i) {
        if (load(targets, targets->files.list[i], reason) != 0)
            return -1;
    }
    return 0;
}

/* Descendants are followed from here on; those that have come since they were looked for are found once more. */
static int begin_to_follow(targets_t *targets, reason_t *reason)
{
    reason_t why;

    if (targets->scope != PG_SCOPE_SOME)
        return 0;
    if (processes_use_map(&targets->processes, maps_fd(&targets->maps, "pg_processes"), reason) != 0)
        return -1;
    if (!targets->options->children)
        return 0;
    if (follow_begin(&targets->follow, &targets->object, maps_fd(&targets->maps, "pg_notices"), take_notice, targets, &why) != 0) {
        targets->follows_by_looking = 1;
        tracer_say("new processes are looked for ten times a second, and what they do before they are found is not traced: %s",
                   why.text);
    }
    add_all_descendants(targets);
    return 0;
}

/* KiB of code; 0: it is not known, or the process has ended. */
static uint64_t size_of_code(const targets_t *targets)
{
    uint64_t program, libraries;

    return targets->code_fd != -1 && proc_code(targets->code_fd, &program, &libraries) == 0 ? program + libraries : 0;
}

static void watch_code(targets_t *targets)
{
    targets->code_fd = proc_code_open(targets_pid(targets));
    targets->code = size_of_code(targets);
}

/* What cannot be done without rights is said at least, once. */
static void tell_of_code(targets_t *targets)
{
    uint64_t code = size_of_code(targets);

    if (code == 0 || code == targets->code)
        return;
    tracer_say(
        "process %d has loaded or unloaded code since it was looked at; what has come is not traced, since the rights for that "
        "were given up (-r keeps them)",
        (int)targets_pid(targets));
    close(targets->code_fd);
    targets->code_fd = -1;
}

int targets_attach(targets_t *targets, reason_t *reason)
{
    const processes_t *processes = &targets->processes;

    if (begin_to_follow(targets, reason) != 0)
        return -1;
    set_cgroup(targets);
    targets->maps.state->tgid = targets->scope != PG_SCOPE_ONE ? 1 : processes->num != 0 ? (uint32_t)processes->list[0]->pid : 0;
    for (size_t i = 0; i < targets->files.num; ++i) {
        attachment_t *attachment = targets->files.list[i];
        if (attachment->survey.sites.num != 0 && attachment->programs.num == 0 && load(targets, attachment, reason) != 0)
            return -1;
        if (attach(targets, attachment, reason) != 0)
            return -1;
    }
    if (targets->attached.num_sites == 0 && attachments_num_sites(&targets->files) != 0)
        return reason_set(reason, "none of the sites is left: nothing can be traced");
    targets->is_attached = 1;
    for (size_t i = 0; i < processes->num; ++i)
        processes->list[i]->is_told = 1; /* in a moment */
    if (!targets_may_grow(targets))
        watch_code(targets);
    targets->files.wish.idle = targets->idle;
    targets->files.wish.data = targets->data;
    targets->looked = clock_now();
    return 0;
}

/* What is done some times a second. */
static void look_again(targets_t *targets)
{
    const processes_t *processes = &targets->processes;
    reason_t reason;

    for (size_t i = 0; i < targets->options->num_processes; ++i) {
        if (targets->is_found[i])
            continue;
        int failed = find_process(targets, i, &reason);
        if (failed && targets->is_found[i])
            tracer_say("%s", reason.text);
        if (failed)
            continue;
        const process_t *process = processes->list[processes->num - 1];
        if (targets->scope == PG_SCOPE_ONE)
            targets->maps.state->tgid = (uint32_t)process->pid;
        tracer_note("tracing process %d (%s)", (int)process->pid, process->name);
        if (!process->has_sites)
            say_has_none(targets, process);
    }
    if (targets->follows_by_looking)
        add_all_descendants(targets);
    for (size_t i = 0; i < processes->num && i < MAX_LOOKS; ++i)
        look_late(targets, processes->list[targets->num_looks++ % processes->num]);
    find_cgroup(targets, &reason); /* one that has gone may come again */
    look_at_watched(targets);
}

void targets_update(targets_t *targets)
{
    uint32_t missed = targets->maps.state->missed_notices;

    if (targets->is_blind) {
        if (clock_now() - targets->looked >= LOOK_EVERY) {
            tell_of_code(targets);
            targets->looked = clock_now();
        }
        return;
    }
    follow_take(&targets->follow);
    if (missed != targets->missed_notices)
        add_all_descendants(targets);
    targets->missed_notices = missed;
    if (targets->maps.state->untraced != 0 && !targets->is_full) {
        targets->is_full = 1;
        tracer_say("there are more processes than can be followed at once (%u): some are not traced", MAPS_MAX_PROCESSES);
    }
    if (clock_now() - targets->looked < LOOK_EVERY)
        return;
    look_again(targets);
    targets->looked = clock_now();
}

int targets_wait(const targets_t *targets)
{
    const tracer_options_t *options = targets->options;

    for (size_t i = 0; i < options->num_processes; ++i) {
        if (!targets->is_found[i] && may_come_later(targets, options->processes + i))
            return 1;
    }
    return (targets->scope == PG_SCOPE_ALL || targets->scope == PG_SCOPE_CGROUP) && options->wait && targets->files.num == 0;
}

int targets_have_ended(targets_t *targets)
{
    take_ended(targets);
    return targets->scope != PG_SCOPE_ALL && targets->scope != PG_SCOPE_CGROUP && targets->processes.num == 0 &&
           !targets_wait(targets);
}

void targets_look_away(targets_t *targets)
{
    targets->maps.state->tgid = 0;
}

uint64_t targets_num_missed(const targets_t *targets)
{
    uint64_t num = 0;

    for (size_t i = 0; i < targets->files.num; ++i)
        num += programs_num_missed(&targets->files.list[i]->programs);
    return num;
}

void targets_close(targets_t *targets)
{
    launch_close(&targets->command);
    follow_close(&targets->follow);
    attach_dispose(&targets->attach);
    free(targets->attached.has_probe);
    processes_close(&targets->processes);
    attachments_close(&targets->files);
    maps_dispose(&targets->maps);
    object_dispose(&targets->object);
    for (size_t i = 0; i < targets->num_watched; ++i)
        free(targets->watched[i].path);
    free(targets->watched);
    if (targets->code_fd != -1)
        close(targets->code_fd);
    free(targets->is_found);
}
