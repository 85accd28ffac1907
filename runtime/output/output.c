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
#define FRAME_CAPACITY (1024 * 1024) /* of what is compressed: larger frames are hardly better */
#define TRY_AGAIN 60.0               /* seconds, after a file could not be moved away */

static int check_rotation(const output_t *output, reason_t *reason)
{
    const char *path = output->file.path;
    struct stat st;

    if ((output->rotation.size == 0 && output->rotation.seconds == 0) || (lstat(path, &st) == 0 && S_ISREG(st.st_mode)))
        return 0;
    return reason_set(reason, "cannot move %s away when it is full: it is no regular file", path);
}

/* Whether a file without a whole frame may be one whose first frame was cut off: it begins as one, and is not larger. */
static int is_half_frame(const output_t *output, int fd, off_t size)
{
    const char *magic = output->compressor->magic;
    size_t len = strlen(magic) < (size_t)size ? strlen(magic) : (size_t)size;
    char bytes[8];

    return (size_t)size <= output->compressor->bound(FRAME_CAPACITY) && pread(fd, bytes, len, 0) == (ssize_t)len &&
           memcmp(bytes, magic, len) == 0;
}

/*
 * Who was killed while he wrote, or whose disk was full, may have left half a frame. What comes after it could not be read, so it
 * is cut off, when there is something to come.
 */
static int check_frames(output_t *output, reason_t *reason)
{
    const outfile_t *file = &output->file;
    struct stat st;

    if (output->compressor == NULL || output->truncates || !file->is_regular || fstat(file->fd, &st) != 0 || st.st_size == 0)
        return 0;
    int fd = outfile_open_to_read(file);
    int64_t end = fd != -1 ? output->compressor->whole(fd, (uint64_t)st.st_size) : -1;
    int failed = end == -1 || (end == 0 && !is_half_frame(output, fd, st.st_size));
    if (end == -1)
        reason_set(reason, "cannot append to %s: cannot read what is in it: %s", file->path, strerror(errno));
    else if (failed)
        reason_set(reason, "cannot append to %s: what is in it is not what files in %s are; --truncate empties it", file->path,
                   output->compressor->ending);
    if (fd != -1)
        close(fd);
    output->broken_at = end;
    output->broken_size = end < st.st_size ? st.st_size : 0;
    return failed ? -1 : 0;
}

/* What follows something else could be read by nobody. What is compressed is not looked into. */
static int check_magic(const output_t *output, const char *magic, reason_t *reason)
{
    const outfile_t *file = &output->file;
    char first[64];
    size_t size = magic != NULL ? strlen(magic) : 0;

    if (size == 0 || size > sizeof(first) || output->compressor != NULL || output->truncates || !file->is_regular ||
        file->path == NULL)
        return 0;
    int fd = outfile_open_to_read(file);
    ssize_t n = fd != -1 ? pread(fd, first, size, 0) : -1;
    int error = errno;
    if (fd != -1)
        close(fd);
    if (n == -1)
        return reason_set(reason, "cannot append to %s: cannot read what is in it: %s", file->path, strerror(error));
    if (n == 0 || ((size_t)n == size && memcmp(first, magic, size) == 0))
        return 0;
    return reason_set(reason, "cannot append to %s: what is in it is no recording; --truncate empties it", file->path);
}

static void cut_half_frame(output_t *output)
{
    struct stat st;

    if (output->broken_size == 0 || fstat(output->file.fd, &st) != 0 || st.st_size != output->broken_size)
        return;
    if (ftruncate(output->file.fd, output->broken_at) != 0)
        output->error = errno;
    else
        tracer_note("%s ended in half a frame: its last %lld bytes are cut off", output->file.path,
                    (long long)(output->broken_size - output->broken_at));
}

static void rotate(output_t *output);

int output_open(output_t *output, const output_wish_t *wish, interrupt_t *interrupt, reason_t *reason)
{
    *output = (output_t){
        .interrupt = interrupt, .truncates = wish->truncates, .rotation = wish->rotation, .is_text = wish->magic == NULL};
    if (outfile_open(&output->file, wish->path, wish->is_private, reason) != 0)
        return -1;
    output->compressor = wish->path != NULL ? compressor_for(wish->path) : NULL;
    output->capacity = output->compressor != NULL ? FRAME_CAPACITY : CAPACITY;
    if (check_rotation(output, reason) != 0 || check_frames(output, reason) != 0 || check_magic(output, wish->magic, reason) != 0) {
        output_abandon(output);
        return -1;
    }
    if ((output->buffer = malloc(output->capacity)) == NULL) {
        output_abandon(output);
        return reason_set(reason, "out of memory");
    }
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

/*
 * A disk that is full takes the first part of a line, or of a frame. That is cut off again, unless others write into the file, too.
 * Who reads other things than lines knows himself where the last whole one ends.
 */
static void take_back_part(const output_t *output, const char *bytes, size_t done)
{
    const outfile_t *file = &output->file;
    off_t end = lseek(file->fd, 0, SEEK_CUR), part = 0;
    struct stat st;

    if (!output->is_text && output->compressor == NULL)
        return;
    while (done > 0 && (bytes[--done] != '\n' || output->compressor != NULL))
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
        if (file->may_wait && !wait_for_room(output))
            continue;
        /* a pipe that has room takes that much without waiting: pipe(7) */
        if (file->may_wait && part > PIPE_BUF)
            part = PIPE_BUF;
        ssize_t n = write(file->fd, bytes + done, part);
        if (n > 0)
            done += n;
        else if (n < 0 && errno != EINTR && errno != EAGAIN)
            output->error = errno;
    }
    file->size += done;
    if (output->error != 0 && file->is_regular)
        take_back_part(output, bytes, done);
}

static void write_frame(output_t *output)
{
    size_t room = output->compressor->bound(output->used), size = 0;
    char *frame = malloc(room);

    if (frame != NULL)
        size = output->compressor->compress(frame, room, output->buffer, output->used);
    if (size != 0)
        write_all(output, frame, size);
    else
        output->error = ENOMEM;
    free(frame);
}

/* @param is_forced also a frame that nothing is in */
static int flush(output_t *output, int is_forced)
{
    if (output->compressor == NULL)
        write_all(output, output->buffer, output->used);
    else if ((output->used != 0 || is_forced) && output->error == 0)
        write_frame(output);
    output->used = 0;
    output->pending_since = 0;
    return output->error == 0 ? 0 : -1;
}

int output_flush(output_t *output)
{
    return flush(output, 0);
}

/* Whether the file has as many bytes as it may have. What is not compressed yet does not count. */
static int is_full(const output_t *output)
{
    uint64_t size = output->file.size + (output->compressor == NULL ? output->used : 0);

    return output->rotation.size != 0 && !output->is_fresh && size >= output->rotation.size;
}

static char *make_room(output_t *output, size_t size)
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

char *output_room(output_t *output, size_t size)
{
    if (is_full(output))
        rotate(output);
    output->is_fresh = 0;
    return make_room(output, size);
}

static void put(output_t *output, const char *bytes, size_t size)
{
    char *p = make_room(output, size);

    if (p != NULL)
        output_advance(output, (char *)memcpy(p, bytes, size) + size);
}

void output_put(output_t *output, const char *bytes, size_t size)
{
    output->is_fresh = 0;
    put(output, bytes, size);
}

/* ---- the file ---- */

static uint64_t period_now(const output_t *output)
{
    return output->rotation.seconds != 0 ? clock_ns(CLOCK_REALTIME) / 1000000000 / output->rotation.seconds : 0;
}

/* Half a line of somebody who was killed is to spoil no other. */
static void begin_file(output_t *output)
{
    if (output->compressor == NULL && output->is_text && outfile_is_in_line(&output->file))
        put(output, "\n", 1);
    if (output->head != NULL && output->head->size != 0)
        put(output, output->head->bytes, output->head->size);
    if (output->compressor != NULL && output->file.size == 0)
        flush(output, 1); /* an empty file is none that can be decompressed */
    output->is_fresh = 1;
    output->period = period_now(output);
}

void output_begin(output_t *output, const output_head_t *head)
{
    output->head = head;
    cut_half_frame(output);
    if (output->error == 0 && outfile_begin(&output->file, output->truncates) != 0)
        output->error = errno;
    if (output->error == 0)
        begin_file(output);
}

/* Frames can follow nothing but frames, and what is in a file that has come in place of ours cannot be looked at any more: the
 * rights for that were given up. */
static int is_taken(const output_t *output)
{
    struct stat ours, at_path;

    if (output->compressor == NULL || fstat(output->file.fd, &ours) != 0 || stat(output->file.path, &at_path) != 0 ||
        !S_ISREG(at_path.st_mode) || at_path.st_size == 0 || (at_path.st_ino == ours.st_ino && at_path.st_dev == ours.st_dev))
        return 0;
    tracer_say("cannot append to %s: another file has come there, which is not empty; going on with the file that is open",
               output->file.path);
    return 1;
}

void output_reopen(output_t *output)
{
    reason_t reason;

    if (output->file.path == NULL || output_flush(output) != 0 || is_taken(output))
        return;
    if (outfile_reopen(&output->file, &reason) != 0)
        tracer_say("%s; going on with the file that is open", reason.text);
    else
        begin_file(output);
}

static void rotate(output_t *output)
{
    const char *path = output->file.path, *ending = output->compressor != NULL ? output->compressor->ending : "";
    reason_t reason;

    if (clock_now() < output->not_before || output_flush(output) != 0)
        return;
    if (is_taken(output)) {
        output->not_before = clock_now() + TRY_AGAIN;
        return;
    }
    if (rotate_file(&output->file, ending, &output->moved, &reason) != 0) {
        tracer_say("%s; going on with the file that is open", reason.text);
        output->not_before = clock_now() + TRY_AGAIN;
        return;
    }
    begin_file(output);
    if (output->rotation.keep != 0)
        rotate_remove_old(path, ending, output->rotation.keep);
}

void output_tick(output_t *output)
{
    double now = clock_now();

    if (output->used != 0 && output->pending_since == 0)
        output->pending_since = now;
    if (output->compressor == NULL || (output->used != 0 && now - output->pending_since >= OUTPUT_SECONDS))
        output_flush(output);
    if (is_full(output) || (!output->is_fresh && output->error == 0 && period_now(output) != output->period))
        rotate(output);
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
