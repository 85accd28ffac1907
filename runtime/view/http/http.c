/* HTTP: requests and responses with their headers, line by line as they come, or put together. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "choose/evaluate.h"
#include "view/http/log.h"
#include "common/say.h"

static int shows(const catalog_probe_t *probe, const view_wish_t *wish)
{
    return probe->http != NULL && (wish->group != VIEW_RAW || probe->http->event <= CATALOG_HTTP_RESPONSE_HEADER);
}

static int open_log(view_run_t *run, reason_t *reason)
{
    http_log_t *log = calloc(1, sizeof(*log));

    if (log == NULL)
        return reason_set(reason, "out of memory");
    log->run = run;
    run->state = log;
    return 0;
}

/* ---- line by line ---- */

static void put_number(screen_t *screen, const http_event_t *event, enum en_catalog_http_field_t field, const char *after)
{
    if (http_event_has(event, field))
        screen_printf(screen, "%" PRIu64 "%s", event->numbers[field], after);
    else
        screen_printf(screen, "-%s", after);
}

/* @return whether there is a line for such an event */
static int put_line(screen_t *screen, const http_event_t *event)
{
    uint64_t version = event->numbers[CATALOG_HTTP_VERSION];

    switch (event->kind) {
    case CATALOG_HTTP_REQUEST:
        screen_label(screen, "RxProtocol");
        if (http_event_has(event, CATALOG_HTTP_VERSION))
            screen_printf(screen, "HTTP/%" PRIu64 ".%" PRIu64, version / 256, version % 256);
        else
            screen_printf(screen, "-");
        return 1;
    case CATALOG_HTTP_RESPONSE:
        screen_label(screen, "TxStatus");
        put_number(screen, event, CATALOG_HTTP_STATUS, "");
        return 1;
    case CATALOG_HTTP_REQUEST_HEADER:
    case CATALOG_HTTP_RESPONSE_HEADER:
        screen_label(screen, event->kind == CATALOG_HTTP_REQUEST_HEADER ? "RxHeader" : "TxHeader");
        screen_value(screen, http_event_has(event, CATALOG_HTTP_NAME) ? &event->name : NULL, 1);
        screen_put(screen, " ", 1);
        screen_value(screen, http_event_has(event, CATALOG_HTTP_VALUE) ? &event->value : NULL, 0);
        return 1;
    default:
        return 0;
    }
}

static void print_line(http_log_t *log, const http_event_t *event)
{
    screen_t *screen = &log->screen;

    if (log->run->json.shows_pid)
        screen_printf(screen, "%" PRIu32 " ", event->tgid);
    put_number(screen, event, CATALOG_HTTP_CONNECTION, " ");
    put_number(screen, event, CATALOG_HTTP_ID, " ");
    if (put_line(screen, event)) {
        screen_put(screen, "\n", 1);
        screen_write(screen, log->run->output);
    }
    screen->n = 0;
}

/* ---- the view ---- */

/* Whether a group with such an event is shown. */
static int is_wanted(const view_run_t *run, const struct pg_head *record)
{
    const choose_t *groups = run->wish.groups;
    const condition_t *condition = groups != NULL ? choose_condition(groups, catalog.probes + record->probe) : NULL;

    return condition != NULL && evaluate(condition, &groups->patterns, record);
}

static void take(view_run_t *run, const struct pg_head *record, size_t size)
{
    http_event_t event;

    (void)size;
    if (!http_event_read(&event, record, run->json.show))
        return;
    event.is_wanted = is_wanted(run, record);
    if (run->wish.group == VIEW_RAW)
        print_line(run->state, &event);
    else
        log_take(run->state, &event);
}

static void tell(view_run_t *run, const struct pg_told *told)
{
    if (run->wish.group != VIEW_RAW)
        log_tell(run->state, told);
}

static void tell_losses(view_run_t *run, uint64_t time)
{
    http_log_t *log = run->state;
    uint64_t num = account_take_losses(run->account);

    (void)time;
    if (num == 0)
        return;
    if (run->wish.group != VIEW_RAW) {
        log_lose(log, num);
        return;
    }
    screen_printf(&log->screen, "%s- - ", run->json.shows_pid ? "- " : "");
    screen_label(&log->screen, "Lost");
    screen_printf(&log->screen, "%" PRIu64 " event%s\n", num, say_s(num));
    screen_write(&log->screen, log->run->output);
}

static void tick(view_run_t *run, uint64_t time)
{
    if (run->wish.group != VIEW_RAW)
        log_tick(run->state, time);
}

static void flush(view_run_t *run)
{
    log_end(run->state);
}

static void close_log(view_run_t *run)
{
    if (run->state != NULL)
        log_dispose(run->state);
    free(run->state);
}

const view_t view_http = {.name = "http",
                          .shows = shows,
                          .open = open_log,
                          .event = take,
                          .told = tell,
                          .lost = tell_losses,
                          .tick = tick,
                          .flush = flush,
                          .close = close_log};
