/*
 * What a site lifts out of structs, as straight code. Where fields are is known when the tracer attaches, so the way to each is a
 * few instructions; and fields of one struct that are near each other are read at once, as operands are (see assemble.c).
 *
 * A chain is a way along pointers: from an argument to the struct that has the field. All fields with the same chain are read
 * together. If there is none, since a pointer is null or cannot be read, they are null, and their words say which of both it was:
 * 0, or 1 (PG_IS_UNREADABLE_VALUE() of common/record.h).
 */
#include "assemble/assemble_int.h"

#define MAX_LIFTS ASSEMBLE_MAX_LIFTS

/* Fields at the end of one chain. */
typedef struct st_chain_t {
    const assemble_lift_t *lifts[MAX_LIFTS];
    unsigned num;
} chain_t;

static void put_word(assembler_t *as, const assemble_lift_t *lift, int src)
{
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, src, CALL(words) + lift->word * 8, 0);
}

static void put_zero_word(assembler_t *as, const assemble_lift_t *lift)
{
    put(as, BPF_ST | BPF_MEM | BPF_DW, FRAME, 0, CALL(words) + lift->word * 8, 0);
}

static void put_nulls(assembler_t *as, uint64_t bits)
{
    put_constant(as, R2, bits);
    put(as, BPF_ALU64 | BPF_OR | BPF_X, NULLS, R2, 0, 0);
}

static unsigned last_hop(const assemble_lift_t *lift)
{
    return lift->path->num_hops - 1u;
}

static uint32_t offset_of(const assemble_lift_t *lift)
{
    return lift->path->offsets[last_hop(lift)];
}

static int is_natural(unsigned size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

/* ---- values ---- */

/* The value of what was read to pg_call.memory + `from`, to its word. */
static void put_value(assembler_t *as, const assemble_lift_t *lift, int from)
{
    const struct pg_path *path = lift->path;
    unsigned loaded = is_natural(path->size) ? path->size : 8;

    put_load(as, loaded, from);
    /* what is loaded is extended by zeros already */
    if (path->is_signed || path->left != 64 - loaded * 8 || path->right != path->left) {
        put(as, BPF_ALU64 | BPF_LSH | BPF_K, R1, 0, 0, path->left & 63);
        put(as, BPF_ALU64 | (path->is_signed ? BPF_ARSH : BPF_RSH) | BPF_K, R1, 0, 0, path->right & 63);
    }
    if (path->is_float && path->size == 4) {
        put_call(as, as->helpers[PG_WIDEN]);
        put_move(as, R1, R0);
    }
    put_word(as, lift, R1);
}

/* One that is read alone: the slow way, which faults pages in. */
static void put_alone(assembler_t *as, const assemble_lift_t *lift)
{
    const struct pg_path *path = lift->path;

    if (!is_natural(path->size))
        put(as, BPF_ST | BPF_MEM | BPF_DW, FRAME, 0, CALL(memory), 0);
    put_read(as, BPF_FUNC_copy_from_user, 0, path->size, offset_of(lift));
    size_t good = put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0);
    put_nulls(as, 1ull << lift->bit);
    put(as, BPF_ST | BPF_MEM | BPF_DW, FRAME, 0, CALL(words) + lift->word * 8, 1);
    size_t done = put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0);
    land(as, good);
    put_value(as, lift, 0);
    land(as, done);
}

/* ---- fields that are read at once ---- */

typedef struct st_span_t {
    const assemble_lift_t *lifts[MAX_LIFTS];
    unsigned num;
    int64_t begin, end; /* offsets in the struct */
} span_t;

/* Adds a field that is near enough; what is loaded from the stack has to be aligned there. */
static int join(span_t *span, const assemble_lift_t *lift)
{
    int64_t from = offset_of(lift), size = lift->path->size, begin = span->begin, end = span->end;

    if (!is_natural(lift->path->size) || !is_natural(span->lifts[0]->path->size))
        return 0;
    if (from < begin)
        begin -= (begin - from + 7) / 8 * 8;
    if (from + size > end)
        end = from + size;
    if (begin < 0 || end - begin > PG_MAX_SPAN || (from - begin) % size != 0)
        return 0;
    span->begin = begin;
    span->end = end;
    span->lifts[span->num++] = lift;
    return 1;
}

static void put_span(assembler_t *as, const span_t *span)
{
    if (!is_natural(span->lifts[0]->path->size)) {
        put_alone(as, span->lifts[0]);
        return;
    }
    put_read(as, BPF_FUNC_probe_read_user, 0, (uint32_t)(span->end - span->begin), span->begin);
    size_t good = put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0);
    for (unsigned i = 0; i < span->num; ++i)
        put_alone(as, span->lifts[i]);
    size_t done = put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0);
    land(as, good);
    for (unsigned i = 0; i < span->num; ++i)
        put_value(as, span->lifts[i], (int)(offset_of(span->lifts[i]) - span->begin));
    land(as, done);
}

/* Reads all fields of a struct, whose address is in r9. */
static void put_fields(assembler_t *as, const chain_t *chain)
{
    int is_done[MAX_LIFTS] = {0};

    for (unsigned i = 0; i < chain->num; ++i) {
        const assemble_lift_t *lift = chain->lifts[i];
        span_t span = {.lifts = {lift}, .num = 1, .begin = offset_of(lift), .end = (int64_t)offset_of(lift) + lift->path->size};
        if (is_done[i])
            continue;
        if (lift->path->size == 0) { /* it is there itself */
            put_address(as, R1, ADDRESS, offset_of(lift));
            put_word(as, lift, R1);
            continue;
        }
        for (unsigned j = i + 1; j < chain->num; ++j)
            is_done[j] |= !is_done[j] && chain->lifts[j]->path->size != 0 && join(&span, chain->lifts[j]);
        put_span(as, &span);
    }
}

/* ---- chains ---- */

static int have_same_chain(const assemble_lift_t *a, const assemble_lift_t *b)
{
    if (a->arg != b->arg || a->path->num_hops != b->path->num_hops)
        return 0;
    for (unsigned i = 0; i < last_hop(a); ++i) {
        if (a->path->offsets[i] != b->path->offsets[i])
            return 0;
    }
    return 1;
}

size_t put_follow(assembler_t *as, uint32_t offset)
{
    put_read(as, BPF_FUNC_probe_read_user, 0, 8, offset);
    size_t good = put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0);
    put_read(as, BPF_FUNC_copy_from_user, 0, 8, offset);
    size_t failed = put(as, BPF_JMP | BPF_JNE | BPF_K, R0, 0, 0, 0);
    land(as, good);
    put_load(as, 8, 0);
    put_move(as, ADDRESS, R1);
    return failed;
}

static void put_chain(assembler_t *as, const chain_t *chain)
{
    const assemble_lift_t *first = chain->lifts[0];
    size_t to_null[2 * PG_MAX_HOPS], num_to_null = 0;
    uint64_t bits = 0;

    put(as, BPF_LDX | BPF_MEM | BPF_DW, ADDRESS, FRAME, CALL(args) + first->arg * 8, 0);
    for (unsigned i = 0; i < last_hop(first); ++i) {
        to_null[num_to_null++] = put(as, BPF_JMP | BPF_JEQ | BPF_K, ADDRESS, 0, 0, 0);
        to_null[num_to_null++] = put_follow(as, first->path->offsets[i]);
    }
    to_null[num_to_null++] = put(as, BPF_JMP | BPF_JEQ | BPF_K, ADDRESS, 0, 0, 0);
    put_fields(as, chain);
    size_t done = put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0);
    for (unsigned i = 0; i < num_to_null; ++i)
        land(as, to_null[i]);
    /* 1, if there is a pointer that could not be followed */
    put_move(as, R1, ADDRESS);
    put(as, BPF_ALU64 | BPF_NEG, R1, 0, 0, 0);
    put(as, BPF_ALU64 | BPF_OR | BPF_X, R1, ADDRESS, 0, 0);
    put(as, BPF_ALU64 | BPF_RSH | BPF_K, R1, 0, 0, 63);
    for (unsigned i = 0; i < chain->num; ++i) {
        put_word(as, chain->lifts[i], R1);
        bits |= 1ull << chain->lifts[i]->bit;
    }
    put_nulls(as, bits);
    land(as, done);
}

/* Ways on which nothing was read are the same to the verifier as those on which something was, if that is written, too. */
static void put_no_memory(assembler_t *as)
{
    for (int i = 0; i < PG_MAX_SPAN; i += 8)
        put(as, BPF_ST | BPF_MEM | BPF_DW, FRAME, 0, CALL(memory) + i, 0);
}

static int are_all(const int *is_done, unsigned num)
{
    unsigned i = 0;

    while (i < num && is_done[i])
        ++i;
    return i == num;
}

void put_lifts(assembler_t *as, const assemble_lift_t *lifts, unsigned num)
{
    int is_done[MAX_LIFTS] = {0};
    uint64_t bits = 0;

    for (unsigned i = 0; i < num && i < MAX_LIFTS; ++i) {
        if (lifts[i].is_shown && lifts[i].path->num_hops != 0)
            continue;
        put_zero_word(as, lifts + i);
        bits |= lifts[i].is_shown ? 1ull << lifts[i].bit : 0;
        is_done[i] = 1;
    }
    if (bits != 0)
        put_nulls(as, bits);
    if (!are_all(is_done, num))
        put_no_memory(as);
    for (unsigned i = 0; i < num && i < MAX_LIFTS; ++i) {
        chain_t chain = {.num = 0};
        for (unsigned j = i; !is_done[i] && j < num && j < MAX_LIFTS; ++j) {
            if (!is_done[j] && (j == i || have_same_chain(lifts + i, lifts + j)))
                chain.lifts[chain.num++] = lifts + j;
        }
        for (unsigned j = 0; j < chain.num; ++j)
            is_done[chain.lifts[j] - lifts] = 1;
        if (chain.num != 0)
            put_chain(as, &chain);
    }
}
