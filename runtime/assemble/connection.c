/*
 * Whether the connection of an event is wanted. That comes before all else that the code of a site does, and most events end here,
 * so as little as possible is read: the pointers on the way to the struct that tells the connection, then what is asked for of it,
 * which is near each other, at once.
 *
 * A site leads to a struct by a pointer that it passes, or since it passes a member of it, in memory: the address of that operand,
 * less the place of the member, is the struct. (gcc and clang pass `conn->id` so. What it was compiled to is checked by who
 * describes the site; a struct that is none does not have one of the pointers that are expected in it.)
 *
 * The kind. A struct may be the part that several others have in common; which of them it is in is told by a pointer to a variable
 * of theirs, such as a table of functions. Where variables are is known relative to the site.
 *
 * The id. Where the struct at the end of the way has none, or 0, the connection may be known by its random number and its address,
 * which all structs of a connection have: they are noted (pg_known) whenever an event of a wanted connection has both.
 *
 * What is not told is not wanted: a null pointer on the way, memory that cannot be read, a struct of nobody's connection, in which
 * all that tells it is 0.
 *
 * The key. A struct may have what no other connection has, its id and a key: then those that are not wanted are remembered by it
 * (pg_refused), and their events end after one read. Only what was decided for good is: the name of a server may be known later,
 * and what is not told now may be told then. So it makes no difference what is remembered, but for how much is read.
 */
#include "assemble/assemble_int.h"
#include "usdt/regs.h"

/* jumps to where an event ends that is not wanted */
#define MAX_JUMPS 128

typedef struct st_jumps_t {
    size_t list[MAX_JUMPS];
    unsigned num;
} jumps_t;

/* Where an event that is not wanted ends. */
typedef struct st_ends_t {
    jumps_t unwanted, refused; /* refused: no event of its connection will be wanted */
} ends_t;

/* What is read of a struct at once. */
typedef struct st_chunk_t {
    uint32_t begin, end; /* in the struct */
    int to;              /* in pg_call.memory */
} chunk_t;

static void add_jump(jumps_t *jumps, size_t jump)
{
    if (jumps->num < MAX_JUMPS)
        jumps->list[jumps->num] = jump;
    ++jumps->num;
}

static void land_all(assembler_t *as, const jumps_t *jumps)
{
    if (jumps->num > MAX_JUMPS) { /* one that leads nowhere would take the event for wanted */
        as->is_damaged = 1;
        return;
    }
    for (unsigned i = 0; i < jumps->num; ++i)
        land(as, jumps->list[i]);
}

/* ---- reading ---- */

static void add_to_chunk(chunk_t *chunk, const assemble_member_t *member)
{
    if (member->size == 0)
        return;
    if (chunk->end == 0)
        chunk->begin = member->at;
    if (member->at < chunk->begin)
        chunk->begin = member->at;
    if (member->at + member->size > chunk->end)
        chunk->end = member->at + member->size;
}

/* What is loaded from the stack has to be aligned there, and structs are aligned in memory: so it is if that is read to a place
 * that is as far from a multiple of 8. */
static void put_chunk(assembler_t *as, chunk_t *chunk, jumps_t *unwanted)
{
    uint32_t size = chunk->end - chunk->begin;

    chunk->to = (int)(chunk->begin % 8);
    if (chunk->to + size > PG_MAX_SPAN) {
        as->is_damaged = 1; /* who describes sites sees to it */
        return;
    }
    put_read(as, BPF_FUNC_probe_read_user, chunk->to, size, chunk->begin);
    size_t good = put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0);
    put_read(as, BPF_FUNC_copy_from_user, chunk->to, size, chunk->begin);
    add_jump(unwanted, put(as, BPF_JMP | BPF_JNE | BPF_K, R0, 0, 0, 0));
    land(as, good);
}

/* r1 = `size` bytes at `at` of the struct, which may be aligned worse than that; r2 is changed */
static void put_member(assembler_t *as, const chunk_t *chunk, uint32_t at, uint32_t size)
{
    int from = chunk->to + (int)(at - chunk->begin);
    unsigned step = size;

    while ((unsigned)from % step != 0)
        step /= 2;
    put_load(as, step, from + (int)(size - step));
    for (unsigned i = size; i > step; i -= step) {
        put_move(as, R2, R1);
        put(as, BPF_ALU64 | BPF_LSH | BPF_K, R2, 0, 0, (int)step * 8);
        put_load(as, step, from + (int)(i - 2 * step));
        put(as, BPF_ALU64 | BPF_OR | BPF_X, R1, R2, 0, 0);
    }
}

/* ---- from the site to the struct ---- */

/* r9 = the struct that the argument leads to */
static void put_struct(assembler_t *as, const assemble_site_t *of, jumps_t *unwanted)
{
    const assemble_connection_t *connection = of->connection;
    const struct pg_operand *how = of->how->args + connection->arg;

    if (connection->is_member) {
        put_sum(as, ADDRESS, how, how->disp - connection->id.at);
    } else {
        put_sum(as, ADDRESS, how, how->disp);
        if (how->flags & PG_OPERAND_DEREF)
            add_jump(unwanted, put_follow(as, 0));
    }
    add_jump(unwanted, put(as, BPF_JMP | BPF_JEQ | BPF_K, ADDRESS, 0, 0, 0));
}

/* pg_call.words = the connection's struct pg_refused; it ends here if that is remembered. */
static void put_is_refused(assembler_t *as, const assemble_connection_t *connection, const chunk_t *chunk, jumps_t *unwanted)
{
    const assemble_member_t *key = &connection->key;

    put_member(as, chunk, connection->id.at, connection->id.size);
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, R1, CALL(words) + (int)offsetof(struct pg_refused, id), 0);
    for (unsigned i = 0; i < PG_MAX_KEY; i += 8) {
        if (i < key->size)
            put_member(as, chunk, key->at + i, key->size - i < 8 ? key->size - i : 8);
        else
            put_constant(as, R1, 0);
        put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, R1, CALL(words) + (int)(offsetof(struct pg_refused, key) + i), 0);
    }
    put_move(as, R1, FRAME);
    put_call(as, as->helpers[PG_IS_REFUSED]);
    add_jump(unwanted, put(as, BPF_JMP | BPF_JNE | BPF_K, R0, 0, 0, 0));
}

/* Its own id and key; then r1 = the place of its kind's variable, seen from the site. */
static void put_own(assembler_t *as, const assemble_connection_t *connection, jumps_t *unwanted)
{
    chunk_t chunk = {.end = 0};

    add_to_chunk(&chunk, &connection->kind);
    add_to_chunk(&chunk, &connection->key);
    if (connection->by & PG_BY_ID || connection->key.size != 0)
        add_to_chunk(&chunk, &connection->id);
    if (chunk.end == 0)
        return;
    put_chunk(as, &chunk, unwanted);
    if ((connection->by & PG_BY_ID) && connection->id.size != 0) {
        put_member(as, &chunk, connection->id.at, connection->id.size);
        put_call(as, as->helpers[PG_IS_WANTED_ID]);
        add_jump(unwanted, put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0));
    }
    if (connection->key.size != 0)
        put_is_refused(as, connection, &chunk, unwanted);
    if (connection->kind.size == 0)
        return;
    put_member(as, &chunk, connection->kind.at, connection->kind.size);
    put(as, BPF_LDX | BPF_MEM | BPF_DW, R2, CONTEXT, reg_ip(OWN_MACHINE) * 8, 0);
    put(as, BPF_ALU64 | BPF_SUB | BPF_X, R1, R2, 0, 0);
}

/* r9 = what the pointers to a place lead to */
static void put_place(assembler_t *as, const assemble_place_t *place, jumps_t *unwanted)
{
    for (unsigned i = 0; i < place->num_pointers; ++i) {
        add_jump(unwanted, put_follow(as, place->pointers[i]));
        add_jump(unwanted, put(as, BPF_JMP | BPF_JEQ | BPF_K, ADDRESS, 0, 0, 0));
    }
}

/* ---- what tells the connection ---- */

/* r1, r2 = the halves of the address, in the form of IPv6; r3 is changed */
static void put_halves(assembler_t *as, const chunk_t *chunk, const assemble_member_t *address)
{
    if (address->size == 4) {
        put_member(as, chunk, address->at, 4);
        put_move(as, R2, R1);
        put(as, BPF_ALU64 | BPF_LSH | BPF_K, R2, 0, 0, 32);
        put_constant(as, R3, 0xffff0000);
        put(as, BPF_ALU64 | BPF_OR | BPF_X, R2, R3, 0, 0);
        put_constant(as, R1, 0);
        return;
    }
    put_member(as, chunk, address->at, 8);
    put_move(as, R3, R1);
    put_member(as, chunk, address->at + 8, 8);
    put_move(as, R2, R1);
    put_move(as, R1, R3);
}

/* Nobody's connection has nothing but zeros. One that the server makes as a client may have a random number, and a name, but not
 * the address of a client. */
static void put_is_anybody(assembler_t *as, const assemble_connection_t *connection, const chunk_t *chunk,
                           const assemble_way_t *way, jumps_t *unwanted)
{
    int wants_address = way->address.size != 0 && (connection->by & (PG_BY_ADDRESS | PG_BY_NAME));

    put_constant(as, R4, 0);
    if (way->random.size != 0 && !wants_address) {
        put_member(as, chunk, way->random.at, way->random.size);
        put(as, BPF_ALU64 | BPF_OR | BPF_X, R4, R1, 0, 0);
    }
    for (uint32_t i = 0; i < way->address.size; i += 4) {
        put_member(as, chunk, way->address.at + i, 4);
        put(as, BPF_ALU64 | BPF_OR | BPF_X, R4, R1, 0, 0);
    }
    if (way->id.size != 0 && !wants_address) {
        put_member(as, chunk, way->id.at, way->id.size);
        put(as, BPF_ALU64 | BPF_OR | BPF_X, R4, R1, 0, 0);
    }
    add_jump(unwanted, put(as, BPF_JMP | BPF_JEQ | BPF_K, R4, 0, 0, 0));
}

/* Floating-point numbers that are not negative are in the order of their bits. */
static void put_sample(assembler_t *as, const assemble_connection_t *connection, const chunk_t *chunk, const assemble_way_t *way,
                       jumps_t *refused)
{
    if (way->random.size != 0) {
        put_member(as, chunk, way->random.at, way->random.size);
        add_jump(refused, put(as, BPF_JMP | BPF_JGE | BPF_K, R1, 0, 0, (int32_t)connection->ratio));
        return;
    }
    if (way->id.size != 0) {
        put_member(as, chunk, way->id.at, way->id.size);
        put_constant(as, R2, 0);
    } else {
        put_halves(as, chunk, &way->address);
    }
    put_call(as, as->helpers[PG_IS_SAMPLED]);
    add_jump(refused, put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0));
}

/* pg_call.args = the connection's struct pg_identity */
static void put_identity(assembler_t *as, const chunk_t *chunk, const assemble_way_t *way)
{
    put_member(as, chunk, way->random.at, way->random.size);
    put(as, BPF_STX | BPF_MEM | BPF_W, FRAME, R1, CALL(args) + (int)offsetof(struct pg_identity, random), 0);
    put_halves(as, chunk, &way->address);
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, R1, CALL(args) + (int)offsetof(struct pg_identity, address), 0);
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, R2, CALL(args) + (int)offsetof(struct pg_identity, address) + 8, 0);
    put_move(as, R1, FRAME);
}

/* The id that the struct at the end of the way has, or what the connection is known by. */
static void put_id(assembler_t *as, const assemble_connection_t *connection, const chunk_t *chunk, const assemble_way_t *way,
                   jumps_t *unwanted)
{
    int can_be_known = way->random.size != 0 && way->address.size != 0;
    size_t known = 0;

    if (connection->id.size != 0) { /* the event has its id, and it is wanted */
        if (can_be_known) {
            put_identity(as, chunk, way);
            put_call(as, as->helpers[PG_NOTE_KNOWN]);
        }
        return;
    }
    if (way->id.size != 0) {
        put_member(as, chunk, way->id.at, way->id.size);
        size_t none = put(as, BPF_JMP | BPF_JEQ | BPF_K, R1, 0, 0, 0);
        put_call(as, as->helpers[PG_IS_WANTED_ID]);
        add_jump(unwanted, put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0));
        known = put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0);
        land(as, none);
    }
    if (can_be_known) {
        put_identity(as, chunk, way);
        put_call(as, as->helpers[PG_IS_KNOWN]);
        add_jump(unwanted, put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0));
    } else {
        add_jump(unwanted, put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0));
    }
    if (way->id.size != 0)
        land(as, known);
}

/* The name, which is text of any length: it is read while it is compared. As long as there is none, that may change. */
static void put_name(assembler_t *as, const assemble_connection_t *connection, const assemble_way_t *way, ends_t *ends)
{
    size_t to_end[ASSEMBLE_MAX_NAMES];
    unsigned num = connection->num_names < ASSEMBLE_MAX_NAMES ? connection->num_names : ASSEMBLE_MAX_NAMES;

    put_place(as, &way->name, &ends->unwanted);
    for (unsigned i = 0; i < num; ++i) {
        put_address(as, R1, ADDRESS, way->name.at);
        put_constant(as, R2, PG_MATCH_LIMIT);
        put_constant(as, R3, (connection->first_name + i) | 1ull << PG_MATCH_TEXT);
        put_call(as, as->helpers[PG_MATCH]);
        to_end[i] = put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, PG_MATCH_YES);
    }
    add_jump(&ends->unwanted, put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, PG_MATCH_UNREADABLE));
    add_jump(&ends->refused, put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0));
    for (unsigned i = 0; i < num; ++i)
        land(as, to_end[i]);
}

/* a word that nothing else has yet, behind the struct pg_refused */
#define PEER_WORD (sizeof(struct pg_refused) / 8)

/* What the address of its peer tells, in place of an address and a random number. r9 is kept in a word that nothing else has yet.
 */
static void put_peer(assembler_t *as, const assemble_connection_t *connection, const assemble_way_t *way, jumps_t *unwanted)
{
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, ADDRESS, CALL(words) + PEER_WORD * 8, 0);
    put_place(as, &way->peer, unwanted);
    put_move(as, R1, FRAME);
    put_address(as, R2, ADDRESS, way->peer.at);
    put_call(as, as->helpers[PG_PEER]);
    add_jump(unwanted, put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0));
    if (connection->by & PG_BY_ADDRESS) {
        put(as, BPF_LDX | BPF_MEM | BPF_DW, R1, FRAME, CALL(args) + (int)offsetof(struct pg_identity, address), 0);
        put(as, BPF_LDX | BPF_MEM | BPF_DW, R2, FRAME, CALL(args) + (int)offsetof(struct pg_identity, address) + 8, 0);
        put_call(as, as->helpers[PG_IS_WANTED_ADDRESS]);
        add_jump(unwanted, put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0));
    }
    if ((connection->by & PG_BY_ID) && way->id.size == 0) {
        put_move(as, R1, FRAME);
        put_call(as, as->helpers[connection->id.size != 0 ? PG_NOTE_KNOWN : PG_IS_KNOWN]);
        add_jump(unwanted, put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0));
    }
    put(as, BPF_LDX | BPF_MEM | BPF_DW, ADDRESS, FRAME, CALL(words) + PEER_WORD * 8, 0);
}

/* All that is asked for but the name. */
static void put_told(assembler_t *as, const assemble_connection_t *connection, chunk_t *chunk, const assemble_way_t *way,
                     ends_t *ends)
{
    put_chunk(as, chunk, &ends->unwanted);
    put_is_anybody(as, connection, chunk, way, &ends->unwanted);
    if (connection->by & PG_BY_SAMPLE)
        put_sample(as, connection, chunk, way, &ends->refused);
    if (connection->by & PG_BY_ADDRESS) {
        put_halves(as, chunk, &way->address);
        put_call(as, as->helpers[PG_IS_WANTED_ADDRESS]);
        add_jump(&ends->refused, put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0));
    }
    if (connection->by & PG_BY_ID)
        put_id(as, connection, chunk, way, &ends->unwanted);
}

static void put_way(assembler_t *as, const assemble_connection_t *connection, const assemble_way_t *way, ends_t *ends)
{
    chunk_t chunk = {.end = 0};

    if (way->base != 0)
        put(as, BPF_ALU64 | BPF_SUB | BPF_K, ADDRESS, 0, 0, (int32_t)way->base);
    for (unsigned i = 0; i <= way->num_pointers; ++i) {
        if (way->peer.is_there && i == way->peer_after)
            put_peer(as, connection, way, &ends->unwanted);
        if (i == way->num_pointers)
            break;
        add_jump(&ends->unwanted, put_follow(as, way->pointers[i]));
        add_jump(&ends->unwanted, put(as, BPF_JMP | BPF_JEQ | BPF_K, ADDRESS, 0, 0, 0));
    }
    add_to_chunk(&chunk, &way->random);
    add_to_chunk(&chunk, &way->address);
    add_to_chunk(&chunk, &way->id);
    if (chunk.end != 0)
        put_told(as, connection, &chunk, way, ends);
    if (connection->by & PG_BY_NAME)
        put_name(as, connection, way, ends);
}

/* ---- the whole ---- */

static void put_ways(assembler_t *as, const assemble_connection_t *connection, jumps_t *wanted, ends_t *ends)
{
    size_t to_way[ASSEMBLE_MAX_WAYS];

    for (unsigned i = 0; connection->kind.size != 0 && i < connection->num_ways; ++i) {
        put_constant(as, R2, connection->ways[i].variable);
        to_way[i] = put(as, BPF_JMP | BPF_JEQ | BPF_X, R1, R2, 0, 0);
    }
    if (connection->kind.size != 0)
        add_jump(&ends->unwanted, put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0));
    for (unsigned i = 0; i < connection->num_ways; ++i) {
        if (connection->kind.size != 0)
            land(as, to_way[i]);
        put_way(as, connection, connection->ways + i, ends);
        add_jump(wanted, put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0));
    }
}

/* What follows on the thread goes by that. */
static void put_lead(assembler_t *as, int is_wanted)
{
    put_move(as, R1, FRAME);
    put_constant(as, R2, (uint64_t)is_wanted);
    put_call(as, as->helpers[PG_LEAD]);
}

static void put_end(assembler_t *as, const assemble_site_t *of, int is_wanted)
{
    if (of->connection->leads)
        put_lead(as, is_wanted);
    if (!of->is_silent && !is_wanted) {
        put_constant(as, R1, of->how->probe);
        put_call(as, as->helpers[PG_COUNT_FILTERED]);
    }
    if (!of->is_silent && is_wanted)
        return;
    put(as, BPF_ALU64 | BPF_MOV | BPF_K, R0, 0, 0, 0);
    put(as, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void put_connection(assembler_t *as, const assemble_site_t *of)
{
    const assemble_connection_t *connection = of->connection;
    jumps_t wanted = {.num = 0};
    ends_t ends = {.unwanted.num = 0};

    if (connection->follows) {
        put_move(as, R1, FRAME);
        put_call(as, as->helpers[PG_FOLLOW_THREAD]);
        add_jump(&wanted, put(as, BPF_JMP | BPF_JNE | BPF_K, R0, 0, 0, 0));
    } else if (connection->num_ways != 0) {
        put_struct(as, of, &ends.unwanted);
        put_own(as, connection, &ends.unwanted);
        put_ways(as, connection, &wanted, &ends);
    }
    land_all(as, &ends.refused);
    if (connection->key.size != 0 && ends.refused.num != 0) {
        put_move(as, R1, FRAME);
        put_call(as, as->helpers[PG_REFUSE]);
    }
    land_all(as, &ends.unwanted);
    put_end(as, of, 0);
    if (wanted.num == 0)
        return;
    land_all(as, &wanted);
    put_end(as, of, 1);
}
