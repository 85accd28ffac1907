#include <stdlib.h>
#include "choose/evaluate.h"
#include "view/feed.h"

int feed_open(feed_t *feed, const view_t *view, reason_t *reason)
{
    feed->view = view;
    feed->run.output = &feed->output;
    feed->run.account = &feed->account;
    feed->run.json.num_paths = catalog.num_paths;
    if (account_init(&feed->account) != 0)
        return reason_set(reason, "out of memory");
    return view->open != NULL ? view->open(&feed->run, reason) : 0;
}

int feed_begin(feed_t *feed, const describe_start_t *start, int describes, reason_t *reason)
{
    free(feed->run.head.bytes);
    feed->run.head = (output_head_t){0};
    feed->describes = describes;
    if (feed->view->head != NULL && feed->view->head(&feed->run, start, describes) != 0)
        return reason_set(reason, "out of memory");
    if (!feed->has_begun)
        output_begin(&feed->output, &feed->run.head);
    else if (feed->run.head.size != 0)
        output_put(&feed->output, feed->run.head.bytes, feed->run.head.size);
    feed->has_begun = 1;
    return feed->view->begin != NULL ? feed->view->begin(&feed->run, reason) : 0;
}

static int is_last(const choose_t *until, const struct pg_head *record)
{
    const condition_t *condition = choose_condition(until, catalog.probes + record->probe);

    return condition != NULL && evaluate(condition, &until->patterns, record);
}

/* It is no event: it is counted nowhere, and what was lost before it is told of with the next one. */
static void take_told(feed_t *feed, const struct pg_told *told)
{
    if (feed->ring.bytes != NULL)
        ring_keep(&feed->ring, feed->run.json.epoch, &told->head, sizeof(*told));
    else if (feed->view->told != NULL)
        feed->view->told(&feed->run, told);
}

/* The program and this come from the same definitions; a mismatch would be a mistake in probegen. */
static void check(const struct pg_head *record, size_t size)
{
    const catalog_probe_t *probe = catalog.probes + record->probe;

    if (size < sizeof(*record) || (record->probe == PG_TOLD && size < sizeof(struct pg_told)) ||
        (record->probe != PG_TOLD &&
         (record->probe >= catalog.num_probes || size < probe->size + (size_t)probe->num_slots * record->slot)))
        abort();
}

int feed_take(feed_t *feed, const struct pg_head *record, size_t size)
{
    const catalog_probe_t *probe = catalog.probes + record->probe;
    account_t *account = &feed->account;

    check(record, size);
    if (record->probe == PG_TOLD) {
        take_told(feed, (const struct pg_told *)record);
        return feed->output.error == 0;
    }
    if (record->lost != account->seen) {
        account->seen = record->lost;
        if (feed->keylog != NULL)
            keylog_forget(feed->keylog);
        feed_tell_losses(feed, record->time);
    }
    account->last = record->time;
    if (feed->keylog != NULL)
        keylog_take(feed->keylog, record, feed->run.json.show);
    feed->is_found = feed->until != NULL && is_last(feed->until, record);
    int is_shown = view_shows(feed->view, probe, &feed->run.wish);
    if (feed->ring.bytes != NULL) {
        if (is_shown)
            ring_keep(&feed->ring, feed->run.json.epoch, record, probe->size + (size_t)probe->num_slots * record->slot);
        if (feed->is_found)
            feed_show_ring(feed);
    } else if (is_shown) {
        feed->view->event(&feed->run, record, size);
        if (feed->output.error != 0)
            return 0;
        ++account->printed[record->probe];
        ++account->num_printed;
    }
    feed->is_done = feed->is_found || (feed->count != 0 && account->num_printed == feed->count);
    return !feed->is_done;
}

void feed_tell_losses(feed_t *feed, uint64_t time)
{
    if (account_has_unreported(&feed->account) && feed->ring.bytes != NULL)
        ring_keep_losses(&feed->ring, feed->run.json.epoch, &feed->account, time);
    else if (account_has_unreported(&feed->account) && feed->view->lost != NULL)
        feed->view->lost(&feed->run, time);
}

void feed_show_ring(feed_t *feed)
{
    if (feed->ring.bytes != NULL)
        ring_show(&feed->ring, feed->view, &feed->run);
}

void feed_pass(feed_t *feed, uint64_t time)
{
    if (feed->view->tick != NULL)
        feed->view->tick(&feed->run, time);
    feed->is_done |= feed->run.is_to_end;
}

void feed_tick(feed_t *feed, uint64_t time)
{
    feed_pass(feed, time);
    output_tick(&feed->output);
}

void feed_flush(feed_t *feed, const char *why)
{
    feed->run.is_cut = why == NULL || strcmp(why, "count") == 0 || strcmp(why, "until") == 0;
    if (feed->view->flush != NULL)
        feed->view->flush(&feed->run);
}

void feed_end(feed_t *feed, const describe_end_t *end)
{
    feed_flush(feed, end->why);
    if (feed->view->end != NULL)
        feed->view->end(&feed->run, end, feed->describes);
}

void feed_close(feed_t *feed)
{
    if (feed->view != NULL && feed->view->close != NULL)
        feed->view->close(&feed->run);
    account_dispose(&feed->account);
    ring_close(&feed->ring);
    free(feed->run.head.bytes);
}
