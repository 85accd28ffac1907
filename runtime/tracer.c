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
 * losses that are not reported yet. Where detaching does take long, all of that comes first, and what a program that ran just then
 * has left is looked for afterwards.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "bpf/attach.h"
#include "bpf/bcc.h"
#include "common/clock.h"
#include "output/account.h"
#include "output/json.h"
#include "output/output.h"
#include "detach.h"
#include "exit.h"
#include "list.h"
#include "common/say.h"
#include "targets.h"
#include "tracer.h"

#define TICK_MS 20
#define MAX_BATCH 65536

/* what a callback of the ring returns to leave it */
enum { RING_PAUSE = -1, RING_STOP = -2 };

typedef struct st_tracer_t {
    const tracer_options_t *options;
    targets_t *targets;
    bcc_ring_t *ring;
    json_t json;
    interrupt_t interrupt;
    output_t output;
    account_t account;
    unsigned batch; /* records of this call of the consumer */
    int is_done;    /* the wanted number of events was printed */
} tracer_t;

/* ---- consuming ---- */

/* Keeps up with steps of the wall clock, but not with the noise of reading two clocks one after the other. */
static void update_epoch(json_t *json)
{
    uint64_t monotonic = clock_ns(CLOCK_MONOTONIC), epoch = clock_ns(CLOCK_REALTIME) - monotonic;

    if (epoch - json->epoch + 1000000 > 2000000)
        json->epoch = epoch;
}

static void report_losses(tracer_t *tracer, uint64_t time)
{
    char *p;

    if (account_has_unreported(&tracer->account) && (p = output_room(&tracer->output, account_bound())) != NULL)
        output_advance(&tracer->output, account_report(&tracer->account, p, time + tracer->json.epoch));
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
        report_losses(tracer, head->time);
    }
    char *p = output_room(&tracer->output, json_bound(probe, head, &tracer->json));
    if (p == NULL)
        return RING_STOP;
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
    tracer->json.layouts = tracer->targets->files.layouts;
    tracer->json.num_files = tracer->targets->files.num_files;
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

/* What comes is printed while files are looked at, which may take long. */
static int consume_meanwhile(void *data)
{
    tracer_t *tracer = data;

    consume(tracer);
    return interrupt_has_come(&tracer->interrupt) || tracer->is_done || tracer->output.error != 0;
}

/* Until something ends the trace: a signal, the target, or the output. */
static int consume_until_end(tracer_t *tracer, reason_t *reason)
{
    interrupt_t *interrupt = &tracer->interrupt;
    targets_t *targets = tracer->targets;
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC), ring_fd = maps_fd(&targets->maps, "pg_ring"), is_ended = 0;

    if (epoll_fd < 0 || add_to_epoll(epoll_fd, interrupt->fd, EPOLLIN) != 0 ||
        add_to_epoll(epoll_fd, targets->processes.epoll_fd, EPOLLIN) != 0 ||
        (targets->follow.ring != NULL && add_to_epoll(epoll_fd, targets->follow.ring_fd, EPOLLIN) != 0) ||
        add_to_epoll(epoll_fd, ring_fd, EPOLLIN | EPOLLET) != 0)
        return reason_set(reason, "cannot wait for events: %s", strerror(errno));
    while (!is_ended && !tracer->is_done && !interrupt->has_come && tracer->output.error == 0) {
        int has_more = consume(tracer);
        struct epoll_event events[4];
        int n = epoll_wait(epoll_fd, events, 4, has_more || tracer->is_done ? 0 : TICK_MS);
        for (int i = 0; i < n; ++i) {
            if (events[i].data.fd == interrupt->fd)
                interrupt_take(interrupt);
        }
        targets_update(targets);
        is_ended = targets_have_ended(targets);
    }
    close(epoll_fd);
    return 0;
}

static void drain(tracer_t *tracer)
{
    while (!tracer->is_done && tracer->output.error == 0 && consume(tracer))
        ;
    report_losses(tracer, clock_ns(CLOCK_MONOTONIC));
}

/* ---- the whole ---- */

/* Up to where the target notices. */
static int prepare(tracer_t *tracer, reason_t *reason)
{
    const maps_t *maps = &tracer->targets->maps;
    const kernel_t *kernel = &tracer->targets->kernel;

    bcc_set_debug(tracer->options->debug);
    if (account_init(&tracer->account) != 0)
        return reason_set(reason, "out of memory");
    if (targets_prepare(tracer->targets, reason) != 0)
        return -1;
    if (!kernel->has_multi)
        tracer_say("this kernel has no uprobe_multi links (6.6 has them): attaching site by site");
    if (!kernel->can_sleep)
        tracer_say("this kernel lets no program sleep at a uprobe (6.0 does): pages that are not resident are not read");
    tracer->json.shows_pid = tracer->targets->scope != PG_SCOPE_ONE;
    tracer->json.num_paths = catalog.num_paths;
    tracer->account.kernel = maps->lost;
    tracer->account.sum = (const volatile uint64_t *)&maps->state->lost;
    if ((tracer->ring = bcc_ring_open(maps_fd(maps, "pg_ring"), on_record, tracer)) == NULL)
        return reason_set(reason, "cannot map the ring buffer: %s", strerror(errno));
    return 0;
}

/* @param started when the tracer was. What is in the file is lost only now, when there is something to take its place. */
static int attach(tracer_t *tracer, double started, reason_t *reason)
{
    targets_t *targets = tracer->targets;
    reason_t title;

    targets->attach.stop_fd = &tracer->interrupt.fd;
    targets->idle = consume_meanwhile;
    targets->data = tracer;
    if (interrupt_open(&tracer->interrupt) != 0)
        return reason_set(reason, "cannot wait for signals: %s", strerror(errno));
    if (targets_attach(targets, reason) != 0)
        return -1;
    output_begin(&tracer->output);
    targets_title(targets, &title);
    tracer_say("tracing %s: %u probes at %zu sites, attached in %.0f ms; Ctrl-C ends", title.text, targets->attached.num_probes,
               targets->attached.num_sites, (clock_now() - started) * 1000);
    return targets_release(targets, reason);
}

static int trace(tracer_t *tracer, double started, reason_t *reason)
{
    if (attach(tracer, started, reason) != 0 || consume_until_end(tracer, reason) != 0)
        return -1;
    targets_look_away(tracer->targets);
    if (tracer->targets->kernel.has_multi)
        attach_dispose(&tracer->targets->attach);
    drain(tracer);
    return 0;
}

/* Why nothing was traced. */
static int say_failure(tracer_t *tracer, const reason_t *reason)
{
    if (interrupt_has_come(&tracer->interrupt)) {
        tracer_say("ended by a signal before anything was traced");
        return TRACER_OK;
    }
    if (targets_have_ended(tracer->targets)) {
        tracer_say("nothing was traced before that");
        return TRACER_TARGET;
    }
    tracer_say("%s", reason->text);
    return TRACER_ENVIRONMENT;
}

static void say_sums(const tracer_t *tracer, double seconds)
{
    int error = tracer->output.error;

    if (error != 0) {
        tracer_say("cannot write the events: %s",
                   error == EINTR ? "nobody reads them; given up at the second signal" : strerror(error));
        tracer_say("the output ends before the last of the events that are counted here:");
    }
    account_print(&tracer->account, stderr, seconds, targets_num_missed(tracer->targets), tracer->options->debug);
}

/* Nobody has to wait for events and sums until the kernel is done. @return whether the sums that were said are wrong by now */
static int report_and_detach(tracer_t *tracer, double seconds)
{
    output_flush(&tracer->output);
    say_sums(tracer, seconds);
    uint64_t num_printed = tracer->account.num_printed, num_lost = tracer->account.kernel[0];
    int error = tracer->output.error;
    detach_slowly(&tracer->targets->attach, &tracer->interrupt);
    drain(tracer);
    output_close(&tracer->output);
    return tracer->account.num_printed != num_printed || tracer->account.kernel[0] != num_lost || tracer->output.error != error;
}

/* Traces, with the output open; then the sums. */
static int trace_and_report(tracer_t *tracer, double started)
{
    reason_t reason;
    double begun = clock_now();

    if (trace(tracer, started, &reason) != 0) {
        output_abandon(&tracer->output);
        return say_failure(tracer, &reason);
    }
    double seconds = clock_now() - begun;
    if (tracer->targets->kernel.has_multi)
        output_close(&tracer->output);
    if (tracer->targets->kernel.has_multi || report_and_detach(tracer, seconds))
        say_sums(tracer, seconds);
    if (tracer->account.num_printed == 0 && tracer->output.error == 0)
        targets_say_others(tracer->targets);
    return tracer->output.error != 0 ? TRACER_OUTPUT : TRACER_OK;
}

static void dispose(tracer_t *tracer)
{
    if (!tracer->targets->kernel.has_multi)
        detach_slowly(&tracer->targets->attach, &tracer->interrupt);
    attach_dispose(&tracer->targets->attach);
    if (tracer->ring != NULL)
        bcc_ring_close(tracer->ring);
    account_dispose(&tracer->account);
    interrupt_close(&tracer->interrupt);
}

static int run(const tracer_options_t *options, targets_t *targets, double started)
{
    tracer_t tracer = {.options = options, .targets = targets, .interrupt.fd = -1};
    reason_t reason;
    int status;

    signal(SIGPIPE, SIG_IGN);
    tracer.json.show = options->show;
    if (prepare(&tracer, &reason) != 0) {
        tracer_say("%s", reason.text);
        status = TRACER_ENVIRONMENT;
    } else if (output_open(&tracer.output, options->file, options->show != 0, &tracer.interrupt, &reason) != 0) {
        tracer_say("%s", reason.text);
        status = TRACER_OUTPUT;
    } else {
        if (tracer.output.is_exposed && options->show != 0)
            tracer_say("others can read the file that is standard output, and what -a and --secrets show comes into it");
        status = trace_and_report(&tracer, started);
    }
    dispose(&tracer);
    return status;
}

static int list_all(const attachments_t *files)
{
    int status = TRACER_OK;

    for (size_t i = 0; i < files->num && status == TRACER_OK; ++i)
        status = list_sites(&files->list[i]->survey.sites);
    return status;
}

int tracer_run(const tracer_options_t *options, const char *is_selected, double started)
{
    targets_t targets;
    targets_result_t result = targets_find(&targets, options, is_selected);
    int status = result == TARGETS_NONE ? TRACER_TARGET : TRACER_ENVIRONMENT;

    if (result == TARGETS_OK)
        status = options->list ? list_all(&targets.files) : run(options, &targets, started);
    targets_close(&targets);
    return status;
}
