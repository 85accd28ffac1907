/*
 * A terminal is left as it was found, whatever ends the tracer: also SIGKILL, or a mistake of its own. So a small process waits for
 * the end of a pipe that the tracer alone can write to, and gives the terminal back then. The tracer itself could not do it,
 * either, since its filter of system calls does not let it change any terminal.
 *
 * Signals of keys stay on: Ctrl-C ends the trace. Ctrl-Z, which would leave the screen as it is, and Ctrl-S are off.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/say.h"
#include "stat/terminal.h"

/* another screen, no cursor, no new lines where one is too long; and back */
#define TAKE "\033[?1049h\033[?25l\033[?7l\033[2J"
#define GIVE "\033[?7h\033[?25h\033[?1049l"

#define DEFAULT_ROWS 24
#define DEFAULT_COLUMNS 80
#define SHOWN_FOR 5.0 /* seconds, what the tracer has to say */

static void put(int fd, const char *text)
{
    size_t left = strlen(text);

    for (ssize_t n; left != 0 && ((n = write(fd, text, left)) > 0 || errno == EINTR);) {
        if (n > 0) {
            text += n;
            left -= (size_t)n;
        }
    }
}

/* What the terminal is to be like while it is a screen. */
static struct termios as_screen(const struct termios *before)
{
    struct termios raw = *before;

    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_iflag &= ~(tcflag_t)IXON;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    raw.c_cc[VSUSP] = _POSIX_VDISABLE;
    return raw;
}

/* ---- the process that gives it back ---- */

static void ignore_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP, SIGTTOU, SIGTTIN, SIGALRM, SIGUSR1, SIGPIPE};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); ++i)
        signal(signals[i], SIG_IGN);
}

/* It has nothing but the terminal and the pipe. */
static _Noreturn void guard(int fd, int pipe_fd, const struct termios *before, const user_t *user)
{
    char c;

    ignore_signals();
    dup2(fd, STDOUT_FILENO);
    dup2(pipe_fd, STDERR_FILENO);
    if (close_range(STDERR_FILENO + 1, ~0u, 0) != 0 || (!user->keeps_root && user_become(user) != 0))
        _exit(1);
    while (read(STDERR_FILENO, &c, 1) < 0 && errno == EINTR)
        ;
    put(STDOUT_FILENO, GIVE);
    if (before != NULL)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, before);
    _exit(0);
}

/* ---- what the tracer does ---- */

int terminal_is_ours(int fd)
{
    return isatty(fd) && tcgetpgrp(fd) == getpgrp();
}

static int start_guard(terminal_t *terminal, const struct termios *before, const user_t *user)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    terminal->guard = fork();
    if (terminal->guard == 0) {
        close(ends[1]);
        guard(terminal->fd, ends[0], before, user);
    }
    close(ends[0]);
    terminal->end_fd = ends[1];
    if (terminal->guard > 0)
        return 0;
    close(ends[1]);
    terminal->guard = 0;
    return -1;
}

int terminal_open(terminal_t *terminal, int fd, const user_t *user, reason_t *reason)
{
    struct termios before;

    *terminal = (terminal_t){.fd = fd};
    terminal->has_keys = terminal_is_ours(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    if (start_guard(terminal, terminal->has_keys ? &before : NULL, user) != 0)
        return reason_set(reason, "cannot start a process that gives the terminal back: %s", strerror(errno));
    /* if we come into the background, neither keys nor what is drawn are to stop us */
    signal(SIGTTIN, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    if (terminal->has_keys) {
        struct termios raw = as_screen(&before);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
    }
    put(fd, TAKE);
    if (isatty(STDERR_FILENO) && (terminal->held = open_memstream(&terminal->said, &terminal->said_size)) != NULL)
        tracer_say_to(terminal->held);
    return 0;
}

int terminal_key(const terminal_t *terminal)
{
    struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};
    unsigned char key;

    if (!terminal->has_keys || poll(&pfd, 1, 0) <= 0 || read(STDIN_FILENO, &key, 1) != 1)
        return 0;
    return key;
}

int terminal_has_changed(terminal_t *terminal)
{
    unsigned rows = terminal->rows, columns = terminal->columns;
    struct winsize size;

    int is_told = ioctl(terminal->fd, TIOCGWINSZ, &size) == 0 && size.ws_row != 0 && size.ws_col != 0;
    terminal->rows = is_told ? size.ws_row : DEFAULT_ROWS;
    terminal->columns = is_told ? size.ws_col : DEFAULT_COLUMNS;
    return terminal->rows != rows || terminal->columns != columns;
}

char *terminal_last_line(terminal_t *terminal)
{
    if (terminal->held == NULL || fflush(terminal->held) != 0 || terminal->said_size == 0)
        return NULL;
    if (terminal->said_size != terminal->seen_size)
        terminal->seen = clock_now();
    terminal->seen_size = terminal->said_size;
    if (clock_now() - terminal->seen > SHOWN_FOR)
        return NULL;
    size_t end = terminal->said_size - 1, begin = end;
    while (begin != 0 && terminal->said[begin - 1] != '\n')
        --begin;
    return strndup(terminal->said + begin, end - begin);
}

void terminal_close(terminal_t *terminal)
{
    if (terminal->guard == 0)
        return;
    close(terminal->end_fd);
    while (waitpid(terminal->guard, NULL, 0) < 0 && errno == EINTR)
        ;
    terminal->guard = 0;
    if (terminal->held == NULL)
        return;
    tracer_say_to(NULL);
    if (fclose(terminal->held) == 0)
        fputs(terminal->said, stderr);
    free(terminal->said);
    terminal->held = NULL;
}
