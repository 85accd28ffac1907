/*
 * ASSERTION: all lines arrive, whole and in order, whatever the kernel takes of a write; an output that fails has whole lines only
 * and gets nothing more; one that is stuck is given up at the second signal and not before. A file keeps what is in it until there
 * is something to take its place, and what is private does not get into one that others can read.
 */

#include <limits.h>
#include <sys/syscall.h>
#include "common/catalog.h"
#include "output/output.h"
#include "lab.h"

const catalog_t catalog = {.tracer = "labtrace"};

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
    return syscall(SYS_ppoll, fds, n, timeout < 0 ? NULL : &(struct timespec){0}, NULL, 0);
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
    reason_t reason;

    expected_len = 0;
    if (output_open(output, &(output_wish_t){.path = path, .truncates = 1}, interrupt, &reason) != 0)
        bail_out(reason.text);
    output_begin(output, NULL);
}

/* ---- files ---- */

static void refused(const char *name, int is_private, const char *part, const char *what)
{
    output_t output;
    reason_t reason = {""};

    ok(output_open(&output, &(output_wish_t){.path = lab_path("%s", name), .is_private = is_private}, NULL, &reason) == -1 &&
           strstr(reason.text, part) != NULL,
       "%s: %s", what, reason.text);
}

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
    refused("no/folder", 0, "No such file or directory", "a file that cannot be created");
}

/* What is in a file stays until there is something to take its place. */
static void test_begin(void)
{
    output_t output;
    reason_t reason;

    lab_write("old", "what was in it\n");
    is_int(output_open(&output, &(output_wish_t){.path = lab_path("old"), .is_private = 0}, NULL, &reason), 0,
           "a file that is there is opened");
    is_int(read_file(lab_path("old")), 15, "... and stays as it is");
    output_abandon(&output);
    is_int(read_file(lab_path("old")), 15, "... also when nothing is written");
    is_int(output_open(&output, &(output_wish_t){.path = lab_path("old"), .is_private = 0}, NULL, &reason), 0,
           "it is opened again");
    output_begin(&output, NULL);
    output_close(&output);
    is_int(read_file(lab_path("old")), 15, "... and stays when writing begins");
    is_int(output_open(&output, &(output_wish_t){.path = lab_path("old"), .truncates = 1}, NULL, &reason), 0,
           "it is opened to be emptied");
    is_int(read_file(lab_path("old")), 15, "... and stays as it is");
    output_begin(&output, NULL);
    is_int(read_file(lab_path("old")), 0, "... until writing begins");
    output_close(&output);

    is_int(output_open(&output, &(output_wish_t){.path = lab_path("fresh"), .is_private = 0}, NULL, &reason), 0,
           "a file that is not there is made");
    output_abandon(&output);
    is_int(access(lab_path("fresh"), F_OK), -1, "... and goes again when nothing is written");
}

/* What is written comes after what is there, whoever wrote it and however that ended. */
static void test_append(void)
{
    static const char *const before[] = {"", "one line\n", "half a li"};
    output_t output;
    reason_t reason;

    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); ++i) {
        play(NULL);
        lab_write("append", before[i]);
        expected_len = strlen(strcpy(expected, before[i]));
        if (expected_len != 0 && expected[expected_len - 1] != '\n')
            expected[expected_len++] = '\n';
        if (output_open(&output, &(output_wish_t){.path = lab_path("append"), .is_private = 0}, NULL, &reason) != 0)
            bail_out(reason.text);
        output_begin(&output, NULL);
        put(&output, 10);
        is_int(output_flush(&output), 0, "lines are appended");
        arrived(read_file(lab_path("append")), "... each is whole");
        if (truncate(lab_path("append"), 0) != 0)
            bail_out("truncate");
        expected_len = 0;
        put(&output, 10);
        output_close(&output);
        arrived(read_file(lab_path("append")), "... and where others cut the file off, it goes on from there");
    }
}

/* logrotate moves a file away, and says so. */
static void test_reopen(void)
{
    output_t output;

    play(NULL);
    unlink(lab_path("log"));
    open_output(&output, lab_path("log"), NULL);
    put(&output, 100);
    if (rename(lab_path("log"), lab_path("log.1")) != 0)
        bail_out("rename");
    put(&output, 100);
    output_reopen(&output);
    arrived(read_file(lab_path("log.1")), "what came before is in the old file");
    expected_len = 0;
    put(&output, 100);
    output_flush(&output);
    arrived(read_file(lab_path("log")), "what comes after is in the new one");
    ok(access(lab_path("log"), F_OK) == 0 && output.file.size == 100, "... which has the name");

    unlink(lab_path("log"));
    if (mkdir(lab_path("log"), 0700) != 0 || rename(lab_path("log.1"), lab_path("log.2")) != 0)
        bail_out("mkdir");
    put(&output, 100);
    output_reopen(&output);
    ok(output.error == 0 && output.file.size == 200, "where there can be no new one, it goes on with the old one");
    is_int(output_close(&output), 0, "... which is closed");
    rmdir(lab_path("log"));
}

static void test_private(void)
{
    static const mode_t modes[] = {0644, 0640, 0604, 0660, 0622};
    output_t output;
    reason_t reason;

    lab_write("secrets", "what was in it\n");
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); ++i) {
        chmod(lab_path("secrets"), modes[i]);
        refused("secrets", 1, "others can read it", "what is private does not go into a file of others");
    }
    is_int(read_file(lab_path("secrets")), 15, "... which stays as it is");
    chmod(lab_path("secrets"), 0600);
    is_int(output_open(&output, &(output_wish_t){.path = lab_path("secrets"), .is_private = 1}, NULL, &reason), 0,
           "it goes into one's own");
    output_abandon(&output);
    chmod(lab_path("secrets"), 0644);
    is_int(output_open(&output, &(output_wish_t){.path = lab_path("secrets"), .is_private = 0}, NULL, &reason), 0,
           "what is not private goes into any");
    ok(output.file.is_exposed, "... but that is known");
    output_abandon(&output);
    if (geteuid() != 0) {
        skip("files of other users", "only root can give files away");
        return;
    }
    if (chmod(lab_path("secrets"), 0600) != 0 || chown(lab_path("secrets"), 65534, 65534) != 0)
        bail_out("chown");
    refused("secrets", 1, "others can read it", "what is private does not go into a file of another user");

    lab_write("victim", "what was in it\n");
    unlink(lab_path("link"));
    if (symlink("victim", lab_path("link")) != 0)
        bail_out("symlink");
    is_int(output_open(&output, &(output_wish_t){.path = lab_path("link"), .is_private = 0}, NULL, &reason), 0,
           "a symbolic link of one's own is followed");
    output_abandon(&output);
    if (lchown(lab_path("link"), 65534, 65534) != 0)
        bail_out("lchown");
    refused("link", 0, "symbolic link of another user", "one of somebody else is not");
    is_int(read_file(lab_path("victim")), 15, "... and where it leads to, all is as it was");
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
    close(output->file.fd);
    output->file.fd = to;
    output->file.is_regular = 0;
    output->file.may_wait = 1;
    output->file.is_pipe = 1;
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
    ok(!output_has_lost_reader(&output), "... and is an error of a file that was asked for");
    output.file.path = NULL;
    ok(output_has_lost_reader(&output), "... but not of standard output");
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

static int num_ends, num_requests, num_steps;

static void count_end(void *arg)
{
    ++*(int *)arg;
}

static void count_request(void *arg, int signal)
{
    (void)arg;
    num_requests += signal == SIGUSR1;
}

/* the reader comes when the work is half done */
static int step(void *arg)
{
    (void)arg;
    if (++num_steps == 3)
        empty_pipe();
    return num_steps < 6;
}

static void test_stuck(void)
{
    interrupt_t interrupt;
    output_t output;

    signal(SIGHUP, SIG_IGN);
    if (interrupt_open(&interrupt, 0) != 0)
        bail_out("no signals");
    raise(SIGHUP);
    ok(!interrupt_has_come(&interrupt), "a signal that was ignored stays so");
    interrupt.on_end = count_end;
    interrupt.arg = &num_ends;
    interrupt.on_request = count_request;
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
    ok(interrupt.has_come == SIGTERM && num_polls >= 2, "... but is known then");
    is_int(num_ends, 1, "... and was acted upon");
    empty_pipe();
    put(&output, 4000);
    play(NULL);
    raise(SIGINT);
    is_int(output_flush(&output), 0, "the second does not, either, where there is room");
    is_int(num_ends, 1, "... and is not the first any more");
    put(&output, 4096);
    raise(SIGINT);
    is_int(output_flush(&output), -1, "where there is none, it does");
    is_int(output.error, EINTR, "... the output is given up");
    is_int(output_close(&output), -1, "... which closing says, too");
    close(from);
    interrupt_close(&interrupt);
}

/* What there is to do when a signal has come does not wait for the reader. */
static void test_meanwhile(void)
{
    interrupt_t interrupt;
    output_t output;

    if (interrupt_open(&interrupt, 1) != 0)
        bail_out("no signals");
    interrupt.on_request = count_request;
    play(NULL);
    open_pipe(&output, &interrupt);
    output.meanwhile = step;
    put(&output, 4096);
    output_flush(&output);
    put(&output, 10);
    raise(SIGUSR1);
    play(NULL);
    on_poll = empty_pipe;
    is_int(output_flush(&output), 0, "a request ends no waiting");
    ok(num_requests == 1 && num_steps == 0, "... and is answered");
    empty_pipe();
    put(&output, 4096);
    output_flush(&output);
    raise(SIGTERM);
    put(&output, 10);
    is_int(output_flush(&output), 0, "after a signal, something is done while the reader is waited for");
    is_int(num_steps, 3, "... step by step");
    output_close(&output);
    close(from);
    interrupt_close(&interrupt);
}

int main(void)
{
    lab_init();
    test_file();
    test_begin();
    test_append();
    test_reopen();
    test_private();
    test_full();
    test_pipe();
    test_closed();
    test_stuck();
    test_meanwhile();
    return done_testing();
}
