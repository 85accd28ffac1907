/*
 * A program that counts its own firings: each thread fires the probes of fired.d as fast as it can, in an order of its own, and
 * counts at each site. Commands on standard input:
 *
 *     run THREADS COUNT   each thread fires COUNT times: "fired", then what is said below
 *     start THREADS       the threads fire until they are stopped: "started"
 *     stop                "fired", and for each thread, site by site, how often it has fired: "fired 0:12,0,7,3 1:…", of "start"
 *     enabled             how many probes somebody listens to: "enabled N"
 *
 * The sites, in the order of the source: one of `bare`, two of `text`, one of `page`. SEMAPHORES: with semaphores; sites that nobody
 * listens to are not fired and not counted then.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef SEMAPHORES
#define _SDT_HAS_SEMAPHORES 1
#define IS_ENABLED(name) __builtin_expect(*(volatile unsigned short *)&fired_##name##_semaphore != 0, 0)
#else
#define IS_ENABLED(name) 1
#endif
#include <sys/sdt.h>

#define SEMAPHORE(name) __extension__ unsigned short fired_##name##_semaphore __attribute__((unused, section(".probes")))
SEMAPHORE(bare);
SEMAPHORE(text);
SEMAPHORE(page);

#define NUM_SITES 4
#define MAX_THREADS 16

/* a cache line of its own for each, or they would slow each other down */
static struct st_thread_t {
    pthread_t thread;
    int number;
    uint64_t counts[NUM_SITES];
} __attribute__((aligned(64))) threads[MAX_THREADS];
static unsigned num_threads;
static uint64_t limit;
static atomic_int is_stopped;
static char page[4000];

static void fire(struct st_thread_t *self, unsigned dice)
{
    int thread = self->number;
    uint64_t *counts = self->counts;

    if (dice < 9) {
        if (IS_ENABLED(bare))
            STAP_PROBE3(fired, bare, thread, 0, counts[0]++);
    } else if (dice < 13) {
        if (IS_ENABLED(text))
            STAP_PROBE4(fired, text, thread, 1, counts[1]++, (const char *)"thirty bytes, as a header has.");
    } else if (dice < 15) {
        if (IS_ENABLED(text))
            STAP_PROBE4(fired, text, thread, 2, counts[2]++, (const char *)"");
    } else if (IS_ENABLED(page)) {
        STAP_PROBE4(fired, page, thread, 3, counts[3]++, (const char *)page);
    }
}

static void *run(void *arg)
{
    struct st_thread_t *self = arg;
    uint32_t seed = 2463534242u + (uint32_t)self->number;

    for (uint64_t i = 0; i < limit && !atomic_load_explicit(&is_stopped, memory_order_relaxed); ++i) {
        /* xorshift; quality does not matter */
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        fire(self, seed >> 16 & 15);
    }
    return NULL;
}

static void start(unsigned num, uint64_t count)
{
    limit = count;
    atomic_store(&is_stopped, 0);
    memset(threads, 0, sizeof(threads));
    for (num_threads = 0; num_threads < num && num_threads < MAX_THREADS; ++num_threads) {
        threads[num_threads].number = (int)num_threads;
        if (pthread_create(&threads[num_threads].thread, NULL, run, threads + num_threads) != 0)
            break;
    }
}

static void finish(void)
{
    for (unsigned i = 0; i < num_threads; ++i)
        pthread_join(threads[i].thread, NULL);
    printf("fired");
    for (unsigned i = 0; i < num_threads; ++i) {
        for (unsigned site = 0; site < NUM_SITES; ++site) {
            if (site == 0)
                printf(" %u:", i);
            printf(site != 0 ? ",%llu" : "%llu", (unsigned long long)threads[i].counts[site]);
        }
    }
    printf("\n");
}

int main(void)
{
    char line[128];
    unsigned num;
    unsigned long count;

    memset(page, 'p', sizeof(page) - 1);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (sscanf(line, "run %u %lu", &num, &count) == 2) {
            start(num, count);
            finish();
        } else if (sscanf(line, "start %u", &num) == 1) {
            start(num, UINT64_MAX);
            printf("started\n");
        } else if (strncmp(line, "stop", 4) == 0) {
            atomic_store(&is_stopped, 1);
            finish();
        } else {
            printf("enabled %d\n", (fired_bare_semaphore != 0) + (fired_text_semaphore != 0) + (fired_page_semaphore != 0));
        }
        fflush(stdout);
    }
    return 0;
}
