#ifndef RUNTIME_BPF_OBJECT_H
#define RUNTIME_BPF_OBJECT_H

#include <linux/bpf.h>
#include <stddef.h>
#include "common/record.h"
#include "common/reason.h"

#define OBJECT_MAX_MAPS 16

/** The BPF object that is built into the tracer, taken apart: one program and the maps that it uses. */
typedef struct st_object_t {
    struct bpf_insn *insns; /* those that load the address of a map have its number: BPF_PSEUDO_MAP_IDX */
    size_t num_insns;
    const char *license;
    struct st_object_map_t {
        const char *name;
        struct pg_map_def def;
    } maps[OBJECT_MAX_MAPS];
    size_t num_maps;
    void *elf; /* Elf *: names point into it */
} object_t;

/**
 * @param bytes the object as clang --target=bpf made it; has to stay as long as the object_t
 * @return 0, or -1 with a reason
 */
int object_open(object_t *object, const char *bytes, size_t size, reason_t *reason);
void object_dispose(object_t *object);
/** Puts the file descriptor of map number `map` into the instructions that use it. */
void object_set_map(object_t *object, int map, int fd);
/** For programs that must not sleep: bpf_copy_from_user() becomes bpf_probe_read_user(), which has the same arguments. */
void object_make_nonsleepable(object_t *object);

#endif
