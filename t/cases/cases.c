/*
 * A program with the probes of cases.d, by sys/sdt.h. Commands on standard input: "all" fires each probe but tick and tock once;
 * "ticks THREADS COUNT" has threads fire tick and tock COUNT times each; "fork" has a child process do what "all" does. Answers:
 * "fired N". SEMAPHORES: with semaphores; "enabled" tells how many are raised.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef SEMAPHORES
#define _SDT_HAS_SEMAPHORES 1
#endif
#include <sys/sdt.h>

#define SEMAPHORE(name) __extension__ unsigned short cases_##name##_semaphore __attribute__((unused, section(".probes")))
SEMAPHORE(twelve);
SEMAPHORE(real);
SEMAPHORE(other_kind);
SEMAPHORE(holder);
SEMAPHORE(whole);
SEMAPHORE(tick);
SEMAPHORE(tock);

struct st_next_t {
    char before[5];
    int64_t value;
};

struct st_holder_t {
    char before[3];
    struct {
        char before;
        uint16_t small;
    } inner;
    const char *name;
    struct st_next_t *next;
};

struct st_whole_t {
    int16_t first;
    unsigned bits : 3;
    double ratio;
    char name[6];
};

/* keeps the compiler from knowing the value */
#define VARIABLE(type, x)                                                                                                          \
    __extension__({                                                                                                                \
        static volatile type variable_ = x;                                                                                        \
        variable_;                                                                                                                 \
    })

static int fire_all(void)
{
    struct st_next_t next = {.value = -9000000000000000000};
    struct st_holder_t holder = {.inner = {.small = 65535}, .name = "holder", .next = &next};
    struct st_whole_t whole = {.first = -2, .bits = 5, .ratio = 0.25, .name = "whole"};

    STAP_PROBE12(cases, twelve, VARIABLE(int8_t, -1), VARIABLE(uint8_t, 255), VARIABLE(int16_t, -2), VARIABLE(uint16_t, 65534),
                 VARIABLE(int32_t, -3), VARIABLE(uint32_t, 4294967293u), VARIABLE(int64_t, INT64_MIN),
                 VARIABLE(uint64_t, UINT64_MAX), (const char *)"twelve \"arguments\"", (const void *)"\0\1\xff", (size_t)3,
                 (void *)0x123456789abcdef0);
    STAP_PROBE3(cases, real, VARIABLE(float, 1.5f), VARIABLE(double, -2.25), VARIABLE(double, 3.141592653589793));
    STAP_PROBE2(cases, other_kind, VARIABLE(int, 42), VARIABLE(double, 42.0));
    STAP_PROBE1(cases, holder, &holder);
    STAP_PROBE1(cases, whole, &whole);
    return 5;
}

static struct {
    unsigned num;
    pthread_t thread;
} threads[16];
static unsigned long count;

static void *tick(void *arg)
{
    int thread = *(unsigned *)arg;

    for (uint64_t seq = 0; seq < count; ++seq) {
        STAP_PROBE2(cases, tick, thread, seq);
        STAP_PROBE3(cases, tock, thread, seq, (const char *)"thirty bytes, as a header has.");
    }
    return NULL;
}

static unsigned long fire_ticks(unsigned num_threads)
{
    unsigned num = 0;

    for (; num < num_threads && num < 16; ++num) {
        threads[num].num = num;
        if (pthread_create(&threads[num].thread, NULL, tick, &threads[num].num) != 0)
            break;
    }
    for (unsigned i = 0; i < num; ++i)
        pthread_join(threads[i].thread, NULL);
    return num * count * 2;
}

static int fire_in_child(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        fire_all();
        _exit(0);
    }
    return pid > 0 && waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

int main(void)
{
    char line[128];
    unsigned num_threads;

    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (sscanf(line, "ticks %u %lu", &num_threads, &count) == 2)
            printf("fired %lu\n", fire_ticks(num_threads));
        else if (strncmp(line, "enabled", 7) == 0)
            printf("enabled %d\n", (cases_twelve_semaphore != 0) + (cases_real_semaphore != 0) + (cases_other_kind_semaphore != 0) +
                                       (cases_holder_semaphore != 0) + (cases_whole_semaphore != 0) + (cases_tick_semaphore != 0) +
                                       (cases_tock_semaphore != 0));
        else
            printf("fired %d\n", strncmp(line, "fork", 4) == 0 ? fire_in_child() : fire_all());
        fflush(stdout);
    }
    return 0;
}
