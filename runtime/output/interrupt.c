#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>
#include "output/interrupt.h"

/* A signal that is blocked and read here is not ignored any more. */
static void add_unless_ignored(sigset_t *set, int signal)
{
    struct sigaction action;

    if (sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        sigaddset(set, signal);
}

static int hold_back(const sigset_t *set)
{
    return sigprocmask(SIG_BLOCK, set, NULL) == 0 ? signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
}

int interrupt_open(interrupt_t *interrupt, int reopens)
{
    sigset_t ends, requests;

    *interrupt = (interrupt_t){.fd = -1, .request_fd = -1};
    sigemptyset(&ends);
    sigemptyset(&requests);
    add_unless_ignored(&ends, SIGINT);
    add_unless_ignored(&ends, SIGTERM);
    add_unless_ignored(reopens ? &requests : &ends, SIGHUP);
    add_unless_ignored(&requests, SIGUSR1);
    signal(SIGALRM, SIG_DFL);
    sigaddset(&ends, SIGALRM);
    interrupt->fd = hold_back(&ends);
    interrupt->request_fd = hold_back(&requests);
    return interrupt->fd != -1 && interrupt->request_fd != -1 ? 0 : -1;
}

void interrupt_delay_requests(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

void interrupt_after(uint64_t ns)
{
    struct itimerval timer = {.it_value = {(time_t)(ns / 1000000000), (suseconds_t)(ns / 1000 % 1000000)}};

    setitimer(ITIMER_REAL, &timer, NULL);
}

int interrupt_is_pending(const interrupt_t *interrupt)
{
    struct pollfd pfd = {.fd = interrupt->fd, .events = POLLIN};

    return poll(&pfd, 1, 0) > 0;
}

int interrupt_has_come(const interrupt_t *interrupt)
{
    return interrupt->has_come || interrupt_is_pending(interrupt);
}

void interrupt_close(interrupt_t *interrupt)
{
    if (interrupt->fd != -1)
        close(interrupt->fd);
    if (interrupt->request_fd != -1)
        close(interrupt->request_fd);
    interrupt->fd = interrupt->request_fd = -1;
}

void interrupt_take(interrupt_t *interrupt)
{
    struct signalfd_siginfo info;
    int is_first = interrupt->has_come == 0;

    while (read(interrupt->fd, &info, sizeof(info)) == sizeof(info)) {
        if (interrupt->has_come == 0)
            interrupt->has_come = (int)info.ssi_signo;
    }
    if (is_first && interrupt->has_come != 0 && interrupt->on_end != NULL)
        interrupt->on_end(interrupt->arg);
}

void interrupt_answer(interrupt_t *interrupt)
{
    struct signalfd_siginfo info;

    while (read(interrupt->request_fd, &info, sizeof(info)) == sizeof(info)) {
        if (interrupt->on_request != NULL)
            interrupt->on_request(interrupt->arg, (int)info.ssi_signo);
    }
}
