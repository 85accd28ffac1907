/*
 * ASSERTION: children of a process are found; what it executes is told apart; how it ended is known before and after its parent
 * has waited for it; a list of processes has each once, and gives up those that have ended.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "processes/proc.h"
#include "processes/processes.h"
#include "tap.h"

#define TIMEOUT 30000

/* A child that ends as it is told: by a signal (negative), with a status. -1000: it stays. */
static pid_t make_child(int how)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    if (how >= 0)
        _exit(how);
    if (how != -1000)
        raise(-how);
    while (1)
        pause();
}

static int open_pidfd(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int has_ended(int pidfd)
{
    struct pollfd pfd = {.fd = pidfd, .events = POLLIN};

    return poll(&pfd, 1, TIMEOUT) == 1;
}

static void test_ends(void)
{
    static const int ends[] = {0, 3, 255, -SIGKILL, -SIGTERM};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); ++i) {
        pid_t pid = make_child(ends[i]);
        int pidfd = open_pidfd(pid), status = -1, told;
        ok(has_ended(pidfd), "%d: ends", ends[i]);
        ok(proc_end(pid, pidfd, &status) == 0, "%d: how is known of a zombie", ends[i]);
        is_int(waitpid(pid, &told, 0), pid, "is waited for");
        is_int(status, told, "as its parent is told");
        status = -1;
        /* kernels before 6.15 do not tell */
        ok(proc_end(pid, pidfd, &status) != 0 || status == told, "%d: after that it is the same, or unknown", ends[i]);
        close(pidfd);
    }
}

typedef struct st_found_t {
    pid_t wanted;
    int num, num_others;
} found_t;

static void count(void *data, pid_t pid)
{
    found_t *found = data;

    ++*(pid == found->wanted ? &found->num : &found->num_others);
}

static void test_children(void)
{
    found_t child = {.wanted = make_child(-1000)}, own = {.wanted = getpid()}, none = {0};

    proc_each_child(getpid(), count, &child);
    is_int(child.num, 1, "a child is found");
    is_int(child.num_others, 0, "and nothing else");
    proc_each_child(child.wanted, count, &none);
    is_int(none.num_others, 0, "it has none");
    proc_each(count, &own);
    is_int(own.num, 1, "among all processes is this one");
    kill(child.wanted, SIGKILL);
    waitpid(child.wanted, NULL, 0);
}

static void test_signature(void)
{
    uint64_t before = proc_signature(getpid());
    char name[PROC_NAME_SIZE], path[4096] = "";
    FILE *self = fopen("/proc/self/exe", "re");

    ok(before != 0 && proc_signature(getpid()) == before, "a signature is the same as long as nothing changes");
    void *code = self != NULL ? mmap(NULL, 1 << 16, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(self), 0) : MAP_FAILED;
    ok(code != MAP_FAILED && proc_signature(getpid()) != before, "code that is mapped changes it");
    munmap(code, 1 << 16);
    ok(proc_signature(getpid()) == before, "and when that has gone, it is the same again");
    ok(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0, "the name of the program is known");
    proc_name(getpid(), name);
    ok(strlen(path) >= strlen(name) && strcmp(path + strlen(path) - strlen(name), name) == 0, "%s is its end, or all of it", name);
    if (self != NULL)
        fclose(self);
}

static void test_list(void)
{
    processes_t processes;
    process_t ended;
    reason_t reason;
    pid_t pids[] = {make_child(-1000), make_child(-1000)};
    int status;

    ok(processes_open(&processes, &reason) == 0, "a list");
    process_t *first = processes_add(&processes, pids[0]);
    ok(first != NULL && processes_add(&processes, pids[1]) != NULL, "has two processes");
    ok(processes_find(&processes, pids[0]) == first && processes_find(&processes, 1) == NULL, "and no others");
    ok(processes_add(&processes, pids[0]) == NULL && errno == 0, "each of them once");
    ok(!processes_take_ended(&processes, &ended, &status), "none has ended");
    kill(pids[0], SIGKILL);
    struct pollfd pfd = {.fd = processes.epoll_fd, .events = POLLIN};
    ok(poll(&pfd, 1, TIMEOUT) == 1 && processes_take_ended(&processes, &ended, &status), "one ends");
    is_int(ended.pid, pids[0], "that one");
    is_int(status, SIGKILL, "so");
    ok(!processes_take_ended(&processes, &ended, &status) && processes.num == 1, "the other one is left");
    waitpid(pids[0], NULL, 0);
    ok(processes_add(&processes, pids[0]) == NULL && errno == ESRCH, "what is no more cannot be added");
    kill(pids[1], SIGKILL);
    waitpid(pids[1], NULL, 0);
    processes_close(&processes);
}

int main(void)
{
    test_ends();
    test_children();
    test_signature();
    test_list();
    return done_testing();
}
