/*
 * A small server that forks its workers, each of which ends after some requests and is replaced, as those of Apache or PHP-FPM. All
 * counts are in memory that they share:
 *
 *     prefork PORT WORKERS LIMIT     LIMIT: requests of a worker
 *
 * It listens on 127.0.0.1 (PORT 0: any; "listening PORT") and answers each request with "200", one a connection. Commands on standard
 * input; its end is the server's end, and so are the workers' when the server is killed:
 *
 *     counts     how often each probe of prefork.d was fired, and how many workers there were: "counts REQUESTS RESPONSES WORKERS"
 *     workers    pids of those that there are: "workers PID PID"
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "prefork.h"

#define MAX_WORKERS 64

static struct st_counts_t {
    atomic_ulong requests, responses, workers;
} *counts;

static pid_t workers[MAX_WORKERS];
static int num_workers, limit;
static int listener;

/* ---- a worker ---- */

/* The head of a request. @return its path, NULL if it does not come */
static const char *read_request(int fd, char *head, size_t capacity)
{
    size_t len = 0;
    ssize_t num;

    while ((num = read(fd, head + len, capacity - 1 - len)) > 0) {
        len += (size_t)num;
        head[len] = '\0';
        if (strstr(head, "\r\n\r\n") == NULL)
            continue;
        strtok(head, " ");
        return strtok(NULL, " ");
    }
    return NULL;
}

static int serve(int number, uint64_t request)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nok\n";
    char head[1024];
    int fd = accept(listener, NULL, NULL);
    const char *path = fd != -1 ? read_request(fd, head, sizeof(head)) : NULL;

    if (path != NULL) {
        PREFORK_REQUEST(number, request, (char *)path);
        atomic_fetch_add(&counts->requests, 1);
        if (write(fd, answer, sizeof(answer) - 1) == -1)
            perror("prefork: write");
        PREFORK_RESPONSE(number, request, 200);
        atomic_fetch_add(&counts->responses, 1);
    }
    if (fd != -1)
        close(fd);
    return path != NULL;
}

static _Noreturn void work(int number, pid_t master)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != master)
        _exit(1);
    for (int i = 0; i < limit;)
        i += serve(number, (uint64_t)i);
    _exit(0);
}

/* ---- the master ---- */

static void start_workers(void)
{
    pid_t master = getpid();

    for (int i = 0; i < num_workers; ++i) {
        if (workers[i] != 0 && waitpid(workers[i], NULL, WNOHANG) == 0)
            continue;
        if ((workers[i] = fork()) == 0)
            work(i, master);
        atomic_fetch_add(&counts->workers, 1);
    }
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int yes = 1;

    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener == -1 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
        bind(listener, (struct sockaddr *)&address, len) != 0 || listen(listener, 1024) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        return -1;
    printf("listening %d\n", ntohs(address.sin_port));
    return 0;
}

static void obey(const char *line)
{
    if (strncmp(line, "counts", 6) == 0) {
        printf("counts %lu %lu %lu\n", counts->requests, counts->responses, counts->workers);
        return;
    }
    printf("workers");
    for (int i = 0; i < num_workers; ++i)
        printf(" %d", (int)workers[i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char line[64];

    setvbuf(stdin, NULL, _IONBF, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 4 || (num_workers = atoi(argv[2])) > MAX_WORKERS || (limit = atoi(argv[3])) <= 0) {
        fprintf(stderr, "Usage: %s PORT WORKERS LIMIT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED || listen_on((uint16_t)atoi(argv[1])) != 0) {
        perror("prefork");
        return 1;
    }
    while (1) {
        start_workers();
        if (poll(&in, 1, 2) != 1)
            continue;
        if (fgets(line, sizeof(line), stdin) == NULL)
            return 0;
        obey(line);
    }
}
