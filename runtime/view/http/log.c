/*
 * When is a request complete?
 *
 * Its response has headers, which come one after the other from one thread, and nothing says which one is the last. So they are
 * over when something else comes from that thread, or when none has come for some looks at the ring (QUIET_TICKS): the ring has one
 * order, and is emptied at each. Then a request is complete, if no end is to come: maps name probes at the end of requests for some
 * versions of HTTP only, and the target may lack them. The next request on a connection of HTTP/1, and the end of any connection,
 * say that those before are over.
 *
 * What is waited for is bounded: in time (view_wish_t.patience), in number, and in memory. What is printed before it is complete
 * says so, and why.
 */
#include <errno.h>
#include <string.h>
#include "view/http/log.h"

#define QUIET_TICKS 5
#define MAX_REQUESTS 1000 /* that are not complete; of a connection in one block */
#define MAX_CONNECTIONS 1000
#define MAX_REMEMBERED 10000         /* connections whose peers are remembered, where they have no blocks */
#define MAX_LINES (256 * 1024)       /* bytes of a request's headers */
#define MAX_BLOCKS (1024 * 1024)     /* of a connection's requests */
#define MAX_BYTES (64 * 1024 * 1024) /* of all */
#define HTTP_2 512

static int is_by_connection(const http_log_t *log)
{
    return log->run->wish.group == VIEW_CONNECTION;
}

static void run_out_of_memory(http_log_t *log)
{
    if (log->run->output->error == 0)
        log->run->output->error = ENOMEM;
}

void log_write(http_log_t *log)
{
    screen_t *screen = &log->screen;
    char *p = screen->n != 0 && !screen->has_failed ? output_room(log->run->output, screen->n) : NULL;

    if (p != NULL)
        output_advance(log->run->output, (char *)memcpy(p, screen->p, screen->n) + screen->n);
    if (screen->has_failed)
        run_out_of_memory(log);
    screen->n = 0;
}

static block_style_t style_of(const http_log_t *log)
{
    return (block_style_t){.epoch = log->run->json.epoch, .shows_pid = log->run->json.shows_pid};
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

/* Whether a probe says when requests of this version end. */
static int has_end(const http_log_t *log, const group_t *request)
{
    const char *has_probe = log->run->has_probe != NULL ? *log->run->has_probe : NULL;
    uint64_t major = request->version / 256;

    for (unsigned i = 0; i < catalog.num_probes && request->has_version; ++i) {
        const catalog_http_t *http = catalog.probes[i].http;
        if (http != NULL &&
            (http->event == CATALOG_HTTP_END || (http->event == CATALOG_HTTP_END_1 && major == 1) ||
             (http->event == CATALOG_HTTP_END_2 && major == 2) || (http->event == CATALOG_HTTP_END_3 && major == 3)) &&
            (has_probe == NULL || has_probe[i]))
            return 1;
    }
    return 0;
}

/* As far as it is known: to the last byte, to the first one, or up to now. What is not known to have begun has taken no time. */
static uint64_t duration_of(const http_log_t *log, const group_t *request)
{
    uint64_t until = request->end != 0 ? request->end : request->response != 0 ? request->response : log->now;

    return request->has_begin && until > request->begin ? until - request->begin : 0;
}

/* The block of a connection, or the part of it that there is. */
static void write_connection(http_log_t *log, group_t *connection, const char *why)
{
    block_style_t style = style_of(log);

    if (connection->num_requests == 0 && (connection->is_continued || log->run->wish.slower_than != 0))
        return;
    block_connection(&log->screen, connection, &style, why);
    log->screen.has_failed |= connection->lines.has_failed;
    log_write(log);
}

static void write_request(http_log_t *log, group_t *request, const char *why)
{
    block_style_t style = style_of(log);
    group_t *connection = request->connection;

    if (duration_of(log, request) < log->run->wish.slower_than)
        return;
    log->screen.has_failed |= request->lines.has_failed;
    if (!is_by_connection(log)) {
        block_request(&log->screen, request, &style, 1, why);
        log_write(log);
        return;
    }
    block_request(&connection->lines, request, &style, 2, why);
    groups_count(&log->connections, connection);
    if (++connection->num_requests < MAX_REQUESTS && connection->lines.n < MAX_BLOCKS)
        return;
    write_connection(log, connection, "it has more requests");
    connection->is_continued = 1;
    connection->num_requests = 0;
    connection->lines.n = 0;
}

/* @param why it is incomplete; NULL: it is not, as far as is known here */
static void finish_request(http_log_t *log, group_t *request, const char *why)
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

/* What comes of it will not be waited for. @param why it is incomplete, if it is */
static void give_up(http_log_t *log, group_t *request, const char *why)
{
    finish_request(log, request, request->response != 0 && (request->end != 0 || !has_end(log, request)) ? NULL : why);
}

/* All headers of its response are there. */
static void end_headers(http_log_t *log, group_t *request)
{
    stop_responding(log, request);
    if (!has_end(log, request))
        finish_request(log, request, NULL);
}

/* ---- the end of a connection ---- */

static void give_up_requests(http_log_t *log, group_t *connection, const char *why)
{
    while (connection->requests != NULL)
        give_up(log, connection->requests, why);
}

static void finish_connection(http_log_t *log, group_t *connection, const char *why)
{
    give_up_requests(log, connection, why != NULL ? why : "its connection has ended");
    if (connection->has_lost)
        why = "events were lost meanwhile";
    else if (why == NULL && !connection->has_begin)
        why = "its beginning is not in the trace";
    if (is_by_connection(log))
        write_connection(log, connection, why);
    groups_remove(&log->connections, connection);
}

/* ---- what there is no room for, or no time ---- */

static void keep_bounds(http_log_t *log)
{
    static const char many[] = "too many are waited for at a time", large[] = "what is waited for takes too much memory";
    size_t max_connections = is_by_connection(log) ? MAX_CONNECTIONS : MAX_REMEMBERED;

    while (log->requests.num > MAX_REQUESTS)
        give_up(log, log->requests.oldest, many);
    while (log->connections.num > max_connections)
        finish_connection(log, log->connections.oldest, many);
    while (log->requests.bytes + log->connections.bytes > MAX_BYTES) {
        if (log->requests.bytes > log->connections.bytes)
            give_up(log, log->requests.oldest, large);
        else
            finish_connection(log, log->connections.oldest, large);
    }
}

static void keep_time(http_log_t *log, uint64_t time)
{
    static const char late[] = "it was waited for long enough";
    uint64_t patience = log->run->wish.patience;

    if (time > log->now)
        log->now = time;
    while (log->requests.oldest != NULL && log->requests.oldest->begin + patience < log->now)
        give_up(log, log->requests.oldest, late);
    while (log->connections.oldest != NULL && log->connections.oldest->last + patience < log->now)
        finish_connection(log, log->connections.oldest, late);
}

/* ---- events ---- */

static group_t *connection_of(http_log_t *log, const http_event_t *event)
{
    const group_key_t key = {.tgid = event->tgid, .connection = event->numbers[CATALOG_HTTP_CONNECTION]};
    group_t *connection = groups_find(&log->connections, &key);

    if (connection == NULL && (connection = groups_add(&log->connections, &key)) != NULL)
        connection->begin = event->time;
    if (connection == NULL) {
        run_out_of_memory(log);
        return NULL;
    }
    connection->last = event->time;
    groups_renew(&log->connections, connection);
    return connection;
}

static group_key_t key_of_request(const http_event_t *event)
{
    return (group_key_t){
        .tgid = event->tgid, .connection = event->numbers[CATALOG_HTTP_CONNECTION], .id = event->numbers[CATALOG_HTTP_ID]};
}

static group_t *add_request(http_log_t *log, const http_event_t *event)
{
    const group_key_t key = key_of_request(event);
    group_t *connection = connection_of(log, event), *request = connection != NULL ? groups_add(&log->requests, &key) : NULL;

    if (request == NULL) {
        run_out_of_memory(log);
        return NULL;
    }
    request->begin = event->time;
    request->connection = connection;
    request->next_of_connection = connection->requests;
    if (connection->requests != NULL)
        connection->requests->previous_of_connection = request;
    connection->requests = request;
    return request;
}

/* The one that an event is of; what began before the trace did is added when something is heard of it. */
static group_t *request_of(http_log_t *log, const http_event_t *event)
{
    const group_key_t key = key_of_request(event);
    group_t *request = groups_find(&log->requests, &key);

    return request != NULL && connection_of(log, event) != NULL ? request : add_request(log, event);
}

static void take_request(http_log_t *log, const http_event_t *event)
{
    const group_key_t key = key_of_request(event);
    group_t *connection = connection_of(log, event), *earlier = groups_find(&log->requests, &key), *request;
    uint64_t version = event->numbers[CATALOG_HTTP_VERSION];

    if (connection != NULL && http_event_has(event, CATALOG_HTTP_VERSION) && version < HTTP_2)
        give_up_requests(log, connection, "the next one has begun");
    else if (earlier != NULL)
        give_up(log, earlier, "another one of its number has begun");
    if ((request = add_request(log, event)) == NULL)
        return;
    request->has_begin = 1;
    request->version = version;
    request->has_version = http_event_has(event, CATALOG_HTTP_VERSION);
}

static void take_response(http_log_t *log, const http_event_t *event)
{
    group_t *request = request_of(log, event);

    if (request == NULL)
        return;
    request->response = event->time;
    request->status = event->numbers[CATALOG_HTTP_STATUS];
    request->has_status = http_event_has(event, CATALOG_HTTP_STATUS);
    if (!request->is_responding) {
        request->next_responding = log->responding;
        log->responding = request;
        request->is_responding = 1;
    }
    request->tid = event->tid;
    request->tick = log->tick;
}

static int is_name(const http_event_t *event, const char *name)
{
    return event->name.n == strlen(name) && memcmp(event->name.bytes, name, event->name.n) == 0;
}

static void take_header(http_log_t *log, const http_event_t *event)
{
    group_t *request = request_of(log, event);
    int is_response = event->kind == CATALOG_HTTP_RESPONSE_HEADER;

    if (request == NULL)
        return;
    if (is_response)
        request->tick = log->tick;
    screen_t *lines = &request->lines;
    if (lines->n + event->name.n + event->value.n > MAX_LINES) {
        request->is_cut = 1;
        return;
    }
    screen_label(lines, is_response ? "TxHeader" : "RxHeader");
    screen_value(lines, http_event_has(event, CATALOG_HTTP_NAME) ? &event->name : NULL, 1);
    screen_put(lines, " ", 1);
    size_t begin = lines->n;
    screen_value(lines, http_event_has(event, CATALOG_HTTP_VALUE) ? &event->value : NULL, 0);
    if (!is_response && is_name(event, ":method")) {
        request->method = begin;
        request->method_n = lines->n - begin;
    } else if (!is_response && is_name(event, ":path")) {
        request->path = begin;
        request->path_n = lines->n - begin;
    }
    screen_put(lines, "\n", 1);
    groups_count(&log->requests, request);
}

/* Of a request that is printed already, or that was never heard of, it says nothing that anybody could do something with. */
static void take_end(http_log_t *log, const http_event_t *event)
{
    const group_key_t key = key_of_request(event);
    group_t *request = groups_find(&log->requests, &key);

    if (request == NULL || connection_of(log, event) == NULL)
        return;
    request->end = event->time;
    request->bytes = event->numbers[CATALOG_HTTP_BYTES];
    request->has_bytes = http_event_has(event, CATALOG_HTTP_BYTES);
    finish_request(log, request, request->response != 0 ? NULL : "it has ended without a response");
}

static void learn_peer(const http_event_t *event, group_t *connection)
{
    if (event->address != NULL) {
        connection->peer.n = 0;
        screen_address(&connection->peer, event->address);
    } else if (http_event_has(event, CATALOG_HTTP_PEER)) {
        connection->peer.n = 0;
        screen_value(&connection->peer, &event->peer, 0);
    }
    if (http_event_has(event, CATALOG_HTTP_SERVER)) {
        connection->server.n = 0;
        screen_value(&connection->server, &event->server, 0);
    }
}

static void take_open(http_log_t *log, const http_event_t *event)
{
    group_t *connection = connection_of(log, event);

    if (connection != NULL && connection->begin == event->time)
        connection->has_begin = 1;
}

/* Several events may tell of it; and of a connection of which nothing else was heard, there is nothing to be said. */
static void take_close(http_log_t *log, const http_event_t *event)
{
    const group_key_t key = {.tgid = event->tgid, .connection = event->numbers[CATALOG_HTTP_CONNECTION]};
    group_t *connection = groups_find(&log->connections, &key);

    if (connection == NULL)
        return;
    connection->end = event->time;
    finish_connection(log, connection, NULL);
}

/* Whatever comes from a thread, but for the next header, says that the headers of the response before are over. */
static void settle(http_log_t *log, const http_event_t *event)
{
    const group_key_t key = key_of_request(event);

    for (group_t *request = log->responding, *next; request != NULL; request = next) {
        next = request->next_responding;
        if (request->tid != event->tid ||
            (event->kind == CATALOG_HTTP_RESPONSE_HEADER && request->key.id == key.id && request->key.connection == key.connection))
            continue;
        end_headers(log, request);
    }
}

static void take_kind(http_log_t *log, const http_event_t *event)
{
    switch (event->kind) {
    case CATALOG_HTTP_REQUEST:
        take_request(log, event);
        break;
    case CATALOG_HTTP_RESPONSE:
        take_response(log, event);
        break;
    case CATALOG_HTTP_REQUEST_HEADER:
    case CATALOG_HTTP_RESPONSE_HEADER:
        take_header(log, event);
        break;
    case CATALOG_HTTP_END:
    case CATALOG_HTTP_END_1:
    case CATALOG_HTTP_END_2:
    case CATALOG_HTTP_END_3:
        take_end(log, event);
        break;
    case CATALOG_HTTP_OPEN:
        take_open(log, event);
        break;
    case CATALOG_HTTP_CLOSE:
        take_close(log, event);
        break;
    case CATALOG_HTTP_NONE:
        break;
    }
}

void log_take(http_log_t *log, const http_event_t *event)
{
    int is_of_request = event->kind != CATALOG_HTTP_OPEN && event->kind != CATALOG_HTTP_CLOSE;

    settle(log, event);
    keep_time(log, event->time);
    if (!http_event_has(event, CATALOG_HTTP_CONNECTION) || (is_of_request && !http_event_has(event, CATALOG_HTTP_ID)))
        return;
    if (http_event_has(event, CATALOG_HTTP_PEER) || http_event_has(event, CATALOG_HTTP_SERVER)) {
        group_t *connection = connection_of(log, event);
        if (connection != NULL)
            learn_peer(event, connection);
    }
    take_kind(log, event);
    keep_bounds(log);
}

void log_tick(http_log_t *log, uint64_t time)
{
    ++log->tick;
    for (group_t *request = log->responding, *next; request != NULL; request = next) {
        next = request->next_responding;
        if (log->tick - request->tick >= QUIET_TICKS)
            end_headers(log, request);
    }
    keep_time(log, time);
}

void log_lose(http_log_t *log, uint64_t num)
{
    for (group_t *request = log->requests.oldest; request != NULL; request = request->newer)
        request->has_lost = 1;
    for (group_t *connection = log->connections.oldest; connection != NULL; connection = connection->newer)
        connection->has_lost = 1;
    block_losses(&log->screen, num);
    log_write(log);
}

void log_end(http_log_t *log)
{
    static const char why[] = "the trace has ended";

    while (log->requests.oldest != NULL)
        give_up(log, log->requests.oldest, why);
    while (log->connections.oldest != NULL)
        finish_connection(log, log->connections.oldest, why);
}

void log_dispose(http_log_t *log)
{
    while (log->requests.oldest != NULL)
        groups_remove(&log->requests, log->requests.oldest);
    while (log->connections.oldest != NULL)
        groups_remove(&log->connections, log->connections.oldest);
    screen_dispose(&log->screen);
}
