/*
 * What begins and ends. An event that may begin something leaves its time in the map of that pair, under what its end has, too: the
 * process and the keys. One that ends something takes that away, and has the duration. All of it comes before anything
 * is decided about the event itself: what began is known also if its own event is not wanted, or was lost.
 *
 * The time that is read here is that of the record, too: so a duration is the difference of both events' times.
 *
 * Keys are operands, or what is lifted out of structs; they go to pg_call.args, where what comes later finds them, and to words
 * that what comes later writes anew.
 */
#include "assemble/assemble_int.h"

/* Of what is lifted for keys: the bit of the nulls for a word. */
#define FIRST_BIT 24

typedef struct st_keys_t {
    assemble_lift_t lifts[ASSEMBLE_MAX_ROLES * PG_MAX_KEYS];
    unsigned num;
} keys_t;

uint32_t pairs_need(const assemble_pairs_t *pairs)
{
    uint32_t args = 0;

    for (unsigned i = 0; i < pairs->num; ++i) {
        for (unsigned n = 0; n < pairs->list[i].num_keys; ++n)
            args |= pairs->list[i].keys[n].is_thread ? 0 : 1u << pairs->list[i].keys[n].arg;
    }
    return args;
}

unsigned pairs_num_words(const assemble_pairs_t *pairs)
{
    unsigned num = pairs->has_time;

    for (unsigned i = 0; i < pairs->num; ++i)
        num += (unsigned)pairs->list[i].is_end;
    return num;
}

/* ---- keys ---- */

static const assemble_lift_t *find_lift(const keys_t *keys, const assemble_key_t *key)
{
    for (unsigned i = 0; i < keys->num; ++i) {
        if (keys->lifts[i].path == key->path && keys->lifts[i].arg == key->arg)
            return keys->lifts + i;
    }
    return NULL;
}

static void collect(keys_t *keys, const assemble_pairs_t *pairs)
{
    keys->num = 0;
    for (unsigned i = 0; i < pairs->num; ++i) {
        for (unsigned n = 0; n < pairs->list[i].num_keys; ++n) {
            const assemble_key_t *key = pairs->list[i].keys + n;
            if (key->path == NULL || find_lift(keys, key) != NULL)
                continue;
            keys->lifts[keys->num] = (assemble_lift_t){.path = key->path,
                                                       .arg = key->arg,
                                                       .bit = (uint8_t)(FIRST_BIT + keys->num),
                                                       .word = (uint8_t)keys->num,
                                                       .is_shown = 1};
            ++keys->num;
        }
    }
}

/* r1 = `size` bytes of the key; @return the bit of the nulls that says that it is none */
static uint64_t put_key(assembler_t *as, const keys_t *keys, const assemble_key_t *key)
{
    int shift = 64 - key->size * 8;
    const assemble_lift_t *lift = key->path != NULL ? find_lift(keys, key) : NULL;

    if (key->is_thread) {
        put(as, BPF_LDX | BPF_MEM | BPF_W, R1, FRAME, CALL(tid), 0);
        return 0;
    }
    put(as, BPF_LDX | BPF_MEM | BPF_DW, R1, FRAME, lift != NULL ? CALL(words) + lift->word * 8 : CALL(args) + key->arg * 8, 0);
    if (shift > 0) {
        put(as, BPF_ALU64 | BPF_LSH | BPF_K, R1, 0, 0, shift);
        put(as, BPF_ALU64 | BPF_RSH | BPF_K, R1, 0, 0, shift);
    }
    return lift != NULL ? 1ull << lift->bit | 1ull << key->arg : 1ull << key->arg;
}

/* The struct pg_begin_key, all but the process. @return bits of the nulls that say that there is none */
static uint64_t put_keys(assembler_t *as, const keys_t *keys, const assemble_pair_t *pair)
{
    const int at = CALL(memory);
    uint64_t nulls = 0;

    put(as, BPF_ST | BPF_MEM | BPF_W, FRAME, 0, at + (int)offsetof(struct pg_begin_key, pad), 0);
    for (unsigned n = 0; n < PG_MAX_KEYS; ++n) {
        int to = at + (int)offsetof(struct pg_begin_key, keys) + (int)n * 8;
        if (n < pair->num_keys) {
            nulls |= put_key(as, keys, pair->keys + n);
            put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, R1, to, 0);
        } else {
            put(as, BPF_ST | BPF_MEM | BPF_DW, FRAME, 0, to, 0);
        }
    }
    return nulls;
}

/* ---- the whole ---- */

static int place_of_word(unsigned word)
{
    return CALL(words) + (int)word * 8;
}

static void put_pair(assembler_t *as, const assemble_pairs_t *pairs, const keys_t *keys, const assemble_pair_t *pair)
{
    uint64_t nulls = put_keys(as, keys, pair);

    put_constant(as, R3, nulls);
    put(as, BPF_ALU64 | BPF_AND | BPF_X, R3, NULLS, 0, 0);
    put(as, BPF_LDX | BPF_MEM | BPF_DW, R2, FRAME, place_of_word(pairs->time_word), 0);
    put(as, BPF_LD | BPF_IMM | BPF_DW, R4, BPF_PSEUDO_MAP_FD, 0, pair->begun_fd);
    put(as, 0, 0, 0, 0, 0);
    put_move(as, R1, FRAME);
    put_call(as, as->helpers[pair->is_end ? PG_END : PG_NOTE_BEGIN]);
    if (!pair->is_end)
        return;
    put(as, BPF_LDX | BPF_MEM | BPF_DW, R1, FRAME, CALL(memory) + (int)sizeof(struct pg_begin_key), 0);
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, R1, place_of_word(pair->word), 0);
    put(as, BPF_ALU64 | BPF_LSH | BPF_K, R0, 0, 0, pair->bit);
    put(as, BPF_LDX | BPF_MEM | BPF_DW, R1, FRAME, CALL(nulls), 0);
    put(as, BPF_ALU64 | BPF_OR | BPF_X, R1, R0, 0, 0);
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, R1, CALL(nulls), 0);
}

void put_pairs(assembler_t *as, const assemble_site_t *of)
{
    const assemble_pairs_t *pairs = of->pairs;
    keys_t keys;

    collect(&keys, pairs);
    put_arguments(as, of->how, pairs_need(pairs));
    put_lifts(as, keys.lifts, keys.num);
    put_helper(as, BPF_FUNC_ktime_get_ns);
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, R0, place_of_word(pairs->time_word), 0);
    put_constant(as, R1, 0);
    put_forget(as, R1);
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, R1, CALL(nulls), 0);
    for (unsigned i = 0; i < pairs->num; ++i)
        put_pair(as, pairs, &keys, pairs->list + i);
    /* those of keys that are lifted are those of other fields from now on */
    put_constant(as, R1, (1ull << FIRST_BIT) - 1);
    put(as, BPF_ALU64 | BPF_AND | BPF_X, NULLS, R1, 0, 0);
    put(as, BPF_LDX | BPF_MEM | BPF_DW, R1, FRAME, CALL(nulls), 0);
    put(as, BPF_ALU64 | BPF_OR | BPF_X, NULLS, R1, 0, 0);
}
