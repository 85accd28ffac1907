#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "base/grow.h"

#define MAX_SOURCE_SIZE ((size_t)1 << 30)

int file_read(int fd, char **text, size_t *n, size_t *capacity, size_t most)
{
    struct stat st;
    /* of a pipe nobody knows it, and of a file that is being written it is only a guess */
    size_t size = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (size_t)st.st_size : 4096;

    for (*n = 0; size <= most; size = *n) {
        *text = grow(*text, capacity, size + 1, 1);
        ssize_t got = read(fd, *text + *n, *capacity - 1 - *n);
        if (got == 0) {
            (*text)[*n] = '\0';
            return 0;
        }
        if (got == -1 && errno != EINTR)
            return -1;
        *n += got > 0 ? (size_t)got : 0;
    }
    errno = EFBIG;
    return -1;
}

src_t *src_read(arena_t *arena, int fd, const char *path)
{
    char *text = NULL, *copy = NULL;
    size_t n, capacity = 0;

    if (file_read(fd, &text, &n, &capacity, MAX_SOURCE_SIZE) == 0)
        copy = memcpy(arena_alloc(arena, n + 2), text, n);
    free(text);
    return copy != NULL ? src_from_memory(arena, path, copy, (uint32_t)n) : NULL;
}

src_t *src_load(arena_t *arena, diag_t *diag, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    src_t *src = fd != -1 ? src_read(arena, fd, path) : NULL;

    if (src == NULL)
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "cannot read '%s': %s", path, strerror(errno));
    if (fd != -1)
        close(fd);
    return src;
}
