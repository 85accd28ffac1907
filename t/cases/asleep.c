/*
 * Two threads on one processor. The first one fires a probe whose memory is not there yet (userfaultfd(2)), so it sleeps in the midst of the BPF
 * program; the second one fires the same probe meanwhile, then gives the first one its page. Commands on standard input: "text" (tock of
 * cases.d), "struct" (holder), "bytes" (twelve), each a round; answers: "fired N", or "none REASON".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sdt.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NUM_OTHERS 20
#define PAGE 4096

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

/* a page that is not there, and what will be on it */
static char *missing;
static char content[PAGE];
static int fault_fd;

static void die(const char *what)
{
    printf("none %s: %s\n", what, strerror(errno));
    fflush(stdout);
    exit(1);
}

static void make_missing(void)
{
    struct uffdio_api api = {.api = UFFD_API};

    if ((fault_fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC)) < 0 || ioctl(fault_fd, UFFDIO_API, &api) != 0)
        die("userfaultfd");
    if ((missing = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED)
        die("mmap");
    struct uffdio_register range = {.range = {(uintptr_t)missing, PAGE}, .mode = UFFDIO_REGISTER_MODE_MISSING};
    if (ioctl(fault_fd, UFFDIO_REGISTER, &range) != 0)
        die("UFFDIO_REGISTER");
}

/* What both threads fire; in the memory of each is another text, or another number. */
static __attribute__((noinline)) void fire(const char *kind, int thread, uint64_t seq, char *memory)
{
    if (strcmp(kind, "text") == 0)
        STAP_PROBE3(cases, tock, thread, seq, memory);
    else if (strcmp(kind, "struct") == 0)
        STAP_PROBE1(cases, holder, (struct st_holder_t *)memory);
    else
        STAP_PROBE12(cases, twelve, (int8_t)thread, (uint8_t)thread, (int16_t)thread, (uint16_t)thread, thread, (uint32_t)thread,
                     (int64_t)thread, (uint64_t)seq, (const char *)"text", memory, (size_t)32, (void *)(uintptr_t)thread);
}

static void fill(char *memory, const char *kind, int thread)
{
    struct st_holder_t holder = {.inner = {.small = (uint16_t)(1000 + thread)}};

    if (strcmp(kind, "struct") == 0)
        memcpy(memory, &holder, sizeof(holder));
    else
        snprintf(memory, PAGE, "thread %d has thirty-two bytes here", thread);
}

static void pin(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(sched_getcpu(), &set);
    if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0)
        die("pthread_setaffinity_np");
}

static void *fire_first(void *kind)
{
    fire(kind, 1, 1, missing);
    return NULL;
}

/* Until the first thread sleeps, in the kernel. */
static void wait_for_fault(void)
{
    struct pollfd wait = {.fd = fault_fd, .events = POLLIN};
    struct uffd_msg message;

    if (poll(&wait, 1, 20000) != 1 || read(fault_fd, &message, sizeof(message)) != sizeof(message))
        die("the first thread did not fault");
}

static void round_of(const char *kind)
{
    static char other[PAGE];
    pthread_t first;

    if (madvise(missing, PAGE, MADV_DONTNEED) != 0)
        die("madvise");
    fill(content, kind, 1);
    fill(other, kind, 2);
    /* inherits the one processor of this thread */
    if (pthread_create(&first, NULL, fire_first, (void *)kind) != 0)
        die("pthread_create");
    wait_for_fault();
    for (unsigned i = 0; i < NUM_OTHERS; ++i)
        fire(kind, 2, i, other);
    struct uffdio_copy copy = {.dst = (uintptr_t)missing, .src = (uintptr_t)content, .len = PAGE};
    if (ioctl(fault_fd, UFFDIO_COPY, &copy) != 0)
        die("UFFDIO_COPY");
    pthread_join(first, NULL);
    printf("fired %d\n", 1 + NUM_OTHERS);
    fflush(stdout);
}

int main(void)
{
    char line[64];

    make_missing();
    pin();
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        round_of(line);
    }
    return 0;
}
