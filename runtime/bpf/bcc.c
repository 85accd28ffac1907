#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bcc/libbpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bpf/bcc.h"
#include "bpf/link.h"
#include "bpf/refusal.h"
#include "assemble/types.h"

/* of the verifier's log: a line or two for each of the million instructions that it looks at before it gives up */
#define LOG_SIZE (128 * 1024 * 1024)

/* more of them gain little: what else there is to do takes longer then */
#define MAX_THREADS 4

static int is_debugging;

int bcc_new_map(const char *name, const struct pg_map_def *def, reason_t *reason)
{
    int fd = bcc_create_map(def->type, name, def->key_size, def->value_size, def->max_entries, def->flags);

    if (fd < 0)
        reason_set(reason, "the kernel refuses a BPF map (%s, %u elements of %u bytes): %s%s", name, def->max_entries,
                   def->value_size, strerror(errno), refusal_denied(errno));
    return fd;
}

int bcc_set(int map_fd, uint32_t key, const void *value)
{
    return bpf_update_elem(map_fd, &key, (void *)value, BPF_ANY);
}

int bcc_remove(int map_fd, uint32_t key)
{
    return bpf_delete_elem(map_fd, &key);
}

/* The kernel says ENOENT when it has come to the end. */
long bcc_get_all(int map_fd, void *keys, void *values, uint32_t max)
{
    LIBBPF_OPTS(bpf_map_batch_opts, opts);
    uint64_t position = 0;
    uint32_t num = max;

    if (bpf_map_lookup_batch(map_fd, NULL, &position, keys, values, &num, &opts) == 0 || errno == ENOENT)
        return num;
    return -1;
}

int bcc_freeze(int map_fd)
{
    return bpf_map_freeze(map_fd);
}

/* It has no call that says so, but its file is called after it. */
void bcc_version(char *text, size_t size)
{
    Dl_info info;
    char *path = dladdr((void *)bcc_create_map, &info) != 0 ? realpath(info.dli_fname, NULL) : NULL;
    const char *version = path != NULL ? strstr(path, ".so.") : NULL;

    snprintf(text, size, "%s", version != NULL ? version + strlen(".so.") : "?");
    free(path);
}

/* What libbpf says. */
static int say_or_not(enum libbpf_print_level level, const char *fmt, va_list args)
{
    return is_debugging && level <= LIBBPF_INFO ? vfprintf(stderr, fmt, args) : 0;
}

void bcc_set_debug(int debug)
{
    is_debugging = debug;
    libbpf_set_print(say_or_not);
}

/* ---- programs ---- */

static enum bpf_prog_type type_of(const bcc_kind_t *kind)
{
    return kind->is_tracepoint ? BPF_PROG_TYPE_TRACEPOINT : BPF_PROG_TYPE_KPROBE;
}

static struct bpf_prog_load_opts options_of(const bcc_kind_t *kind)
{
    LIBBPF_OPTS(bpf_prog_load_opts, opts);

    if (kind->is_multi)
        opts.expected_attach_type = LINK_UPROBE_MULTI;
    if (kind->can_sleep)
        opts.prog_flags = BPF_F_SLEEPABLE;
    return opts;
}

/* The characters that a kernel takes in a name: one that it does not like costs a second try, without types. */
static void make_name(char to[BPF_OBJ_NAME_LEN], const char *name)
{
    snprintf(to, BPF_OBJ_NAME_LEN, "%s", name);
    for (; *to != '\0'; ++to) {
        if (!isalnum((unsigned char)*to))
            *to = '_';
    }
}

/* What several threads do: each takes the next program that nobody has taken. */
typedef struct st_loads_t {
    const bcc_kind_t *kind;
    const program_t *programs;
    int *fds;
    size_t num;
    int btf_fd; /* of all of them; negative: they do without, which takes longer to verify */
    atomic_size_t next;
} loads_t;

static int load_one(const loads_t *loads, const program_t *program)
{
    struct bpf_prog_load_opts opts = options_of(loads->kind);
    struct bpf_func_info *functions = NULL;
    char name[BPF_OBJ_NAME_LEN], log[1];

    make_name(name, loads->kind->name);
    if (loads->btf_fd >= 0 && (functions = types_describe(program, &opts.func_info_cnt)) != NULL) {
        opts.prog_btf_fd = (uint32_t)loads->btf_fd;
        opts.func_info = functions;
        opts.func_info_rec_size = sizeof(*functions);
    }
    int fd = bcc_prog_load_xattr(type_of(loads->kind), name, loads->kind->license, program->insns, &opts,
                                 (int)(program->num_insns * sizeof(*program->insns)), log, sizeof(log), true);
    free(functions);
    return fd;
}

static void *load_next_ones(void *arg)
{
    loads_t *loads = arg;

    for (size_t i; (i = atomic_fetch_add(&loads->next, 1)) < loads->num;)
        loads->fds[i] = load_one(loads, loads->programs + i);
    return NULL;
}

unsigned bcc_num_at_once(void)
{
    cpu_set_t set;
    int num = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return num < MAX_THREADS ? (unsigned)num : MAX_THREADS;
}

/* The verifier does one program on one processor, so each has a thread; what cannot have one, ours does. */
static void load_in_threads(loads_t *loads)
{
    unsigned num_wanted = loads->num < bcc_num_at_once() ? (unsigned)loads->num : bcc_num_at_once(), num = 0;
    pthread_t threads[MAX_THREADS];

    while (num + 1 < num_wanted && pthread_create(threads + num, NULL, load_next_ones, loads) == 0)
        ++num;
    load_next_ones(loads);
    while (num != 0)
        pthread_join(threads[--num], NULL);
}

/*
 * By libbcc. When it fails it tries again, with a log, unless that had no use, and prints on standard error what came of it and
 * what it thinks of that; errno is of its last try. So that is not listened to.
 */
void bcc_load_all(const bcc_kind_t *kind, const program_t *programs, int *fds, size_t num)
{
    char types[TYPES_MAX_SIZE];
    loads_t loads = {.kind = kind,
                     .programs = programs,
                     .fds = fds,
                     .num = num,
                     .btf_fd = kind->is_tracepoint ? -1 : bpf_btf_load(types, types_make(types), NULL)};
    FILE *said = stderr, *nowhere = fopencookie(NULL, "w", (cookie_io_functions_t){0});

    if (nowhere != NULL)
        stderr = nowhere;
    load_in_threads(&loads);
    stderr = said;
    if (nowhere != NULL)
        fclose(nowhere);
    if (loads.btf_fd >= 0)
        close(loads.btf_fd);
}

/* Loads it again, to know why that failed: without a log for the errno, which with one is about the log if that is too long. Types
 * are left out: they are not needed, and may be what was wrong. */
static int load_again(const bcc_kind_t *kind, const program_t *program, reason_t *reason)
{
    struct bpf_prog_load_opts opts = options_of(kind);
    const char *line = NULL;
    char name[BPF_OBJ_NAME_LEN];
    size_t len = 0;

    make_name(name, kind->name);
    int fd = bpf_prog_load(type_of(kind), name, kind->license, program->insns, program->num_insns, &opts), error = errno;
    char *log = fd < 0 ? malloc(LOG_SIZE) : NULL; /* no more of it is ever there than what the kernel has to say */
    if (log != NULL) {
        log[0] = '\0';
        opts.log_level = 1;
        opts.log_buf = log;
        opts.log_size = LOG_SIZE;
        fd = bpf_prog_load(type_of(kind), name, kind->license, program->insns, program->num_insns, &opts);
        line = refusal_line(log, fd < 0 && errno == ENOSPC, &len);
        if (is_debugging && fd < 0)
            fputs(log, stderr);
    }
    if (fd < 0)
        fd = reason_set(reason, "the kernel refuses the BPF program: %s%s%s%.*s", strerror(error), refusal_denied(error),
                        line != NULL ? ": " : "", (int)len, line != NULL ? line : "");
    free(log);
    errno = error;
    return fd;
}

int bcc_load(const bcc_kind_t *kind, const program_t *program, reason_t *reason)
{
    int fd;

    bcc_load_all(kind, program, &fd, 1);
    return fd >= 0 ? fd : load_again(kind, program, reason);
}

uint64_t bcc_num_missed(int prog_fd)
{
    struct bpf_prog_info info = {0};
    uint32_t size = sizeof(info);

    return bpf_obj_get_info(prog_fd, &info, &size) == 0 ? info.recursion_misses : 0;
}

bcc_ring_t *bcc_ring_open(int map_fd, bcc_ring_fn fn, void *data)
{
    return bpf_new_ringbuf(map_fd, fn, data);
}

int bcc_ring_consume(bcc_ring_t *ring)
{
    return bpf_consume_ringbuf((struct ring_buffer *)ring);
}

void bcc_ring_close(bcc_ring_t *ring)
{
    bpf_free_ringbuf((struct ring_buffer *)ring);
}
