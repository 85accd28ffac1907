/*
 * Fires the probes of pairs.d as it is told on standard input, "THREAD VERB ARGUMENT...", each line by one of its threads. The answer
 * is "ok BEFORE AFTER": what CLOCK_MONOTONIC was right before and right after the probe, in ns.
 *
 *     T start ID KIND    T done ID KIND STATUS    T gone NUMBER    T open JOB    T close JOB    T enter D    T leave D    T mark N
 *     T other N          T end_other N
 *     T pass MS          fires nothing, but takes so long
 *     T lose JOB         its job has no inner part any more, so nothing can be read of it
 *     T begin_many N     starts N pieces of work, from number 1000000 on
 *     flood N          (without a thread) all of them start N pieces of work each, and have done them: "ok M M", M of all threads
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "pairs.h"

#define MAX_THREADS 4
#define MAX_WORDS 6
#define NUM_JOBS 4

struct st_inner {
    int pad;
    uint64_t number;
};
struct st_job {
    char pad[12];
    struct st_inner *inner;
};

static struct st_inner inners[NUM_JOBS] = {{0, 100}, {0, 101}, {0, 102}, {0, 103}};
static struct st_job jobs[NUM_JOBS];

static struct {
    sem_t wanted, done;
    char *words[MAX_WORDS];
    uint64_t before, after;
} threads[MAX_THREADS];

static uint64_t now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void pass(uint64_t ms)
{
    struct timespec ts = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000 * 1000000)};

    while (nanosleep(&ts, &ts) != 0)
        ;
}

/* One of many pieces of work. */
static void flood(unsigned thread, uint64_t num)
{
    for (uint64_t i = 0; i < num; ++i) {
        uint64_t id = (uint64_t)thread << 24 | i;
        WORK_START(id, (int)thread);
        WORK_DONE((uint32_t)id, (int8_t)thread, 0);
    }
}

static void begin_many(uint64_t num)
{
    for (uint64_t i = 0; i < num; ++i)
        WORK_START(1000000 + i, 0);
}

static void fire(unsigned thread, const char *verb, uint64_t a, uint64_t b, uint64_t c)
{
    struct st_job *job = jobs + a % NUM_JOBS;

    if (strcmp(verb, "start") == 0) {
        WORK_START(a, (int)b);
    } else if (strcmp(verb, "done") == 0) {
        WORK_DONE((uint32_t)a, (int8_t)b, (int)c);
    } else if (strcmp(verb, "gone") == 0) {
        WORK_GONE(a);
    } else if (strcmp(verb, "open") == 0) {
        WORK_OPEN(job);
    } else if (strcmp(verb, "close") == 0) {
        WORK_CLOSE(job, "as told");
    } else if (strcmp(verb, "enter") == 0) {
        WORK_ENTER((int)a);
    } else if (strcmp(verb, "leave") == 0) {
        WORK_LEAVE((int)a);
    } else if (strcmp(verb, "mark") == 0) {
        WORK_MARK((int)a);
    } else if (strcmp(verb, "other") == 0) {
        WORK_OTHER((int)a, 7);
    } else if (strcmp(verb, "end_other") == 0) {
        WORK_END_OTHER((int)a, 8);
    } else if (strcmp(verb, "pass") == 0) {
        pass(a);
    } else if (strcmp(verb, "lose") == 0) {
        job->inner = (struct st_inner *)8;
    } else if (strcmp(verb, "begin_many") == 0) {
        begin_many(a);
    } else if (strcmp(verb, "flood") == 0) {
        flood(thread, a);
    }
}

static uint64_t number(const char *word)
{
    return word != NULL ? strtoull(word, NULL, 0) : 0;
}

static void *run(void *arg)
{
    unsigned self = (unsigned)(uintptr_t)arg;
    char **words = threads[self].words;

    for (;;) {
        sem_wait(&threads[self].wanted);
        threads[self].before = now();
        fire(self, words[0], number(words[1]), number(words[2]), number(words[3]));
        threads[self].after = now();
        sem_post(&threads[self].done);
    }
    return NULL;
}

static void flood_all(char *num)
{
    for (unsigned i = 0; i < MAX_THREADS; ++i) {
        threads[i].words[0] = "flood";
        threads[i].words[1] = num;
        sem_post(&threads[i].wanted);
    }
    for (unsigned i = 0; i < MAX_THREADS; ++i)
        sem_wait(&threads[i].done);
    printf("ok %llu %llu\n", (unsigned long long)number(num) * MAX_THREADS, (unsigned long long)number(num) * MAX_THREADS);
}

static void take_line(char *line)
{
    char *word = strtok(line, " \n"), *save[MAX_WORDS + 1] = {NULL};
    unsigned self = word != NULL ? (unsigned)strtoul(word, NULL, 10) % MAX_THREADS : 0, num = 0;

    for (char *next = strtok(NULL, " \n"); next != NULL && num < MAX_WORDS; next = strtok(NULL, " \n"))
        save[num++] = next;
    if (word != NULL && strcmp(word, "flood") == 0) {
        flood_all(save[0]);
        return;
    }
    memcpy(threads[self].words, save, sizeof(threads[self].words));
    sem_post(&threads[self].wanted);
    sem_wait(&threads[self].done);
    printf("ok %llu %llu\n", (unsigned long long)threads[self].before, (unsigned long long)threads[self].after);
}

int main(void)
{
    char line[256];

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned i = 0; i < NUM_JOBS; ++i)
        jobs[i].inner = inners + i;
    for (unsigned i = 0; i < MAX_THREADS; ++i) {
        pthread_t thread;
        sem_init(&threads[i].wanted, 0, 0);
        sem_init(&threads[i].done, 0, 0);
        if (pthread_create(&thread, NULL, run, (void *)(uintptr_t)i) != 0)
            return 1;
    }
    while (fgets(line, sizeof(line), stdin) != NULL)
        take_line(line);
    return 0;
}
