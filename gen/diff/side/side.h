#ifndef GEN_DIFF_SIDE_SIDE_H
#define GEN_DIFF_SIDE_SIDE_H

#include <stdint.h>
#include "model/ir.h"

/**
 * One of the two things that are compared: definitions, with their model, or a binary, of which only its sites are known. All of it
 * lives in the arena.
 */

/**
 * The ways in which an argument is passed, a set, since the sites of a probe may differ: bit 5 * n + log2(size) each, where n is 0
 * for an unsigned integer or a pointer, 1 for a signed integer and 2 for a floating-point number; sizes other than 1, 2, 4 and 8
 * have the fifth bit.
 */
typedef uint16_t side_ways_t;
enum { SIDE_WAY_ABSENT = 1 << 15 /* a site passes fewer arguments */ };

/** Arguments after these are not looked at; sys/sdt.h has macros for 12. */
#define SIDE_MAX_ARGS 64

typedef struct st_side_probe_t {
    const struct st_side_provider_t *provider;
    str_t name;
    const ir_probe_t *ir; /* NULL: of a binary */
    unsigned index;       /* in its provider */
    unsigned num_args;
    side_ways_t *ways; /* of each argument; NULL unless a binary is compared */
    /* what is the same on the other side, set by comparing */
    struct st_side_probe_t *partner; /* NULL: nothing */
    int *arg_partners;               /* indices, -1: nothing; NULL without a partner, or when a binary is compared */
    int *field_partners;             /* likewise, by index in ir->fields */
    int shifts_ids;                  /* new side: its event has an id that the old side has, or before ids that changed */
} side_probe_t;

/** A provider; the pieces that it may be declared in are taken together. */
typedef struct st_side_provider_t {
    str_t name, doc;
    side_probe_t *probes; /* in the order of the definitions, or of the notes */
    unsigned num_probes;
    struct st_side_provider_t *partner;
} side_provider_t;

typedef struct st_side_t {
    const char *path; /* as given */
    const ir_t *ir;   /* NULL: a binary */
    int is_32;        /* a binary of 32 bits */
    side_provider_t *providers;
    unsigned num_providers;
    unsigned num_probes;
    side_probe_t **by_ir; /* by index in ir->probes */
} side_t;

/** Sets the ways in which programs (of 32 bits, or of 64) pass the arguments of definitions. */
void side_add_ways(side_t *side, arena_t *arena, int is_32);
/** One way. @param size in bytes */
side_ways_t side_way(unsigned size, int is_float, int is_signed);
/** "4 bytes, signed", "4 bytes or 8 bytes", … */
str_t side_ways_text(arena_t *arena, side_ways_t ways);

/** Whether events of the probe are printed. */
static inline int side_has_event(const side_probe_t *probe)
{
    return probe->ir != NULL && !probe->ir->is_skipped;
}
/** Whether a tracer can have records of it. */
int side_has_record(const side_probe_t *probe);

/** What a side is made of: a probe, or, with name.n == 0, a provider that has none. */
typedef struct st_side_item_t {
    str_t provider, doc; /* the provider's documentation */
    str_t name;
    const ir_probe_t *ir;
    side_probe_t *made; /* set by side_make() */
} side_item_t;
/** Groups items by provider; no two may be the same probe. */
void side_make(side_t *side, arena_t *arena, side_item_t *items, size_t num);

#endif
