#include <inttypes.h>
#include <string.h>
#include "view/http/block.h"
#include "common/say.h"

/* "*   ", "-   ", and one deeper "**  ", "--  " */
static void put_level(screen_t *screen, char mark, unsigned level)
{
    char text[4] = {' ', ' ', ' ', ' '};

    memset(text, mark, level);
    screen_put(screen, text, sizeof(text));
}

static void put_head(screen_t *screen, const char *what, const group_t *group, const block_style_t *style, unsigned level,
                     const char *mark)
{
    put_level(screen, '*', level);
    screen_printf(screen, "<< %-8s >> ", what);
    if (style->shows_pid)
        screen_printf(screen, "%" PRIu32 " ", group->key.tgid);
    screen_printf(screen, "%" PRIu64, group->key.connection);
    if (group->connection != NULL)
        screen_printf(screen, " %" PRIu64, group->key.id);
    screen_printf(screen, "%s%s\n", mark != NULL ? " " : "", mark != NULL ? mark : "");
}

static void begin_line(screen_t *screen, const char *label, unsigned level)
{
    put_level(screen, '-', level);
    screen_label(screen, label);
}

static void end_line(screen_t *screen)
{
    screen_put(screen, "\n", 1);
}

/* What is not known is a dash, here and below: each block has the same lines. */
static void put_value(screen_t *screen, const screen_t *value)
{
    screen_put(screen, value->n != 0 ? value->p : "-", value->n != 0 ? value->n : 1);
}

static void put_text(screen_t *screen, const char *label, const screen_t *value, unsigned level)
{
    begin_line(screen, label, level);
    put_value(screen, value);
    end_line(screen);
}

static void put_number(screen_t *screen, const char *label, int is_known, uint64_t number, unsigned level)
{
    begin_line(screen, label, level);
    if (is_known)
        screen_printf(screen, "%" PRIu64, number);
    else
        screen_put(screen, "-", 1);
    end_line(screen);
}

static void put_begin(screen_t *screen, const group_t *group, const block_style_t *style, unsigned level)
{
    begin_line(screen, "Begin", level);
    screen_time(screen, group->begin + style->epoch);
    if (!group->has_begin)
        screen_printf(screen, " or before");
    end_line(screen);
}

static void put_note(screen_t *screen, const char *note, unsigned level)
{
    begin_line(screen, "Note", level);
    screen_put(screen, note, strlen(note));
    end_line(screen);
}

static void put_duration(screen_t *screen, const char *label, const group_t *request, uint64_t until, unsigned level)
{
    begin_line(screen, label, level);
    if (until != 0 && request->has_begin)
        screen_duration(screen, until - request->begin);
    else
        screen_put(screen, "-", 1);
    end_line(screen);
}

static void put_target(screen_t *screen, const group_t *request, unsigned level)
{
    begin_line(screen, "Request", level);
    put_value(screen, &request->method);
    screen_put(screen, " ", 1);
    put_value(screen, &request->path);
    end_line(screen);
}

static void put_protocol(screen_t *screen, const group_t *request, unsigned level)
{
    begin_line(screen, "Protocol", level);
    if (request->has_version)
        screen_printf(screen, "HTTP/%" PRIu64 ".%" PRIu64, request->version / 256, request->version % 256);
    else
        screen_put(screen, "-", 1);
    end_line(screen);
}

static void put_lines(screen_t *screen, const group_t *request, unsigned level)
{
    const char *p = request->lines.p, *end = p + request->lines.n;

    while (p != end) {
        const char *next = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
        put_level(screen, '-', level);
        screen_put(screen, p, (size_t)(next - p));
        p = next;
    }
}

void block_request(screen_t *screen, const group_t *request, const block_style_t *style, unsigned level, const char *why)
{
    put_head(screen, "Request", request, style, level, why != NULL ? BLOCK_INCOMPLETE : NULL);
    put_begin(screen, request, style, level);
    if (level == 1) {
        put_text(screen, "Peer", &request->connection->peer, level);
        put_text(screen, "Server", &request->connection->server, level);
    }
    put_protocol(screen, request, level);
    put_target(screen, request, level);
    put_number(screen, "Status", request->has_status, request->status, level);
    put_duration(screen, "FirstByte", request, request->response, level);
    put_duration(screen, "LastByte", request, request->end, level);
    put_number(screen, "Bytes", request->has_bytes, request->bytes, level);
    put_lines(screen, request, level);
    if (request->is_cut)
        put_note(screen, "it has more headers, which there was no room for", level);
    if (why != NULL)
        put_note(screen, why, level);
    if (level == 1)
        end_line(screen);
}

void block_connection(screen_t *screen, const group_t *connection, const block_style_t *style, const char *mark, const char *why)
{
    put_head(screen, "Connection", connection, style, 1, mark);
    put_begin(screen, connection, style, 1);
    put_text(screen, "Peer", &connection->peer, 1);
    put_text(screen, "Server", &connection->server, 1);
    put_duration(screen, "Duration", connection, connection->end, 1);
    put_number(screen, "Requests", 1, connection->num_requests, 1);
    if (connection->is_continued)
        put_note(screen, "earlier requests are in an earlier block", 1);
    if (why != NULL)
        put_note(screen, why, 1);
    screen_put(screen, connection->lines.p, connection->lines.n);
    end_line(screen);
}

void block_losses(screen_t *screen, uint64_t num)
{
    put_level(screen, '*', 1);
    screen_printf(screen, "<< %-8s >> %" PRIu64 " event%s\n\n", "Lost", num, say_s(num));
}
