#ifndef RUNTIME_BPF_BCC_H
#define RUNTIME_BPF_BCC_H

/* All that goes through libbcc: maps, the program, the ring buffer. (Sites and operands do not; NOTES.md says why.) */

#include <stdint.h>
#include "assemble/assemble.h"

/** @return file descriptor of a new map, or -1 with a reason */
int bcc_new_map(const char *name, const struct pg_map_def *def, reason_t *reason);
/** Sets an element of an array, or of a hash with such keys. @return 0 or -1 with errno set */
int bcc_set(int map_fd, uint32_t key, const void *value);
/** Removes an element of a hash. @return 0 or -1 with errno set */
int bcc_remove(int map_fd, uint32_t key);
/**
 * Reads all elements of a hash. It is the only call that the filter of system calls has for that.
 * @param max as many elements as the hash can have @return how many there are; -1 with errno set
 */
long bcc_get_all(int map_fd, void *keys, void *values, uint32_t max);
/** From then on nobody can change it, and the verifier may rely on that. @return 0 or -1 with errno set */
int bcc_freeze(int map_fd);

/** The version of libbcc, "0.26.0"; "?" if its file does not say. */
void bcc_version(char *text, size_t size);
/** 0: libbpf and libbcc are not to say anything themselves. */
void bcc_set_debug(int debug);

/** What all programs of a tracer have in common. */
typedef struct st_bcc_kind_t {
    const char *license, *name;
    int is_multi;      /* for uprobe_multi links; else for perf events */
    int is_tracepoint; /* for a tracepoint instead */
    int can_sleep;     /* 0: program_make_nonsleepable() was called */
} bcc_kind_t;

/** How many programs bcc_load_all() loads at once at most: there are as many processors for them. */
unsigned bcc_num_at_once(void);
/** Loads programs, some of them at the same time. @param fds of each a file descriptor; -1: not loaded, and bcc_load() says why */
void bcc_load_all(const bcc_kind_t *kind, const program_t *programs, int *fds, size_t num);
/**
 * Loads one program.
 * @return file descriptor, or -1 with errno set and a reason; with bcc_set_debug(1), the verifier's log is on standard error then
 */
int bcc_load(const bcc_kind_t *kind, const program_t *program, reason_t *reason);
/** How often the kernel did not run the program since it was busy with another one on that CPU (perf events only). */
uint64_t bcc_num_missed(int prog_fd);

typedef struct st_bcc_ring_t bcc_ring_t;
/** Called for every record; a negative value ends bcc_ring_consume() after this record. */
typedef int (*bcc_ring_fn)(void *data, void *record, size_t size);

/** @return NULL with errno set on failure */
bcc_ring_t *bcc_ring_open(int map_fd, bcc_ring_fn fn, void *data);
/** Hands all records in the ring to the function, oldest first. @return their number, or what the function returned when negative
 */
int bcc_ring_consume(bcc_ring_t *ring);
void bcc_ring_close(bcc_ring_t *ring);

#endif
