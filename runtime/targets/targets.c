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
#include <stdlib.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/say.h"
#include "targets/counting.h"
#include "targets/targets_int.h"

/* seconds between two looks at processes that may have changed */
#define LOOK_EVERY 0.1
/* processes that are looked at then: who executes something is told of, so this is for libraries that are loaded */
#define MAX_LOOKS 32

static int open_targets(targets_t *targets, const char *is_selected, reason_t *reason)
{
    const tracer_options_t *options = targets->options;

    targets->is_selected = is_selected;
    if (options->stat.interval != 0 && (targets->reads = counting_reads(options)) == NULL)
        return reason_set(reason, "out of memory");
    targets->files.wish = (survey_wish_t){
        .is_selected = is_selected,
        .is_left_out = options->wanted.is_left_out,
        .by_connection = options->wanted.chosen.by != 0 || options->tells_connections,
        .show = options->show,
        .reads = targets->reads,
        .sites_only = options->list ||
                      (options->stat.interval != 0 && !options->wanted.chosen.by && (options->show & PG_SHOW_DURATIONS) == 0 &&
                       !choose_filters(&options->choose) && !counting_needs_fields(&options->stat)),
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
    if (targets_find_wanted(targets, &reason) != 0) {
        tracer_say("%s", reason.text);
        return targets->is_forbidden || (targets->files.has_failed && !targets_have_ended(targets)) ? TARGETS_FAILED : TARGETS_NONE;
    }
    if (attachments_num_sites(&targets->files) == 0 && !options->children && !targets_wait(targets)) {
        targets_say_none(targets);
        return TARGETS_NONE;
    }
    if (!options->list) {
        targets_say_idle(targets);
        targets_note_others(targets);
    }
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
        if (targets_load(targets, targets->files.list[i], reason) != 0)
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
    if (follow_begin(&targets->follow, &targets->object, maps_fd(&targets->maps, "pg_notices"), targets_take_notice, targets,
                     &why) != 0) {
        targets->follows_by_looking = 1;
        tracer_say("new processes are looked for ten times a second, and what they do before they are found is not traced: %s",
                   why.text);
    }
    targets_add_all_descendants(targets);
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
    char path[64];

    targets->code_fd = proc_code_open(targets_pid(targets));
    targets->code = size_of_code(targets);
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)target_view(targets_pid(targets)));
    if ((targets->mappings = fopen(path, "re")) != NULL)
        targets->uprobes = proc_uprobe_code(targets->mappings);
}

/* Whether it is only the kernel that has mapped more, for uprobes that have fired. */
static int is_of_uprobes(targets_t *targets, uint64_t code)
{
    uint64_t uprobes = targets->mappings != NULL ? proc_uprobe_code(targets->mappings) : 0;

    if (code - uprobes != targets->code - targets->uprobes)
        return 0;
    targets->code = code;
    targets->uprobes = uprobes;
    return 1;
}

/* What cannot be done without rights is said at least, once. */
static void tell_of_code(targets_t *targets)
{
    uint64_t code = size_of_code(targets);

    if (code == 0 || code == targets->code || is_of_uprobes(targets, code))
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
    targets_set_cgroup(targets);
    targets->maps.state->tgid = targets->scope != PG_SCOPE_ONE ? 1 : processes->num != 0 ? (uint32_t)processes->list[0]->pid : 0;
    for (size_t i = 0; i < targets->files.num; ++i) {
        attachment_t *attachment = targets->files.list[i];
        if (attachment->survey.sites.num != 0 && attachment->programs.num == 0 && targets_load(targets, attachment, reason) != 0)
            return -1;
        if (targets_attach_file(targets, attachment, reason) != 0)
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
        int failed = targets_find_process(targets, i, &reason);
        if (failed && targets->is_found[i])
            tracer_say("%s", reason.text);
        if (failed)
            continue;
        const process_t *process = processes->list[processes->num - 1];
        if (targets->scope == PG_SCOPE_ONE)
            targets->maps.state->tgid = (uint32_t)process->pid;
        tracer_note("tracing process %d (%s)", (int)process->pid, process->name);
        if (!process->has_sites)
            targets_say_has_none(targets, process);
    }
    if (targets->follows_by_looking)
        targets_add_all_descendants(targets);
    targets_attach_again(targets); /* before what is new is attached to, which would be attached to twice */
    for (size_t i = 0; i < processes->num && i < MAX_LOOKS; ++i)
        targets_look_late(targets, processes->list[targets->num_looks++ % processes->num]);
    targets_find_cgroup(targets, &reason); /* one that has gone may come again */
    targets_look_at_watched(targets);
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
        targets_add_all_descendants(targets);
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
        if (!targets->is_found[i] && targets_may_come_later(targets, options->processes + i))
            return 1;
    }
    return (targets->scope == PG_SCOPE_ALL || targets->scope == PG_SCOPE_CGROUP) && options->wait && targets->files.num == 0;
}

int targets_have_ended(targets_t *targets)
{
    targets_take_ended(targets);
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
    if (targets->mappings != NULL)
        fclose(targets->mappings);
    if (targets->code_fd != -1)
        close(targets->code_fd);
    free(targets->is_found);
    free(targets->reads);
}

int targets_release(targets_t *targets, reason_t *reason)
{
    return targets->command.path != NULL ? launch_release(&targets->command, reason) : 0;
}
