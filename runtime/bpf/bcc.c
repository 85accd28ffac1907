#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bcc/libbpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bpf/bcc.h"
#include "bpf/link.h"
#include "bpf/refusal.h"

/* of the verifier's log: a line or two for each of the million instructions that it looks at before it gives up */
#define LOG_SIZE (128 * 1024 * 1024)

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

int bcc_freeze(int map_fd)
{
    return bpf_map_freeze(map_fd);
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

/*
 * By libbcc. When it fails it tries again, with a log, unless that had no use, and prints on standard error what came of it and
 * what it thinks of that; errno is of its last try. So that is not listened to.
 */
static int load(enum bpf_prog_type type, const program_t *program, const char *license, const char *name,
                struct bpf_prog_load_opts *opts)
{
    FILE *said = stderr, *nowhere = fopencookie(NULL, "w", (cookie_io_functions_t){0});
    char log[1];

    if (nowhere != NULL)
        stderr = nowhere;
    int fd = bcc_prog_load_xattr(type, name, license, program->insns, opts, (int)(program->num_insns * sizeof(*program->insns)),
                                 log, sizeof(log), true);
    stderr = said;
    if (nowhere != NULL)
        fclose(nowhere);
    return fd;
}

/* Loads it again, to know why that failed: without a log for the errno, which with one is about the log if that is too long. */
static int load_again(enum bpf_prog_type type, const program_t *program, const char *license, const char *name,
                      struct bpf_prog_load_opts *opts, reason_t *reason)
{
    const char *line = NULL;
    size_t len = 0;

    opts->log_level = 0;
    int fd = bpf_prog_load(type, name, license, program->insns, program->num_insns, opts), error = errno;
    char *log = fd < 0 ? malloc(LOG_SIZE) : NULL; /* no more of it is ever there than what the kernel has to say */
    if (log != NULL) {
        log[0] = '\0';
        opts->log_level = 1;
        opts->log_buf = log;
        opts->log_size = LOG_SIZE;
        fd = bpf_prog_load(type, name, license, program->insns, program->num_insns, opts);
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

int bcc_load(const program_t *program, const char *license, const char *name, int is_multi, int can_sleep, reason_t *reason)
{
    LIBBPF_OPTS(bpf_prog_load_opts, opts);

    if (is_multi)
        opts.expected_attach_type = LINK_UPROBE_MULTI;
    if (can_sleep)
        opts.prog_flags = BPF_F_SLEEPABLE;
    int fd = load(BPF_PROG_TYPE_KPROBE, program, license, name, &opts);
    return fd >= 0 ? fd : load_again(BPF_PROG_TYPE_KPROBE, program, license, name, &opts, reason);
}

int bcc_load_tracepoint(const program_t *program, const char *license, const char *name, reason_t *reason)
{
    LIBBPF_OPTS(bpf_prog_load_opts, opts);
    int fd = load(BPF_PROG_TYPE_TRACEPOINT, program, license, name, &opts);

    return fd >= 0 ? fd : load_again(BPF_PROG_TYPE_TRACEPOINT, program, license, name, &opts, reason);
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
