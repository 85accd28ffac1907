#include <string.h>
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

/* ---- which ---- */

static const compressor_t compressors[] = {{".zst", ZSTD_compressBound, compress_zstd}, {".gz", bound_gzip, compress_gzip}};

const compressor_t *compressor_for(const char *path)
{
    for (size_t i = 0; i < sizeof(compressors) / sizeof(compressors[0]); ++i) {
        size_t path_len = strlen(path), len = strlen(compressors[i].ending);
        if (path_len > len && strcmp(path + path_len - len, compressors[i].ending) == 0)
            return compressors + i;
    }
    return NULL;
}
