#ifndef RUNTIME_ASSEMBLE_ASSEMBLE_H
#define RUNTIME_ASSEMBLE_ASSEMBLE_H

#include <stdint.h>
#include "assemble/object.h"
#include "choose/condition.h"
#include "common/catalog.h"

/** Sites of one program, at most: a kernel takes 256 functions (BPF_MAX_SUBPROGS of its include/linux/bpf_verifier.h), and each
 * site is one. The others are the entry and what sites call. */
#define ASSEMBLE_MAX_SITES 240

/** Members of structs that an event has, at most: bits of its nulls. */
#define ASSEMBLE_MAX_LIFTS 64

/** What a site lifts out of the struct that an argument points to. */
typedef struct st_assemble_lift_t {
    const struct pg_path *path;
    uint8_t arg, bit, word; /* of pg_call.args, nulls, words */
    uint8_t is_shown;       /* else it is 0, and nothing is read for it */
} assemble_lift_t;

#define ASSEMBLE_MAX_WAYS 8
#define ASSEMBLE_MAX_POINTERS 12
#define ASSEMBLE_MAX_NAMES 32

/** Where an address or text is that pointers lead to. */
typedef struct st_assemble_place_t {
    int is_there; /* 0: there is none */
    unsigned num_pointers;
    uint32_t pointers[PG_MAX_HOPS], at; /* those to follow, as in a way; where it is after the last one */
} assemble_place_t;

/** A member of a struct of a connection. */
typedef struct st_assemble_member_t {
    uint32_t at, size; /* bytes; size 0: there is none */
} assemble_member_t;

/** The way from a struct to the one that tells its connection, and what that has. */
typedef struct st_assemble_way_t {
    uint64_t variable; /* of assemble_connection_t.kind: where it is, seen from the site */
    uint32_t base;     /* where in a struct the one is that the way begins at: this begins so many bytes before */
    unsigned num_pointers;
    uint32_t pointers[ASSEMBLE_MAX_POINTERS]; /* those to follow: each stands that far from where the one before leads to */
    assemble_member_t random, address, id;
    assemble_place_t name;
    unsigned num_holder_pointers; /* to the name: those of its pointers that lead to the struct that has it; 0: it is at the end of
                                     the way */
    /* the struct sockaddr of the client, from where the way has followed so many of its pointers */
    assemble_place_t peer;
    unsigned peer_after;
} assemble_way_t;

/** How the code of a site tells its connection. */
typedef struct st_assemble_connection_t {
    unsigned arg;           /* that leads to it */
    int is_member;          /* it is `id` itself, and read where the struct has that; else it points to the struct */
    assemble_member_t id;   /* of the struct that `arg` leads to, where that is not the one at the end of the way */
    assemble_member_t kind; /* a pointer to the variable of one of the ways; size 0: there is only one */
    assemble_member_t
        key;           /* with `id`, what no other connection has: 1, 2, 4, 8 or 16 bytes; size 0: none, nothing is remembered */
    unsigned num_ways; /* 0: no event of the site is wanted, since its connection cannot be told, unless it `follows` */
    int follows;       /* it is that of the last event on the thread that leads */
    int leads;         /* whether it is wanted is kept for what follows on the thread */
    assemble_way_t ways[ASSEMBLE_MAX_WAYS];
    uint32_t by; /* PG_BY_*: what is asked for */
    uint32_t ratio;
    unsigned first_name, num_names; /* numbers of patterns */
} assemble_connection_t;

/** Whether the site knows it. */
static inline int connection_is_told(const assemble_connection_t *connection)
{
    return connection->num_ways != 0 || connection->follows;
}
#define ASSEMBLE_MAX_ROLES (2 * PG_MAX_PAIRS)

/** What is compared to find the other event of a pair. */
typedef struct st_assemble_key_t {
    uint8_t arg, size;          /* bytes */
    uint8_t is_thread;          /* it is the thread */
    const struct pg_path *path; /* from the argument; NULL: it is that itself */
} assemble_key_t;

/** What an event begins, or ends. */
typedef struct st_assemble_pair_t {
    int begun_fd; /* the map of what has begun: struct pg_begin_key to a time */
    int is_end;
    uint8_t word, bit; /* of an end: of pg_call.words, of the nulls */
    uint8_t num_keys;
    assemble_key_t keys[PG_MAX_KEYS];
} assemble_pair_t;

typedef struct st_assemble_pairs_t {
    assemble_pair_t list[ASSEMBLE_MAX_ROLES]; /* ends first: an event may end something and begin the same anew */
    unsigned num;
    int has_time; /* the time is in `time_word` for the function of the probe */
    uint8_t time_word;
} assemble_pairs_t;

/** Events of a site are counted, and no records are made of them. */
typedef struct st_assemble_count_t {
    int counts_fd;               /* counters: an array of one element, which is 64-bit numbers */
    uint32_t probe;              /* index in the catalog */
    uint32_t fired, others;      /* numbers of its counters: of all events, and of those whose value had no room */
    uint32_t histograms;         /* of the first counter of that of its first duration; see counts.h */
    const catalog_field_t *by;   /* the field by whose values they are counted, too; NULL: none */
    const struct pg_path *path;  /* of that, if it is lifted out of a struct; else NULL */
    const catalog_arg_t *length; /* of CATALOG_LENGTH_ARG */
    assemble_lift_t lifts[2];    /* it, and its length */
} assemble_count_t;

/* bits of the nulls for what is lifted to count by it, and the length of that: no argument has them */
enum { COUNT_BIT = 62, COUNT_LENGTH_BIT = 63 };
/* the counters of a histogram of durations: by how many bits their ns need; the sum of these; how many are not known */
enum { COUNT_BUCKETS = 64, COUNT_SUM = COUNT_BUCKETS, COUNT_UNKNOWN, COUNT_HISTOGRAM };

/** A site that a program is made for. */
typedef struct st_assemble_site_t {
    const struct pg_site *how;
    const char *function;          /* of the object: makes the record */
    const assemble_count_t *count; /* NULL: records are made */
    uint32_t needs;                /* bits of the arguments that it needs */
    uint64_t paths;                /* pg_call.paths */
    const assemble_lift_t *lifts;
    unsigned num_lifts;
    const assemble_connection_t *connection; /* NULL: whatever it is, the event is wanted */
    const assemble_connection_t *told;       /* whose it is, is told in a record before that of the event; NULL: it is not */
    const catalog_field_t *told_number;      /* of that; an argument */
    const assemble_pairs_t *pairs;           /* NULL: durations are of no interest */
    int is_silent;                           /* it only begins something, or leads others: it has no events */
    const condition_t *condition;            /* what its events have to be like; NULL: all are wanted */
    const struct pg_path *file_paths;        /* of its file, by the numbers of the catalog */
} assemble_site_t;

/** Operands of a site that are read of memory at once. */
typedef struct st_program_read_t {
    size_t site;
    uint32_t args; /* bits */
    int64_t disp;  /* to their common registers: where it begins */
    uint32_t size; /* bytes */
} program_read_t;

/** A function of the object in a program. */
typedef struct st_program_function_t {
    size_t at; /* its first instruction */
    const char *name;
} program_function_t;

/** A program for sites: its entry, a function for each of them, and the functions of the object that those call. */
typedef struct st_program_t {
    struct bpf_insn *insns;
    size_t num_insns, capacity;
    /* what it is made of, for people */
    size_t *places; /* where the code of each site begins; after the last one: where that ends */
    size_t *bodies; /* where in that what the function of its probe does begins */
    size_t num_sites;
    program_function_t *functions; /* by their places */
    size_t num_functions;
    program_read_t *reads; /* by their sites */
    size_t num_reads, reads_capacity;
} program_t;

/**
 * Makes a program. The number of a site in the list is the cookie of its uprobe. Maps are those of the object: object_set_map()
 * comes first. @param state_fd the variable pg_state
 * @return how many of the sites the program is for: from the first one on as many as a kernel takes at once, at least one; -1 with
 * a reason: damaged, or out of memory. program_dispose() is needed in any case
 */
long assemble(program_t *program, const object_t *object, int state_fd, const assemble_site_t *sites, size_t num_sites,
              reason_t *reason);
/**
 * Makes a program of one function of the object, which gets the context.
 * @return 0, or -1 with a reason; program_dispose() is needed in any case
 */
int assemble_function(program_t *program, const object_t *object, const char *name, reason_t *reason);
/** For programs that must not sleep: bpf_copy_from_user() becomes bpf_probe_read_user(), which has the same arguments. */
void program_make_nonsleepable(program_t *program);
void program_dispose(program_t *program);

#endif
