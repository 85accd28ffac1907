#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "output/standard.h"

int standard_secure(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
            continue;
        /* the lowest number that is free is this one, since those below it are open by now */
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return -1;
    }
    return 0;
}

int standard_can_print(void)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);

    return flags != -1 && (flags & O_ACCMODE) != O_RDONLY;
}
