/* What events say of requests and connections; when these end is the business of wait.c. */
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include "view/http/log.h"

#define QUIET_TICKS 5
#define MAX_LINES (256 * 1024) /* bytes of a request's headers */
#define HTTP_2 512

/* ---- connections ---- */

static group_t *connection_at(http_log_t *log, const group_key_t *key, uint64_t time)
{
    group_t *connection = groups_find(&log->connections, key);

    if (connection == NULL && (connection = groups_add(&log->connections, key)) != NULL)
        connection->begin = time;
    if (connection == NULL) {
        wait_run_out_of_memory(log);
        return NULL;
    }
    connection->last = time;
    groups_renew(&log->connections, connection);
    return connection;
}

static group_t *connection_of(http_log_t *log, const http_event_t *event)
{
    const group_key_t key = {.tgid = event->tgid, .connection = event->numbers[CATALOG_HTTP_CONNECTION]};
    group_t *connection = connection_at(log, &key, event->time);

    if (connection != NULL && connection->first == 0)
        connection->first = event->time;
    return connection;
}

/* Events with this pointer are the connection's. If they were another one's, that has ended, and nothing has told of it. */
static void link_handle(http_log_t *log, group_t *connection, unsigned number, uint64_t pointer)
{
    handle_t *handle = handles_take(&log->handles, connection->key.tgid, pointer), *earlier = connection->handles[number];

    if (handle == NULL) {
        wait_run_out_of_memory(log);
        return;
    }
    if (handle->connection == connection)
        return;
    if (handle->connection != NULL) {
        uint64_t begin = handle->begin, earlier_begin = wait_replace_connection(log, handle->connection);
        if ((handle = handles_take(&log->handles, connection->key.tgid, pointer)) == NULL)
            return;
        handle->begin = earlier_begin != 0 ? earlier_begin : begin;
    }
    if (earlier != NULL)
        handles_remove(&log->handles, earlier);
    handles_give(&log->handles, handle, connection, connection->handles + number);
    if (handle->begin != 0) {
        connection->begin = handle->begin;
        connection->has_begin = 1;
    }
}

static void learn_peer(group_t *connection, const struct pg_address *address)
{
    connection->peer.n = 0;
    screen_address(&connection->peer, address);
}

static void learn_server(group_t *connection, const value_text_t *name)
{
    connection->server.n = 0;
    screen_value(&connection->server, name, 0);
}

static void learn(const http_event_t *event, group_t *connection)
{
    if (event->address != NULL) {
        learn_peer(connection, event->address);
    } else if (http_event_has(event, CATALOG_HTTP_PEER)) {
        connection->peer.n = 0;
        screen_value(&connection->peer, &event->peer, 0);
    }
    if (http_event_has(event, CATALOG_HTTP_SERVER))
        learn_server(connection, &event->server);
}

/* An address without a port is taken if there is no other. */
static void learn_address(group_t *connection, const uint8_t address[16])
{
    static const uint8_t none[16] = {0}, ipv4[12] = {[10] = 0xff, [11] = 0xff};
    struct pg_address full = {.family = AF_INET6};

    if (connection->peer.n != 0 || memcmp(address, none, sizeof(none)) == 0)
        return;
    if (memcmp(address, ipv4, sizeof(ipv4)) == 0) {
        full.family = AF_INET;
        memcpy(full.data + offsetof(struct sockaddr_in, sin_addr) - 2, address + 12, 4);
    } else {
        memcpy(full.data + offsetof(struct sockaddr_in6, sin6_addr) - 2, address, 16);
    }
    screen_host(&connection->peer, &full);
}

void log_tell(http_log_t *log, const struct pg_told *told)
{
    const group_key_t key = {.tgid = told->head.tgid, .connection = told->connection};
    group_t *connection = connection_at(log, &key, told->head.time);
    const value_text_t name = {
        .bytes = told->name, .n = told->name_size, .len = told->name_size, .is_cut = told->name_goes_on != 0};

    if (connection == NULL)
        return;
    if (told->peer.family != 0)
        learn_peer(connection, &told->peer);
    learn_address(connection, told->address);
    if (told->name_size != 0)
        learn_server(connection, &name);
    for (unsigned i = 0; i < GROUP_NUM_HANDLES; ++i) {
        if (told->handles[i] != 0)
            link_handle(log, connection, i, told->handles[i]);
    }
}

/* ---- requests ---- */

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
        wait_run_out_of_memory(log);
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
        wait_give_up_requests(log, connection, "the next one has begun");
    else if (earlier != NULL)
        wait_give_up(log, earlier, "another one of its number has begun");
    if ((request = add_request(log, event)) == NULL)
        return;
    wait_count(log, request, event);
    request->has_begin = 1;
    request->version = version;
    request->has_version = http_event_has(event, CATALOG_HTTP_VERSION);
    if (request->has_version) {
        request->connection->version = version;
        request->connection->has_version = 1;
    }
}

static void take_response(http_log_t *log, const http_event_t *event)
{
    group_t *request = request_of(log, event);

    if (request == NULL)
        return;
    wait_count(log, request, event);
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

/* The head of a block has them. @return whether they are not wanted in a line of their own */
static int take_target(http_log_t *log, const http_event_t *event, group_t *request)
{
    screen_t *screen = is_name(event, ":method") ? &request->method : is_name(event, ":path") ? &request->path : NULL;

    if (screen == NULL)
        return 0;
    screen->n = 0;
    screen_value(screen, http_event_has(event, CATALOG_HTTP_VALUE) ? &event->value : NULL, 0);
    return screen == &request->method ? log->run->wish.hides_method : log->run->wish.hides_path;
}

static void put_header(screen_t *lines, const http_event_t *event)
{
    screen_label(lines, event->kind == CATALOG_HTTP_RESPONSE_HEADER ? "TxHeader" : "RxHeader");
    screen_value(lines, http_event_has(event, CATALOG_HTTP_NAME) ? &event->name : NULL, 1);
    screen_put(lines, " ", 1);
    screen_value(lines, http_event_has(event, CATALOG_HTTP_VALUE) ? &event->value : NULL, 0);
    screen_put(lines, "\n", 1);
}

static void take_header(http_log_t *log, const http_event_t *event)
{
    group_t *request = request_of(log, event);
    int is_response = event->kind == CATALOG_HTTP_RESPONSE_HEADER;

    if (request == NULL)
        return;
    wait_count(log, request, event);
    if (is_response)
        request->tick = log->tick;
    else if (take_target(log, event, request))
        return;
    if (request->lines.n + event->name.n + event->value.n > MAX_LINES)
        request->is_cut = 1;
    else
        put_header(&request->lines, event);
    groups_count(&log->requests, request);
}

/* Of a request that is printed already, or that was never heard of, it says nothing that anybody could do something with. */
static void take_end(http_log_t *log, const http_event_t *event)
{
    const group_key_t key = key_of_request(event);
    group_t *request = groups_find(&log->requests, &key);

    if (request == NULL || connection_of(log, event) == NULL)
        return;
    wait_count(log, request, event);
    request->end = event->time;
    request->bytes = event->numbers[CATALOG_HTTP_BYTES];
    request->has_bytes = http_event_has(event, CATALOG_HTTP_BYTES);
    wait_finish_request(log, request, request->response != 0 ? NULL : "it has ended without a response");
}

/* ---- connections that begin and end ---- */

static void take_open(http_log_t *log, const http_event_t *event)
{
    group_t *connection = connection_of(log, event);

    if (connection == NULL)
        return;
    wait_count(log, connection, event);
    if (connection->first == event->time && !connection->has_begin) {
        connection->begin = event->time;
        connection->has_begin = 1;
    }
    if (http_event_has(event, CATALOG_HTTP_HANDLE))
        link_handle(log, connection, 0, event->numbers[CATALOG_HTTP_HANDLE]);
}

/* Its number is told of later. */
static void take_nameless_open(http_log_t *log, const http_event_t *event)
{
    uint64_t pointer = event->numbers[CATALOG_HTTP_HANDLE];
    handle_t *handle = handles_find(&log->handles, event->tgid, pointer);

    if (handle != NULL && handle->connection != NULL)
        wait_replace_connection(log, handle->connection);
    if ((handle = handles_take(&log->handles, event->tgid, pointer)) == NULL) {
        wait_run_out_of_memory(log);
        return;
    }
    handle->begin = event->time;
    handle->is_opened = 1;
}

/* The connection that an event is of, if anything was heard of it: there is nothing to be said of others. */
static group_t *find_connection(http_log_t *log, const http_event_t *event)
{
    const group_key_t key = {.tgid = event->tgid, .connection = event->numbers[CATALOG_HTTP_CONNECTION]};

    if (http_event_has(event, CATALOG_HTTP_CONNECTION))
        return groups_find(&log->connections, &key);
    handle_t *handle = handles_find(&log->handles, event->tgid, event->numbers[CATALOG_HTTP_HANDLE]);
    if (handle == NULL || handle->connection != NULL)
        return handle != NULL ? handle->connection : NULL;
    if (event->kind >= CATALOG_HTTP_CLOSE && event->kind <= CATALOG_HTTP_CLOSE_3)
        handles_remove(&log->handles, handle); /* it has ended before its number was told of */
    return NULL;
}

/* Several events may tell of it. */
static void take_close(http_log_t *log, const http_event_t *event)
{
    group_t *connection = find_connection(log, event);

    if (connection == NULL)
        return;
    wait_count(log, connection, event);
    connection->end = event->time;
    wait_finish_connection(log, connection, NULL);
}

/* Something has been sent. With HTTP/1 that is of the one response that is being sent, if there is any; so far, it is its end. */
static void take_written(http_log_t *log, const http_event_t *event)
{
    group_t *connection = find_connection(log, event), *request;

    if (connection == NULL)
        return;
    connection->last = event->time;
    groups_renew(&log->connections, connection);
    request = connection->requests;
    wait_count(log, request != NULL ? request : connection, event);
    if (request == NULL || request->response == 0 || request->version / 256 != 1)
        return;
    request->has_failed = http_event_has(event, CATALOG_HTTP_SUCCESS) && (int64_t)event->numbers[CATALOG_HTTP_SUCCESS] <= 0;
    if (!request->has_failed)
        request->end = event->time;
}

/* ---- all of them ---- */

/* Whatever comes from a thread, but for the next header, says that the headers of the response before are over. */
static void settle(http_log_t *log, const http_event_t *event)
{
    const group_key_t key = key_of_request(event);

    for (group_t *request = log->responding, *next; request != NULL; request = next) {
        next = request->next_responding;
        if (request->tid != event->tid ||
            (event->kind == CATALOG_HTTP_RESPONSE_HEADER && request->key.id == key.id && request->key.connection == key.connection))
            continue;
        wait_end_headers(log, request);
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
    case CATALOG_HTTP_OPEN_1:
    case CATALOG_HTTP_OPEN_2:
    case CATALOG_HTTP_OPEN_3:
        (http_event_has(event, CATALOG_HTTP_CONNECTION) ? take_open : take_nameless_open)(log, event);
        break;
    case CATALOG_HTTP_CLOSE:
    case CATALOG_HTTP_CLOSE_1:
    case CATALOG_HTTP_CLOSE_2:
    case CATALOG_HTTP_CLOSE_3:
        take_close(log, event);
        break;
    case CATALOG_HTTP_WRITTEN_1:
        take_written(log, event);
        break;
    case CATALOG_HTTP_NONE:
        break;
    }
}

/* Whether an event says whose it is. */
static int has_name(const http_event_t *event)
{
    int is_of_request = event->kind < CATALOG_HTTP_OPEN;

    if (is_of_request && !http_event_has(event, CATALOG_HTTP_ID))
        return 0;
    return http_event_has(event, CATALOG_HTTP_CONNECTION) || (!is_of_request && http_event_has(event, CATALOG_HTTP_HANDLE));
}

void log_take(http_log_t *log, const http_event_t *event)
{
    settle(log, event);
    wait_keep_time(log, event->time);
    if (!has_name(event))
        return;
    if (http_event_has(event, CATALOG_HTTP_CONNECTION) &&
        (http_event_has(event, CATALOG_HTTP_PEER) || http_event_has(event, CATALOG_HTTP_SERVER))) {
        group_t *connection = connection_of(log, event);
        if (connection != NULL)
            learn(event, connection);
    }
    take_kind(log, event);
    wait_keep_bounds(log);
}

void log_tick(http_log_t *log, uint64_t time)
{
    ++log->tick;
    for (group_t *request = log->responding, *next; request != NULL; request = next) {
        next = request->next_responding;
        if (log->tick - request->tick >= QUIET_TICKS)
            wait_end_headers(log, request);
    }
    wait_keep_time(log, time);
}

void log_lose(http_log_t *log, uint64_t num)
{
    for (group_t *request = log->requests.oldest; request != NULL; request = request->newer)
        request->has_lost = 1;
    for (group_t *connection = log->connections.oldest; connection != NULL; connection = connection->newer)
        connection->has_lost = 1;
    block_losses(&log->screen, num);
    screen_write(&log->screen, log->run->output);
}

void log_end(http_log_t *log)
{
    static const char why[] = "the trace has ended";

    while (log->run->is_cut && log->responding != NULL)
        wait_finish_request(log, log->responding, why); /* with more headers, perhaps */
    while (log->requests.oldest != NULL)
        wait_give_up(log, log->requests.oldest, why);
    while (log->connections.oldest != NULL)
        wait_finish_connection(log, log->connections.oldest, why);
    while (log->handles.oldest != NULL)
        handles_remove(&log->handles, log->handles.oldest);
    log->now = 0;
}

void log_dispose(http_log_t *log)
{
    while (log->requests.oldest != NULL)
        groups_remove(&log->requests, log->requests.oldest);
    while (log->connections.oldest != NULL)
        wait_forget_connection(log, log->connections.oldest);
    while (log->handles.oldest != NULL)
        handles_remove(&log->handles, log->handles.oldest);
    screen_dispose(&log->screen);
}
