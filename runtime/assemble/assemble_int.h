#ifndef RUNTIME_ASSEMBLE_ASSEMBLE_INT_H
#define RUNTIME_ASSEMBLE_ASSEMBLE_INT_H

/* What the files that make programs share: the code so far, and instructions that are put after it. Nobody else includes this. */

#include "assemble/assemble.h"

/* a place of pg_call, from r8 on */
#define CALL(member) ((int)offsetof(struct pg_call, member))

enum { R0, R1, R2, R3, R4, R5, CONTEXT, NULLS, FRAME, ADDRESS, STACK, SITE_NUMBER = NULLS };

/* functions of prelude.bpf.h that the code of sites calls, by name, and the variable that is there for the verifier */
enum en_helper_t {
    PG_BEGIN,
    PG_WIDEN,
    PG_IS_WANTED_ID,
    PG_IS_WANTED_ADDRESS,
    PG_IS_SAMPLED,
    PG_NOTE_KNOWN,
    PG_IS_KNOWN,
    PG_IS_REFUSED,
    PG_REFUSE,
    PG_PEER,
    PG_LEAD,
    PG_FOLLOW_THREAD,
    PG_COUNT_FILTERED,
    PG_TELL,
    PG_MATCH,
    PG_STRLEN,
    PG_COUNT_VALUE,
    PG_VALUE_NUMBER,
    PG_VALUE_BYTES,
    PG_VALUE_TEXT,
    PG_VALUE_ADDRESS,
    PG_NOTE_BEGIN,
    PG_END,
    PG_NUM_BITS,
    NUM_HELPERS
};

/* A call of a function that has no place yet. */
typedef struct st_open_call_t {
    size_t at, function;
} open_call_t;

typedef struct st_assembler_t {
    program_t *program;
    const object_t *object;
    size_t helpers[NUM_HELPERS];
    size_t *placed; /* of each function of the object: where it is; OUTSIDE: nowhere */
    size_t *wanted; /* functions, in the order in which they are found to be needed */
    size_t num_wanted;
    open_call_t *calls;
    size_t num_calls, calls_capacity;
    size_t num_sites;
    int state_fd;        /* the variable pg_state */
    const char *crowded; /* a probe whose condition needs more than there is room for; NULL: there is none */
    int out_of_memory, is_damaged, is_too_large;
} assembler_t;

/* Each returns where the instruction is; when memory is out, that is known in the end. */
size_t put(assembler_t *as, int code, int dst, int src, int off, int32_t imm);
/* dst = src */
void put_move(assembler_t *as, int dst, int src);
/* dst = base + n */
void put_address(assembler_t *as, int dst, int base, int64_t n);
void put_constant(assembler_t *as, int dst, uint64_t n);
void put_helper(assembler_t *as, int32_t number);
void put_call(assembler_t *as, size_t function);
/* The jump leads to where the next instruction will be. */
void land(assembler_t *as, size_t jump);
/* r1 = `size` bytes of pg_call.memory from there on; 1, 2, 4 or 8 */
void put_load(assembler_t *as, unsigned size, int from);
/* r0 = 0 if `size` bytes at r9 + `from` are read to pg_call.memory + `to` */
void put_read(assembler_t *as, int32_t helper, int to, uint32_t size, int64_t from);

/* dst = what the operand's registers and displacement come to */
void put_sum(assembler_t *as, int dst, const struct pg_operand *how, int64_t disp);
/* r9 = the pointer at r9 + `offset`. @return a jump for when that cannot be read */
size_t put_follow(assembler_t *as, uint32_t offset);

/* Operands to pg_call.args; bits of the nulls of those that cannot be read in memory. @param arguments bits: those that cannot be
 * read at the site are 0 */
void put_arguments(assembler_t *as, const struct pg_site *site, uint32_t arguments);

/* pair.c: bits of the arguments that keys are made of; words of pg_call that are for durations and the time, the last ones */
uint32_t pairs_need(const assemble_pairs_t *pairs);
unsigned pairs_num_words(const assemble_pairs_t *pairs);
/* What the event begins and ends. The nulls have those of its arguments that cannot be read, and get those of its durations. */
void put_pairs(assembler_t *as, const assemble_site_t *of);

/* connection.c: goes on if the event is one of a connection that is wanted */
void put_connection(assembler_t *as, const assemble_site_t *of);

/* tell.c: a record says whose connection it is. Arguments have been read; what stands in pg_call.memory is lost. */
void put_tell(assembler_t *as, const assemble_site_t *of);
/* dst += 0, which the verifier does not know */
void put_forget(assembler_t *as, int dst);

/* lift.c: what a site lifts out of structs */
void put_lifts(assembler_t *as, const assemble_lift_t *lifts, unsigned num);

/* What the condition of a site needs, before anything else is done. */
typedef struct st_plan_t {
    uint32_t args; /* bits */
    assemble_lift_t lifts[PG_MAX_SLOTS * 3];
    unsigned num_lifts;
} plan_t;

/* choose.c: @return 0, or -1: these are more members of structs than there is room for */
int choose_plan(plan_t *plan, const assemble_site_t *of);
/* What a site lifts beside that. @param lifts room for all of its own @return how many */
unsigned choose_other_lifts(const plan_t *plan, const assemble_site_t *of, assemble_lift_t *lifts);
/* Goes on if the event is wanted. What the plan names has been read. */
void put_condition(assembler_t *as, const assemble_site_t *of, const plan_t *plan);

/* count.c: the event is counted; what is counted by has been read */
void put_count(assembler_t *as, const assemble_site_t *of);

#endif
