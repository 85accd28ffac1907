/*
 * Fires the probes of http.d as it is told on standard input: "THREAD VERB ARGUMENT...", where %41 in an argument is the byte 0x41,
 * and a single '-' no bytes. Each line is answered with "ok" when it is done, by one of its threads.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "http.h"

#define MAX_THREADS 4
#define MAX_PIPES 4
#define MAX_WORDS 6

struct st_guest {
    char pad[12];
    uint32_t who;
    struct sockaddr_in from;
};

/* what a client is connected by; with a seal, it has told whom it wants */
struct st_seal {
    long pad;
    const char *server;
};
struct st_pipe {
    char pad[4];
    uint8_t address[16];
    struct sockaddr *from;
    struct st_seal *seal;
};
static struct st_seal seals[MAX_PIPES];
static struct st_pipe pipes[MAX_PIPES];

static struct {
    sem_t wanted, done;
    char *words[MAX_WORDS];
    size_t sizes[MAX_WORDS];
} threads[MAX_THREADS];

static size_t decode(char *text)
{
    char *to = text;

    if (strcmp(text, "-") == 0)
        return 0;
    for (const char *from = text; *from != '\0'; ++from) {
        unsigned byte;
        if (*from == '%' && sscanf(from + 1, "%2x", &byte) == 1) {
            *to++ = (char)byte;
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

static void come(uint32_t who, int port, const char *wanted)
{
    struct st_guest guest = {.who = who, .from = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)}};

    guest.from.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    WEB_COME(&guest, wanted);
}

/* Lays a pipe: an address, a port or '-', the name of a server, if it is sealed. */
static void lay(struct st_pipe *pipe, struct st_seal *seal, const char *address, const char *port, const char *server)
{
    struct sockaddr_in *from = calloc(1, sizeof(*from));

    memset(pipe, 0, sizeof(*pipe));
    seal->server = NULL;
    if (strchr(address, ':') != NULL) {
        inet_pton(AF_INET6, address, pipe->address);
    } else {
        pipe->address[10] = pipe->address[11] = 0xff;
        inet_pton(AF_INET, address, pipe->address + 12);
    }
    from->sin_family = AF_INET;
    from->sin_port = htons((uint16_t)atoi(port));
    memcpy(&from->sin_addr, pipe->address + 12, 4);
    pipe->from = strcmp(port, "-") != 0 ? (struct sockaddr *)from : NULL;
    if (server != NULL) {
        seal->server = strdup(server);
        pipe->seal = seal;
    }
}

/* requests of as many connections, and nothing else of them */
static void many(uint32_t first, uint32_t num)
{
    for (uint32_t i = 0; i < num; ++i)
        WEB_ASK(first + i, 1, 257);
}

/* headers of one request */
static void fields(uint32_t who, uint64_t nr, unsigned num, const char *text, size_t size)
{
    for (unsigned i = 0; i < num; ++i)
        WEB_ASK_FIELD(who, nr, "x", 1, text, size);
}

static void fire(char **words, const size_t *sizes)
{
    const char *verb = words[0];
    uint32_t who = words[1] != NULL ? (uint32_t)strtoul(words[1], NULL, 10) : 0;
    long number = words[2] != NULL ? atol(words[2]) : 0, last = words[3] != NULL ? atol(words[3]) : 0;

    if (strcmp(verb, "lay") == 0)
        lay(pipes + who % MAX_PIPES, seals + who % MAX_PIPES, words[2], words[3], words[4]);
    else if (strcmp(verb, "hear") == 0)
        WEB_HEAR(pipes + atol(words[4]) % MAX_PIPES, who, (uint64_t)number, (int)last);
    else if (strcmp(verb, "put") == 0)
        WEB_PUT(pipes + who % MAX_PIPES, number);
    else if (strcmp(verb, "seal") == 0)
        WEB_SEAL(seals + who % MAX_PIPES);
    else if (strcmp(verb, "unseal") == 0)
        WEB_UNSEAL(seals + who % MAX_PIPES);
    else if (strcmp(verb, "come") == 0)
        come(who, (int)number, words[3]);
    else if (strcmp(verb, "ask") == 0)
        WEB_ASK(who, (uint64_t)number, (int)last);
    else if (strcmp(verb, "field") == 0)
        WEB_ASK_FIELD(who, (uint64_t)number, words[3], sizes[3], words[4], sizes[4]);
    else if (strcmp(verb, "answer") == 0)
        WEB_ANSWER(who, (uint64_t)number, (short)last);
    else if (strcmp(verb, "tell") == 0)
        WEB_ANSWER_FIELD(who, (uint64_t)number, words[3], sizes[3], words[4], sizes[4]);
    else if (strcmp(verb, "done") == 0)
        WEB_DONE(who, (uint64_t)number, (uint64_t)last);
    else if (strcmp(verb, "go") == 0)
        WEB_GO(who);
    else if (strcmp(verb, "many") == 0)
        many(who, (uint32_t)number);
    else if (strcmp(verb, "fields") == 0)
        fields(who, (uint64_t)number, (unsigned)last, words[4], sizes[4]);
    else
        WEB_OTHER((int)who);
}

static void *serve(void *arg)
{
    size_t n = (size_t)(uintptr_t)arg;

    for (;;) {
        sem_wait(&threads[n].wanted);
        fire(threads[n].words, threads[n].sizes);
        sem_post(&threads[n].done);
    }
    return NULL;
}

int main(void)
{
    static char line[65536];
    pthread_t thread;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < MAX_THREADS; ++i) {
        sem_init(&threads[i].wanted, 0, 0);
        sem_init(&threads[i].done, 0, 0);
        if (pthread_create(&thread, NULL, serve, (void *)(uintptr_t)i) != 0)
            return 1;
    }
    while (fgets(line, sizeof(line), stdin) != NULL) {
        size_t n = strtoul(strtok(line, " \n"), NULL, 10) % MAX_THREADS;
        for (size_t i = 0; i < MAX_WORDS; ++i) {
            threads[n].words[i] = strtok(NULL, " \n");
            threads[n].sizes[i] = threads[n].words[i] != NULL ? decode(threads[n].words[i]) : 0;
        }
        sem_post(&threads[n].wanted);
        sem_wait(&threads[n].done);
        puts("ok");
    }
    return 0;
}
