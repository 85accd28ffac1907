#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include "record/input.h"

#define CHUNK (128 * 1024)
#define ZLIB_GZIP (16 + MAX_WBITS)
/* log2 of the largest window, as in zstd(1) without --long; frames that want more may want gigabytes */
#define ZSTD_WINDOW_LOG 27

/* @return as input_read() */
static ssize_t read_file(input_t *input, char *to, size_t size, reason_t *reason)
{
    ssize_t n;

    if (input->is_ended)
        return 0;
    while ((n = read(input->fd, to, size)) == -1 && errno == EINTR)
        ;
    if (n == -1)
        return reason_set(reason, "cannot read %s: %s", input->name, strerror(errno));
    input->is_ended = n == 0;
    return n;
}

/* Reads until there are as many bytes as show what it is, or it ends. */
static int read_beginning(input_t *input, reason_t *reason)
{
    ssize_t n = 1;

    while (input->end < 6 && n > 0) {
        n = read_file(input, input->bytes + input->end, CHUNK - input->end, reason);
        input->end += n > 0 ? (size_t)n : 0;
    }
    return n == -1 ? -1 : 0;
}

static int begin_gzip(input_t *input, reason_t *reason)
{
    if ((input->zlib = calloc(1, sizeof(*input->zlib))) != NULL && inflateInit2(input->zlib, ZLIB_GZIP) == Z_OK)
        return 0;
    free(input->zlib);
    input->zlib = NULL;
    return reason_set(reason, "out of memory");
}

static int begin_zstd(input_t *input, reason_t *reason)
{
    if ((input->zstd = ZSTD_createDCtx()) != NULL &&
        !ZSTD_isError(ZSTD_DCtx_setParameter(input->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)))
        return 0;
    return reason_set(reason, "out of memory");
}

int input_open(input_t *input, const char *path, reason_t *reason)
{
    int is_stdin = strcmp(path, "-") == 0;

    *input = (input_t){.fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY),
                       .name = is_stdin ? "standard input" : path};
    if (input->fd == -1)
        return reason_set(reason, "cannot read %s: %s", path, strerror(errno));
    if ((input->bytes = malloc(CHUNK)) == NULL)
        return reason_set(reason, "out of memory");
    return 0;
}

/* What else compresses files. @return its name; NULL: this is not known to be compressed */
static const char *find_other(const input_t *input)
{
    static const struct {
        const char *name, *magic;
        size_t size;
    } others[] = {{"xz",
                   "\xfd"
                   "7zXZ",
                   6},
                  {"bzip2", "BZh", 3},
                  {"lz4", "\x04\x22\x4d\x18", 4},
                  {"zip", "PK\x03\x04", 4}};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); ++i) {
        if (input->end >= others[i].size && memcmp(input->bytes, others[i].magic, others[i].size) == 0)
            return others[i].name;
    }
    return NULL;
}

int input_begin(input_t *input, reason_t *reason)
{
    const char *other;

    if (read_beginning(input, reason) != 0)
        return -1;
    if (input->end >= 4 && memcmp(input->bytes, "\x1f\x8b", 2) == 0)
        return begin_gzip(input, reason);
    if (input->end >= 4 && memcmp(input->bytes, "\x28\xb5\x2f\xfd", 4) == 0)
        return begin_zstd(input, reason);
    if ((other = find_other(input)) != NULL)
        return reason_set(reason, "%s is compressed by %s; only zstd and gzip are read", input->name, other);
    return 0;
}

/* @return bytes that one step has given */
static size_t step_gzip(input_t *input, char *to, size_t size)
{
    z_stream *zlib = input->zlib;

    zlib->next_in = (Bytef *)input->bytes + input->pos;
    zlib->avail_in = (uInt)(input->end - input->pos);
    zlib->next_out = (Bytef *)to;
    zlib->avail_out = (uInt)size;
    int result = inflate(zlib, Z_NO_FLUSH);
    input->pos = input->end - zlib->avail_in;
    input->is_in_frame = result != Z_STREAM_END;
    if (result == Z_STREAM_END)
        result = inflateReset(zlib);
    if (result != Z_OK && result != Z_BUF_ERROR)
        input->damage = zlib->msg != NULL ? zlib->msg : zError(result);
    return size - zlib->avail_out;
}

static size_t step_zstd(input_t *input, char *to, size_t size)
{
    ZSTD_inBuffer in = {input->bytes + input->pos, input->end - input->pos, 0};
    ZSTD_outBuffer out = {to, size, 0};
    size_t result = ZSTD_decompressStream(input->zstd, &out, &in);

    input->pos += in.pos;
    if (ZSTD_isError(result))
        input->damage = ZSTD_getErrorName(result);
    input->is_in_frame = result != 0;
    return out.pos;
}

static ssize_t read_compressed(input_t *input, char *to, size_t size, reason_t *reason)
{
    size_t got = 0;

    while (got == 0 && !input->is_cut && input->damage == NULL) {
        if (input->pos == input->end) {
            ssize_t n = read_file(input, input->bytes, CHUNK, reason);
            if (n == -1)
                return -1;
            input->pos = 0;
            input->end = (size_t)n;
        }
        size_t before = input->pos;
        int was_in_frame = input->is_in_frame;
        if (input->end == 0 && !was_in_frame)
            return 0;
        got = input->zstd != NULL ? step_zstd(input, to, size) : step_gzip(input, to, size);
        /* it wants more, and there is none */
        if (got == 0 && input->pos == before && input->is_ended)
            input->is_cut = input->damage == NULL;
    }
    return (ssize_t)got;
}

ssize_t input_read(input_t *input, char *to, size_t size, reason_t *reason)
{
    if (size > 1 << 30) /* zlib counts with unsigned int */
        size = 1 << 30;
    if (input->zlib != NULL || input->zstd != NULL)
        return read_compressed(input, to, size, reason);
    if (input->pos == input->end)
        return read_file(input, to, size, reason);
    size_t n = input->end - input->pos < size ? input->end - input->pos : size;
    memcpy(to, input->bytes + input->pos, n);
    input->pos += n;
    return (ssize_t)n;
}

void input_close(input_t *input)
{
    if (input->zlib != NULL)
        inflateEnd(input->zlib);
    free(input->zlib);
    ZSTD_freeDCtx(input->zstd);
    free(input->bytes);
    if (input->fd > STDIN_FILENO)
        close(input->fd);
}
