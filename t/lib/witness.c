/*
 * Counts firings without a tracer, and looks at what a tracer leaves in the kernel:
 *
 *     witness FILE SITE:SEMAPHORE...
 *
 * SITE and SEMAPHORE are offsets in the file (0: no semaphore). Each site gets a perf event of the kernel's uprobe source on each
 * processor, which counts whoever fires it. Commands on standard input:
 *
 *     counts         how often each site was fired: "counts N N N"
 *     stats          has the kernel count the runs of BPF programs as long as this program lives: "stats"
 *     runs ID...     how often these programs have run: "runs N"
 *     hold ID...     keeps those of a tracer's maps that are its ring and its losses: "held 2"
 *     left           what is in the ring that nobody has taken out, and the losses that the BPF program has counted: "left BYTES N"
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_SITES 256
#define MAX_PROCESSORS 1024

static int events[MAX_SITES][MAX_PROCESSORS];
static int num_sites, num_processors;
static int ring_fd = -1, lost_fd = -1;

static void fail(const char *what)
{
    fprintf(stderr, "witness: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int call_bpf(int command, union bpf_attr *attr)
{
    return (int)syscall(__NR_bpf, command, attr, sizeof(*attr));
}

/* ---- firings ---- */

static unsigned event_type(void)
{
    FILE *fp = fopen("/sys/bus/event_source/devices/uprobe/type", "r");
    unsigned type;

    if (fp == NULL || fscanf(fp, "%u", &type) != 1)
        fail("no uprobe event source");
    fclose(fp);
    return type;
}

static void listen_to(const char *file, const char *place)
{
    struct perf_event_attr attr = {.type = event_type(), .size = sizeof(attr)};
    unsigned long long site, semaphore;

    if (num_sites == MAX_SITES || sscanf(place, "%llu:%llu", &site, &semaphore) != 2) {
        errno = EINVAL;
        fail(place);
    }
    attr.config = semaphore << 32;
    attr.config1 = (uintptr_t)file;
    attr.config2 = site;
    for (int i = 0; i < num_processors; ++i) {
        if ((events[num_sites][i] = (int)syscall(__NR_perf_event_open, &attr, -1, i, -1, PERF_FLAG_FD_CLOEXEC)) < 0)
            fail("perf_event_open");
    }
    ++num_sites;
}

static void print_counts(void)
{
    printf("counts");
    for (int site = 0; site < num_sites; ++site) {
        uint64_t sum = 0, count;
        for (int i = 0; i < num_processors; ++i) {
            if (read(events[site][i], &count, sizeof(count)) != sizeof(count))
                fail("read");
            sum += count;
        }
        printf(" %llu", (unsigned long long)sum);
    }
    printf("\n");
}

/* ---- a tracer ---- */

static void enable_stats(void)
{
    union bpf_attr attr = {.enable_stats.type = BPF_STATS_RUN_TIME};

    if (call_bpf(BPF_ENABLE_STATS, &attr) < 0)
        fail("BPF_ENABLE_STATS");
    printf("stats\n");
}

/* What the kernel says of a map or a program. @return its descriptor */
static int ask_of(int command, unsigned id, void *info, size_t size)
{
    union bpf_attr by_id = {.map_id = id}, info_of; /* the same place as prog_id */
    int fd = call_bpf(command, &by_id);

    memset(&info_of, 0, sizeof(info_of));
    info_of.info.bpf_fd = (uint32_t)fd;
    info_of.info.info = (uintptr_t)info;
    info_of.info.info_len = (uint32_t)size;
    if (fd < 0 || call_bpf(BPF_OBJ_GET_INFO_BY_FD, &info_of) != 0)
        fail("a map or a program");
    return fd;
}

static void print_runs(char *ids)
{
    uint64_t sum = 0;

    for (char *id = strtok(ids, " \n"); id != NULL; id = strtok(NULL, " \n")) {
        struct bpf_prog_info info = {0};
        close(ask_of(BPF_PROG_GET_FD_BY_ID, (unsigned)strtoul(id, NULL, 10), &info, sizeof(info)));
        sum += info.run_cnt;
    }
    printf("runs %llu\n", (unsigned long long)sum);
}

static void hold_one(unsigned id)
{
    struct bpf_map_info info = {0};
    int fd = ask_of(BPF_MAP_GET_FD_BY_ID, id, &info, sizeof(info));
    int *place = strcmp(info.name, "pg_ring") == 0 ? &ring_fd : strcmp(info.name, "pg_lost") == 0 ? &lost_fd : NULL;

    if (place == NULL) {
        close(fd);
        return;
    }
    if (*place >= 0)
        close(*place);
    *place = fd;
}

static void hold(char *ids)
{
    for (char *id = strtok(ids, " \n"); id != NULL; id = strtok(NULL, " \n"))
        hold_one((unsigned)strtoul(id, NULL, 10));
    printf("held %d\n", (ring_fd >= 0) + (lost_fd >= 0));
}

/* A page of the ring: the first one has the consumer's position, the next one the producer's. */
static uint64_t position(int page)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    volatile uint64_t *p = mmap(NULL, size, PROT_READ, MAP_SHARED, ring_fd, (off_t)(page * size));

    if (p == MAP_FAILED)
        fail("mmap of the ring");
    uint64_t result = *p;
    munmap((void *)p, size);
    return result;
}

static void print_left(void)
{
    uint64_t sum = 0, lost;

    for (uint32_t key = 0;; ++key) {
        union bpf_attr attr = {.map_fd = (uint32_t)lost_fd, .key = (uintptr_t)&key, .value = (uintptr_t)&lost};
        if (call_bpf(BPF_MAP_LOOKUP_ELEM, &attr) != 0)
            break;
        sum += lost;
    }
    if (errno != ENOENT)
        fail("the losses");
    printf("left %llu %llu\n", (unsigned long long)(position(1) - position(0)), (unsigned long long)sum);
}

int main(int argc, char **argv)
{
    char line[4096];

    num_processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (argc < 2 || num_processors > MAX_PROCESSORS) {
        fprintf(stderr, "Usage: %s FILE SITE:SEMAPHORE...\n", argv[0]);
        return 2;
    }
    for (int i = 2; i < argc; ++i)
        listen_to(argv[1], argv[i]);
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (strncmp(line, "counts", 6) == 0)
            print_counts();
        else if (strncmp(line, "stats", 5) == 0)
            enable_stats();
        else if (strncmp(line, "runs ", 5) == 0)
            print_runs(line + 5);
        else if (strncmp(line, "hold ", 5) == 0)
            hold(line + 5);
        else
            print_left();
        fflush(stdout);
    }
    return 0;
}
