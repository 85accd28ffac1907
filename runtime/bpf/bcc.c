#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bcc/libbpf.h>
#include <bpf/bpf.h>
#include "bpf/attach.h"
#include "bpf/bcc.h"

int bcc_new_map(const char *name, const struct pg_map_def *def, reason_t *reason)
{
    int fd = bcc_create_map(def->type, name, def->key_size, def->value_size, def->max_entries, def->flags);

    if (fd < 0)
        reason_set(reason, "the kernel refuses a BPF map (%s, %u elements of %u bytes): %s", name, def->max_entries,
                   def->value_size, strerror(errno));
    return fd;
}

int bcc_set(int map_fd, uint32_t key, const void *value)
{
    return bpf_update_elem(map_fd, &key, (void *)value, BPF_ANY);
}

int bcc_freeze(int map_fd)
{
    return bpf_map_freeze(map_fd);
}

int bcc_load(const program_t *program, const char *license, const char *name, int is_multi, int can_sleep, char *log,
             size_t log_size)
{
    LIBBPF_OPTS(bpf_prog_load_opts, opts);

    log[0] = '\0';
    if (is_multi)
        opts.expected_attach_type = ATTACH_UPROBE_MULTI;
    if (can_sleep)
        opts.prog_flags = BPF_F_SLEEPABLE;
    return bcc_prog_load_xattr(BPF_PROG_TYPE_KPROBE, name, license, program->insns, &opts,
                               (int)(program->num_insns * sizeof(*program->insns)), log, log_size, true);
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
