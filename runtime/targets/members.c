/* The processes: those that were asked for, their descendants, those of a control group; who comes and who goes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/regular.h"
#include "common/say.h"
#include "rights/capability.h"
#include "targets/targets_int.h"

/* ---- processes ---- */

static void add_descendant(void *data, pid_t pid)
{
    targets_t *targets = data;
    process_t *process = processes_add(&targets->processes, pid);

    if (process == NULL)
        return;
    targets_look_late(targets, process);
    /* it is traced by now, so what it forks from here on is told; what it has forked before is here */
    proc_each_child(pid, add_descendant, targets);
}

static void add_member(void *data, pid_t pid)
{
    targets_t *targets = data;
    process_t *process = processes_add(&targets->processes, pid);

    if (process == NULL)
        return;
    targets_look_late(targets, process);
    process->is_told = process->has_sites;
    if (targets->is_attached && process->has_sites)
        tracer_note("tracing process %d (%s), too", (int)process->pid, process->name);
}

void targets_add_all_descendants(targets_t *targets)
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

void targets_take_notice(void *data, const struct pg_notice *notice)
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
        targets_look_late(targets, process);
        if (process->has_sites) {
            process->is_told = 1;
            tracer_note("tracing process %d (%s), too", (int)process->pid, process->name);
        }
    }
}

void targets_take_ended(targets_t *targets)
{
    process_t ended;
    int status;

    while (processes_take_ended(&targets->processes, &ended, &status)) {
        targets_say_end(&ended, status, targets->options->debug);
        targets->end_status = status;
        if (ended.pid == targets->command.pid)
            waitpid(ended.pid, NULL, WNOHANG);
    }
}

/* ---- what was asked for ---- */

/* @return the first word of the file; 0: it is no process id; -1 with errno: the file cannot be read */
static pid_t read_pid(const char *file)
{
    char text[64];
    int fd = regular_open(-1, file);
    ssize_t n = fd != -1 ? read(fd, text, sizeof(text) - 1) : -1;
    int error = errno;

    if (fd != -1)
        close(fd);
    errno = error;
    if (n == -1)
        return -1;
    text[n] = '\0';
    const char *end;
    pid_t pid = tracer_options_read_pid(text + strspn(text, " \t\n"), &end);
    return *end == '\0' || strchr(" \t\r\n", *end) != NULL ? pid : 0;
}

/* Finds a process that was asked for. @return 0, or -1 with a reason */
int targets_find_process(targets_t *targets, size_t number, reason_t *reason)
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
    return targets_look(targets, process, reason);
}

int targets_may_come_later(const targets_t *targets, const wanted_process_t *wanted)
{
    return targets->options->wait && wanted->file != NULL;
}

static int find_processes(targets_t *targets, reason_t *reason)
{
    const tracer_options_t *options = targets->options;

    for (size_t i = 0; i < options->num_processes; ++i) {
        if (targets_find_process(targets, i, reason) != 0 &&
            (targets->is_found[i] || !targets_may_come_later(targets, options->processes + i)))
            return -1;
    }
    if (options->children)
        targets_add_all_descendants(targets);
    return 0;
}

static int find_programs(targets_t *targets, reason_t *reason)
{
    const tracer_options_t *options = targets->options;

    for (size_t i = 0; i < options->num_programs; ++i) {
        if (targets_watch(targets, options->programs[i]) != 0)
            return reason_set(reason, "out of memory");
        if (attachments_look_at_file(&targets->files, options->programs[i], 0, reason) != 0 &&
            !(options->wait && access(options->programs[i], F_OK) != 0))
            return -1;
    }
    return 0;
}

void targets_set_cgroup(const targets_t *targets)
{
    targets->maps.state->cgroup_level = targets->cgroup.level;
    targets->maps.state->cgroup = targets->cgroup.id;
}

/* Finds the control group, and the processes that are new in it. @return 0, or -1 with a reason */
int targets_find_cgroup(targets_t *targets, reason_t *reason)
{
    const char *path = targets->options->cgroup;

    if (path == NULL)
        return 0;
    if (cgroup_find(&targets->cgroup, path, reason) != 0)
        return -1;
    if (targets->is_attached)
        targets_set_cgroup(targets);
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

int targets_find_wanted(targets_t *targets, reason_t *reason)
{
    if (find_processes(targets, reason) != 0 || find_programs(targets, reason) != 0 || find_command(targets, reason) != 0)
        return -1;
    return targets_find_cgroup(targets, reason) == 0 || targets->options->wait ? 0 : -1;
}
