#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "exit.h"
#include "output.h"

#define CAPACITY (256 * 1024)

static char *allocate(size_t size)
{
    char *p = malloc(size);

    if (p == NULL) {
        fputs("out of memory for the events\n", stderr);
        exit(EXIT_ENVIRONMENT);
    }
    return p;
}

int output_open(output_t *output, const char *path)
{
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : STDOUT_FILENO;

    *output = (output_t){.fd = fd};
    if (fd < 0)
        return -1;
    output->capacity = CAPACITY;
    output->buffer = allocate(CAPACITY);
    return 0;
}

int output_flush(output_t *output)
{
    size_t done = 0;

    while (output->error == 0 && done < output->used) {
        ssize_t n = write(output->fd, output->buffer + done, output->used - done);
        if (n > 0) {
            done += n;
        } else if (n < 0 && errno == EAGAIN) {
            /* somebody made standard output non-blocking */
            poll(&(struct pollfd){.fd = output->fd, .events = POLLOUT}, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            output->error = errno;
        }
    }
    output->used = 0;
    return output->error == 0 ? 0 : -1;
}

char *output_room(output_t *output, size_t size)
{
    if (output->capacity - output->used < size) {
        output_flush(output);
        if (output->capacity < size) {
            free(output->buffer);
            output->capacity = size;
            output->buffer = allocate(size);
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
