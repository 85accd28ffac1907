#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "interrupt.h"

static sigset_t ending_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

int interrupt_open(void)
{
    sigset_t set = ending_signals();

    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void interrupt_take(int fd)
{
    sigset_t set = ending_signals();
    struct signalfd_siginfo info;

    /* several that came at once are one */
    while (read(fd, &info, sizeof(info)) > 0)
        ;
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}
