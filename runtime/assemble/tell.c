/*
 * Whose connection an event is of, in a record of its own in front of that of the event: its number, the addresses of the structs
 * that tell it, the client's address, the name of the server. It is for views that show whole requests, so that the address and the
 * name are there with the first request, whenever the trace has begun.
 *
 * The way from the site to these structs is that of connection.c. What is not there, or cannot be read, is told as not known; an
 * event is never lost for that. The words of pg_call.memory that pg_tell() goes by are written before they are found, as numbers
 * that the verifier does not know: so all ways look the same to it in the end.
 */
#include "assemble/assemble_int.h"
#include "usdt/regs.h"

#define WORD(number) (CALL(memory) + (int)(number)*8)

/* jumps on a way: two for each pointer */
#define MAX_JUMPS (2 * ASSEMBLE_MAX_POINTERS)

static void put_word(assembler_t *as, unsigned number, int src)
{
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, src, WORD(number), 0);
}

static void put_nothing(assembler_t *as)
{
    for (unsigned i = PG_TELL_CONNECTION; i <= PG_TELL_NAME; ++i) {
        put_constant(as, R1, 0);
        put_forget(as, R1);
        put_word(as, i, R1);
    }
}

/* The number of the connection, as the record of the event has it. */
static void put_number(assembler_t *as, const catalog_field_t *field)
{
    int shift = 64 - field->size * 8;

    put(as, BPF_LDX | BPF_MEM | BPF_DW, R1, FRAME, CALL(args) + field->arg * 8, 0);
    if (shift > 0) {
        put(as, BPF_ALU64 | BPF_LSH | BPF_K, R1, 0, 0, shift);
        put(as, BPF_ALU64 | (field->is_signed ? BPF_ARSH : BPF_RSH) | BPF_K, R1, 0, 0, shift);
    }
    put_word(as, PG_TELL_CONNECTION, R1);
}

/* r9 = where pointers lead to. @param jumps for when they lead nowhere @return how many */
static unsigned put_pointers(assembler_t *as, const uint32_t *pointers, unsigned num, size_t jumps[MAX_JUMPS])
{
    unsigned num_jumps = 0;

    for (unsigned i = 0; i < num; ++i) {
        jumps[num_jumps++] = put_follow(as, pointers[i]);
        jumps[num_jumps++] = put(as, BPF_JMP | BPF_JEQ | BPF_K, ADDRESS, 0, 0, 0);
    }
    return num_jumps;
}

static void land_all(assembler_t *as, const size_t *jumps, unsigned num)
{
    for (unsigned i = 0; i < num; ++i)
        land(as, jumps[i]);
}

static void put_struct_again(assembler_t *as)
{
    put(as, BPF_LDX | BPF_MEM | BPF_DW, ADDRESS, FRAME, WORD(PG_TELL_HANDLES), 0);
}

/* The word becomes where something is. @param num_to_holder pointers to the struct that is the second handle; 0: it is none */
static void put_place(assembler_t *as, const assemble_place_t *place, unsigned word, unsigned num_to_holder)
{
    size_t jumps[MAX_JUMPS];
    unsigned num_jumps;

    put_struct_again(as);
    num_jumps = put_pointers(as, place->pointers, num_to_holder, jumps);
    if (num_to_holder != 0)
        put_word(as, PG_TELL_HANDLES + 1, ADDRESS);
    num_jumps += put_pointers(as, place->pointers + num_to_holder, place->num_pointers - num_to_holder, jumps + num_jumps);
    put_address(as, R1, ADDRESS, place->at);
    put_word(as, word, R1);
    land_all(as, jumps, num_jumps);
}

/* What the structs on the way tell; r9 is the one that it begins at. @return jumps for when the one at its end is not there */
static unsigned put_way(assembler_t *as, const assemble_way_t *way, size_t jumps[MAX_JUMPS])
{
    unsigned num_jumps = 0;

    if (way->base != 0)
        put(as, BPF_ALU64 | BPF_SUB | BPF_K, ADDRESS, 0, 0, (int32_t)way->base);
    for (unsigned i = 0; i <= way->num_pointers; ++i) {
        if (i != 0)
            num_jumps += put_pointers(as, way->pointers + i - 1, 1, jumps + num_jumps);
        put_word(as, PG_TELL_HANDLES, ADDRESS);
        if (way->peer.is_there && i == way->peer_after) {
            put_place(as, &way->peer, PG_TELL_PEER, 0);
            put_struct_again(as);
        }
    }
    if (way->address.size != 0) {
        put_address(as, R1, ADDRESS, way->address.at);
        put_word(as, PG_TELL_ADDRESS, R1);
        put_constant(as, R1, way->address.size);
        put_word(as, PG_TELL_ADDRESS_SIZE, R1);
    }
    if (way->name.is_there)
        put_place(as, &way->name, PG_TELL_NAME, way->num_holder_pointers);
    return num_jumps;
}

/* r9 = the struct that the argument leads to. @return a jump for when that cannot be read; 0: it needs no reading */
static size_t put_struct(assembler_t *as, const assemble_site_t *of)
{
    const assemble_connection_t *told = of->told;
    const struct pg_operand *how = of->how->args + told->arg;
    int is_read = !told->is_member && (how->flags & PG_OPERAND_DEREF) != 0;

    put_sum(as, ADDRESS, how, told->is_member ? how->disp - told->id.at : how->disp);
    return is_read ? put_follow(as, 0) : 0;
}

/* Leads to the way of its kind, whose variable is told by where it is, seen from the site. @return a jump for any other */
static size_t put_kinds(assembler_t *as, const assemble_connection_t *told, size_t to_way[ASSEMBLE_MAX_WAYS], size_t *unread)
{
    put_word(as, PG_TELL_HANDLES, ADDRESS);
    *unread = put_follow(as, told->kind.at);
    put_move(as, R1, ADDRESS);
    put(as, BPF_LDX | BPF_MEM | BPF_DW, R2, CONTEXT, reg_ip(OWN_MACHINE) * 8, 0);
    put(as, BPF_ALU64 | BPF_SUB | BPF_X, R1, R2, 0, 0);
    put_struct_again(as);
    for (unsigned i = 0; i < told->num_ways; ++i) {
        put_constant(as, R2, told->ways[i].variable);
        to_way[i] = put(as, BPF_JMP | BPF_JEQ | BPF_X, R1, R2, 0, 0);
    }
    return put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0);
}

void put_tell(assembler_t *as, const assemble_site_t *of)
{
    const assemble_connection_t *told = of->told;
    size_t nowhere[3 + ASSEMBLE_MAX_WAYS * (MAX_JUMPS + 1)], to_way[ASSEMBLE_MAX_WAYS];
    unsigned num = 0;

    put_nothing(as);
    put_number(as, of->told_number);
    if ((nowhere[num] = put_struct(as, of)) != 0)
        ++num;
    nowhere[num++] = put(as, BPF_JMP | BPF_JEQ | BPF_K, ADDRESS, 0, 0, 0);
    if (told->kind.size != 0) {
        nowhere[num + 1] = put_kinds(as, told, to_way, nowhere + num);
        num += 2;
    }
    for (unsigned i = 0; i < told->num_ways; ++i) {
        if (told->kind.size != 0)
            land(as, to_way[i]);
        num += put_way(as, told->ways + i, nowhere + num);
        nowhere[num++] = put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0);
    }
    land_all(as, nowhere, num);
    put_move(as, R1, FRAME);
    put_call(as, as->helpers[PG_TELL]);
}
