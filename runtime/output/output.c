#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/say.h"
#include "output/output.h"

#define CAPACITY (256 * 1024)

int output_open(output_t *output, const char *path, int is_private, interrupt_t *interrupt, reason_t *reason)
{
    *output = (output_t){.interrupt = interrupt};
    if (outfile_open(&output->file, path, is_private, reason) != 0)
        return -1;
    if ((output->buffer = malloc(CAPACITY)) == NULL) {
        output_abandon(output);
        return reason_set(reason, "out of memory");
    }
    output->capacity = CAPACITY;
    return 0;
}

void output_abandon(output_t *output)
{
    outfile_abandon(&output->file);
    free(output->buffer);
    *output = (output_t){.file.fd = -1};
}

/* ---- writing ---- */

/*
 * Waits until a reader has made room, or for a signal; after the first one that ends the trace the caller waits again, and what
 * there is to do is done meanwhile. Returns whether there is room.
 */
static int wait_for_room(output_t *output)
{
    interrupt_t *interrupt = output->interrupt;
    struct pollfd fds[] = {{.fd = output->file.fd, .events = POLLOUT},
                           {.fd = interrupt != NULL ? interrupt->fd : -1, .events = POLLIN},
                           {.fd = interrupt != NULL ? interrupt->request_fd : -1, .events = POLLIN}};
    int has_work = output->meanwhile != NULL && interrupt != NULL && interrupt->has_come;
    double begun = clock_now();
    int num = poll(fds, sizeof(fds) / sizeof(fds[0]), has_work ? 0 : -1);

    output->waited += clock_now() - begun;
    if (num == 0 && has_work && !output->meanwhile(output->arg))
        output->meanwhile = NULL;
    if (num <= 0)
        return 0;
    if (fds[1].revents != 0) {
        if (interrupt->has_come && fds[0].revents == 0)
            output->error = EINTR;
        interrupt_take(interrupt);
    }
    if (fds[2].revents != 0)
        interrupt_answer(interrupt);
    return fds[0].revents != 0;
}

/* A disk that is full takes the first part of a line. That is cut off again, unless others write into the file, too. */
static void take_back_part(const outfile_t *file, const char *bytes, size_t done)
{
    off_t end = lseek(file->fd, 0, SEEK_CUR), part = 0;
    struct stat st;

    while (done > 0 && bytes[--done] != '\n')
        ++part;
    /* if that fails, too, nothing is left to try: the failed write is reported anyway */
    if (part != 0 && fstat(file->fd, &st) == 0 && st.st_size == end && ftruncate(file->fd, end - part) == 0)
        lseek(file->fd, end - part, SEEK_SET);
}

static void write_all(output_t *output, const char *bytes, size_t size)
{
    outfile_t *file = &output->file;
    size_t done = 0;

    while (output->error == 0 && done < size) {
        size_t part = size - done;
        if (!file->is_regular && !wait_for_room(output))
            continue;
        /* a pipe that has room takes that much without waiting: pipe(7) */
        if (!file->is_regular && part > PIPE_BUF)
            part = PIPE_BUF;
        ssize_t n = write(file->fd, bytes + done, part);
        if (n > 0)
            done += n;
        else if (n < 0 && errno != EINTR && errno != EAGAIN)
            output->error = errno;
    }
    file->size += done;
    if (output->error != 0 && file->is_regular)
        take_back_part(file, bytes, done);
}

int output_flush(output_t *output)
{
    write_all(output, output->buffer, output->used);
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

void output_put(output_t *output, const char *lines)
{
    size_t size = strlen(lines);
    char *p = output_room(output, size);

    if (p != NULL)
        output_advance(output, (char *)memcpy(p, lines, size) + size);
}

/* ---- the file ---- */

/* Half a line of somebody who was killed is to spoil no other. */
static void begin_file(output_t *output)
{
    if (outfile_is_in_line(&output->file))
        output_put(output, "\n");
    if (output->first_line != NULL)
        output_put(output, output->first_line);
}

void output_begin(output_t *output, int truncates, const char *first_line)
{
    output->first_line = first_line;
    if (outfile_begin(&output->file, truncates) != 0)
        output->error = errno;
    else
        begin_file(output);
}

void output_reopen(output_t *output)
{
    reason_t reason;

    if (output->file.path == NULL || output_flush(output) != 0)
        return;
    if (outfile_reopen(&output->file, &reason) != 0)
        tracer_say("%s; going on with the file that is open", reason.text);
    else
        begin_file(output);
}

void output_lose_reader(output_t *output)
{
    if (output->error == 0)
        output->error = EPIPE;
}

int output_has_lost_reader(const output_t *output)
{
    int is_told = output->interrupt != NULL && output->interrupt->has_come;

    return output->error == EPIPE && output->file.is_pipe && (output->file.path == NULL || is_told);
}

int output_close(output_t *output)
{
    output_flush(output);
    if (outfile_close(&output->file) != 0 && output->error == 0)
        output->error = errno;
    free(output->buffer);
    output->buffer = NULL;
    return output->error == 0 ? 0 : -1;
}
