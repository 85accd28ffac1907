#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/worker.h"

/* ---- in the worker ---- */

static void limit(int resource, rlim_t most)
{
    struct rlimit both;

    if (getrlimit(resource, &both) == 0 && (both.rlim_cur == RLIM_INFINITY || both.rlim_cur > most)) {
        both.rlim_cur = most;
        setrlimit(resource, &both);
    }
}

/* Private memory that can be written, which is what a heap is made of: see RLIMIT_DATA in getrlimit(2) and proc(5) for statm. */
void worker_limit_memory(uint64_t size)
{
#ifndef __SANITIZE_ADDRESS__ /* which maps terabytes */
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");

    if (statm != NULL && fscanf(statm, "%*u %*u %*u %*u %*u %lu", &pages) == 1)
        limit(RLIMIT_DATA, (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + size);
    if (statm != NULL)
        fclose(statm);
#else
    (void)size;
#endif
}

void worker_limit_time(unsigned seconds)
{
    struct rusage usage;
    unsigned left = alarm(0);

    alarm(left != 0 && left < seconds ? left : seconds);
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        limit(RLIMIT_CPU, (rlim_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 1) + seconds);
}

/* Signals end the process, whatever handles or blocks them in ours: a sanitizer would report crashes that are expected. */
static void reset_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGALRM, SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    sigset_t all;

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); ++i)
        signal(signals[i], SIG_DFL);
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
}

static _Noreturn void be_worker(pid_t parent, int fd, unsigned max_cpu_seconds, unsigned max_seconds,
                                void (*work)(FILE *answer, void *arg), void *arg)
{
    FILE *answer = fdopen(fd, "w");

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (answer == NULL || getppid() != parent) /* it ended before that */
        _exit(1);
    reset_signals();
#ifndef __SANITIZE_ADDRESS__
    /* the C library says there what is wrong with its heap */
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null != -1)
        dup2(null, STDERR_FILENO);
#endif
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, max_cpu_seconds);
    alarm(max_seconds);
    work(answer, arg);
    _exit(fflush(answer) != 0);
}

/* ---- in our process ---- */

int worker_start(worker_t *worker, unsigned max_cpu_seconds, unsigned max_seconds, void (*work)(FILE *answer, void *arg), void *arg)
{
    pid_t parent = getpid();
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    if ((worker->answer = fdopen(fds[0], "r")) != NULL && (worker->pid = fork()) == 0)
        be_worker(parent, fds[1], max_cpu_seconds, max_seconds, work, arg);
    close(fds[1]);
    if (worker->answer != NULL && worker->pid != -1)
        return 0;
    int error = errno;
    if (worker->answer != NULL)
        fclose(worker->answer);
    else
        close(fds[0]);
    errno = error;
    return -1;
}

worker_end_t worker_end(worker_t *worker)
{
    int status = 0;

    fclose(worker->answer);
    kill(worker->pid, SIGKILL); /* it may be dead already, and then it is known why */
    while (waitpid(worker->pid, &status, 0) == -1 && errno == EINTR)
        ;
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGALRM))
        return WORKER_TOO_LONG;
    return status == 0 ? WORKER_DONE : WORKER_CRASHED;
}
