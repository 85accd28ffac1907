#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include "output/compress.h"

/* ---- zstd ---- */

static size_t compress_zstd(char *to, size_t room, const char *from, size_t size)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t result;

    if (context == NULL)
        return 0;
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    result = ZSTD_compress2(context, to, room, from, size);
    ZSTD_freeCCtx(context);
    return ZSTD_isError(result) ? 0 : result;
}

/* Frames say how long they are, block by block: few pages of a large file are read. */
static int64_t whole_zstd(int fd, uint64_t size)
{
    const char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    uint64_t end = 0;

    if (bytes == MAP_FAILED)
        return -1;
    while (end < size) {
        size_t frame = ZSTD_findFrameCompressedSize(bytes + end, size - end);
        if (ZSTD_isError(frame))
            break;
        end += frame;
    }
    munmap((void *)bytes, size);
    return (int64_t)end;
}

/* ---- gzip ---- */

#define GZIP_WINDOW (15 + 16) /* the largest, and a header of gzip: deflateInit2() */
#define GZIP_HEADER 32        /* bytes, with what follows at the end */

static size_t bound_gzip(size_t size)
{
    return compressBound(size) + GZIP_HEADER;
}

static size_t compress_gzip(char *to, size_t room, const char *from, size_t size)
{
    z_stream stream = {
        .next_in = (Bytef *)from, .avail_in = (uInt)size, .next_out = (Bytef *)to, .avail_out = (uInt)room, .zalloc = Z_NULL};

    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    int result = deflate(&stream, Z_FINISH);
    deflateEnd(&stream);
    return result == Z_STREAM_END ? stream.total_out : 0;
}

/* Decompresses up to the end of what there is, or to a mistake in it. @param end where the last whole frame ends */
static void pass_frames(z_stream *stream, int fd, int64_t *end)
{
    static unsigned char in[1 << 16], out[1 << 16];
    int64_t at = 0;
    ssize_t n;

    while ((n = pread(fd, in, sizeof(in), at)) > 0) {
        at += n;
        stream->next_in = in;
        stream->avail_in = (uInt)n;
        while (stream->avail_in != 0) {
            stream->next_out = out;
            stream->avail_out = sizeof(out);
            int result = inflate(stream, Z_NO_FLUSH);
            if (result == Z_STREAM_END) {
                *end = at - stream->avail_in;
                result = inflateReset(stream);
            }
            if (result != Z_OK)
                return;
        }
    }
}

/* Frames do not say how long they are, so all of it is decompressed. */
static int64_t whole_gzip(int fd, uint64_t size)
{
    z_stream stream = {.zalloc = Z_NULL};
    int64_t end = 0;

    (void)size;
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK) {
        errno = ENOMEM;
        return -1;
    }
    pass_frames(&stream, fd, &end);
    inflateEnd(&stream);
    return end;
}

/* ---- which ---- */

static const compressor_t compressors[] = {{".zst", "\x28\xb5\x2f\xfd", ZSTD_compressBound, compress_zstd, whole_zstd},
                                           {".gz", "\x1f\x8b\x08", bound_gzip, compress_gzip, whole_gzip}};

const compressor_t *compressor_for(const char *path)
{
    for (size_t i = 0; i < sizeof(compressors) / sizeof(compressors[0]); ++i) {
        size_t path_len = strlen(path), len = strlen(compressors[i].ending);
        if (path_len > len && strcmp(path + path_len - len, compressors[i].ending) == 0)
            return compressors + i;
    }
    return NULL;
}
