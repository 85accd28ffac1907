/*
 * When is a request complete?
 *
 * Its response has headers, which come one after the other from one thread, and nothing says which one is the last. So they are
 * over when something else comes from that thread, or when none has come for some looks at the ring: the ring has one order, and is
 * emptied at each. Then a request is complete, if no end is to come: maps name probes at the end of requests for some versions of
 * HTTP only, and the target may lack them. With HTTP/1, one request is answered after the other, so the last byte of a response is
 * what was written last before the next request, or before the end of the connection; until then a request is waited for, if its
 * connection is known to the probes that tell of what is written. The end of any connection says that its requests are over.
 *
 * What is waited for is bounded: in time (view_wish_t.patience), in number, and in memory. What is printed before it is complete
 * says so, and why. Where nothing could have told the end of a connection, it does not say that something is lacking.
 */
#include <errno.h>
#include <stdlib.h>
#include "view/http/wait.h"

#define MAX_REQUESTS 1000 /* that are not complete; of a connection in one block */
#define MAX_CONNECTIONS 1000
#define MAX_REMEMBERED 10000         /* connections whose peers are remembered, where they have no blocks */
#define MAX_BLOCKS (1024 * 1024)     /* bytes of a connection's requests */
#define MAX_BYTES (64 * 1024 * 1024) /* of all */

static int is_by_connection(const http_log_t *log)
{
    return log->run->wish.group == VIEW_CONNECTION;
}

void wait_run_out_of_memory(http_log_t *log)
{
    if (log->run->output->error == 0)
        log->run->output->error = ENOMEM;
}

static block_style_t style_of(const http_log_t *log)
{
    return (block_style_t){.epoch = log->run->json.epoch, .shows_pid = log->run->json.shows_pid};
}

/* ---- what is wanted ---- */

static uint32_t *counts_of(http_log_t *log, group_t *group)
{
    if (group->num_events == NULL && (group->num_events = calloc(catalog.num_probes, sizeof(*group->num_events))) == NULL)
        wait_run_out_of_memory(log);
    return group->num_events;
}

void wait_count(http_log_t *log, group_t *group, const http_event_t *event)
{
    int is_shown = group->connection != NULL || is_by_connection(log);
    uint32_t *counts = log->run->wish.groups != NULL && is_shown ? counts_of(log, group) : NULL;

    if (counts == NULL)
        return;
    ++counts[event->probe];
    group->is_wanted |= event->is_wanted;
}

/* What a connection shows has the events of its requests. */
static void count_as_of_connection(http_log_t *log, const group_t *request)
{
    group_t *connection = request->connection;
    uint32_t *counts = request->num_events != NULL ? counts_of(log, connection) : NULL;

    for (unsigned i = 0; counts != NULL && i < catalog.num_probes; ++i)
        counts[i] += request->num_events[i];
    connection->is_wanted |= request->is_wanted;
}

/* Whether it is shown; of what is not, the events were not printed, but filtered. Those that come yet are counted anew. */
static int settle_events(http_log_t *log, group_t *group)
{
    int is_wanted = log->run->wish.groups == NULL || group->is_wanted;

    for (unsigned i = 0; !is_wanted && group->num_events != NULL && i < catalog.num_probes; ++i)
        account_hide(log->run->account, i, group->num_events[i]);
    free(group->num_events);
    group->num_events = NULL;
    return is_wanted;
}

/* ---- what there are probes for ---- */

/*
 * Whether a probe says such things of this version of HTTP. @param first of kinds that are in a row: of any version, of HTTP/1, ...
 * @param by_handle 1: one that does not have the number of the connection
 */
static int is_told(const http_log_t *log, enum en_catalog_http_event_t first, uint64_t version, int by_handle)
{
    const char *has_probe = log->run->has_probe != NULL ? *log->run->has_probe : NULL;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_http_t *http = catalog.probes[i].http;
        if (http != NULL && (http->event == first || http->event == first + version / 256) &&
            (http->fields[CATALOG_HTTP_CONNECTION] == 0) == by_handle && (has_probe == NULL || has_probe[i]))
            return 1;
    }
    return 0;
}

/* Of connections that no request has come of, nothing is known that would say no. */
static int can_begin(const http_log_t *log, const group_t *connection)
{
    return !connection->has_version || is_told(log, CATALOG_HTTP_OPEN, connection->version, 0);
}

static int can_end(const http_log_t *log, const group_t *connection)
{
    handle_t *const *handles = connection->handles;
    int is_known_by_handle = handles[1] != NULL || (handles[0] != NULL && handles[0]->is_opened);

    return !connection->has_version || is_told(log, CATALOG_HTTP_CLOSE, connection->version, 0) ||
           (is_known_by_handle && is_told(log, CATALOG_HTTP_CLOSE, connection->version, 1));
}

/* Whether something will say when the request ends. */
static int has_end(const http_log_t *log, const group_t *request)
{
    uint64_t version = request->version;
    int is_known_by_handle = request->connection->handles[0] != NULL;

    if (!request->has_version)
        return 0;
    if (is_told(log, CATALOG_HTTP_END, version, 0))
        return 1;
    return version / 256 == 1 &&
           (is_told(log, CATALOG_HTTP_WRITTEN_1, 0, 0) || (is_known_by_handle && is_told(log, CATALOG_HTTP_WRITTEN_1, 0, 1)));
}

/* ---- the end of a request ---- */

static void stop_responding(http_log_t *log, group_t *request)
{
    group_t **place = &log->responding;

    if (!request->is_responding)
        return;
    while (*place != request)
        place = &(*place)->next_responding;
    *place = request->next_responding;
    request->is_responding = 0;
}

/* As far as it is known: to the last byte, to the first one, or up to now. What is not known to have begun has taken no time. */
static uint64_t duration_of(const http_log_t *log, const group_t *request)
{
    uint64_t until = request->end != 0 ? request->end : request->response != 0 ? request->response : log->now;

    return request->has_begin && until > request->begin ? until - request->begin : 0;
}

/* The block of a connection, or the part of it that there is. */
static void write_connection(http_log_t *log, group_t *connection, const char *mark, const char *why)
{
    block_style_t style = style_of(log);

    if (!settle_events(log, connection))
        return;
    if (connection->num_requests == 0 && (connection->is_continued || log->run->wish.slower_than != 0))
        return;
    block_connection(&log->screen, connection, &style, mark, why);
    log->screen.has_failed |= connection->lines.has_failed;
    screen_write(&log->screen, log->run->output);
    connection->is_continued = 1;
}

static void write_request(http_log_t *log, group_t *request, const char *why)
{
    block_style_t style = style_of(log);
    group_t *connection = request->connection;

    if (is_by_connection(log))
        count_as_of_connection(log, request);
    else if (!settle_events(log, request))
        return;
    if (duration_of(log, request) < log->run->wish.slower_than)
        return;
    log->screen.has_failed |= request->lines.has_failed;
    if (!is_by_connection(log)) {
        block_request(&log->screen, request, &style, 1, why);
        screen_write(&log->screen, log->run->output);
        return;
    }
    block_request(&connection->lines, request, &style, 2, why);
    groups_count(&log->connections, connection);
    if (++connection->num_requests < MAX_REQUESTS && connection->lines.n < MAX_BLOCKS)
        return;
    write_connection(log, connection, BLOCK_INCOMPLETE, "it has more requests");
    connection->num_requests = 0;
    connection->lines.n = 0;
}

void wait_finish_request(http_log_t *log, group_t *request, const char *why)
{
    group_t *connection = request->connection;

    if (request->has_lost)
        why = "events were lost meanwhile";
    else if (!request->has_begin)
        why = "its beginning is not in the trace";
    stop_responding(log, request);
    write_request(log, request, why);
    *(request->previous_of_connection != NULL ? &request->previous_of_connection->next_of_connection : &connection->requests) =
        request->next_of_connection;
    if (request->next_of_connection != NULL)
        request->next_of_connection->previous_of_connection = request->previous_of_connection;
    groups_remove(&log->requests, request);
}

void wait_give_up(http_log_t *log, group_t *request, const char *why)
{
    if (request->has_failed)
        why = "not all of the response could be sent";
    else if (request->response != 0 && (request->end != 0 || !has_end(log, request)))
        why = NULL;
    wait_finish_request(log, request, why);
}

void wait_end_headers(http_log_t *log, group_t *request)
{
    stop_responding(log, request);
    if (!has_end(log, request))
        wait_finish_request(log, request, NULL);
}

/* ---- the end of a connection ---- */

void wait_give_up_requests(http_log_t *log, group_t *connection, const char *why)
{
    while (connection->requests != NULL)
        wait_give_up(log, connection->requests, why);
}

void wait_forget_connection(http_log_t *log, group_t *connection)
{
    for (unsigned i = 0; i < GROUP_NUM_HANDLES; ++i) {
        if (connection->handles[i] != NULL)
            handles_remove(&log->handles, connection->handles[i]);
    }
    groups_remove(&log->connections, connection);
}

void wait_finish_connection(http_log_t *log, group_t *connection, const char *why)
{
    const char *mark = NULL;

    wait_give_up_requests(log, connection, why != NULL ? why : "its connection has ended");
    if (connection->has_lost) {
        why = "events were lost meanwhile";
        mark = BLOCK_INCOMPLETE;
    } else if (why != NULL) {
        mark = can_end(log, connection) ? BLOCK_INCOMPLETE : BLOCK_WITHOUT_END;
    } else if (!connection->has_begin && can_begin(log, connection)) {
        why = "its beginning is not in the trace";
        mark = BLOCK_INCOMPLETE;
    }
    if (is_by_connection(log))
        write_connection(log, connection, mark, why);
    wait_forget_connection(log, connection);
}

uint64_t wait_replace_connection(http_log_t *log, group_t *connection)
{
    uint64_t begin = connection->has_begin ? connection->begin : 0;
    int has_requests = connection->requests != NULL || connection->num_requests != 0 || connection->is_continued;

    wait_give_up_requests(log, connection, "another connection has taken its place");
    if (is_by_connection(log) && has_requests)
        write_connection(log, connection, BLOCK_WITHOUT_END, "another connection has taken its place");
    wait_forget_connection(log, connection);
    return has_requests ? 0 : begin;
}

/* ---- what there is no room for, or no time ---- */

void wait_keep_bounds(http_log_t *log)
{
    static const char many[] = "too many are waited for at a time", large[] = "what is waited for takes too much memory";
    size_t max_connections = is_by_connection(log) ? MAX_CONNECTIONS : MAX_REMEMBERED;

    while (log->requests.num > MAX_REQUESTS)
        wait_give_up(log, log->requests.oldest, many);
    while (log->connections.num > max_connections)
        wait_finish_connection(log, log->connections.oldest, many);
    while (log->requests.bytes + log->connections.bytes > MAX_BYTES) {
        if (log->requests.bytes > log->connections.bytes)
            wait_give_up(log, log->requests.oldest, large);
        else
            wait_finish_connection(log, log->connections.oldest, large);
    }
}

void wait_keep_time(http_log_t *log, uint64_t time)
{
    static const char late[] = "it was waited for long enough";
    uint64_t patience = log->run->wish.patience;

    if (time > log->now)
        log->now = time;
    while (log->requests.oldest != NULL && log->requests.oldest->begin + patience < log->now)
        wait_give_up(log, log->requests.oldest, late);
    while (log->connections.oldest != NULL && log->connections.oldest->last + patience < log->now)
        wait_finish_connection(log, log->connections.oldest, late);
}
