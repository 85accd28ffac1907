/* The files of the processes: they are looked at, and attached to, also while the trace runs. */
#include <stdlib.h>
#include <string.h>
#include "common/clock.h"
#include "common/grow.h"
#include "common/say.h"
#include "targets/targets_int.h"

int targets_load(targets_t *targets, attachment_t *attachment, reason_t *reason)
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

int targets_watch(targets_t *targets, const char *path)
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
            !is_watched(targets, module->name) && targets_watch(targets, module->name) != 0)
            return -1;
    }
    return 0;
}

int targets_attach_file(targets_t *targets, attachment_t *attachment, reason_t *reason)
{
    attachment->is_attached = 1;
    say_unreachable(attachment);
    if (watch_files(targets, attachment) != 0)
        return reason_set(reason, "out of memory");
    return uprobes_attach(&targets->attach, &targets->attached, &attachment->survey.sites, process_of_links(targets),
                          &attachment->programs, targets->kernel.has_multi, reason);
}

void targets_attach_again(targets_t *targets)
{
    const int *stop_fd = targets->attach.stop_fd;
    reason_t reason;

    if (process_of_links(targets) == 0 || !attach_is_orphaned(&targets->attach, targets->kernel.has_multi))
        return;
    attach_dispose(&targets->attach);
    targets->attach.stop_fd = stop_fd;
    free(targets->attached.has_probe);
    targets->attached = (attached_t){0};
    for (size_t i = 0; i < targets->files.num; ++i) {
        attachment_t *attachment = targets->files.list[i];
        if (attachment->programs.num != 0 && targets_attach_file(targets, attachment, &reason) != 0)
            tracer_say("cannot trace %s: %s", attachment->survey.sites.list[0].module->name, reason.text);
    }
    tracer_note("a thread of process %d has executed a program, and is its main thread now: attached anew",
                (int)targets_pid(targets));
}

/* Attaches to what has come while the trace runs. It goes on without that if it cannot be. @param begun when the file was found */
void targets_attach_late(targets_t *targets, double begun)
{
    reason_t reason;

    for (size_t i = 0; i < targets->files.num; ++i) {
        attachment_t *attachment = targets->files.list[i];
        const sites_t *sites = &attachment->survey.sites;
        if (attachment->is_attached || sites->num == 0)
            continue;
        size_t num_sites = targets->attached.num_sites;
        if (targets_load(targets, attachment, &reason) != 0 || targets_attach_file(targets, attachment, &reason) != 0)
            tracer_say("cannot trace %s: %s", sites->list[0].module->name, reason.text);
        else
            tracer_note("tracing %s, too: %zu site%s, attached in %.0f ms", sites->list[0].module->name,
                        targets->attached.num_sites - num_sites, say_s(targets->attached.num_sites - num_sites),
                        (clock_now() - begun) * 1000);
        attachment->is_attached = 1;
    }
}

/* Looks at the files of a process, if they may have changed. @return 0, or -1 with a reason */
int targets_look(targets_t *targets, process_t *process, reason_t *reason)
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
        targets_attach_late(targets, begun);
    return 0;
}

/* Whether the trace is about to end: what is given up then is no failure. */
static int is_to_end(const targets_t *targets)
{
    return targets->idle != NULL && targets->idle(targets->data) != 0;
}

void targets_look_late(targets_t *targets, process_t *process)
{
    reason_t reason;

    /* one that has ended is told of otherwise */
    if (targets_look(targets, process, &reason) != 0 && proc_signature(process->pid) != 0 && !is_to_end(targets))
        tracer_say("cannot look at the files of process %d (%s): %s", (int)process->pid, process->name, reason.text);
}

/* ---- paths that are watched ---- */

/* What has come in place of a file, or where there was none: it is looked at when it has stayed the same for a while, since it may
 * just be written; once, if it cannot be traced. */
void targets_look_at_watched(targets_t *targets)
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
            if (targets->watched[i].is_refused)
                continue;
            if (attachments_look_at_file(&targets->files, path, 0, &reason) == 0) {
                targets_attach_late(targets, begun);
            } else {
                tracer_say("%s", reason.text);
                targets->watched[i].is_refused = 1;
            }
        } else {
            targets->watched[i].is_refused = 0;
        }
        targets->watched[i].seen = st;
    }
}
