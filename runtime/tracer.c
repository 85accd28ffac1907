/*
 * The life of a trace: load, attach, consume, detach, drain.
 *
 * Consuming. The BPF program wakes the tracer only when the ring is a quarter full; otherwise the tracer looks into the ring by its
 * own clock, since a wake-up costs the target more than an event does. For that the ring is in the epoll set edge-triggered: a ring
 * that is not empty is no reason to wake up, being woken is. One call of the ring's consumer takes at most MAX_BATCH records, so
 * that a target that is always faster cannot keep signals from being seen.
 *
 * Ending. The program is told to look away, since detaching may take long, and nobody empties the ring meanwhile. Then links are
 * closed. When that returns no program runs any more, so what is in the ring then is all there will be: it is printed, then the
 * losses that were not told yet.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "output/account.h"
#include "bpf/attach.h"
#include "bpf/bcc.h"
#include "structs/structs.h"
#include "exit.h"
#include "interrupt.h"
#include "output/output.h"
#include "tracer.h"

#define TICK_MS 20
#define MAX_BATCH 65536
#define VERIFIER_LOG_SIZE (64 * 1024)
/* inode of the initial pid namespace: PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h */
#define INITIAL_PIDNS 0xeffffffcu

/* what a callback of the ring returns to leave it */
enum { RING_PAUSE = -1, RING_STOP = -2 };

typedef struct st_tracer_t {
    const tracer_options_t *options;
    const target_t *target;
    const sites_t *sites;
    object_t object;
    int map_fds[OBJECT_MAX_MAPS];
    int prog_fd;
    attach_t attach;
    bcc_ring_t *ring;
    void *counters; /* the pg_lost map */
    size_t counters_size;
    layout_t *layouts; /* by path */
    json_t json;
    output_t output;
    account_t account;
    unsigned batch; /* records of this call of the consumer */
    int is_done;    /* the wanted number of events was printed */
} tracer_t;

void tracer_say(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fprintf(stderr, "%s: ", catalog.tracer);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
}

double tracer_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* ---- maps ---- */

static int map_fd(const tracer_t *tracer, const char *name)
{
    for (size_t i = 0; i < tracer->object.num_maps; ++i) {
        if (strcmp(tracer->object.maps[i].name, name) == 0)
            return tracer->map_fds[i];
    }
    return -1;
}

/* The sizes that the BPF object leaves open. */
static uint32_t map_entries(const tracer_t *tracer, const char *name)
{
    if (strcmp(name, "pg_ring") == 0)
        return tracer->options->buffer_size;
    if (strcmp(name, "pg_sites") == 0)
        return tracer->sites->num;
    if (strcmp(name, "pg_lost") == 0)
        return catalog.num_probes + 1;
    return catalog.num_paths != 0 ? catalog.num_paths : 1; /* pg_paths */
}

static int create_maps(tracer_t *tracer)
{
    for (size_t i = 0; i < tracer->object.num_maps; ++i) {
        struct st_object_map_t *map = tracer->object.maps + i;
        char err[256];
        if (map->def.max_entries == 0)
            map->def.max_entries = map_entries(tracer, map->name);
        if ((tracer->map_fds[i] = bcc_new_map(map->name, &map->def, err, sizeof(err))) < 0) {
            tracer_say("%s", err);
            return TRACER_ENVIRONMENT;
        }
        object_set_map(&tracer->object, i, tracer->map_fds[i]);
    }
    return TRACER_OK;
}

static int map_counters(tracer_t *tracer)
{
    size_t page = sysconf(_SC_PAGESIZE);

    tracer->counters_size = ((catalog.num_probes + 1) * sizeof(uint64_t) + page - 1) / page * page;
    tracer->counters = mmap(NULL, tracer->counters_size, PROT_READ, MAP_SHARED, map_fd(tracer, "pg_lost"), 0);
    if (tracer->counters == MAP_FAILED) {
        tracer_say("cannot map the counters of losses: %s", strerror(errno));
        return TRACER_ENVIRONMENT;
    }
    tracer->account.kernel = tracer->counters;
    return TRACER_OK;
}

/* `tgid`: 0 is no process */
static int set_config(const tracer_t *tracer, pid_t tgid)
{
    const tracer_options_t *options = tracer->options;
    struct pg_config config = {.tgid = tgid, .show = options->show, .string_limit = options->string_limit};
    struct stat st;

    config.wakeup_bytes = options->buffer_size / 4;
    if (stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != INITIAL_PIDNS) {
        config.pidns_dev = st.st_dev;
        config.pidns_ino = st.st_ino;
    }
    return bcc_set(map_fd(tracer, "pg_config"), 0, &config);
}

static int fill_maps(tracer_t *tracer)
{
    int failed = set_config(tracer, tracer->target->pid) != 0;

    for (size_t i = 0; !failed && i < tracer->sites->num; ++i)
        failed = bcc_set(map_fd(tracer, "pg_sites"), i, &tracer->sites->list[i].how) != 0;
    if (failed) {
        tracer_say("cannot fill a BPF map: %s", strerror(errno));
        return TRACER_ENVIRONMENT;
    }
    return TRACER_OK;
}

/* ---- struct fields ---- */

static unsigned count_users(const sites_t *sites, unsigned path)
{
    unsigned num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        for (unsigned j = 0; sites->of_probe[i] != 0 && j < catalog.probes[i].num_paths; ++j)
            num += catalog.probes[i].paths[j] == path;
    }
    return num;
}

static int resolve_path(tracer_t *tracer, dwarf_t *dwarf, unsigned i, char *err, size_t err_size)
{
    const catalog_path_t *path = catalog.paths + i;
    struct pg_path how = {0};

    if (dwarf == NULL)
        return -1; /* the reason is in `err` already */
    if (path->path[0] == '\0') {
        if (dwarf_layout(dwarf, path->type, tracer->layouts + i, err, err_size) != 0)
            return -1;
        how.whole_size = tracer->layouts[i].size;
    } else {
        if (dwarf_path(dwarf, path->type, path->path, &how, err, err_size) != 0)
            return -1;
        /* whole numbers are cut to the declared width; bits of the other kind would be a wrong value */
        if ((how.is_float ? how.size : 0) != path->float_size) {
            snprintf(err, err_size, how.is_float ? "it is a floating-point number of %u bytes" : "it is no floating-point number",
                     how.size);
            return -1;
        }
        how.is_signed = path->is_signed;
    }
    if (bcc_set(map_fd(tracer, "pg_paths"), i, &how) != 0) {
        snprintf(err, err_size, "%s", strerror(errno));
        return -1;
    }
    return 0;
}

/* Looks up in the target's debug information where the fields of structs are. What is not found will be null; that is told. */
static int resolve_paths(tracer_t *tracer)
{
    dwarf_t *dwarf = NULL;
    int is_open = 0;
    char err[256] = "";

    if ((tracer->layouts = calloc(catalog.num_paths + 1, sizeof(*tracer->layouts))) == NULL) {
        tracer_say("out of memory");
        return TRACER_ENVIRONMENT;
    }
    for (unsigned i = 0; i < catalog.num_paths; ++i) {
        unsigned num_users = count_users(tracer->sites, i);
        if (num_users == 0)
            continue;
        if (!is_open) {
            dwarf = dwarf_open(tracer->target, err, sizeof(err));
            is_open = 1;
        }
        if (resolve_path(tracer, dwarf, i, err, sizeof(err)) != 0)
            tracer_say("%s%s%s will be null in events of %u %s: %s", catalog.paths[i].type,
                       catalog.paths[i].path[0] != '\0' ? " " : "", catalog.paths[i].path, num_users,
                       num_users == 1 ? "probe" : "probes", err);
    }
    if (dwarf != NULL)
        dwarf_close(dwarf);
    tracer->json.layouts = tracer->layouts;
    return TRACER_OK;
}

/* ---- program ---- */

static int load_program(tracer_t *tracer, int is_multi, int can_sleep)
{
    char *log = malloc(VERIFIER_LOG_SIZE);
    int saved;

    if (log == NULL) {
        tracer_say("out of memory");
        return TRACER_ENVIRONMENT;
    }
    if (!can_sleep)
        object_make_nonsleepable(&tracer->object);
    tracer->prog_fd = bcc_load(&tracer->object, catalog.tracer, is_multi, can_sleep, log, VERIFIER_LOG_SIZE);
    saved = errno;
    if (tracer->prog_fd < 0)
        tracer_say("the kernel refuses the BPF program: %s%s", strerror(saved), saved == EPERM ? " (are you root?)" : "");
    if (tracer->prog_fd < 0 && tracer->options->debug)
        fputs(log, stderr);
    free(log);
    return tracer->prog_fd >= 0 ? TRACER_OK : TRACER_ENVIRONMENT;
}

/* Attaches to the sites of one module: from `first` up to the next module's. */
static int attach_module(tracer_t *tracer, size_t first, size_t num, int is_multi)
{
    const site_t *list = tracer->sites->list + first;
    attach_sites_t sites = {.path = list->module->path, .num = num};
    int failed = -1;

    sites.offsets = malloc(num * sizeof(*sites.offsets));
    sites.semaphores = malloc(num * sizeof(*sites.semaphores));
    sites.cookies = malloc(num * sizeof(*sites.cookies));
    if (sites.offsets != NULL && sites.semaphores != NULL && sites.cookies != NULL) {
        for (size_t i = 0; i < num; ++i) {
            sites.offsets[i] = list[i].offset;
            sites.semaphores[i] = list[i].semaphore_offset;
            sites.cookies[i] = first + i;
        }
        failed = (is_multi ? attach_multi : attach_perf)(&tracer->attach, tracer->prog_fd, &sites, tracer->target->pid);
    }
    if (failed)
        tracer_say("cannot attach to %s: %s", list->module->name, strerror(errno));
    free(sites.offsets);
    free(sites.semaphores);
    free(sites.cookies);
    return failed ? TRACER_ENVIRONMENT : TRACER_OK;
}

static int attach_all(tracer_t *tracer, int is_multi)
{
    const sites_t *sites = tracer->sites;

    for (size_t first = 0, end; first < sites->num; first = end) {
        for (end = first; end < sites->num && sites->list[end].module == sites->list[first].module; ++end)
            ;
        int status = attach_module(tracer, first, end - first, is_multi);
        if (status != TRACER_OK)
            return status;
    }
    return TRACER_OK;
}

/* ---- consuming ---- */

/* Keeps up with steps of the wall clock, but not with the noise of reading two clocks one after the other. */
static void update_epoch(json_t *json)
{
    struct timespec wall, mono;
    uint64_t epoch;

    clock_gettime(CLOCK_MONOTONIC, &mono);
    clock_gettime(CLOCK_REALTIME, &wall);
    epoch = (wall.tv_sec - mono.tv_sec) * 1000000000ull + wall.tv_nsec - mono.tv_nsec;
    if (epoch - json->epoch + 1000000 > 2000000)
        json->epoch = epoch;
}

static void tell_losses(tracer_t *tracer, uint64_t time)
{
    char *p = output_room(&tracer->output, account_bound());

    output_advance(&tracer->output, account_tell(&tracer->account, p, time + tracer->json.epoch));
}

static int on_record(void *data, void *record, size_t size)
{
    tracer_t *tracer = data;
    const struct pg_head *head = record;
    const catalog_probe_t *probe = catalog.probes + head->probe;

    /* the program and this come from the same definitions; a mismatch would be a mistake in probegen */
    if (size < sizeof(*head) || head->probe >= catalog.num_probes || size < probe->size + (size_t)probe->num_slots * head->slot)
        abort();
    if (head->lost != tracer->account.seen) {
        tracer->account.seen = head->lost;
        if (account_has_untold(&tracer->account))
            tell_losses(tracer, head->time);
    }
    char *p = output_room(&tracer->output, json_bound(probe, head, &tracer->json));
    output_advance(&tracer->output, probe->json(p, record, &tracer->json));
    ++tracer->account.printed[head->probe];
    ++tracer->account.num_printed;
    if (tracer->account.num_printed == tracer->options->count) {
        tracer->is_done = 1;
        return RING_STOP;
    }
    return tracer->output.error != 0 ? RING_STOP : ++tracer->batch < MAX_BATCH ? 0 : RING_PAUSE;
}

/* Prints what is in the ring; returns whether there may be more. */
static int consume(tracer_t *tracer)
{
    update_epoch(&tracer->json);
    tracer->batch = 0;
    int result = bcc_ring_consume(tracer->ring);
    output_flush(&tracer->output);
    return result == RING_PAUSE;
}

static int add_to_epoll(int epoll_fd, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data = {.fd = fd}};

    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* Until something ends the trace. `interrupt_fd` and the target's pidfd are what does. */
static int consume_until_end(tracer_t *tracer, int interrupt_fd)
{
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC), ring_fd = map_fd(tracer, "pg_ring"), is_ended = 0;

    if (epoll_fd < 0 || add_to_epoll(epoll_fd, interrupt_fd, EPOLLIN) != 0 ||
        add_to_epoll(epoll_fd, tracer->target->pidfd, EPOLLIN) != 0 || add_to_epoll(epoll_fd, ring_fd, EPOLLIN | EPOLLET) != 0) {
        tracer_say("cannot wait for events: %s", strerror(errno));
        return TRACER_ENVIRONMENT;
    }
    while (!is_ended && !tracer->is_done && !tracer->output.is_interrupted && tracer->output.error == 0) {
        int has_more = consume(tracer);
        struct epoll_event events[4];
        int n = epoll_wait(epoll_fd, events, 4, has_more || tracer->is_done ? 0 : TICK_MS);
        for (int i = 0; i < n; ++i) {
            is_ended |= events[i].data.fd != ring_fd;
            if (events[i].data.fd == interrupt_fd) {
                interrupt_take(interrupt_fd);
                tracer->output.is_interrupted = 1;
            }
        }
    }
    close(epoll_fd);
    return TRACER_OK;
}

static void drain(tracer_t *tracer)
{
    struct timespec ts;

    while (!tracer->is_done && tracer->output.error == 0 && consume(tracer))
        ;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    if (account_has_untold(&tracer->account))
        tell_losses(tracer, ts.tv_sec * 1000000000ull + ts.tv_nsec);
}

/* ---- the whole ---- */

static int prepare(tracer_t *tracer, int is_multi, int can_sleep)
{
    char err[256];
    int status;

    if (object_open(&tracer->object, pg_bpf_object, pg_bpf_object_end - pg_bpf_object, err, sizeof(err)) != 0) {
        tracer_say("%s", err);
        return TRACER_ENVIRONMENT;
    }
    if ((status = create_maps(tracer)) != TRACER_OK || (status = map_counters(tracer)) != TRACER_OK ||
        (status = fill_maps(tracer)) != TRACER_OK || (status = resolve_paths(tracer)) != TRACER_OK ||
        (status = load_program(tracer, is_multi, can_sleep)) != TRACER_OK)
        return status;
    if ((tracer->ring = bcc_ring_open(map_fd(tracer, "pg_ring"), on_record, tracer)) == NULL) {
        tracer_say("cannot map the ring buffer: %s", strerror(errno));
        return TRACER_ENVIRONMENT;
    }
    return TRACER_OK;
}

static void dispose(tracer_t *tracer)
{
    attach_dispose(&tracer->attach);
    if (tracer->ring != NULL)
        bcc_ring_close(tracer->ring);
    if (tracer->counters != NULL && tracer->counters != MAP_FAILED)
        munmap(tracer->counters, tracer->counters_size);
    if (tracer->prog_fd >= 0)
        close(tracer->prog_fd);
    for (size_t i = 0; i < OBJECT_MAX_MAPS; ++i) {
        if (tracer->map_fds[i] >= 0)
            close(tracer->map_fds[i]);
    }
    for (unsigned i = 0; tracer->layouts != NULL && i < catalog.num_paths; ++i)
        layout_dispose(tracer->layouts + i);
    free(tracer->layouts);
    object_dispose(&tracer->object);
    account_dispose(&tracer->account);
}

static int trace(tracer_t *tracer, int interrupt_fd, double started)
{
    attach_way_t way = attach_best_way();
    int is_multi = way == ATTACH_MULTI && !tracer->options->use_perf;
    int can_sleep = attach_can_sleep() && !tracer->options->use_perf, status;

    if (!is_multi)
        tracer_say("this kernel has no uprobe_multi links (6.6 has them): attaching site by site%s",
                   can_sleep ? "" : ", pages that are not resident are not read");
    if ((status = prepare(tracer, is_multi, can_sleep)) != TRACER_OK || (status = attach_all(tracer, is_multi)) != TRACER_OK)
        return status;
    double attached = tracer_now();
    tracer_say("tracing process %d: %u probes at %zu sites, attached in %.0f ms; Ctrl-C ends", (int)tracer->target->pid,
               tracer->sites->num_probes, tracer->sites->num, (attached - started) * 1000);
    if ((status = consume_until_end(tracer, interrupt_fd)) != TRACER_OK)
        return status;
    set_config(tracer, 0); /* if this fails, the ring may fill meanwhile, and that is counted */
    attach_dispose(&tracer->attach);
    drain(tracer);
    return TRACER_OK;
}

int tracer_run(const tracer_options_t *options, const target_t *target, const sites_t *sites, double started)
{
    tracer_t tracer = {.options = options, .target = target, .sites = sites, .prog_fd = -1};
    int interrupt_fd = interrupt_open(), status;

    signal(SIGPIPE, SIG_IGN);
    memset(tracer.map_fds, -1, sizeof(tracer.map_fds));
    tracer.json.show = options->show;
    if (account_init(&tracer.account) != 0 || interrupt_fd < 0) {
        tracer_say("out of memory");
        return TRACER_ENVIRONMENT;
    }
    if (output_open(&tracer.output, options->file, interrupt_fd) != 0) {
        tracer_say("cannot write %s: %s", options->file, strerror(errno));
        status = TRACER_OUTPUT;
    } else {
        double begun = tracer_now();
        status = trace(&tracer, interrupt_fd, started);
        if (output_close(&tracer.output) != 0) {
            tracer_say("cannot write the events: %s", tracer.output.error == EINTR
                                                          ? "nobody reads them; given up at the second signal"
                                                          : strerror(tracer.output.error));
            tracer_say("the output ends before the last of the events that are counted here:");
            status = TRACER_OUTPUT;
        }
        if (status == TRACER_OK || status == TRACER_OUTPUT)
            account_print(&tracer.account, stderr, tracer_now() - begun, tracer.prog_fd >= 0 ? bcc_num_missed(tracer.prog_fd) : 0,
                          options->debug);
    }
    dispose(&tracer);
    close(interrupt_fd);
    return status;
}
