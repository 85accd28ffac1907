/*
 * A recording goes the way of a trace from the ring on: the same feed, the same views. Counters of losses, which the BPF program
 * has there, are filled with what the recording says; so what is printed of them, and when, is decided by the same code.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "choose/evaluate.h"
#include "common/say.h"
#include "destination.h"
#include "options/exit.h"
#include "record/read.h"
#include "replay.h"
#include "rights/drop.h"
#include "view/feed.h"

#define TICK 20000000 /* ns between two ticks of a view, as in a trace */

typedef struct st_replay_t {
    const tracer_options_t *options;
    const char *is_selected; /* by the options */
    char *is_shown;          /* and by what was recorded, in this section */
    char *has_probe;         /* of these: the target has it, as far as is known */
    record_reader_t reader;
    feed_t feed;
    keylog_t keylog;
    interrupt_t interrupt;
    uint64_t *lost, *filtered;             /* of this section, as account_t has them */
    account_t total;                       /* of sections that have ended */
    uint64_t *total_lost, *total_filtered; /* the same of that */
    uint64_t num_others;                   /* events whose probes are not ours */
    char *others;                          /* those probes, with their numbers; NULL: there are none */
    double seconds;
    uint64_t ticked;
    int has_begun, is_to_reopen;
} replay_t;

/* ---- sums ---- */

/* Of this section: they are those of all sections from now on. */
static void settle(replay_t *replay)
{
    const account_t *account = &replay->feed.account;
    account_t *total = &replay->total;

    total->num_printed += account->num_printed;
    replay->total_lost[0] += replay->lost[0];
    if (account->filtered != NULL)
        total->filtered = replay->total_filtered;
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        total->printed[i] += account->printed[i];
        replay->total_lost[1 + i] += replay->lost[1 + i];
        replay->total_filtered[1 + i] += account_filtered(account, i);
    }
    if (replay->feed.count != 0 && !replay->feed.is_done)
        replay->feed.count -= account->num_printed;
}

static void clear_sums(replay_t *replay)
{
    account_t *account = &replay->feed.account;

    memset(account->printed, 0, catalog.num_probes * sizeof(*account->printed));
    memset(account->hidden, 0, catalog.num_probes * sizeof(*account->hidden));
    memset(account->reported, 0, (catalog.num_probes + 1) * sizeof(*account->reported));
    memset(replay->lost, 0, (catalog.num_probes + 1) * sizeof(*replay->lost));
    memset(replay->filtered, 0, (catalog.num_probes + 1) * sizeof(*replay->filtered));
    account->num_printed = 0;
    account->seen = 0;
}

static void print_sums(const account_t *account, const replay_t *replay, const char *tail)
{
    account_print(account, stderr, replay->seconds, 0, replay->options->debug != 0, tail);
}

static void answer(void *arg, int signal)
{
    replay_t *replay = arg;

    if (signal == SIGHUP)
        replay->is_to_reopen = 1;
    else
        print_sums(&replay->feed.account, replay, " of this section so far");
}

/* What cannot be shown is named once, with sums. */
static void note_others(replay_t *replay)
{
    const section_t *section = &replay->reader.section;

    for (unsigned i = 0; section->probes != NULL && i < section->num_probes; ++i) {
        const recorded_probe_t *probe = section->probes + i;
        char *before = replay->others;
        if (probe->num == 0)
            continue;
        replay->num_others += probe->num;
        if (asprintf(&replay->others, "%s%s%s: %llu", before != NULL ? before : "", before != NULL ? ", " : "", probe->name,
                     (unsigned long long)probe->num) == -1)
            replay->others = NULL;
        free(before);
    }
}

/* ---- sections ---- */

static double section_seconds(const replay_t *replay)
{
    uint64_t begin = replay->reader.section.begin.last, last = replay->feed.account.last;

    return last > begin ? (double)(last - begin) / 1e9 : 0;
}

/* Whether there may be events that are not shown. */
static int chooses(const replay_t *replay)
{
    return choose_filters(&replay->options->choose) || replay->options->view_wish.groups != NULL;
}

/* Before another one, or at the end of all. */
static void leave_section(void *arg)
{
    replay_t *replay = arg;
    const section_t *section = &replay->reader.section;

    if (!section->has_begun)
        return;
    feed_flush(&replay->feed, NULL);
    note_others(replay);
    if (!section->has_ended)
        replay->seconds += section_seconds(replay);
    settle(replay);
    clear_sums(replay);
}

static void take_state(replay_t *replay)
{
    const section_t *section = &replay->reader.section;
    json_t *json = &replay->feed.run.json;

    json->epoch = section->epoch;
    json->layouts = section->layouts;
    json->num_files = section->num_files;
    json->shows_pid = section->begin.shows_pid;
}

/* The option that shows it. */
static const char *name_of_show(uint32_t show)
{
    return show & PG_SHOW_APPDATA ? "-a" : show & PG_SHOW_SECRETS ? "--secrets" : "--durations";
}

/* @return 0, or -1 with a reason: what is asked for was not recorded */
static int check_show(replay_t *replay, reason_t *reason)
{
    uint32_t lacks = replay->options->show & ~replay->reader.section.begin.show;

    if (lacks == 0)
        return 0;
    return reason_set(reason, "%s was recorded without %s: what that shows is not in it", replay->reader.input.name,
                      name_of_show(lacks));
}

/* The same of what events are chosen by. */
static int check_choice(replay_t *replay, reason_t *reason)
{
    const record_begin_t *begin = &replay->reader.section.begin;
    int has_text = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        const condition_t *condition = replay->is_shown[i] ? choose_condition(&replay->options->choose, probe) : NULL;
        const catalog_field_t *field = condition != NULL ? condition_lacks(condition, begin->show) : NULL;
        if (field != NULL)
            return reason_set(reason, "%s was recorded without %s: '%s:%s.%s', which events are to be chosen by, is not in it",
                              replay->reader.input.name, name_of_show(field->gate), probe->provider, probe->name, field->name);
        has_text |= condition != NULL && condition_matches_text(condition);
    }
    if (has_text && begin->string_limit < PG_MATCH_LIMIT)
        tracer_say("%s was recorded with --string-limit=%u: no more than that of a string can be compared",
                   replay->reader.input.name, begin->string_limit);
    /* what was recorded can be looked at, though it is not shown */
    replay->reader.show = replay->options->show | begin->show;
    return 0;
}

static int begin_section(replay_t *replay, reason_t *reason)
{
    const section_t *section = &replay->reader.section;
    const record_begin_t *begin = &section->begin;
    feed_t *feed = &replay->feed;
    int describes = !replay->options->is_quiet && !isatty(feed->output.file.fd);

    if (check_show(replay, reason) != 0)
        return -1;
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        replay->is_shown[i] = replay->is_selected[i] && section->is_selected[i];
        replay->has_probe[i] = replay->is_shown[i] && section->is_attached[i];
    }
    if (replay->options->choose.conditions != NULL && check_choice(replay, reason) != 0)
        return -1;
    /* durations are nobody's secret: where they are, they are shown */
    feed->run.json.show = replay->options->show | (begin->show & PG_SHOW_DURATIONS);
    take_state(replay);
    feed->account.last = begin->last;
    feed->account.filtered = chooses(replay) ? replay->filtered : NULL;
    if (feed->keylog != NULL)
        keylog_forget(feed->keylog); /* what was between this section and the last one is not known */
    replay->has_begun = 1;
    const describe_start_t start = {.time = begin->time,
                                    .pid = begin->pid,
                                    .program = begin->has_program ? section->texts[SECTION_PROGRAM] : NULL,
                                    .build_id = section->texts[SECTION_BUILD_ID],
                                    .filters = section->texts[SECTION_FILTERS],
                                    .is_selected = replay->is_shown,
                                    .is_attached = section->is_attached,
                                    .num_sites = begin->num_sites,
                                    .show = feed->run.json.show,
                                    .string_limit = begin->string_limit};
    return feed_begin(feed, &start, describes, reason);
}

/* ---- items ---- */

/* It is null then, as where there is none: nothing says that it was not readable. */
static void hide(struct pg_head *record, const catalog_field_t *field)
{
    record->nulls |= 1ull << field->bit;
    if (field->slot >= 0)
        *(struct pg_span *)((char *)record + field->offset) = (struct pg_span){0};
}

/* Whether it is wanted: then a value is hidden that is not. */
static int choose(replay_t *replay, struct pg_head *record)
{
    const catalog_probe_t *probe = catalog.probes + record->probe;
    const choose_t *choose = &replay->options->choose;
    const condition_t *condition = choose_condition(choose, probe);

    if (condition == NULL)
        return 1;
    if (!evaluate(condition, &choose->patterns, record)) {
        ++replay->filtered[1 + record->probe];
        return 0;
    }
    if (condition->hides_value && evaluate_mask(condition, &choose->patterns, record))
        hide(record, probe->fields + probe->header->value);
    return 1;
}

static void take_record(replay_t *replay, const item_t *item)
{
    feed_t *feed = &replay->feed;

    if (!replay->is_shown[item->record->probe])
        return;
    replay->has_probe[item->record->probe] = 1; /* attached to later */
    if (item->record->time - replay->ticked >= TICK) {
        replay->ticked = item->record->time;
        feed_pass(feed, item->record->time);
    }
    if (choose(replay, item->record))
        feed_take(feed, item->record, item->size);
}

static void take_lost(replay_t *replay, const item_t *item)
{
    for (size_t i = 0; i < item->num_counts; ++i) {
        const record_count_t *count = item->counts + i;
        if (!replay->is_shown[count->probe])
            continue;
        replay->lost[1 + count->probe] += count->lost;
        replay->lost[0] += count->lost;
    }
    feed_tell_losses(&replay->feed, item->time);
}

/* Where all events are shown, sums are those of all files of the trace; how many of those in other files would be is not known. */
static void take_sums(replay_t *replay, const item_t *item)
{
    feed_t *feed = &replay->feed;
    account_t *account = &feed->account;
    int takes_events = !chooses(replay);

    if (takes_events) {
        memset(account->printed, 0, catalog.num_probes * sizeof(*account->printed));
        account->num_printed = 0;
    }
    memset(replay->lost, 0, (catalog.num_probes + 1) * sizeof(*replay->lost));
    for (size_t i = 0; i < item->num_counts; ++i) {
        const record_count_t *count = item->counts + i;
        if (!replay->is_shown[count->probe])
            continue;
        int is_printed = takes_events && view_shows(feed->view, catalog.probes + count->probe, &feed->run.wish);
        account->printed[count->probe] += is_printed ? count->events : 0;
        account->num_printed += is_printed ? count->events : 0;
        replay->lost[1 + count->probe] += count->lost;
        replay->lost[0] += count->lost;
    }
}

static void take_end(replay_t *replay, const item_t *item)
{
    if (item->filters)
        replay->feed.account.filtered = replay->filtered;
    for (size_t i = 0; i < item->num_counts; ++i)
        replay->filtered[1 + item->counts[i].probe] += replay->is_shown[item->counts[i].probe] ? item->counts[i].filtered : 0;
    feed_flush(&replay->feed, item->end.why);
    settle(replay);
    take_sums(replay, item);
    feed_end(&replay->feed, &item->end);
    replay->seconds += item->end.seconds;
    clear_sums(replay);
}

static void end_early(replay_t *replay)
{
    const account_t *account = &replay->feed.account;
    const describe_end_t end = {.time = account->last + replay->feed.run.json.epoch,
                                .seconds = section_seconds(replay),
                                .why = replay->feed.is_found ? "until" : "count",
                                .target_status = -1};

    feed_end(&replay->feed, &end);
}

/* @return what ended it: ITEM_NONE, or ITEM_FAILED with a reason */
static item_kind_t take_all(replay_t *replay, reason_t *reason)
{
    item_kind_t kind;
    item_t item;

    while (!replay->feed.is_done && replay->feed.output.error == 0) {
        kind = record_next(&replay->reader, &item, reason);
        if (kind == ITEM_NONE || kind == ITEM_FAILED)
            return kind;
        if (kind == ITEM_RECORD)
            take_record(replay, &item);
        else if (kind == ITEM_TOLD)
            feed_take(&replay->feed, item.record, item.size);
        else if (kind == ITEM_STATE)
            take_state(replay);
        else if (kind == ITEM_LOST)
            take_lost(replay, &item);
        else if (kind == ITEM_END)
            take_end(replay, &item);
        else if (begin_section(replay, reason) != 0)
            return ITEM_FAILED;
    }
    if (replay->feed.is_done)
        end_early(replay);
    return ITEM_NONE;
}

/* ---- the whole ---- */

/* Writes what there is, until there is more to read, or a signal has come. */
static int idle(void *arg)
{
    replay_t *replay = arg;
    interrupt_t *interrupt = &replay->interrupt;
    struct pollfd fds[] = {{.fd = replay->reader.input.fd, .events = POLLIN},
                           {.fd = interrupt->fd, .events = POLLIN},
                           {.fd = interrupt->request_fd, .events = POLLIN}};

    if (replay->has_begun)
        output_tick(&replay->feed.output);
    do {
        poll(fds, sizeof(fds) / sizeof(fds[0]), -1);
        if (fds[1].revents != 0)
            interrupt_take(interrupt);
        if (fds[2].revents != 0)
            interrupt_answer(interrupt);
        if (replay->is_to_reopen && replay->has_begun)
            output_reopen(&replay->feed.output);
        replay->is_to_reopen = 0;
    } while (fds[0].revents == 0 && interrupt->has_come == 0);
    return interrupt->has_come == 0 && replay->feed.output.error == 0;
}

static void say_gaps(const replay_t *replay)
{
    const record_reader_t *reader = &replay->reader;

    if (reader->num_damaged != 0)
        tracer_say("%s: %llu bytes between recordings are none: who wrote them was killed, or its disk was full",
                   reader->input.name, (unsigned long long)reader->num_damaged);
    if (reader->num_cut != 0)
        tracer_say("%s is cut short: whoever wrote it was killed, or its disk was full; what is whole was replayed",
                   reader->input.name);
    else if (replay->has_begun && !reader->section.has_ended)
        tracer_note("%s has no end: it goes on in another file, or who wrote it was killed", reader->input.name);
    if (replay->others != NULL)
        tracer_say("%llu events are not shown, since their probes are not defined here, or otherwise: %s",
                   (unsigned long long)replay->num_others, replay->others);
}

static int replay_all(replay_t *replay)
{
    output_t *output = &replay->feed.output;
    reason_t reason;
    item_kind_t kind = take_all(replay, &reason);

    leave_section(replay);
    if (replay->has_begun)
        output_close(output);
    else
        output_abandon(output);
    if (kind == ITEM_FAILED)
        tracer_say("%s", reason.text);
    else if (replay->interrupt.has_come == 0 && !replay->feed.is_done && output->error == 0)
        say_gaps(replay);
    int has_failed = output->error != 0 && !output_has_lost_reader(output);
    if (has_failed)
        tracer_say("cannot write the events: %s", strerror(output->error));
    if (replay->feed.keylog != NULL && replay->has_begun)
        keylog_report(&replay->keylog, replay->options->keylog);
    has_failed |= replay->keylog.error != 0;
    if (!replay->options->is_quiet && replay->has_begun)
        print_sums(&replay->total, replay, output_has_lost_reader(output) ? "; the reader has ended" : "");
    return has_failed                                                 ? TRACER_OUTPUT
           : kind == ITEM_FAILED                                      ? TRACER_TARGET
           : replay->options->is_strict && replay->total_lost[0] != 0 ? TRACER_LOST
                                                                      : TRACER_OK;
}

static int open_all(replay_t *replay, reason_t *reason)
{
    const tracer_options_t *options = replay->options;
    size_t num = catalog.num_probes + 1;
    feed_t *feed = &replay->feed;

    feed->run.wish = options->view_wish;
    if (feed_open(feed, options->view, reason) != 0)
        return -1;
    replay->is_shown = calloc(num, sizeof(*replay->is_shown));
    replay->has_probe = calloc(num, sizeof(*replay->has_probe));
    replay->lost = calloc(num, sizeof(*replay->lost));
    replay->filtered = calloc(num, sizeof(*replay->filtered));
    replay->total_lost = calloc(num, sizeof(*replay->total_lost));
    replay->total_filtered = calloc(num, sizeof(*replay->total_filtered));
    if (replay->is_shown == NULL || replay->has_probe == NULL || replay->lost == NULL || replay->filtered == NULL ||
        replay->total_lost == NULL || replay->total_filtered == NULL || account_init(&replay->total) != 0)
        return reason_set(reason, "out of memory");
    feed->account.kernel = feed->account.sum = replay->lost;
    replay->total.kernel = replay->total.sum = replay->total_lost;
    feed->run.has_probe = &replay->has_probe;
    feed->run.json.show = options->show;
    feed->run.wish = options->view_wish;
    feed->count = options->count;
    feed->until = &options->until;
    return 0;
}

static void dispose(replay_t *replay)
{
    record_close(&replay->reader);
    feed_close(&replay->feed);
    keylog_close(&replay->keylog);
    account_dispose(&replay->total);
    interrupt_close(&replay->interrupt);
    free(replay->is_shown);
    free(replay->has_probe);
    free(replay->lost);
    free(replay->filtered);
    free(replay->total_lost);
    free(replay->total_filtered);
    free(replay->others);
}

static int open_files(replay_t *replay, reason_t *reason)
{
    const destination_t to = {
        .options = replay->options, .feed = &replay->feed, .keylog = &replay->keylog, .interrupt = &replay->interrupt};

    return destination_open(&to, reason);
}

/* Whoever wrote the file may have meant harm: nothing of it is read before. Meanwhile, signals do what they usually do. */
static int give_up_rights(replay_t *replay, reason_t *reason)
{
    const tracer_options_t *options = replay->options;
    unsigned keeps = options->file != NULL || options->keylog != NULL ? RIGHTS_TO_REOPEN : 0;
    rights_t rights;

    int failed = rights_prepare(&rights, &options->user, keeps, reason) != 0 || rights_drop(&rights, reason) != 0;
    rights_dispose(&rights);
    return failed ? -1 : 0;
}

static int heed_signals(replay_t *replay, reason_t *reason)
{
    if (interrupt_open(&replay->interrupt, replay->options->file != NULL) != 0)
        return reason_set(reason, "cannot wait for signals: %s", strerror(errno));
    replay->interrupt.on_request = answer;
    replay->interrupt.arg = replay;
    return 0;
}

static int run(replay_t *replay)
{
    reason_t reason;
    int status = give_up_rights(replay, &reason) != 0          ? TRACER_ENVIRONMENT
                 : record_begin(&replay->reader, &reason) != 0 ? TRACER_TARGET
                 : heed_signals(replay, &reason) != 0          ? TRACER_ENVIRONMENT
                                                               : TRACER_OK;

    if (status == TRACER_OK)
        return replay_all(replay);
    output_abandon(&replay->feed.output);
    tracer_say("%s", reason.text);
    return status;
}

int replay_run(const tracer_options_t *options, const char *is_selected)
{
    replay_t replay = {.options = options, .is_selected = is_selected, .interrupt = {.fd = -1, .request_fd = -1}};
    reason_t reason;
    int status;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    status = record_open(&replay.reader, options->replay, &reason) != 0 ? TRACER_TARGET
             : open_all(&replay, &reason) != 0                          ? TRACER_ENVIRONMENT
             : open_files(&replay, &reason) != 0                        ? TRACER_OUTPUT
                                                                        : TRACER_OK;
    replay.reader.show = options->show;
    replay.reader.idle = idle;
    replay.reader.leave = leave_section;
    replay.reader.arg = &replay;
    if (status == TRACER_OK)
        status = run(&replay);
    else
        tracer_say("%s", reason.text);
    dispose(&replay);
    return status;
}
