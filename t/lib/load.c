/*
 * A client that keeps a server of HTTP/1.1 busy and counts what it is answered:
 *
 *     load PORT THREADS RATE     RATE: requests a second of each thread; 0: as many as it can
 *
 * Each request has a connection of its own, which the server closes. A request fails if there is no connection, or no "200" comes
 * before its end. Commands on standard input; its end is the client's end:
 *
 *     counts       "counts ANSWERED FAILED"
 *     rate RATE    another one, from now on: "rate"
 *     stop         the threads end: "counts ANSWERED FAILED", which is final
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64
#define MAX_NAMED 5

static pthread_t threads[MAX_THREADS];
static int num_threads;
static uint16_t port;
static atomic_uint rate, is_stopped;
static atomic_ulong answered, failed;

/* @return NULL, or what has failed */
static const char *request(int fd, int thread, unsigned number)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char text[4096];
    size_t len = 0;
    ssize_t num;

    if (fd == -1 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return "connect";
    int size = snprintf(text, sizeof(text), "GET /?%d.%u HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", thread, number);
    if (write(fd, text, (size_t)size) != size)
        return "write";
    while ((num = read(fd, text + len, sizeof(text) - len)) > 0)
        len += (size_t)num;
    errno = num == 0 ? 0 : errno;
    return len >= 12 && memcmp(text, "HTTP/1.1 200", 12) == 0 ? NULL : "read";
}

static void *run(void *arg)
{
    int thread = (int)(intptr_t)arg;

    for (unsigned number = 0; !is_stopped; ++number) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const char *error = request(fd, thread, number);
        if (error == NULL)
            atomic_fetch_add(&answered, 1);
        else if (atomic_fetch_add(&failed, 1) < MAX_NAMED)
            fprintf(stderr, "load: request %d.%u: %s: %s\n", thread, number, error, errno != 0 ? strerror(errno) : "no answer");
        if (fd != -1)
            close(fd);
        unsigned now = error == NULL ? rate : 100; /* nobody listens at this moment: not in a loop */
        struct timespec pause = {.tv_sec = now == 1, .tv_nsec = now > 1 ? 1000000000 / now : 0};
        if (now != 0)
            nanosleep(&pause, NULL);
    }
    return NULL;
}

static void print_counts(void)
{
    printf("counts %lu %lu\n", answered, failed);
}

int main(int argc, char **argv)
{
    char line[64];
    unsigned number;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 4 || atoi(argv[2]) > MAX_THREADS) {
        fprintf(stderr, "Usage: %s PORT THREADS RATE\n", argv[0]);
        return 2;
    }
    port = (uint16_t)atoi(argv[1]);
    rate = (unsigned)atoi(argv[3]);
    for (; num_threads < atoi(argv[2]); ++num_threads) {
        if (pthread_create(threads + num_threads, NULL, run, (void *)(intptr_t)num_threads) != 0)
            return 1;
    }
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (sscanf(line, "rate %u", &number) == 1) {
            rate = number;
            printf("rate\n");
        } else if (strncmp(line, "counts", 6) == 0) {
            print_counts();
        } else {
            is_stopped = 1;
            for (int i = 0; i < num_threads; ++i)
                pthread_join(threads[i], NULL);
            num_threads = 0;
            print_counts();
        }
    }
    return 0;
}
