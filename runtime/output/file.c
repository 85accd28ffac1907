#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/say.h"
#include "output/file.h"
#include "output/standard.h"

/* how often a FIFO is looked at that has no reader yet, and after which time that is told */
#define READER_MS 20
#define PATIENCE 1.0

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

/* Appending survives that somebody else cuts the file (copytruncate of logrotate), or writes into it, too. */
static int open_once(outfile_t *file)
{
    int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

    file->fd = open(file->path, flags);
    if (file->fd == -1 && errno == ENOENT) {
        file->fd = open(file->path, flags | O_CREAT, 0600);
        file->is_new = file->fd != -1;
    }
    return file->fd != -1 ? 0 : -1;
}

/* A FIFO without a reader cannot be opened (ENXIO). Signals end the program as usual meanwhile: nothing is traced yet. */
static int open_waiting(outfile_t *file)
{
    const struct timespec pause = {.tv_nsec = READER_MS * 1000000};
    double begun = clock_now();
    int has_told = 0;

    while (open_once(file) != 0) {
        if (errno != ENXIO)
            return -1;
        if (!has_told && clock_now() - begun >= PATIENCE) {
            tracer_note("waiting for somebody who reads %s", file->path);
            has_told = 1;
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}

static int open_path(outfile_t *file, int waits, reason_t *reason)
{
    int is_foreign_link = is_foreign(file->path, -1);

    if (!is_foreign_link && (waits ? open_waiting(file) : open_once(file)) != 0)
        return reason_set(reason, "cannot write %s: %s", file->path, strerror(errno));
    if (is_foreign_link || is_foreign(file->path, file->fd))
        return reason_set(reason, "cannot write %s: it is a symbolic link of another user", file->path);
    if (fcntl(file->fd, F_SETFL, O_APPEND) != 0) /* without O_NONBLOCK */
        return reason_set(reason, "cannot write %s: %s", file->path, strerror(errno));
    return 0;
}

static int check_mode(outfile_t *file, reason_t *reason)
{
    struct stat st;

    if (fstat(file->fd, &st) != 0)
        return reason_set(reason, "cannot write to standard output: %s", strerror(errno));
    int is_null = S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
    file->is_regular = S_ISREG(st.st_mode);
    file->may_wait = !file->is_regular && !is_null;
    file->is_pipe = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
    file->is_exposed = (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode)) && ((st.st_mode & 0077) != 0 || st.st_uid != geteuid());
    if (file->path == NULL || !file->is_exposed || !file->is_private)
        return 0;
    return reason_set(reason,
                      "cannot write %s: others can read it (mode %04o, user %u), and what is asked for is to stay private: choose "
                      "another file, or 'chmod 600' it",
                      file->path, st.st_mode & 07777, st.st_uid);
}

static int open_outfile(outfile_t *file, const char *path, int is_private, int waits, reason_t *reason)
{
    *file = (outfile_t){.fd = path != NULL ? -1 : STDOUT_FILENO, .path = path, .is_private = is_private};
    if (path == NULL && !standard_can_print())
        return reason_set(reason, "cannot write the events: standard output is closed, and there is no -w FILE");
    if ((path == NULL || open_path(file, waits, reason) == 0) && check_mode(file, reason) == 0)
        return 0;
    outfile_abandon(file);
    return -1;
}

int outfile_open(outfile_t *file, const char *path, int is_private, reason_t *reason)
{
    return open_outfile(file, path, is_private, 1, reason);
}

int outfile_begin(outfile_t *file, int truncates)
{
    struct stat st;

    if (!file->is_regular)
        return 0;
    if (truncates && file->path != NULL && ftruncate(file->fd, 0) != 0)
        return -1;
    int flags = fcntl(file->fd, F_GETFL);
    off_t at = lseek(file->fd, 0, SEEK_CUR);
    if (flags == -1 || at == -1 || fstat(file->fd, &st) != 0)
        return -1;
    file->size = (uint64_t)(flags & O_APPEND ? st.st_size : at);
    return 0;
}

/* What was opened to be written cannot be read. */
int outfile_open_to_read(const outfile_t *file)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

int outfile_is_in_line(const outfile_t *file)
{
    char last;

    if (!file->is_regular || file->size == 0)
        return 0;
    int fd = outfile_open_to_read(file);
    if (fd == -1)
        return 0;
    int is_in_line = pread(fd, &last, 1, (off_t)file->size - 1) == 1 && last != '\n';
    close(fd);
    return is_in_line;
}

int outfile_reopen(outfile_t *file, reason_t *reason)
{
    outfile_t next;

    if (open_outfile(&next, file->path, file->is_private, 0, reason) != 0)
        return -1;
    if (outfile_begin(&next, 0) != 0) {
        reason_set(reason, "cannot write %s: %s", file->path, strerror(errno));
        close(next.fd);
        return -1;
    }
    close(file->fd);
    *file = next;
    return 0;
}

int outfile_close(outfile_t *file)
{
    int fd = file->fd;

    file->fd = -1;
    return fd == -1 ? 0 : close(fd);
}

void outfile_abandon(outfile_t *file)
{
    if (file->is_new)
        unlink(file->path);
    if (file->path != NULL)
        outfile_close(file);
    file->fd = -1;
}
