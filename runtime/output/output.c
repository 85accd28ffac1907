#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "output/output.h"

#define CAPACITY (256 * 1024)

/* ---- the file ---- */

/*
 * Whether a path is a symbolic link of somebody else, who could lead us to any file: in a folder where everybody may write, that is
 * how root is made to write over what is not his to choose. @param fd what the path has opened, -1: not yet; it may not be another
 * file by now
 */
static int is_foreign(const char *path, int fd)
{
    struct stat at_path, opened;

    if (lstat(path, &at_path) != 0)
        return 0;
    if (S_ISLNK(at_path.st_mode))
        return at_path.st_uid != 0 && at_path.st_uid != geteuid();
    return fd != -1 && (fstat(fd, &opened) != 0 || opened.st_ino != at_path.st_ino || opened.st_dev != at_path.st_dev);
}

static int open_file(output_t *output, const char *path, reason_t *reason)
{
    int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY, is_foreign_link = is_foreign(path, -1);

    if (!is_foreign_link) {
        output->fd = open(path, flags);
        if (output->fd == -1 && errno == ENOENT) {
            output->fd = open(path, flags | O_CREAT, 0600);
            output->is_new = output->fd != -1;
        }
        if (output->fd == -1)
            return reason_set(reason, "cannot write %s: %s", path, strerror(errno));
    }
    if (is_foreign_link || is_foreign(path, output->fd))
        return reason_set(reason, "cannot write %s: it is a symbolic link of another user", path);
    return 0;
}

static int check_mode(output_t *output, int is_private, reason_t *reason)
{
    struct stat st;

    if (fstat(output->fd, &st) != 0)
        return reason_set(reason, "cannot write to standard output: %s", strerror(errno));
    output->is_file = S_ISREG(st.st_mode);
    output->is_exposed = (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode)) && ((st.st_mode & 0077) != 0 || st.st_uid != geteuid());
    if (output->path == NULL || !output->is_exposed || !is_private)
        return 0;
    return reason_set(reason,
                      "cannot write %s: others can read it (mode %04o, user %u), and what is asked for is to stay private: choose "
                      "another file, or 'chmod 600' it",
                      output->path, st.st_mode & 07777, st.st_uid);
}

int output_open(output_t *output, const char *path, int is_private, interrupt_t *interrupt, reason_t *reason)
{
    *output = (output_t){.fd = path != NULL ? -1 : STDOUT_FILENO, .path = path, .interrupt = interrupt};
    if ((path != NULL && open_file(output, path, reason) != 0) || check_mode(output, is_private, reason) != 0) {
        output_abandon(output);
        return -1;
    }
    if ((output->buffer = malloc(CAPACITY)) == NULL) {
        output_abandon(output);
        return reason_set(reason, "out of memory");
    }
    output->capacity = CAPACITY;
    return 0;
}

void output_begin(output_t *output)
{
    if (output->path != NULL && output->is_file && ftruncate(output->fd, 0) != 0)
        output->error = errno;
}

void output_abandon(output_t *output)
{
    if (output->is_new)
        unlink(output->path);
    if (output->path != NULL && output->fd != -1)
        close(output->fd);
    free(output->buffer);
    *output = (output_t){.fd = -1};
}

/* ---- the buffer ---- */

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
