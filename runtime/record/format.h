#ifndef RUNTIME_RECORD_FORMAT_H
#define RUNTIME_RECORD_FORMAT_H

/*
 * A recording: raw records, and all that is needed to print them later and elsewhere. It is a row of sections, one for each time
 * that a file was begun: what is appended to a file, or what comes after it was rotated, has a section of its own. Each can be read
 * without those before it.
 *
 *     section: magic begin probe* { layout | state | told | record | lost } [ end ]
 *
 * After the magic, all is blocks: a head of 8 bytes, so many bytes as it says, and zeros up to a multiple of 8. Numbers are in the
 * byte order of the machine that wrote them, and on both sides of a block they are aligned as in a struct of C.
 *
 *     magic   text, the number RECORD_BYTE_ORDER as it looks on the machine, RECORD_VERSION
 *     begin   what is traced, what is shown, how many probes and paths the catalog has; texts, each with its NUL
 *     probe   one for each of the catalog, in the order of their numbers: a hash of how its record is laid out and printed, its
 *             sizes, whether it was selected and attached; provider and name
 *     layout  a struct that is copied whole, as one of the target's files has it: the number of the file, of the path, the type's
 *             name, and what layout_pack() makes of it
 *     state   how records' times become those of the clock on the wall, and how many files there are; wherever either changes
 *     told    struct pg_told, as it was in the ring
 *     record  as it was in the ring
 *     lost    when losses were found, and how many events of which probes
 *     end     why it ended, and sums of each probe, in all files: events, lost ones, and those that were not wanted
 *
 * A state comes before the first record. A file without an end goes on elsewhere (it was rotated), or its tracer was killed.
 *
 * Whoever reads it believes nothing: read.c. A version is of all of this, of struct pg_head, pg_span and pg_told; there is no
 * compatible change of it.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* 16 bytes, without a NUL; no block begins with its first byte */
#define RECORD_MAGIC "probegen-record\n"
#define RECORD_BYTE_ORDER 0x01020304
#define RECORD_VERSION 2

typedef struct st_record_magic_t {
    char text[16];
    uint32_t byte_order, version;
} record_magic_t;

enum { RECORD_BEGIN = 1, RECORD_PROBE, RECORD_LAYOUT, RECORD_STATE, RECORD_RECORD, RECORD_LOST, RECORD_END, RECORD_TOLD };

/** Head of a block. */
typedef struct st_record_block_t {
    uint32_t kind_size; /* the kind in the low 8 bits, above that the bytes of what follows */
    uint32_t sum;       /* record_sum() */
} record_block_t;

#define RECORD_MAX_SIZE ((1u << 24) - 8) /* bytes in a block */
/** Bytes of a block, with head and padding. */
#define RECORD_BLOCK_SIZE(size) (sizeof(record_block_t) + (((size_t)(size) + 7) & ~(size_t)7))

typedef struct st_record_begin_t {
    uint64_t time;      /* when it began: ns since the epoch */
    uint64_t last;      /* the same for CLOCK_MONOTONIC: losses are since then, if no event was before them */
    uint64_t num_sites; /* that were attached */
    uint32_t show;      /* PG_SHOW_* */
    uint32_t string_limit;
    uint32_t num_probes, num_paths;
    int32_t pid; /* 0: there may be several */
    uint8_t shows_pid, has_program;
    uint8_t pad[2];
    /* tracer, version, program, build id, filters */
} record_begin_t;

typedef struct st_record_probe_t {
    uint64_t layout; /* catalog_probe_t.layout */
    uint32_t size, num_slots, num_fields;
    uint8_t is_selected, is_attached;
    uint8_t pad[2];
    /* provider, name */
} record_probe_t;

typedef struct st_record_layout_t {
    uint32_t file, path;
    /* type, then the layout */
} record_layout_t;

typedef struct st_record_state_t {
    uint64_t epoch; /* json_t.epoch */
    uint32_t num_files;
    uint32_t pad;
} record_state_t;

/** Losses, or the sums of a probe. */
typedef struct st_record_count_t {
    uint32_t probe;
    uint32_t pad;
    uint64_t events; /* 0 in losses */
    uint64_t lost;
    uint64_t filtered; /* 0 in losses */
} record_count_t;

typedef struct st_record_lost_t {
    uint64_t time; /* ns, CLOCK_MONOTONIC */
    /* record_count_t of each probe that has lost some */
} record_lost_t;

typedef struct st_record_end_t {
    uint64_t time; /* ns since the epoch */
    double seconds;
    int32_t signal, target_status; /* describe_end_t */
    char why[16];                  /* small letters, and at least one NUL */
    uint32_t filters;              /* whether events could be filtered: sums are printed with them */
    uint32_t pad;
    /* record_count_t of each probe that has any */
} record_end_t;

/** A block's checksum, of the first word of its head and what follows. @param size with padding: a multiple of 8 */
static inline uint32_t record_sum(uint32_t kind_size, const char *bytes, size_t size)
{
    uint64_t sum = 0x9e3779b97f4a7c15 ^ kind_size, word;

    for (size_t i = 0; i < size; i += sizeof(word)) {
        memcpy(&word, bytes + i, sizeof(word));
        sum = (sum ^ word) * 0x9fb21c651e98df25;
        sum ^= sum >> 32;
    }
    return (uint32_t)sum;
}

/** Writes a block. @param p room for RECORD_BLOCK_SIZE(size) bytes @return the new end */
static inline char *record_put(char *p, unsigned kind, const void *bytes, size_t size)
{
    record_block_t head = {.kind_size = kind | (uint32_t)size << 8};
    size_t padded = RECORD_BLOCK_SIZE(size) - sizeof(head);
    char *to = p + sizeof(head);

    memset(to + padded - 8 * (padded != 0), 0, 8 * (padded != 0));
    memcpy(to, bytes, size);
    head.sum = record_sum(head.kind_size, to, padded);
    memcpy(p, &head, sizeof(head));
    return to + padded;
}

#endif
