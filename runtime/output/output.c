#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include "output/output.h"

#define CAPACITY (256 * 1024)

/* ---- the signals that end a trace ---- */

int interrupt_open(interrupt_t *interrupt)
{
    sigset_t set;

    *interrupt = (interrupt_t){.fd = -1};
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    interrupt->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return interrupt->fd != -1 ? 0 : -1;
}

void interrupt_take(interrupt_t *interrupt)
{
    struct signalfd_siginfo info;

    interrupt->has_come = 1;
    while (read(interrupt->fd, &info, sizeof(info)) > 0)
        ;
}

/* ---- the buffer ---- */

int output_open(output_t *output, const char *path, interrupt_t *interrupt)
{
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : STDOUT_FILENO;
    struct stat st;

    *output = (output_t){.fd = fd, .interrupt = interrupt};
    if (fd < 0 || (output->buffer = malloc(CAPACITY)) == NULL)
        return -1;
    output->is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    output->capacity = CAPACITY;
    return 0;
}

/* Waits until a reader has made room, or for a signal; after the first one the caller waits again. Returns whether there is room.
 */
static int wait_for_room(output_t *output)
{
    interrupt_t *interrupt = output->interrupt;
    struct pollfd fds[] = {{.fd = output->fd, .events = POLLOUT}, {.fd = interrupt != NULL ? interrupt->fd : -1, .events = POLLIN}};

    if (poll(fds, 2, -1) <= 0)
        return 0;
    if (fds[1].revents != 0) {
        if (interrupt->has_come && fds[0].revents == 0)
            output->error = EINTR;
        interrupt_take(interrupt);
    }
    return fds[0].revents != 0;
}

/* A disk that is full takes the first part of a line. That is cut off again, unless others write into the file, too. */
static void take_back_part(output_t *output, size_t done)
{
    off_t end = lseek(output->fd, 0, SEEK_CUR), part = 0;
    struct stat st;

    while (done > 0 && output->buffer[--done] != '\n')
        ++part;
    /* if that fails, too, nothing is left to try: the failed write is reported anyway */
    if (part != 0 && fstat(output->fd, &st) == 0 && st.st_size == end && ftruncate(output->fd, end - part) == 0)
        lseek(output->fd, end - part, SEEK_SET);
}

int output_flush(output_t *output)
{
    size_t done = 0;

    while (output->error == 0 && done < output->used) {
        size_t part = output->used - done;
        if (!output->is_file && !wait_for_room(output))
            continue;
        /* a pipe that has room takes that much without waiting: pipe(7) */
        if (!output->is_file && part > PIPE_BUF)
            part = PIPE_BUF;
        ssize_t n = write(output->fd, output->buffer + done, part);
        if (n > 0)
            done += n;
        else if (n < 0 && errno != EINTR && errno != EAGAIN)
            output->error = errno;
    }
    if (output->error != 0 && output->is_file)
        take_back_part(output, done);
    output->used = 0;
    return output->error == 0 ? 0 : -1;
}

char *output_room(output_t *output, size_t size)
{
    if (output->capacity - output->used < size) {
        output_flush(output);
        if (output->capacity < size) {
            free(output->buffer);
            output->buffer = malloc(size);
            output->capacity = output->buffer != NULL ? size : 0;
            if (output->buffer == NULL && output->error == 0)
                output->error = ENOMEM;
        }
    }
    return output->buffer + output->used;
}

int output_close(output_t *output)
{
    output_flush(output);
    if (output->fd >= 0 && close(output->fd) != 0 && output->error == 0)
        output->error = errno;
    output->fd = -1;
    free(output->buffer);
    output->buffer = NULL;
    return output->error == 0 ? 0 : -1;
}
