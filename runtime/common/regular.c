#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "common/regular.h"

static int open_at(int root, const char *path, unsigned flags)
{
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};

    if (root == -1)
        return open(path, (int)(flags | O_CLOEXEC));
    return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

static int is_regular(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return 0;
    errno = EINVAL;
    return S_ISREG(st.st_mode);
}

/* Without looking the path up again, which may lead to another file by now; O_NONBLOCK in case it has to be. */
static int reopen(int place, int root, const char *path)
{
    const unsigned flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    char self[64];
    int fd;

    snprintf(self, sizeof(self), "/proc/self/fd/%d", place);
    if ((fd = open_at(-1, self, flags)) == -1 && errno == ENOENT) /* there is no /proc */
        fd = open_at(root, path, flags);
    return fd;
}

int regular_open(int root, const char *path)
{
    int place = open_at(root, path, O_PATH), fd = -1, error;

    if (place == -1)
        return -1;
    if (is_regular(place) && (fd = reopen(place, root, path)) != -1 && !is_regular(fd)) {
        close(fd);
        fd = -1;
        errno = EINVAL;
    }
    error = errno;
    close(place);
    errno = error;
    return fd;
}
