/* The uprobes of all sites, and which of them cannot be. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/refusal.h"
#include "targets/uprobes.h"
#include "common/say.h"

/* What is done. */
typedef struct st_uprobes_t {
    attach_t *attach;
    const sites_t *sites;
    char *is_left_out; /* by number of the site */
    pid_t pid;
    int is_multi;
    const struct st_loaded_t *program; /* whose sites are attached to now */
} uprobes_t;

static int open_arrays(attach_sites_t *arrays, const char *path, size_t num)
{
    *arrays = (attach_sites_t){.path = path};
    arrays->offsets = calloc(num, sizeof(*arrays->offsets));
    arrays->semaphores = calloc(num, sizeof(*arrays->semaphores));
    arrays->cookies = calloc(num, sizeof(*arrays->cookies));
    arrays->errors = calloc(num, sizeof(*arrays->errors));
    return arrays->offsets != NULL && arrays->semaphores != NULL && arrays->cookies != NULL && arrays->errors != NULL ? 0 : -1;
}

static void close_arrays(attach_sites_t *arrays)
{
    free(arrays->offsets);
    free(arrays->semaphores);
    free(arrays->cookies);
    free(arrays->errors);
}

static void leave_out(uprobes_t *uprobes, size_t number, const char *reason)
{
    uprobes->is_left_out[number] = 1;
    sites_say_left_out(tracer_say, uprobes->sites->list + number, reason);
}

static void leave_out_refused(uprobes_t *uprobes, size_t number, int error)
{
    reason_t reason;

    if (error == EINVAL && uprobes->sites->list[number].semaphore_offset != 0)
        reason_set(&reason, "the kernel refuses a uprobe there: somebody else (perf, ftrace, bpftrace) seems to have one that "
                            "does not know of the semaphore");
    else if (error == EINVAL)
        reason_set(&reason, "the kernel refuses a uprobe there: somebody else seems to have one with a semaphore");
    else
        reason_set(&reason, "the kernel refuses a uprobe there: %s",
                   error == ATTACH_ENOTSUPP ? "this instruction cannot have one" : strerror(error));
    leave_out(uprobes, number, reason.text);
}

/* The semaphore of the sites from number `first` on that are at one place; `num`: how many they are. */
static uint64_t semaphore_at(const sites_t *sites, size_t first, size_t end, size_t *num)
{
    const site_t *list = sites->list + first;
    uint64_t semaphore = 0;

    for (*num = 0; first + *num < end && list[*num].offset == list->offset; ++*num) {
        if (semaphore == 0)
            semaphore = list[*num].semaphore_offset;
    }
    return semaphore;
}

/*
 * The sites of one file. Two probes can be at one place, where the kernel has one uprobe, and that has one semaphore: what has none
 * does no harm with the other one's, what has another one is left out.
 */
static void fill_arrays(uprobes_t *uprobes, attach_sites_t *arrays, size_t first, size_t end)
{
    const site_t *list = uprobes->sites->list;

    for (size_t num_here; first < end; first += num_here) {
        uint64_t semaphore = semaphore_at(uprobes->sites, first, end, &num_here);
        for (size_t i = first; i < first + num_here; ++i) {
            if (list[i].semaphore_offset != 0 && list[i].semaphore_offset != semaphore) {
                leave_out(uprobes, i, "another probe at the same place has another semaphore, and the kernel takes one only");
                continue;
            }
            arrays->offsets[arrays->num] = list[i].offset;
            arrays->semaphores[arrays->num] = semaphore;
            arrays->cookies[arrays->num++] = i - uprobes->program->first;
        }
    }
}

static int attach_file(uprobes_t *uprobes, size_t first, size_t end, reason_t *reason)
{
    const module_t *module = uprobes->sites->list[first].module;
    attach_sites_t arrays;
    int failed = open_arrays(&arrays, module->path, end - first);

    if (!failed) {
        fill_arrays(uprobes, &arrays, first, end);
        failed = (uprobes->is_multi ? attach_multi : attach_perf)(uprobes->attach, uprobes->program->fd, &arrays, uprobes->pid);
    }
    if (failed)
        reason_set(reason, "cannot attach to %s: %s%s", module->name, strerror(errno), refusal_denied(errno));
    for (size_t i = 0; !failed && i < arrays.num; ++i) {
        if (arrays.errors[i] != 0)
            leave_out_refused(uprobes, uprobes->program->first + arrays.cookies[i], arrays.errors[i]);
    }
    close_arrays(&arrays);
    return failed;
}

/* The sites of a program that are in one file. */
static int attach_program(uprobes_t *uprobes, reason_t *reason)
{
    const sites_t *sites = uprobes->sites;
    size_t program_end = uprobes->program->end;

    for (size_t first = uprobes->program->first, end; first < program_end; first = end) {
        end = sites_end_of_file(sites, first);
        if (end > program_end)
            end = program_end;
        if (attach_file(uprobes, first, end, reason) != 0)
            return -1;
    }
    return 0;
}

/* Counts what is left. */
static int count(const uprobes_t *uprobes, attached_t *attached, reason_t *reason)
{
    if (attached->has_probe == NULL && (attached->has_probe = calloc(catalog.num_probes + 1, 1)) == NULL)
        return reason_set(reason, "out of memory");
    for (size_t i = 0; i < uprobes->sites->num; ++i) {
        unsigned probe = uprobes->sites->list[i].how.probe;
        if (uprobes->is_left_out[i])
            continue;
        ++attached->num_sites;
        attached->num_probes += !attached->has_probe[probe];
        attached->has_probe[probe] = 1;
    }
    return 0;
}

int uprobes_attach(attach_t *attach, attached_t *attached, const sites_t *sites, pid_t pid, const programs_t *programs,
                   int is_multi, reason_t *reason)
{
    uprobes_t uprobes = {
        .attach = attach, .sites = sites, .is_left_out = calloc(sites->num + 1, 1), .pid = pid, .is_multi = is_multi};
    int failed = 0;

    if (uprobes.is_left_out == NULL)
        return reason_set(reason, "out of memory");
    for (size_t i = 0; !failed && i < programs->num; ++i) {
        uprobes.program = programs->list + i;
        failed = attach_program(&uprobes, reason) != 0;
    }
    failed = failed || count(&uprobes, attached, reason) != 0;
    free(uprobes.is_left_out);
    return failed ? -1 : 0;
}
