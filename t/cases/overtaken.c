/*
 * A thread that sleeps in a probe, and one that is faster. The first fires cases:tock with a string whose page is not there, and
 * userfaultfd(2) keeps it waiting for that. Meanwhile the second fires tock on the same processor, with a string that is there; then
 * the page gets there, too. A line on standard input starts it. The answer is "fired 2"; "fired 0": it cannot be done here.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <sys/sdt.h>

#define PAGE 4096
static char *missing;

static void *sleeper(void *arg)
{
    (void)arg;
    STAP_PROBE3(cases, tock, 1, (uint64_t)0x1111111111111111, (const char *)missing);
    return NULL;
}

/* a page that somebody has to bring; -1: no */
static int open_faults(void)
{
    struct uffdio_api api = {.api = UFFD_API};
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || ioctl(fd, UFFDIO_API, &api) != 0)
        return -1;
    missing = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (missing == MAP_FAILED)
        return -1;
    struct uffdio_register all = {{(uintptr_t)missing, PAGE}, UFFDIO_REGISTER_MODE_MISSING, 0};
    return ioctl(fd, UFFDIO_REGISTER, &all) == 0 ? fd : -1;
}

static int overtake(void)
{
    static char page[PAGE] __attribute__((aligned(PAGE))) = "of the first";
    int fd = open_faults(), cpu = sched_getcpu();
    struct pollfd waits = {.fd = fd, .events = POLLIN};
    struct uffdio_copy copy = {.dst = (uintptr_t)missing, .src = (uintptr_t)page, .len = PAGE};
    pthread_t thread;
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (fd < 0 || sched_setaffinity(0, sizeof(one), &one) != 0 || pthread_create(&thread, NULL, sleeper, NULL) != 0)
        return 0;
    /* in a program that cannot sleep, the probe has not asked for the page */
    poll(&waits, 1, 5000);
    STAP_PROBE3(cases, tock, 2, (uint64_t)0x2222222222222222, (const char *)"of the second");
    ioctl(fd, UFFDIO_COPY, &copy);
    pthread_join(thread, NULL);
    close(fd);
    return 2;
}

int main(void)
{
    char line[128];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        printf("fired %d\n", overtake());
        fflush(stdout);
    }
    return 0;
}
