/*
 * One step decompresses some input into the caller's buffer; nothing of the output is held back here. So whatever came before
 * damage has been handed out when it is found. gzip finds it at the byte; zstd finds it at the end of a block, and a piece of input
 * with damage in it is lost whole, so it is given one block at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>
#include "audit/trace/stream.h"

/** bytes that are read at once: they are still in the processor's cache when their lines are looked at */
#define CHUNK ((size_t)128 * 1024)

/** log2 of the largest window, as in zstd(1) without --long; frames that want more may want gigabytes */
#define ZSTD_WINDOW_LOG 27
/** bytes at the beginning of a frame that zstd wants first */
#define ZSTD_BEGINNING 5
/** for RFC 1952, and windows up to 32 KB: zlib.h, inflateInit2() */
#define ZLIB_GZIP (16 + MAX_WBITS)

static __attribute__((format(printf, 2, 3))) void fail(stream_t *stream, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(stream->error, sizeof(stream->error), fmt, args);
    va_end(args);
    stream->is_eof = 1;
    stream->pos = stream->end = 0;
}

/* @return how many bytes were read, 0 at the end */
static size_t read_file(stream_t *stream, char *p, size_t n)
{
    ssize_t got;

    if (stream->is_eof)
        return 0;
    while ((got = read(stream->fd, p, n)) == -1 && errno == EINTR)
        ;
    if (got == -1)
        fail(stream, "%s", strerror(errno));
    if (got <= 0) {
        stream->is_eof = 1;
        return 0;
    }
    stream->num_read += (size_t)got;
    return (size_t)got;
}

/* Reads until there are so many bytes of input, or it ends; a pipe may give them one by one. @return how many there are */
static size_t want(stream_t *stream, size_t n)
{
    if (stream->end - stream->pos < n) {
        memmove(stream->input, stream->input + stream->pos, stream->end - stream->pos);
        stream->end -= stream->pos;
        stream->pos = 0;
        while (stream->end < n && !stream->is_eof)
            stream->end += read_file(stream, stream->input + stream->end, CHUNK - stream->end);
    }
    return stream->end - stream->pos;
}

/* ---- gzip ---- */

static void begin_gzip(stream_t *stream)
{
    if (stream->zlib == NULL && (stream->zlib = calloc(1, sizeof(*stream->zlib))) != NULL &&
        inflateInit2(stream->zlib, ZLIB_GZIP) != Z_OK) {
        free(stream->zlib);
        stream->zlib = NULL;
    }
    if (stream->zlib == NULL || inflateReset(stream->zlib) != Z_OK)
        fail(stream, "out of memory");
}

static size_t step_gzip(stream_t *stream, char *p, size_t n)
{
    z_stream *zlib = stream->zlib;
    unsigned room = n < 1u << 30 ? (unsigned)n : 1u << 30; /* zlib counts with unsigned int */

    zlib->next_in = (unsigned char *)stream->input + stream->pos;
    zlib->avail_in = (unsigned)(stream->end - stream->pos);
    zlib->next_out = (unsigned char *)p;
    zlib->avail_out = room;
    switch (inflate(zlib, Z_NO_FLUSH)) {
    case Z_OK:
    case Z_BUF_ERROR: /* it wants more input */
        break;
    case Z_STREAM_END:
        stream->is_between = 1;
        break;
    case Z_MEM_ERROR:
        fail(stream, "out of memory");
        return 0;
    default:
        stream->is_damaged = 1;
        break;
    }
    stream->pos = stream->end - zlib->avail_in;
    return room - zlib->avail_out;
}

/* ---- zstd ---- */

static void begin_zstd(stream_t *stream)
{
    if (stream->zstd == NULL && ((stream->zstd = ZSTD_createDCtx()) == NULL ||
                                 ZSTD_isError(ZSTD_DCtx_setParameter(stream->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)))) {
        fail(stream, "out of memory");
        return;
    }
    ZSTD_DCtx_reset(stream->zstd, ZSTD_reset_session_only);
    stream->zstd_wants = ZSTD_BEGINNING;
}

/* What could be decompressed elsewhere is no damage. */
static void take_zstd_error(stream_t *stream, size_t status)
{
    switch (ZSTD_getErrorCode(status)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        fail(stream, "zstd wants more than %u MB of memory for it; compress it without --long", 1u << (ZSTD_WINDOW_LOG - 20));
        break;
    case ZSTD_error_memory_allocation:
    case ZSTD_error_dictionary_wrong:
        fail(stream, "zstd: %s", ZSTD_getErrorName(status));
        break;
    default:
        stream->is_damaged = 1;
        break;
    }
}

static size_t step_zstd(stream_t *stream, char *p, size_t n)
{
    size_t available = stream->end - stream->pos;
    ZSTD_inBuffer in = {stream->input + stream->pos, available < stream->zstd_wants ? available : stream->zstd_wants, 0};
    ZSTD_outBuffer out = {p, n, 0};
    size_t status = ZSTD_decompressStream(stream->zstd, &out, &in);

    stream->pos += in.pos;
    if (ZSTD_isError(status))
        take_zstd_error(stream, status);
    else if (status == 0)
        stream->is_between = 1;
    else
        stream->zstd_wants = status;
    return out.pos;
}

/* ---- members ---- */

static stream_kind_t kind_of(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;

    if (n >= 2 && p[0] == 0x1f && p[1] == 0x8b)
        return STREAM_GZIP;
    if (n >= 4 && p[0] == 0x28 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd)
        return STREAM_ZSTD;
    if (n >= 4 && (p[0] & 0xf0) == 0x50 && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18) /* a frame to be skipped */
        return STREAM_ZSTD;
    return STREAM_PLAIN;
}

static void begin_member(stream_t *stream)
{
    size_t available = want(stream, 4);

    stream->kind = kind_of(stream->input + stream->pos, available);
    stream->is_between = 0;
    if (stream->kind == STREAM_GZIP)
        begin_gzip(stream);
    else if (stream->kind == STREAM_ZSTD)
        begin_zstd(stream);
}

static size_t decompress(stream_t *stream, char *p, size_t n)
{
    while (!stream->is_damaged) {
        if (stream->is_between) {
            if (want(stream, 1) == 0)
                return 0;
            begin_member(stream);
            stream->is_damaged = stream->kind == STREAM_PLAIN; /* no member follows, but zeros, after a crash, or text */
            continue;
        }
        size_t available = want(stream, 1), got = 0;
        if (stream->error[0] == '\0') /* also at the end of the input: there may be output left */
            got = stream->kind == STREAM_GZIP ? step_gzip(stream, p, n) : step_zstd(stream, p, n);
        if (got != 0 || stream->error[0] != '\0')
            return got;
        if (stream->end - stream->pos == available && !stream->is_between) /* nothing came out and nothing went in */
            stream->is_damaged = 1;
    }
    return 0;
}

static size_t read_stream(stream_t *stream, char *p, size_t n)
{
    size_t available = stream->end - stream->pos;

    if (stream->kind != STREAM_PLAIN || stream->is_damaged)
        return decompress(stream, p, n);
    if (available == 0)
        return read_file(stream, p, n);
    if (n > available)
        n = available;
    memcpy(p, stream->input + stream->pos, n);
    stream->pos += n;
    return n;
}

/* ---- lines ---- */

/* Reads more, after what is there; lines that were returned make room. */
static void refill(stream_t *stream)
{
    size_t n = (size_t)(stream->lines_end - stream->line), room = STREAM_MAX_LINE - n;

    if (stream->line != stream->lines)
        memmove(stream->lines, stream->line, n);
    stream->line = stream->lines;
    stream->searched = stream->lines_end = stream->line + n;
    n = read_stream(stream, stream->lines_end, room < CHUNK ? room : CHUNK);
    stream->lines_end += n;
    stream->is_ended = n == 0;
}

/* @return the next newline; NULL when there is none before the end or in STREAM_MAX_LINE bytes */
static char *find_newline(stream_t *stream)
{
    char *newline;

    while ((newline = memchr(stream->searched, '\n', (size_t)(stream->lines_end - stream->searched))) == NULL) {
        stream->searched = stream->lines_end;
        if (stream->is_ended || stream->lines_end - stream->line == STREAM_MAX_LINE)
            return NULL;
        refill(stream);
    }
    stream->searched = newline + 1;
    return newline;
}

/* ---- public ---- */

int stream_open(stream_t *stream, const char *path)
{
    struct stat st;

    *stream = (stream_t){.fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (stream->fd == -1) {
        fail(stream, "%s", strerror(errno));
        return -1;
    }
    if (fstat(stream->fd, &st) == 0 && S_ISREG(st.st_mode))
        stream->size = (uint64_t)st.st_size;
    posix_fadvise(stream->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    stream->input = malloc(CHUNK);
    stream->line = stream->searched = stream->lines_end = stream->lines = malloc(STREAM_MAX_LINE + 1);
    if (stream->input == NULL || stream->lines == NULL)
        fail(stream, "out of memory");
    else
        begin_member(stream);
    if (stream->error[0] == '\0')
        return 0;
    stream_close(stream);
    return -1;
}

line_kind_t stream_next_line(stream_t *stream, str_t *line)
{
    char *newline = find_newline(stream), *p = stream->line;

    if (newline != NULL) {
        *line = (str_t){p, (size_t)(newline - p)};
        stream->line = newline + 1;
        return LINE_WHOLE;
    }
    *line = (str_t){p, (size_t)(stream->lines_end - p)};
    if (stream->is_ended) {
        stream->line = stream->searched = stream->lines_end;
        *stream->lines_end = '\n';
        return line->n != 0 ? LINE_UNFINISHED : LINE_NONE;
    }
    do {
        stream->line = stream->searched = stream->lines_end;
    } while ((newline = find_newline(stream)) == NULL && !stream->is_ended);
    stream->line = stream->searched = newline != NULL ? newline + 1 : stream->lines_end;
    return LINE_TOO_LONG;
}

void stream_close(stream_t *stream)
{
    if (stream->zlib != NULL)
        inflateEnd(stream->zlib);
    free(stream->zlib);
    ZSTD_freeDCtx(stream->zstd);
    free(stream->input);
    free(stream->lines);
    if (stream->fd != STDIN_FILENO)
        close(stream->fd);
    stream->fd = -1;
}
