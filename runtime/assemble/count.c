/*
 * What a site does where events are counted: in place of the function of its probe, which makes records. To count takes three
 * instructions, since pg_counts is a map of one element whose address is a part of the instructions. By a value, that is fetched as
 * it is for a record (an operand, or a member of a struct), becomes the key of a hash map, and is counted there by functions of the
 * prelude.
 */
#include "assemble/assemble_int.h"

/* r1 = the place of a counter in pg_counts; then it is increased by 1 */
static void put_increase(assembler_t *as, const assemble_count_t *count, uint32_t number)
{
    put(as, BPF_LD | BPF_IMM | BPF_DW, R1, BPF_PSEUDO_MAP_VALUE, 0, count->counts_fd);
    put(as, 0, 0, 0, 0, (int32_t)(number * sizeof(uint64_t)));
    put_constant(as, R2, 1);
    put(as, BPF_STX | BPF_ATOMIC | BPF_DW, R1, R2, 0, BPF_ADD);
}

/* dst = a word of pg_call */
static void put_word(assembler_t *as, int dst, int place)
{
    put(as, BPF_LDX | BPF_MEM | BPF_DW, dst, FRAME, place, 0);
}

/* Cuts a register to the size and sign that is declared, as it is printed. */
static void put_cut(assembler_t *as, int reg, unsigned size, int is_signed)
{
    int shift = 64 - (int)size * 8;

    if (shift <= 0 || size == 0)
        return;
    put(as, BPF_ALU64 | BPF_LSH | BPF_K, reg, 0, 0, shift);
    put(as, BPF_ALU64 | (is_signed ? BPF_ARSH : BPF_RSH) | BPF_K, reg, 0, 0, shift);
}

/* reg = reg != 0 */
static void put_truth(assembler_t *as, int reg)
{
    put_move(as, R5, reg);
    put(as, BPF_ALU64 | BPF_NEG, R5, 0, 0, 0);
    put(as, BPF_ALU64 | BPF_OR | BPF_X, reg, R5, 0, 0);
    put(as, BPF_ALU64 | BPF_RSH | BPF_K, reg, 0, 0, 63);
}

/* reg = those bits of the nulls that make the value null */
static void put_nulls(assembler_t *as, const assemble_count_t *count, int reg)
{
    const catalog_field_t *by = count->by;
    uint64_t bits = by->path >= 0 ? 1ull << COUNT_BIT | 1ull << COUNT_LENGTH_BIT : 1ull << by->arg;

    if (by->length_kind == CATALOG_LENGTH_ARG)
        bits |= 1ull << by->length;
    put_constant(as, reg, bits);
    put(as, BPF_ALU64 | BPF_AND | BPF_X, reg, NULLS, 0, 0);
}

/* r2 = the value, or where it is */
static void put_field(assembler_t *as, const catalog_field_t *by)
{
    put_word(as, R2, by->path >= 0 ? CALL(words) + PG_VALUE_WORD * 8 : CALL(args) + by->arg * 8);
}

/* How many bytes there can be: of what is in a struct itself, those that it has there. */
static uint64_t bound_of(const assemble_count_t *count)
{
    return count->path != NULL && count->path->whole_size != 0 ? count->path->whole_size : (uint64_t)INT32_MAX;
}

static void put_number(assembler_t *as, const assemble_count_t *count)
{
    const catalog_field_t *by = count->by;

    put_field(as, by);
    put_nulls(as, count, R3);
    if (by->value == CATALOG_VALUE_INTEGER || by->value == CATALOG_VALUE_POINTER)
        put_cut(as, R2, by->size, by->is_signed);
    if (by->value == CATALOG_VALUE_BOOLEAN)
        put_truth(as, R2);
    put_call(as, as->helpers[PG_VALUE_NUMBER]);
}

/* r3 = how long text or bytes are */
static void put_length(assembler_t *as, const assemble_count_t *count)
{
    const catalog_field_t *by = count->by;

    if (by->length_kind == CATALOG_LENGTH_ARG) {
        put_word(as, R3, CALL(args) + (int)by->length * 8);
        put_cut(as, R3, count->length->size, count->length->is_signed);
    } else if (by->length_kind == CATALOG_LENGTH_PATH) {
        put_word(as, R3, CALL(words) + PG_VALUE_LENGTH_WORD * 8);
    } else {
        put_constant(as, R3, by->length_kind == CATALOG_LENGTH_FIXED ? by->length : bound_of(count));
    }
}

static void put_string(assembler_t *as, const assemble_count_t *count)
{
    put_field(as, count->by);
    if (count->by->length_kind == CATALOG_LENGTH_NUL) {
        put_nulls(as, count, R3);
        put_constant(as, R4, bound_of(count));
        put_call(as, as->helpers[PG_VALUE_TEXT]);
        return;
    }
    put_length(as, count);
    put_nulls(as, count, R4);
    put_constant(as, R5, bound_of(count));
    put_call(as, as->helpers[PG_VALUE_BYTES]);
}

static void put_address_value(assembler_t *as, const assemble_count_t *count)
{
    put_field(as, count->by);
    put_nulls(as, count, R3);
    put_call(as, as->helpers[PG_VALUE_ADDRESS]);
}

/* r1 = the place of a counter; it is increased by r2 */
static void put_add(assembler_t *as, const assemble_count_t *count, uint32_t number)
{
    put(as, BPF_LD | BPF_IMM | BPF_DW, R1, BPF_PSEUDO_MAP_VALUE, 0, count->counts_fd);
    put(as, 0, 0, 0, 0, (int32_t)(number * sizeof(uint64_t)));
    put(as, BPF_STX | BPF_ATOMIC | BPF_DW, R1, R2, 0, BPF_ADD);
}

/* A duration, in its histogram: the counter for its number of bits, the sum, or how many are not known. */
static void put_duration(assembler_t *as, const assemble_count_t *count, const assemble_pair_t *pair, uint32_t first)
{
    put_constant(as, R2, 1ull << pair->bit);
    size_t unknown = put(as, BPF_JMP | BPF_JSET | BPF_X, NULLS, R2, 0, 0);
    put_word(as, R2, CALL(words) + pair->word * 8);
    put_add(as, count, first + COUNT_SUM);
    put_word(as, R1, CALL(words) + pair->word * 8);
    put_call(as, as->helpers[PG_NUM_BITS]);
    put(as, BPF_ALU64 | BPF_AND | BPF_K, R0, 0, 0, COUNT_BUCKETS - 1);
    put(as, BPF_ALU64 | BPF_LSH | BPF_K, R0, 0, 0, 3);
    put(as, BPF_LD | BPF_IMM | BPF_DW, R1, BPF_PSEUDO_MAP_VALUE, 0, count->counts_fd);
    put(as, 0, 0, 0, 0, (int32_t)(first * sizeof(uint64_t)));
    put(as, BPF_ALU64 | BPF_ADD | BPF_X, R1, R0, 0, 0);
    put_constant(as, R2, 1);
    put(as, BPF_STX | BPF_ATOMIC | BPF_DW, R1, R2, 0, BPF_ADD);
    size_t done = put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0);
    land(as, unknown);
    put_increase(as, count, first + COUNT_UNKNOWN);
    land(as, done);
}

static void put_durations(assembler_t *as, const assemble_site_t *of)
{
    uint32_t first = of->count->histograms;

    for (unsigned i = 0; of->pairs != NULL && i < of->pairs->num; ++i) {
        if (!of->pairs->list[i].is_end)
            continue;
        put_duration(as, of->count, of->pairs->list + i, first);
        first += COUNT_HISTOGRAM;
    }
}

void put_count(assembler_t *as, const assemble_site_t *of)
{
    const assemble_count_t *count = of->count;

    put_increase(as, count, count->fired);
    put_durations(as, of);
    if (count->by == NULL)
        return;
    put(as, BPF_ST | BPF_MEM | BPF_DW, FRAME, 0, CALL(value), (int32_t)count->probe);
    put_move(as, R1, FRAME);
    if (count->by->value == CATALOG_VALUE_TEXT || count->by->value == CATALOG_VALUE_BYTES)
        put_string(as, count);
    else if (count->by->value == CATALOG_VALUE_ADDRESS)
        put_address_value(as, count);
    else
        put_number(as, count);
    put_move(as, R1, FRAME);
    put_call(as, as->helpers[PG_COUNT_VALUE]);
    size_t has_room = put(as, BPF_JMP | BPF_JNE | BPF_K, R0, 0, 0, 0);
    put_increase(as, count, count->others);
    land(as, has_room);
}
