#ifndef RUNTIME_ASSEMBLE_OBJECT_H
#define RUNTIME_ASSEMBLE_OBJECT_H

#include <linux/bpf.h>
#include <stddef.h>
#include "common/record.h"
#include "common/reason.h"

#define OBJECT_MAX_MAPS 16

/** A function of the object. */
typedef struct st_object_function_t {
    const char *name;
    size_t at, num_insns; /* where it is in object_t.insns */
} object_function_t;

/** The BPF object that is built into the tracer, taken apart: functions, and the maps that they use. */
typedef struct st_object_t {
    /* those that load the address of a map have its number: BPF_PSEUDO_MAP_IDX, or BPF_PSEUDO_MAP_IDX_VALUE for a variable */
    struct bpf_insn *insns;
    size_t num_insns;
    object_function_t *functions; /* by their places */
    size_t num_functions;
    const char *license;
    struct st_object_map_t {
        const char *name;
        struct pg_map_def def;
        int is_constant; /* a variable that nobody changes once the program is loaded */
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
/** Puts another file descriptor there. */
void object_replace_map(object_t *object, int old_fd, int fd);
/** The function that begins at an instruction; the number of functions: none does. */
size_t object_function_at(const object_t *object, size_t at);
/** @return its number; the number of functions: there is none of that name */
size_t object_function_named(const object_t *object, const char *name);

#endif
