/*
 * What a tracer's programs are compared with, on the same sites.
 *
 *     empty   does nothing. What it adds to a firing is the kernel's own share; nothing that uses uprobes can be cheaper.
 *     record  makes a record of nothing but the time, the process and the thread, as the tracer does it: the same ring, flags and
 *             waking. Nothing that hands events over in a ring can be cheaper.
 *
 * Usage: floor empty|record PID GLOB; attaches to the sites of the probes that match, says "attached", and detaches when standard
 * input ends.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "bpf/attach.h"
#include "bpf/bcc.h"
#include "survey/sites.h"

/* as the tracer has it, if it is not told otherwise */
#define RING_SIZE (16 << 20)
#define TICK_MS 20

static __attribute__((format(printf, 1, 2))) void ignore(const char *fmt, ...)
{
    (void)fmt;
}

static char *select_probes(const char *glob)
{
    char *is_selected = calloc(catalog.num_probes + 1, 1), name[256];

    for (unsigned i = 0; is_selected != NULL && i < catalog.num_probes; ++i) {
        snprintf(name, sizeof(name), "%s:%s", catalog.probes[i].provider, catalog.probes[i].name);
        is_selected[i] = fnmatch(glob, name, 0) == 0;
    }
    return is_selected;
}

#define INSN(c, dst, src, offset, n)                                                                                               \
    ((struct bpf_insn){.code = (c), .dst_reg = (dst), .src_reg = (src), .off = (offset), .imm = (n)})
#define MOVE(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define SET(dst, n) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, n)
#define CALL(helper) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_##helper)
#define RING(dst, fd) INSN(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)
#define STORE(width, member, src) INSN(BPF_STX | BPF_MEM | (width), 6, src, offsetof(struct pg_head, member), 0)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static int load(struct bpf_insn *insns, size_t num, reason_t *reason)
{
    const bcc_kind_t kind = {.license = "GPL", .name = "floor", .is_multi = 1, .can_sleep = 1};
    const program_t program = {.insns = insns, .num_insns = num};

    return bcc_load(&kind, &program, reason);
}

static int load_empty(reason_t *reason)
{
    struct bpf_insn insns[] = {SET(0, 0), EXIT};

    return load(insns, COUNT(insns), reason);
}

/* r6 the record, r7 process and thread; pg_submit() of prelude.bpf.h says why one in sixteen asks how full the ring is. */
static int load_record(int ring_fd, reason_t *reason)
{
    struct bpf_insn insns[] = {
        CALL(get_current_pid_tgid),
        MOVE(7, 0),
        RING(1, ring_fd),
        SET(2, sizeof(struct pg_head)),
        SET(3, 0),
        CALL(ringbuf_reserve),
        INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 18, 0), /* no room: to the end */
        MOVE(6, 0),
        CALL(ktime_get_ns),
        STORE(BPF_DW, time, 0),
        STORE(BPF_W, tid, 7),
        INSN(BPF_ALU64 | BPF_RSH | BPF_K, 7, 0, 0, 32),
        STORE(BPF_W, tgid, 7),
        SET(2, BPF_RB_NO_WAKEUP),
        INSN(BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, 15),
        INSN(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 7, 0),
        RING(1, ring_fd),
        SET(2, BPF_RB_AVAIL_DATA),
        CALL(ringbuf_query),
        SET(2, BPF_RB_NO_WAKEUP),
        INSN(BPF_JMP | BPF_JLT | BPF_K, 0, 0, 1, RING_SIZE / 4),
        SET(2, BPF_RB_FORCE_WAKEUP),
        MOVE(1, 6),
        CALL(ringbuf_submit),
        SET(0, 0),
        EXIT,
    };

    return load(insns, COUNT(insns), reason);
}

static int pass_over(void *data, void *record, size_t size)
{
    (void)data, (void)record, (void)size;
    return 0;
}

/* Takes what is in the ring (-1: there is none), by the clock and when it is woken, until standard input ends. */
static int wait_for_end(int ring_fd)
{
    bcc_ring_t *ring = ring_fd >= 0 ? bcc_ring_open(ring_fd, pass_over, NULL) : NULL;
    struct epoll_event input = {.events = EPOLLIN, .data.fd = STDIN_FILENO},
                       woken = {.events = EPOLLIN | EPOLLET, .data.fd = ring_fd};
    int epoll_fd = epoll_create1(0), is_ended = 0;

    if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0 ||
        (ring_fd >= 0 && (ring == NULL || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, ring_fd, &woken) != 0)))
        return -1;
    while (!is_ended) {
        struct epoll_event event;
        char byte;
        int n = epoll_wait(epoll_fd, &event, 1, ring != NULL ? TICK_MS : -1);
        is_ended = n == 1 && event.data.fd == STDIN_FILENO && read(STDIN_FILENO, &byte, 1) <= 0;
        if (ring != NULL)
            bcc_ring_consume(ring);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct pg_map_def ring = {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = RING_SIZE};
    attach_t attach = {0};
    target_t target;
    sites_t sites;
    reason_t reason;
    char *is_selected;
    int is_record, prog_fd, ring_fd = -1;

    if (argc != 4 || (is_selected = select_probes(argv[3])) == NULL)
        return 2;
    is_record = strcmp(argv[1], "record") == 0;
    if (target_open(&target, atoi(argv[2]), &reason) != 0 ||
        sites_find(&sites, &target, is_selected, 0, NULL, ignore, NULL, &reason) != 0 || sites.num == 0) {
        fprintf(stderr, "floor: no sites: %s\n", reason.text);
        return 1;
    }
    attach_sites_t to = {.path = sites.list[0].module->path, .num = sites.num};
    to.offsets = calloc(sites.num, sizeof(*to.offsets));
    to.semaphores = calloc(sites.num, sizeof(*to.semaphores));
    to.cookies = calloc(sites.num, sizeof(*to.cookies));
    to.errors = calloc(sites.num, sizeof(*to.errors));
    for (size_t i = 0; i < sites.num; ++i) {
        to.offsets[i] = sites.list[i].offset;
        to.semaphores[i] = sites.list[i].semaphore_offset;
    }
    if ((is_record && (ring_fd = bcc_new_map("floor_ring", &ring, &reason)) < 0) ||
        (prog_fd = is_record ? load_record(ring_fd, &reason) : load_empty(&reason)) < 0) {
        fprintf(stderr, "floor: %s\n", reason.text);
        return 1;
    }
    if (attach_multi(&attach, prog_fd, &to, target.pid) != 0) {
        perror("floor: cannot attach");
        return 1;
    }
    puts("attached");
    fflush(stdout);
    int failed = wait_for_end(ring_fd) != 0;
    if (failed)
        perror("floor: cannot wait");
    attach_dispose(&attach);
    return failed;
}
