/*
 * ASSERTION: all lines arrive, whole and in order, whatever the kernel takes of a write; an output that fails has whole lines only
 * and gets nothing more; one that is stuck is given up at the second signal and not before.
 */

#include <limits.h>
#include <sys/syscall.h>
#include "output/output.h"
#include "lab.h"

/* ---- the kernel's part: write() and poll() are those of this file ---- */

static const int *script; /* what the next writes do: take so many bytes at most, or fail with that error, negated; 0: its end */
static size_t largest_write;
static unsigned num_writes, num_polls;
static void (*on_poll)(void), (*on_write)(void); /* called before the second one */

ssize_t write(int fd, const void *bytes, size_t n)
{
    int step = script != NULL && *script != 0 ? *script++ : 0;

    if (++num_writes == 2 && on_write != NULL)
        on_write();
    if (n > largest_write)
        largest_write = n;
    if (step < 0) {
        errno = -step;
        return -1;
    }
    return syscall(SYS_write, fd, bytes, step != 0 && (size_t)step < n ? (size_t)step : n);
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
    struct timespec limit = {.tv_sec = LAB_TIMEOUT / 1000};

    if (++num_polls == 2 && on_poll != NULL)
        on_poll();
    /* what would wait forever is a mistake */
    if (timeout < 0 && syscall(SYS_ppoll, fds, n, &limit, NULL, 0) == 0)
        bail_out("poll() waits and nothing comes");
    return syscall(SYS_ppoll, fds, n, timeout < 0 ? NULL : &limit, NULL, 0);
}

static void play(const int *steps)
{
    script = steps;
    largest_write = num_writes = num_polls = 0;
    on_poll = on_write = NULL;
}

/* ---- lines ---- */

static char expected[4 << 20], got[4 << 20];
static size_t expected_len;

static void put(output_t *output, size_t len)
{
    static unsigned num;
    char *p = output_room(output, len);

    for (size_t i = 0; i + 1 < len; ++i)
        p[i] = 'a' + (num + i) % 26;
    p[len - 1] = '\n';
    ++num;
    memcpy(expected + expected_len, p, len);
    expected_len += len;
    output_advance(output, p + len);
}

/* lines of all lengths up to a maximum */
static void put_lines(output_t *output, size_t max)
{
    for (size_t len = 1; len <= max; len += 1 + len / 3)
        put(output, len);
}

static size_t read_file(const char *path)
{
    int fd = open(path, O_RDONLY);
    ssize_t n = fd != -1 ? read(fd, got, sizeof(got)) : -1;

    if (n < 0)
        bail_out("cannot read");
    close(fd);
    return n;
}

static void arrived(size_t len, const char *what)
{
    ok(len == expected_len && memcmp(got, expected, len) == 0, "%s: %zu of %zu bytes", what, len, expected_len);
}

static void open_output(output_t *output, const char *path, interrupt_t *interrupt)
{
    expected_len = 0;
    if (output_open(output, path, interrupt) != 0)
        bail_out("cannot open");
}

/* ---- files ---- */

static void test_file(void)
{
    static const int steps[] = {1, -EINTR, 4095, -EAGAIN, 7, -EINTR, 1, 0};
    const char *path = lab_path("lines");
    struct stat st;
    output_t output;

    lab_write("lines", "what was in it\n");
    play(NULL);
    open_output(&output, path, NULL);
    put_lines(&output, 100000);
    is_int(num_writes, 1, "lines are collected; the buffer was full once");
    put(&output, 1 << 20);
    put_lines(&output, 100);
    is_int(output_close(&output), 0, "a file is closed");
    arrived(read_file(path), "a file, with a line longer than the buffer");

    play(steps);
    open_output(&output, lab_path("new"), NULL);
    put_lines(&output, 50000);
    is_int(output_close(&output), 0, "short and interrupted writes are no errors");
    arrived(read_file(lab_path("new")), "... and go on where they ended");
    ok(*script == 0 && num_polls == 0, "... each was met, without waiting for a reader");
    ok(stat(lab_path("new"), &st) == 0 && (st.st_mode & 07777) == 0600, "a new file is the owner's alone");
    ok(output_open(&output, lab_path("no/folder"), NULL) == -1 && errno == ENOENT, "a file that cannot be created");
}

static void append_other(void)
{
    int fd = open(lab_path("full"), O_WRONLY | O_APPEND);

    if (fd == -1 || syscall(SYS_write, fd, "others\n", 7) != 7)
        bail_out("cannot append");
    close(fd);
}

/* A disk that is full takes a part of what is written. */
static void test_full(void)
{
    static const int full[] = {150, -ENOSPC, 0};
    const char *path = lab_path("full");
    output_t output;

    play(NULL);
    open_output(&output, path, NULL);
    for (int i = 0; i < 3; ++i)
        put(&output, 100);
    play(full);
    is_int(output_flush(&output), -1, "the disk is full");
    is_int(output.error, ENOSPC, "... that is known");
    expected_len = 100;
    arrived(read_file(path), "... the file ends with a whole line");
    play(NULL);
    put(&output, 100);
    ok(output_flush(&output) == -1 && output_close(&output) == -1 && num_writes == 0, "nothing is written after that");

    /* others append between the two writes */
    open_output(&output, path, NULL);
    put(&output, 100);
    put(&output, 100);
    play(full);
    on_write = append_other;
    output_close(&output);
    is_int(read_file(path), 157, "a part of a line that others wrote after stays");
}

/* ---- pipes ---- */

static int from, to;

static void open_pipe(output_t *output, interrupt_t *interrupt)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0 || fcntl(fds[1], F_SETPIPE_SZ, 4096) < 0)
        bail_out("no pipe");
    from = fds[0];
    to = fds[1];
    open_output(output, lab_path("unused"), interrupt);
    close(output->fd);
    output->fd = to;
    output->is_file = 0;
}

/* Reads to the end in a process of its own, in pieces; its exit status says whether all came. */
static pid_t start_reader(void)
{
    pid_t pid;

    fflush(stdout);
    if ((pid = fork()) == 0) {
        size_t len = 0;
        ssize_t n;
        close(to);
        while ((n = read(from, got + len, 777)) > 0)
            len += n;
        int fd = open(lab_path("read"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        _exit(n == 0 && syscall(SYS_write, fd, got, len) == (ssize_t)len ? 0 : 1);
    }
    close(from);
    return pid;
}

static void test_pipe(void)
{
    static const int steps[] = {1, -EAGAIN, 100, -EINTR, -EAGAIN, 3, 0};
    output_t output;
    pid_t pid;
    int status;

    play(steps);
    open_pipe(&output, NULL);
    pid = start_reader();
    for (int i = 0; i < 3; ++i)
        put_lines(&output, 100000);
    is_int(output_close(&output), 0, "a pipe is closed");
    ok(waitpid(pid, &status, 0) == pid && status == 0, "the reader reads to the end");
    arrived(read_file(lab_path("read")), "a pipe whose reader is slower");
    ok(largest_write <= PIPE_BUF, "no write is larger than what a pipe with room takes at once: %zu bytes", largest_write);
    ok(num_polls >= num_writes, "... and each has room");
}

static void test_closed(void)
{
    output_t output;

    play(NULL);
    open_pipe(&output, NULL);
    close(from);
    put(&output, 100);
    is_int(output_flush(&output), -1, "nobody reads any more");
    is_int(output.error, EPIPE, "... that is known");
    num_writes = 0;
    put_lines(&output, 500000);
    ok(output_close(&output) == -1 && num_writes == 0, "... and nothing is written after that");
}

/* ---- stuck ---- */

static void empty_pipe(void)
{
    if (read(from, got, sizeof(got)) <= 0)
        bail_out("cannot read");
}

static void test_stuck(void)
{
    interrupt_t interrupt;
    output_t output;

    if (interrupt_open(&interrupt) != 0)
        bail_out("no signals");
    play(NULL);
    open_pipe(&output, &interrupt);
    put(&output, 4096);
    is_int(output_flush(&output), 0, "a pipe takes what it has room for");
    ok(num_polls == 1 && !interrupt.has_come, "... without a signal");

    /* the pipe is full */
    raise(SIGTERM);
    put(&output, 10);
    play(NULL);
    on_poll = empty_pipe;
    is_int(output_flush(&output), 0, "the first signal does not end the waiting");
    ok(interrupt.has_come && num_polls >= 2, "... but is known then");
    empty_pipe();
    put(&output, 4000);
    play(NULL);
    raise(SIGINT);
    is_int(output_flush(&output), 0, "the second does not, either, where there is room");
    put(&output, 4096);
    raise(SIGINT);
    is_int(output_flush(&output), -1, "where there is none, it does");
    is_int(output.error, EINTR, "... the output is given up");
    is_int(output_close(&output), -1, "... which closing says, too");
    close(from);
    close(interrupt.fd);
}

int main(void)
{
    lab_init();
    test_file();
    test_full();
    test_pipe();
    test_closed();
    test_stuck();
    return done_testing();
}
