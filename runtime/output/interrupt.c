/* The signals that end a trace. */
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "output/interrupt.h"

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
    interrupt->fd = -1;
}

void interrupt_take(interrupt_t *interrupt)
{
    struct signalfd_siginfo info;

    interrupt->has_come = 1;
    while (read(interrupt->fd, &info, sizeof(info)) > 0)
        ;
}
