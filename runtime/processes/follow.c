/*
 * Following processes without a gap. A BPF program at the tracepoint task:task_newtask runs in the parent before the child does
 * anything: if the parent is in pg_processes, it puts the child there, too. Another one, at sched:sched_process_exec, tells when
 * one of them executes another program, whose file may have sites of its own. Both tell the tracer by a ring of their own.
 *
 * The tracepoint has the child's number in the initial pid namespace, and the program no means to translate it. So a tracer in
 * another namespace cannot follow that way.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bpf/link.h"
#include "common/catalog.h"
#include "processes/follow.h"
#include "processes/proc.h"

/* A tracepoint, and what has to be where in its record: what prelude.bpf.h takes out of it. */
typedef struct st_tracepoint_t {
    const char *name;     /* its folder */
    const char *fields;   /* "NAME OFFSET SIZE", each of them followed by a newline */
    const char *function; /* of the object */
} tracepoint_t;

static const tracepoint_t tracepoints[] = {
    {"task/task_newtask", "pid 8 4\nclone_flags 32 8\n", "pg_on_fork"},
    {"sched/sched_process_exec", "", "pg_on_exec"},
};

static FILE *open_description(const char *tracepoint, const char *file)
{
    static const char *const folders[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
    char path[128];
    FILE *fp = NULL;

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && fp == NULL; ++i) {
        snprintf(path, sizeof(path), "%s/events/%s/%s", folders[i], tracepoint, file);
        fp = fopen(path, "re");
    }
    return fp;
}

/* Whether the record has what is expected, where it is expected. */
static int has_fields(const tracepoint_t *tracepoint)
{
    FILE *fp = open_description(tracepoint->name, "format");
    char line[256], declaration[128], found[sizeof(declaration) + 32];
    unsigned offset, size, num_found = 0, num_wanted = 0;

    for (const char *p = tracepoint->fields; *p != '\0'; ++p)
        num_wanted += *p == '\n';
    while (fp != NULL && fgets(line, sizeof(line), fp) != NULL) {
        if (sscanf(line, " field:%127[^;]; offset:%u; size:%u;", declaration, &offset, &size) != 3)
            continue;
        const char *name = strrchr(declaration, ' ');
        snprintf(found, sizeof(found), "%s %u %u\n", name != NULL ? name + 1 : declaration, offset, size);
        num_found += strstr(tracepoint->fields, found) != NULL;
    }
    if (fp != NULL)
        fclose(fp);
    return num_found == num_wanted;
}

static int keep(follow_t *follow, int fd)
{
    if (fd >= 0)
        follow->fds[follow->num_fds++] = fd;
    return fd;
}

static int load(follow_t *follow, const object_t *object, const char *function, reason_t *reason)
{
    const bcc_kind_t kind = {.license = object->license, .name = catalog.tracer, .is_tracepoint = 1};
    program_t program;
    int fd = -1;

    if (assemble_function(&program, object, function, reason) == 0)
        fd = keep(follow, bcc_load(&kind, &program, reason));
    program_dispose(&program);
    return fd;
}

static int attach(follow_t *follow, const object_t *object, const tracepoint_t *tracepoint, reason_t *reason)
{
    struct perf_event_attr event = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(event)};
    struct link_create link = {.attach_type = LINK_PERF_EVENT};
    FILE *fp = open_description(tracepoint->name, "id");
    unsigned id = 0;
    int fd;

    if (fp == NULL || fscanf(fp, "%u", &id) != 1)
        reason_set(reason, "the tracepoint %s is not there (no tracefs at /sys/kernel/tracing?)", tracepoint->name);
    if (fp != NULL)
        fclose(fp);
    if (id == 0)
        return -1;
    if (!has_fields(tracepoint))
        return reason_set(reason, "the tracepoint %s tells other things than expected", tracepoint->name);
    if ((fd = load(follow, object, tracepoint->function, reason)) < 0)
        return -1;
    link.prog_fd = (uint32_t)fd;
    event.config = id;
    /* the program runs on every processor, whichever the event is said to be on */
    fd = keep(follow, (int)syscall(__NR_perf_event_open, &event, -1, 0, -1, PERF_FLAG_FD_CLOEXEC));
    link.target_fd = (uint32_t)fd;
    if (fd < 0 || keep(follow, link_create(&link)) < 0)
        return reason_set(reason, "cannot attach to the tracepoint %s: %s", tracepoint->name, strerror(errno));
    return 0;
}

static int on_notice(void *data, void *record, size_t size)
{
    const follow_t *follow = data;

    if (size >= sizeof(struct pg_notice))
        follow->fn(follow->data, record);
    return 0;
}

int follow_begin(follow_t *follow, const object_t *object, int ring_fd, follow_fn *fn, void *data, reason_t *reason)
{
    uint64_t dev, ino;

    *follow = (follow_t){.ring_fd = ring_fd, .fn = fn, .data = data};
    proc_own_namespace(&dev, &ino);
    if (ino != 0)
        return reason_set(reason, "this is not the initial pid namespace");
    for (size_t i = 0; i < sizeof(tracepoints) / sizeof(tracepoints[0]); ++i) {
        if (attach(follow, object, tracepoints + i, reason) != 0)
            return -1;
    }
    if ((follow->ring = bcc_ring_open(ring_fd, on_notice, follow)) == NULL)
        return reason_set(reason, "cannot map a ring buffer: %s", strerror(errno));
    return 0;
}

void follow_take(follow_t *follow)
{
    if (follow->ring != NULL)
        bcc_ring_consume(follow->ring);
}

void follow_close(follow_t *follow)
{
    if (follow->ring != NULL)
        bcc_ring_close(follow->ring);
    while (follow->num_fds != 0)
        close(follow->fds[--follow->num_fds]);
    *follow = (follow_t){0};
}
