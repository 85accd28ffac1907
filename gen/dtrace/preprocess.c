#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/child.h"
#include "dtrace/preprocess.h"

#define MAX_SIZE ((off_t)1 << 30)

/* @return a source of what the file contains; NULL with errno set */
static src_t *read_source(arena_t *arena, const char *path, int fd)
{
    struct stat st;
    char *text;
    size_t len = 0;

    if (fstat(fd, &st) != 0)
        return NULL;
    if (st.st_size > MAX_SIZE) {
        errno = EFBIG;
        return NULL;
    }
    text = arena_alloc(arena, (size_t)st.st_size + 2); /* zeroed: two NUL bytes follow the text */
    while (len < (size_t)st.st_size) {
        ssize_t n = pread(fd, text + len, (size_t)st.st_size - len, (off_t)len);
        if (n == 0 || (n < 0 && errno != EINTR))
            return NULL;
        len += n > 0 ? (size_t)n : 0;
    }
    return src_from_memory(arena, path, text, (uint32_t)len);
}

src_t *preprocess(arena_t *arena, diag_t *diag, const dtrace_options_t *options, const char *path)
{
    command_t command = {.arena = arena};
    src_t *src = NULL;
    int fd = memfd_create("preprocessed", MFD_CLOEXEC);

    if (fd < 0) {
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "cannot preprocess '%s': %s", path, strerror(errno));
        return NULL;
    }
    if (command_begin(&command, diag, "CPP", "cpp") != 0)
        goto Exit;
    for (size_t i = 0; i < options->cpp_args.num; ++i)
        command_add(&command, options->cpp_args.words[i]);
    /* whatever its name ends in: a compiler that is called with -E wants to know */
    command_add(&command, "-x");
    command_add(&command, "c");
    command_add(&command, path);
    if (child_run(diag, &command, -1, fd) == 0) {
        if ((src = read_source(arena, path, fd)) != NULL)
            src->is_preprocessed = 1;
        else
            diag_report(diag, E_FILE, (span_t){.src = NULL}, "cannot read what '%s' made of '%s': %s", command.words[0], path,
                        strerror(errno));
    }

Exit:
    close(fd);
    return src;
}
