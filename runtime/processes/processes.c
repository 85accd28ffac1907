/*
 * Which processes are traced: a list here, and a set in the BPF program (pg_processes), which may know of a child before we do. A
 * process is watched through its pidfd. When it ends it is taken out of both, so that the next one with its pid is not traced.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bpf/bcc.h"
#include "common/grow.h"
#include "processes/processes.h"

int processes_open(processes_t *processes, reason_t *reason)
{
    *processes = (processes_t){.epoll_fd = epoll_create1(EPOLL_CLOEXEC), .map_fd = -1};
    return processes->epoll_fd != -1 ? 0 : reason_set(reason, "cannot watch processes: %s", strerror(errno));
}

void processes_close(processes_t *processes)
{
    for (size_t i = 0; i < processes->num; ++i) {
        close(processes->list[i]->pidfd);
        free(processes->list[i]);
    }
    free(processes->list);
    if (processes->epoll_fd != -1)
        close(processes->epoll_fd);
    *processes = (processes_t){.epoll_fd = -1, .map_fd = -1};
}

static int put_into_map(const processes_t *processes, pid_t pid)
{
    uint32_t value = 0;

    return processes->map_fd == -1 ? 0 : bcc_set(processes->map_fd, (uint32_t)pid, &value);
}

static void take_out_of_map(const processes_t *processes, pid_t pid)
{
    if (processes->map_fd != -1)
        bcc_remove(processes->map_fd, (uint32_t)pid);
}

int processes_use_map(processes_t *processes, int map_fd, reason_t *reason)
{
    processes->map_fd = map_fd;
    for (size_t i = 0; i < processes->num; ++i) {
        if (put_into_map(processes, processes->list[i]->pid) != 0)
            return reason_set(reason, "cannot fill a BPF map: %s", strerror(errno));
    }
    return 0;
}

process_t *processes_find(const processes_t *processes, pid_t pid)
{
    for (size_t i = 0; i < processes->num; ++i) {
        if (processes->list[i]->pid == pid)
            return processes->list[i];
    }
    return NULL;
}

/* Puts what is complete into the list, the map, and under watch. */
static int add(processes_t *processes, process_t *process)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = process}};
    process_t **list = grow_list(processes->list, &processes->capacity, processes->num, sizeof(*list));

    if (list == NULL)
        return -1;
    processes->list = list;
    if (put_into_map(processes, process->pid) != 0 || epoll_ctl(processes->epoll_fd, EPOLL_CTL_ADD, process->pidfd, &event) != 0)
        return -1;
    list[processes->num++] = process;
    return 0;
}

process_t *processes_add(processes_t *processes, pid_t pid)
{
    if (processes_find(processes, pid) != NULL) {
        errno = 0;
        return NULL;
    }
    process_t *process = calloc(1, sizeof(*process));
    if (process == NULL)
        return NULL;
    process->pid = pid;
    process->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process->pidfd != -1 && add(processes, process) == 0)
        return process;
    int error = errno;
    take_out_of_map(processes, pid);
    if (process->pidfd != -1)
        close(process->pidfd);
    free(process);
    errno = error;
    return NULL;
}

static void take_out(processes_t *processes, process_t *process)
{
    size_t i = 0;

    while (processes->list[i] != process)
        ++i;
    memmove(processes->list + i, processes->list + i + 1, (processes->num - i - 1) * sizeof(*processes->list));
    --processes->num;
    take_out_of_map(processes, process->pid);
    close(process->pidfd); /* which ends the watch, too */
    free(process);
}

int processes_take_ended(processes_t *processes, process_t *ended, int *status)
{
    struct epoll_event event;

    if (epoll_wait(processes->epoll_fd, &event, 1, 0) != 1)
        return 0;
    process_t *process = event.data.ptr;
    if (proc_end(process->pid, process->pidfd, status) != 0)
        *status = -1;
    *ended = *process;
    ended->pidfd = -1;
    take_out(processes, process);
    return 1;
}
