/*
 * The life of a trace: load, attach, consume, detach, drain.
 *
 * Consuming. The BPF program wakes the tracer only when the ring is a quarter full; otherwise the tracer looks into the ring by its
 * own clock, since a wake-up costs the target more than an event does. For that the ring is in the epoll set edge-triggered: a ring
 * that is not empty is no reason to wake up, being woken is. One call of the ring's consumer takes at most MAX_BATCH records, so
 * that a target that is always faster cannot keep signals from being seen.
 *
 * Ending. The program is told to look away, since detaching may take long, and nobody empties the ring meanwhile. Then links are
 * closed. A signal does both at once, also when events wait for a reader who has stopped (on_end of interrupt_t). When that returns
 * no program runs any more, so what is in the ring then is all there will be: it is printed, then the losses that are not reported
 * yet. Where detaching does take long, all of that comes first, and what a program that ran just then has left is looked for
 * afterwards.
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
#include "destination.h"
#include "detach.h"
#include "options/exit.h"
#include "list.h"
#include "common/say.h"
#include "rights/drop.h"
#include "targets/pairs.h"
#include "targets/targets.h"
#include "tracer.h"
#include "view/feed.h"

#define TICK_MS 20
#define MAX_BATCH 65536
/* seconds without an event after which it is said why that may be so */
#define PATIENCE 3

/* what a callback of the ring returns to leave it */
enum { RING_PAUSE = -1, RING_STOP = -2 };

typedef struct st_tracer_t {
    const tracer_options_t *options;
    targets_t *targets;
    bcc_ring_t *ring;
    interrupt_t interrupt;
    detach_t detach;
    feed_t feed;
    keylog_t keylog;
    stat_source_t stat;
    rights_t rights;
    double looked, waited; /* when the ring was looked at last, and how long the output had waited by then */
    double begun;          /* when all was attached */
    double silence;        /* how long nothing may be printed from then on until that is spoken of; 0: it was */
    unsigned batch;        /* records of this call of the consumer */
    int is_to_reopen;      /* the file, on request */
} tracer_t;

/* ---- signals ---- */

/* The target pays for nothing any more; where detaching takes long, only for its breakpoints. */
static void look_away(void *arg)
{
    tracer_t *tracer = arg;

    targets_look_away(tracer->targets);
    if (tracer->targets->kernel.has_multi)
        attach_dispose(&tracer->targets->attach);
}

static int detach_meanwhile(void *arg)
{
    tracer_t *tracer = arg;

    return detach_step(&tracer->detach);
}

static void print_sums(const tracer_t *tracer, double seconds, const char *tail)
{
    account_print(&tracer->feed.account, stderr, seconds, targets_num_missed(tracer->targets), tracer->options->debug, tail);
}

static void answer(void *arg, int signal)
{
    tracer_t *tracer = arg;

    if (signal == SIGHUP)
        tracer->is_to_reopen = 1;
    else
        print_sums(tracer, clock_now() - tracer->begun, " so far");
}

/* From now on. Before, signals only keep what is not attached yet from being so. */
static void heed_signals(tracer_t *tracer)
{
    tracer->interrupt.on_end = look_away;
    tracer->interrupt.on_request = answer;
    tracer->interrupt.arg = tracer;
    if (!tracer->targets->kernel.has_multi) {
        tracer->feed.output.meanwhile = detach_meanwhile;
        tracer->feed.output.arg = tracer;
    }
}

/* ---- consuming ---- */

/* Keeps up with steps of the wall clock, but not with the noise of reading two clocks one after the other. */
static void update_epoch(json_t *json)
{
    uint64_t monotonic = clock_ns(CLOCK_MONOTONIC), epoch = clock_ns(CLOCK_REALTIME) - monotonic;

    if (epoch - json->epoch + 1000000 > 2000000)
        json->epoch = epoch;
}

static int on_record(void *data, void *record, size_t size)
{
    tracer_t *tracer = data;

    return !feed_take(&tracer->feed, record, size) ? RING_STOP : ++tracer->batch < MAX_BATCH ? 0 : RING_PAUSE;
}

/* What may have made the ring full since it was looked at last, if it was. */
static void note_pause(tracer_t *tracer)
{
    account_t *account = &tracer->feed.account;
    double now = clock_now(), waited = tracer->feed.output.waited - tracer->waited, stood_still = now - tracer->looked - waited;

    if (account_has_unreported(account)) {
        account->stood_still = stood_still > account->stood_still ? stood_still : account->stood_still;
        account->waited = waited > account->waited ? waited : account->waited;
    }
    tracer->looked = now;
    tracer->waited = tracer->feed.output.waited;
}

/* Prints what is in the ring; returns whether there may be more. */
static int consume(tracer_t *tracer)
{
    json_t *json = &tracer->feed.run.json;

    note_pause(tracer);
    update_epoch(json);
    json->layouts = tracer->targets->files.layouts;
    json->num_files = tracer->targets->files.num_files;
    tracer->batch = 0;
    int result = bcc_ring_consume(tracer->ring);
    feed_tick(&tracer->feed, clock_ns(CLOCK_MONOTONIC));
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
    return interrupt_has_come(&tracer->interrupt) || tracer->feed.is_done || tracer->feed.output.error != 0;
}

/* What is waited for beside the clock. The ring only wakes up; a pipe is there for its reader's end. */
static int open_epoll(const tracer_t *tracer, reason_t *reason)
{
    const outfile_t *file = &tracer->feed.output.file;
    const targets_t *targets = tracer->targets;
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

    if (epoll_fd >= 0 && add_to_epoll(epoll_fd, tracer->interrupt.fd, EPOLLIN) == 0 &&
        add_to_epoll(epoll_fd, tracer->interrupt.request_fd, EPOLLIN) == 0 &&
        add_to_epoll(epoll_fd, targets->processes.epoll_fd, EPOLLIN) == 0 &&
        (targets->follow.ring == NULL || add_to_epoll(epoll_fd, targets->follow.ring_fd, EPOLLIN) == 0) &&
        add_to_epoll(epoll_fd, maps_fd(&targets->maps, "pg_ring"), EPOLLIN | EPOLLET) == 0 &&
        (!file->is_pipe || add_to_epoll(epoll_fd, file->fd, 0) == 0))
        return epoll_fd;
    reason_set(reason, "cannot wait for events: %s", strerror(errno));
    if (epoll_fd >= 0)
        close(epoll_fd);
    return -1;
}

static void take_event(tracer_t *tracer, int fd)
{
    interrupt_t *interrupt = &tracer->interrupt;

    if (fd == interrupt->request_fd) {
        consume(tracer); /* what came before the request is on its side */
        interrupt_answer(interrupt);
    } else if (fd == interrupt->fd) {
        interrupt_take(interrupt);
    } else if (fd == tracer->feed.output.file.fd) {
        output_lose_reader(&tracer->feed.output);
    }
}

/* Why nothing is printed: nothing of what came was wanted, or others could have been meant. What came later is looked at later. */
static void say_silence(tracer_t *tracer)
{
    reason_t names;
    uint64_t num;

    if (tracer->feed.account.num_printed != 0 || tracer->silence == 0 || clock_now() - tracer->begun < tracer->silence)
        return;
    if ((num = account_sum_filtered(&tracer->feed.account)) == 0) {
        targets_say_others(tracer->targets, tracer->silence);
        tracer->silence += PATIENCE;
        return;
    }
    tracer_options_name_filters(tracer->options, &names);
    tracer_note("%llu event%s so far, none of them wanted by %s", (unsigned long long)num, say_s(num), names.text);
    tracer->silence = 0;
}

/* Until something ends the trace: a signal, the target, or the output. */
static int consume_until_end(tracer_t *tracer, reason_t *reason)
{
    int epoll_fd = open_epoll(tracer, reason), is_ended = 0;

    if (epoll_fd < 0)
        return -1;
    while (!is_ended && !tracer->feed.is_done && !tracer->interrupt.has_come && tracer->feed.output.error == 0) {
        int has_more = consume(tracer);
        struct epoll_event events[8];
        int n = epoll_wait(epoll_fd, events, 8, has_more || tracer->feed.is_done ? 0 : TICK_MS);
        for (int i = 0; i < n; ++i)
            take_event(tracer, events[i].data.fd);
        if (tracer->is_to_reopen)
            output_reopen(&tracer->feed.output);
        if (tracer->is_to_reopen && tracer->feed.keylog != NULL)
            keylog_reopen(tracer->feed.keylog);
        tracer->is_to_reopen = 0;
        targets_update(tracer->targets);
        is_ended = targets_have_ended(tracer->targets);
        say_silence(tracer);
    }
    close(epoll_fd);
    return 0;
}

static void drain(tracer_t *tracer)
{
    while (!tracer->feed.is_done && tracer->feed.output.error == 0 && consume(tracer))
        ;
    feed_tell_losses(&tracer->feed, clock_ns(CLOCK_MONOTONIC));
    feed_show_ring(&tracer->feed);
}

/* ---- beginning ---- */

/* What is needed after attaching. */
static unsigned rights_to_keep(const tracer_t *tracer)
{
    return (tracer->targets->kernel.has_multi ? 0 : RIGHTS_TO_ASK) | (targets_may_grow(tracer->targets) ? RIGHTS_TO_ATTACH : 0) |
           (tracer->options->file != NULL || tracer->options->keylog != NULL ? RIGHTS_TO_REOPEN : 0) |
           (tracer->options->stat.fields != NULL ? RIGHTS_TO_READ_MAPS : 0) |
           (tracer->options->stat.interval != 0 ? RIGHTS_TO_SCREEN : 0);
}

/* Up to where the target notices. */
static int prepare(tracer_t *tracer, reason_t *reason)
{
    const maps_t *maps = &tracer->targets->maps;
    const kernel_t *kernel = &tracer->targets->kernel;

    bcc_set_debug(tracer->options->debug);
    tracer->feed.until = &tracer->options->until;
    if (feed_open(&tracer->feed, tracer->options->view, reason) != 0)
        return -1;
    if (tracer->options->rings && ring_open(&tracer->feed.ring, &tracer->options->ring, reason) != 0)
        return -1;
    if (targets_prepare(tracer->targets, reason) != 0)
        return -1;
    if (!kernel->has_multi)
        tracer_note("this kernel has no uprobe_multi links (6.6 has them): attaching site by site");
    if (!kernel->can_sleep)
        tracer_note("this kernel lets no program sleep at a uprobe (6.0 does): pages that are not resident are not read");
    tracer->stat = (stat_source_t){.wish = &tracer->options->stat,
                                   .is_selected = tracer->options->is_shown,
                                   .counts = maps->counts,
                                   .values_fd = tracer->options->stat.fields != NULL ? maps_fd(maps, "pg_values") : -1,
                                   .user = &tracer->options->user};
    tracer->feed.run.stat = &tracer->stat;
    tracer->feed.run.has_probe = &tracer->targets->attached.has_probe;
    tracer->feed.run.json.shows_pid = tracer->targets->scope != PG_SCOPE_ONE;
    tracer->feed.account.kernel = maps->lost;
    if (choose_filters(&tracer->options->choose) || tracer->options->wanted.chosen.by != 0 ||
        tracer->options->view_wish.groups != NULL)
        tracer->feed.account.filtered = maps->filtered;
    tracer->feed.account.sum = (const volatile uint64_t *)&maps->state->lost;
    if ((tracer->ring = bcc_ring_open(maps_fd(maps, "pg_ring"), on_record, tracer)) == NULL)
        return reason_set(reason, "cannot map the ring buffer: %s", strerror(errno));
    return rights_prepare(&tracer->rights, &tracer->options->user, rights_to_keep(tracer), reason);
}

/* ---- what the stream says of itself ---- */

/* On a terminal, standard error says the same as what the stream says of itself. */
static int begin_stream(tracer_t *tracer, reason_t *reason)
{
    const targets_t *targets = tracer->targets;
    const attachment_t *file = targets->files.num != 0 ? targets->files.list[0] : NULL;
    int describes = !tracer->options->is_quiet && !isatty(tracer->feed.output.file.fd);

    const describe_start_t start = {.time = clock_ns(CLOCK_REALTIME),
                                    .pid = targets->scope == PG_SCOPE_ONE ? targets_pid(targets) : 0,
                                    .program = file != NULL ? file->target.name : NULL,
                                    .build_id = file != NULL ? file->survey.build_id : "",
                                    .is_selected = tracer->options->is_shown,
                                    .is_attached = targets->attached.has_probe,
                                    .num_sites = targets->attached.num_sites,
                                    .show = tracer->options->show,
                                    .filters = tracer->options->filters != NULL ? tracer->options->filters : "",
                                    .string_limit = tracer->options->string_limit};
    return feed_begin(&tracer->feed, &start, describes, reason);
}

static void end_stream(tracer_t *tracer, double seconds)
{
    int signal = tracer->interrupt.has_come;
    const describe_end_t end = {.time = clock_ns(CLOCK_REALTIME),
                                .seconds = seconds,
                                .why = signal == SIGALRM       ? "duration"
                                       : signal != 0           ? "signal"
                                       : tracer->feed.is_found ? "until"
                                       : tracer->feed.is_done  ? "count"
                                                               : "target",
                                .signal = signal != SIGALRM ? signal : 0,
                                .target_status = tracer->targets->end_status};

    feed_end(&tracer->feed, &end);
    output_close(&tracer->feed.output);
}

/* ---- the whole ---- */

/* @param started when the tracer was. What is in the file is lost only now, when there is something to take its place. */
static int attach(tracer_t *tracer, double started, reason_t *reason)
{
    targets_t *targets = tracer->targets;
    reason_t title;

    targets->attach.stop_fd = &tracer->interrupt.fd;
    targets->idle = consume_meanwhile;
    targets->data = tracer;
    if (interrupt_open(&tracer->interrupt, tracer->options->file != NULL || tracer->options->keylog != NULL) != 0)
        return reason_set(reason, "cannot wait for signals: %s", strerror(errno));
    if (targets_attach(targets, reason) != 0)
        return -1;
    heed_signals(tracer);
    tracer->begun = tracer->looked = clock_now();
    tracer->silence = PATIENCE;
    tracer->feed.account.last = clock_ns(CLOCK_MONOTONIC);
    if (begin_stream(tracer, reason) != 0 || rights_drop(&tracer->rights, reason) != 0)
        return -1;
    targets->is_blind = !targets_may_grow(targets);
    if (tracer->options->duration != 0)
        interrupt_after(tracer->options->duration);
    targets_title(targets, &title);
    tracer_note("tracing %s: %u probe%s at %zu site%s, attached in %.0f ms; Ctrl-C ends", title.text, targets->attached.num_probes,
                say_s(targets->attached.num_probes), targets->attached.num_sites, say_s(targets->attached.num_sites),
                (clock_now() - started) * 1000);
    pairs_say(tracer->options, targets->attached.has_probe, tracer_note, tracer_say);
    return targets_release(targets, reason);
}

static int trace(tracer_t *tracer, double started, reason_t *reason)
{
    if (attach(tracer, started, reason) != 0 || consume_until_end(tracer, reason) != 0)
        return -1;
    look_away(tracer);
    drain(tracer);
    return 0;
}

/* Why nothing was traced. */
static int say_failure(tracer_t *tracer, const reason_t *reason)
{
    if (interrupt_has_come(&tracer->interrupt)) {
        tracer_note("ended by a signal before anything was traced");
        return TRACER_OK;
    }
    if (targets_have_ended(tracer->targets)) {
        tracer_say("nothing was traced before that");
        return TRACER_TARGET;
    }
    tracer_say("%s", reason->text);
    return TRACER_ENVIRONMENT;
}

static int has_failed(const tracer_t *tracer)
{
    return tracer->feed.output.error != 0 && !output_has_lost_reader(&tracer->feed.output);
}

static void say_sums(const tracer_t *tracer, double seconds)
{
    int error = tracer->feed.output.error;

    if (has_failed(tracer)) {
        tracer_say("cannot write the events: %s",
                   error == EINTR ? "nobody reads them; given up at the second signal" : strerror(error));
        tracer_note("the output ends before the last of the events that are counted here:");
    }
    if (!tracer->options->is_quiet)
        print_sums(tracer, seconds, output_has_lost_reader(&tracer->feed.output) ? "; the reader has ended" : "");
}

/* Nobody has to wait for events and sums until the kernel is done. @return whether the sums that were said are wrong by now */
static int report_and_detach(tracer_t *tracer, double seconds)
{
    output_flush(&tracer->feed.output);
    say_sums(tracer, seconds);
    uint64_t num_printed = tracer->feed.account.num_printed, num_lost = *tracer->feed.account.sum;
    int error = tracer->feed.output.error;
    detach_slowly(&tracer->detach, &tracer->interrupt);
    drain(tracer);
    end_stream(tracer, seconds);
    return tracer->feed.account.num_printed != num_printed || *tracer->feed.account.sum != num_lost ||
           tracer->feed.output.error != error;
}

static int has_lost(const tracer_t *tracer)
{
    return *tracer->feed.account.sum != 0 || targets_num_missed(tracer->targets) != 0;
}

/* Traces, with the output open; then the sums. */
static int trace_and_report(tracer_t *tracer, double started)
{
    reason_t reason;

    if (trace(tracer, started, &reason) != 0) {
        output_abandon(&tracer->feed.output);
        return say_failure(tracer, &reason);
    }
    double seconds = clock_now() - tracer->begun;
    if (tracer->targets->kernel.has_multi)
        end_stream(tracer, seconds);
    if (tracer->targets->kernel.has_multi || report_and_detach(tracer, seconds))
        say_sums(tracer, seconds);
    if (tracer->feed.keylog != NULL)
        keylog_report(&tracer->keylog, tracer->options->keylog);
    if (has_failed(tracer) || tracer->keylog.error != 0)
        return TRACER_OUTPUT;
    return tracer->options->is_strict && has_lost(tracer) ? TRACER_LOST : TRACER_OK;
}

static void dispose(tracer_t *tracer)
{
    if (!tracer->targets->kernel.has_multi)
        detach_slowly(&tracer->detach, &tracer->interrupt);
    attach_dispose(&tracer->targets->attach);
    if (tracer->ring != NULL)
        bcc_ring_close(tracer->ring);
    feed_close(&tracer->feed);
    keylog_close(&tracer->keylog);
    rights_dispose(&tracer->rights);
    interrupt_close(&tracer->interrupt);
}

static int open_files(tracer_t *tracer, reason_t *reason)
{
    const destination_t to = {
        .options = tracer->options, .feed = &tracer->feed, .keylog = &tracer->keylog, .interrupt = &tracer->interrupt};

    return destination_open(&to, reason);
}

static int run(const tracer_options_t *options, targets_t *targets, double started)
{
    tracer_t tracer = {.options = options, .targets = targets, .interrupt = {.fd = -1, .request_fd = -1}};
    reason_t reason;
    int status;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow (ulimit -f) is an error of write(2) then, as a full disk is */
    tracer.detach.attach = &targets->attach;
    tracer.feed.run.json.show = options->show;
    tracer.feed.run.wish = options->view_wish;
    tracer.feed.count = options->count;
    if (prepare(&tracer, &reason) != 0) {
        tracer_say("%s", reason.text);
        status = TRACER_ENVIRONMENT;
    } else if (open_files(&tracer, &reason) != 0) {
        tracer_say("%s", reason.text);
        status = TRACER_OUTPUT;
    } else {
        if (tracer.feed.output.file.is_exposed && (options->show & PG_SHOW_PRIVATE) != 0)
            tracer_say("others can read the file that is standard output, and what -a, -H and --secrets show comes into it");
        status = trace_and_report(&tracer, started);
    }
    dispose(&tracer);
    return status;
}

static int list_all(const tracer_options_t *options, const attachments_t *files)
{
    int status = TRACER_OK;

    for (size_t i = 0; i < files->num && status == TRACER_OK; ++i)
        status = list_sites(&files->list[i]->survey.sites, options->is_verbose);
    return status;
}

int tracer_run(const tracer_options_t *options, const char *is_selected, double started)
{
    targets_t targets;
    targets_result_t result = targets_find(&targets, options, is_selected);
    int status = result == TARGETS_NONE ? TRACER_TARGET : TRACER_ENVIRONMENT;

    if (result == TARGETS_OK)
        status = options->list ? list_all(options, &targets.files) : run(options, &targets, started);
    targets_close(&targets);
    return status;
}
