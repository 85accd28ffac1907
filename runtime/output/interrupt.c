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

void interrupt_take(interrupt_t *interrupt)
{
    struct signalfd_siginfo info;

    interrupt->has_come = 1;
    while (read(interrupt->fd, &info, sizeof(info)) > 0)
        ;
}
