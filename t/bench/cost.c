/*
 * What a command costs. Usage: cost COMMAND [ARGUMENT]...; prints "SECONDS MB CPU": the time until it has ended, the most memory
 * that it had resident, its CPU seconds. It is small itself, since the kernel counts what a process has had before it executed the
 * command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(const struct timeval *t)
{
    return t->tv_sec + t->tv_usec / 1e6;
}

static double now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    double begin = now();
    struct rusage usage;
    int status;
    pid_t pid;

    if (argc < 2 || (pid = fork()) == -1)
        return 2;
    if (pid == 0) {
        if (freopen("/dev/null", "w", stdout) != NULL)
            execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    if (wait4(pid, &status, 0, &usage) != pid)
        return 2;
    printf("%.3f %.1f %.4f\n", now() - begin, usage.ru_maxrss / 1024.0, seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
