/*
 * The program for the sites that were chosen. What is known when the tracer attaches becomes instructions: which register or place
 * in memory an argument is in, how wide it is, whether anybody needs it. A table of all that would have to be gone through at each
 * firing, and copying all registers to look them up in it takes more stack than some machines have registers for.
 *
 *     entry    is this firing ours? which site is it? (pg_begin(), the cookie, a binary search)
 *     site     a function: what its events begin and end (pair.c); whether its connection is wanted (connection.c); what its events
 *              have to be like (choose.c); its
 *              operands, one after the other, to pg_call.args; what is lifted out of structs, to pg_call.words (lift.c); then what
 *              the function of the probe does, which makes the record or, where events are only counted, that (count.c): what that
 *              does not need is not read
 *     functions of the object that are called, as clang made them
 *
 * Operands in memory. Those near each other are read at once: a read costs more than all else that is done for an argument. Most
 * memory is resident, so that is done without faulting; if it fails, each of them is read alone by the helper that faults pages in,
 * since one of them may be readable where the other is not.
 *
 * The verifier. It follows the code of each site, and the function of its probe as often as that is reached in a state that it has
 * not seen: so what differs without need (constants, nulls) is hidden from it by adding pg_state.zero. See the essay of
 * prelude.bpf.h. Some of what it does takes time by the square of a function's length (bpf_update_live_stack() of Linux 6.18 was
 * half of it when all sites were one function): so each site is a function of its own.
 *
 * Registers of a site: r6 the context, r7 the nulls, r8 struct pg_call, which is on the stack of the entry, r9 an address. Those of
 * the entry: r6 the context, r7 the number of the site.
 */
#include <stdlib.h>
#include <string.h>
#include "assemble/assemble_int.h"
#include "common/grow.h"
#include "usdt/regs.h"

/* that a kernel takes, the entry among them */
#define MAX_FUNCTIONS 256
#define OUTSIDE SIZE_MAX

static const char *const helper_names[NUM_HELPERS] = {[PG_BEGIN] = "pg_begin",
                                                      [PG_WIDEN] = "pg_widen",
                                                      [PG_IS_WANTED_ID] = "pg_is_wanted_id",
                                                      [PG_IS_WANTED_ADDRESS] = "pg_is_wanted_address",
                                                      [PG_IS_SAMPLED] = "pg_is_sampled",
                                                      [PG_NOTE_KNOWN] = "pg_note_known",
                                                      [PG_IS_KNOWN] = "pg_is_known",
                                                      [PG_IS_REFUSED] = "pg_is_refused",
                                                      [PG_REFUSE] = "pg_refuse",
                                                      [PG_PEER] = "pg_peer",
                                                      [PG_LEAD] = "pg_lead",
                                                      [PG_FOLLOW_THREAD] = "pg_follow_thread",
                                                      [PG_COUNT_FILTERED] = "pg_count_filtered",
                                                      [PG_TELL] = "pg_tell",
                                                      [PG_MATCH] = "pg_match",
                                                      [PG_STRLEN] = "pg_strlen",
                                                      [PG_COUNT_VALUE] = "pg_count_value",
                                                      [PG_VALUE_NUMBER] = "pg_value_number",
                                                      [PG_VALUE_BYTES] = "pg_value_bytes",
                                                      [PG_VALUE_TEXT] = "pg_value_text",
                                                      [PG_VALUE_ADDRESS] = "pg_value_address",
                                                      [PG_NOTE_BEGIN] = "pg_note_begin",
                                                      [PG_END] = "pg_end",
                                                      [PG_NUM_BITS] = "pg_num_bits"};

/* ---- instructions ---- */

/* @return where it is */
size_t put(assembler_t *as, int code, int dst, int src, int off, int32_t imm)
{
    program_t *program = as->program;
    struct bpf_insn *list = grow_list(program->insns, &program->capacity, program->num_insns, sizeof(*list));

    if (list == NULL) {
        as->out_of_memory = 1;
        return 0;
    }
    program->insns = list;
    list[program->num_insns] =
        (struct bpf_insn){.code = (uint8_t)code, .dst_reg = dst & 15, .src_reg = src & 15, .off = (int16_t)off, .imm = imm};
    return program->num_insns++;
}

void put_move(assembler_t *as, int dst, int src)
{
    put(as, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

void put_constant(assembler_t *as, int dst, uint64_t n)
{
    if (n == (uint64_t)(int64_t)(int32_t)n) {
        put(as, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, (int32_t)n);
    } else {
        put(as, BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, (int32_t)n);
        put(as, 0, 0, 0, 0, (int32_t)(n >> 32));
    }
}

void put_address(assembler_t *as, int dst, int base, int64_t n)
{
    if (n == (int32_t)n) {
        put_move(as, dst, base);
        if (n != 0)
            put(as, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, (int32_t)n);
    } else {
        put_constant(as, dst, (uint64_t)n);
        put(as, BPF_ALU64 | BPF_ADD | BPF_X, dst, base, 0, 0);
    }
}

void put_forget(assembler_t *as, int dst)
{
    put(as, BPF_LD | BPF_IMM | BPF_DW, R5, BPF_PSEUDO_MAP_VALUE, 0, as->state_fd);
    put(as, 0, 0, 0, 0, offsetof(struct pg_state, zero));
    put(as, BPF_LDX | BPF_MEM | BPF_DW, R5, R5, 0, 0);
    put(as, BPF_ALU64 | BPF_ADD | BPF_X, dst, R5, 0, 0);
}

void put_helper(assembler_t *as, int32_t number)
{
    put(as, BPF_JMP | BPF_CALL, 0, 0, 0, number);
}

static void want(assembler_t *as, size_t function)
{
    if (as->placed[function] != OUTSIDE)
        return;
    as->placed[function] = 0; /* later */
    as->wanted[as->num_wanted++] = function;
    as->is_too_large |= 1 + as->num_sites + as->num_wanted > MAX_FUNCTIONS;
}

/* A call whose target has its place at the end. */
static void open_call(assembler_t *as, size_t at, size_t function)
{
    open_call_t *list = grow_list(as->calls, &as->calls_capacity, as->num_calls, sizeof(*list));

    if (list == NULL) {
        as->out_of_memory = 1;
        return;
    }
    as->calls = list;
    list[as->num_calls++] = (open_call_t){at, function};
    want(as, function);
}

void put_call(assembler_t *as, size_t function)
{
    open_call(as, put(as, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0), function);
}

static void set_jump(assembler_t *as, size_t jump, size_t target)
{
    long distance = (long)target - (long)jump - 1;

    if (as->out_of_memory)
        return;
    as->program->insns[jump].off = (int16_t)distance;
    as->is_too_large |= distance != (int16_t)distance;
}

/* The jump leads to where the next instruction will be. */
void land(assembler_t *as, size_t jump)
{
    set_jump(as, jump, as->program->num_insns);
}

/* ---- operands ---- */

void put_sum(assembler_t *as, int dst, const struct pg_operand *how, int64_t disp)
{
    int has_base = how->base != PG_REG_NONE;

    if (has_base)
        put(as, BPF_LDX | BPF_MEM | BPF_DW, dst, CONTEXT, how->base * 8, 0);
    if (how->index != PG_REG_NONE) {
        int reg = has_base ? R2 : dst;
        put(as, BPF_LDX | BPF_MEM | BPF_DW, reg, CONTEXT, how->index * 8, 0);
        if (how->shift != 0)
            put(as, BPF_ALU64 | BPF_LSH | BPF_K, reg, 0, 0, how->shift & 63);
        if (has_base)
            put(as, BPF_ALU64 | BPF_ADD | BPF_X, dst, R2, 0, 0);
    } else if (!has_base) {
        put_constant(as, dst, (uint64_t)disp);
        put_forget(as, dst);
        return;
    }
    if (disp == (int32_t)disp && disp != 0) {
        put(as, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, (int32_t)disp);
    } else if (disp != 0) {
        put_constant(as, R2, (uint64_t)disp);
        put(as, BPF_ALU64 | BPF_ADD | BPF_X, dst, R2, 0, 0);
    }
}

/* Cuts r1 to the operand's size, extends it to 64 bits, and stores it. What was loaded from memory has been cut. */
static void put_value(assembler_t *as, const struct pg_operand *how, unsigned arg, int is_cut)
{
    int shift = 64 - how->size * 8, is_signed = (how->flags & PG_OPERAND_SIGNED) != 0;

    if (shift > 0 && (is_signed || !is_cut)) {
        put(as, BPF_ALU64 | BPF_LSH | BPF_K, R1, 0, 0, shift);
        put(as, BPF_ALU64 | (is_signed ? BPF_ARSH : BPF_RSH) | BPF_K, R1, 0, 0, shift);
    }
    if (how->flags & PG_OPERAND_FLOAT) {
        put_call(as, as->helpers[PG_WIDEN]);
        put_move(as, R1, R0);
    }
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, R1, CALL(args) + (int)arg * 8, 0);
}

/* Operands in memory that are read at once. */
typedef struct st_group_t {
    const struct pg_site *site;
    unsigned args[PG_MAX_ARGS], num;
    int64_t begin; /* the displacement of what is read */
    uint32_t size;
} group_t;

/* Where an operand is in what is read. Addresses wrap around, and so do displacements. */
static int64_t place_in(const group_t *group, const struct pg_operand *how)
{
    return (int64_t)((uint64_t)how->disp - (uint64_t)group->begin);
}

void put_load(assembler_t *as, unsigned size, int from)
{
    int width = size == 1 ? BPF_B : size == 2 ? BPF_H : size == 4 ? BPF_W : BPF_DW;

    put(as, BPF_LDX | BPF_MEM | width, R1, FRAME, CALL(memory) + from, 0);
}

void put_read(assembler_t *as, int32_t helper, int to, uint32_t size, int64_t from)
{
    put_address(as, R1, FRAME, CALL(memory) + to);
    put_constant(as, R2, size);
    put_address(as, R3, ADDRESS, from);
    put_helper(as, helper);
}

/* A helper that fails returns a negative number. The bits of the nulls are set without a branch, which the verifier would follow in
 * both ways through all that comes after it. */
static void put_null_if_failed(assembler_t *as, unsigned arg)
{
    put(as, BPF_ALU64 | BPF_RSH | BPF_K, R0, 0, 0, 63);
    put(as, BPF_ALU64 | BPF_LSH | BPF_K, R0, 0, 0, (int)arg);
    put(as, BPF_ALU64 | BPF_OR | BPF_X, NULLS, R0, 0, 0);
}

/* Notes what is read, for people. */
static void note_read(assembler_t *as, const group_t *group)
{
    program_t *program = as->program;
    program_read_t *list = grow_list(program->reads, &program->reads_capacity, program->num_reads, sizeof(*list));

    if (list == NULL) {
        as->out_of_memory = 1;
        return;
    }
    program->reads = list;
    list[program->num_reads] = (program_read_t){.site = program->num_sites, .disp = group->begin, .size = group->size};
    for (unsigned i = 0; i < group->num; ++i)
        list[program->num_reads].args |= 1u << group->args[i];
    ++program->num_reads;
}

static void put_group(assembler_t *as, const group_t *group)
{
    const struct pg_site *site = group->site;
    const struct pg_operand *first = site->args + group->args[0];
    size_t good;

    note_read(as, group);
    put_sum(as, ADDRESS, first, group->begin);
    put_read(as, BPF_FUNC_probe_read_user, 0, group->size, 0);
    good = put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0);
    for (unsigned i = 0; i < group->num; ++i) {
        const struct pg_operand *how = site->args + group->args[i];
        int from = (int)place_in(group, how);
        put_read(as, BPF_FUNC_copy_from_user, from, how->size, from);
        put_null_if_failed(as, group->args[i]);
    }
    land(as, good);
    for (unsigned i = 0; i < group->num; ++i) {
        const struct pg_operand *how = site->args + group->args[i];
        put_load(as, how->size, (int)place_in(group, how));
        put_value(as, how, group->args[i], 1);
    }
}

/* Whether two operands are at places whose distance is known. */
static int are_neighbours(const struct pg_operand *a, const struct pg_operand *b)
{
    return a->base == b->base && a->index == b->index && (a->index == PG_REG_NONE || a->shift == b->shift);
}

/* Whether a part of what an operand reads is read by another one in the group. Read one by one, one of them may fail and leave
 * zeros where the other has its value, or be null and have a part of that. */
static int overlaps(const group_t *group, int64_t from, unsigned size)
{
    for (unsigned i = 0; i < group->num; ++i) {
        const struct pg_operand *other = group->site->args + group->args[i];
        int64_t other_from = place_in(group, other);
        int is_same = other_from == from && other->size == size;
        if (!is_same && from < other_from + other->size && other_from < from + size)
            return 1;
    }
    return 0;
}

/* Adds an operand to a group, if it is near enough. What is loaded from the stack has to be aligned there. */
static int join(group_t *group, unsigned arg)
{
    const struct pg_operand *how = group->site->args + arg, *first = group->site->args + group->args[0];
    int64_t from = place_in(group, how), begin = 0, end = group->size; /* seen from the group's begin */

    if (!are_neighbours(how, first) || from < -PG_MAX_SPAN || from > PG_MAX_SPAN)
        return 0;
    if (from < 0)
        begin = -((-from + 7) / 8 * 8);
    if (from + how->size > end)
        end = from + how->size;
    if (end - begin > PG_MAX_SPAN || (from - begin) % how->size != 0 || overlaps(group, from, how->size))
        return 0;
    group->begin = (int64_t)((uint64_t)group->begin + (uint64_t)begin);
    group->size = (uint32_t)(end - begin);
    group->args[group->num++] = arg;
    return 1;
}

/* All operands in memory. @param arguments bits of those that are wanted and can be read */
static void put_memory(assembler_t *as, const struct pg_site *site, uint32_t arguments)
{
    for (unsigned i = 0; i < site->num_args; ++i) {
        group_t group = {.site = site, .args = {i}, .num = 1, .begin = site->args[i].disp, .size = site->args[i].size};
        if (!(arguments & 1u << i))
            continue;
        arguments &= ~(1u << i);
        for (unsigned j = 0; j < site->num_args; ++j) {
            if ((arguments & 1u << j) && join(&group, j))
                arguments &= ~(1u << j);
        }
        put_group(as, &group);
    }
}

/* ---- a site ---- */

/* Bits of the arguments that can be read at a site; `is_memory`: only those that are in memory. */
static uint32_t readable_at(const struct pg_site *site, int is_memory)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < site->num_args; ++i) {
        unsigned flags = site->args[i].flags;
        bits |= (uint32_t)((flags & PG_OPERAND_READABLE) && (!is_memory || (flags & PG_OPERAND_DEREF))) << i;
    }
    return bits;
}

static void put_no_argument(assembler_t *as, unsigned arg)
{
    put(as, BPF_ST | BPF_MEM | BPF_DW, FRAME, 0, CALL(args) + (int)arg * 8, 0);
}

void put_arguments(assembler_t *as, const struct pg_site *site, uint32_t arguments)
{
    uint32_t readable = readable_at(site, 0) & arguments, in_memory = readable_at(site, 1) & arguments;

    for (unsigned i = 0; i < site->num_args; ++i) {
        if ((arguments & ~readable) & 1u << i)
            put_no_argument(as, i);
    }
    put_memory(as, site, in_memory);
    for (unsigned i = 0; i < site->num_args; ++i) {
        if (!((readable & ~in_memory) & 1u << i))
            continue;
        put_sum(as, R1, site->args + i, site->args[i].disp);
        put_value(as, site->args + i, i, 0);
    }
}

/* Whether its events are no more than begins and ends: nobody shows them, or nothing of them is wanted. */
static int is_silent(const assemble_site_t *site)
{
    return site->is_silent || (site->connection != NULL && !connection_is_told(site->connection));
}

/* What the event begins and ends; what it has to be like; what it shows: what an earlier one needs is there already then. */
static void put_site(assembler_t *as, const assemble_site_t *of)
{
    const struct pg_site *site = of->how;
    assemble_lift_t lifts[ASSEMBLE_MAX_LIFTS];
    plan_t plan;
    uint32_t keys = of->pairs != NULL ? pairs_need(of->pairs) : 0;

    if (choose_plan(&plan, of) != 0)
        as->crowded = of->condition->probe->name;
    put_constant(as, NULLS, (of->needs | plan.args | keys) & ~readable_at(site, 0) & ((1u << site->num_args) - 1));
    put_forget(as, NULLS);
    if (of->pairs != NULL)
        put_pairs(as, of);
    if (of->connection != NULL && (!is_silent(of) || of->connection->leads))
        put_connection(as, of);
    if (is_silent(of))
        return;
    if (of->connection != NULL && (of->connection->by & PG_BY_ID))
        keys = 0; /* what connections are known by was put in their place */
    if (of->condition != NULL) {
        put_arguments(as, site, plan.args & ~keys);
        put_lifts(as, plan.lifts, plan.num_lifts);
        put_condition(as, of, &plan);
    }
    for (unsigned i = 0; i < site->num_args; ++i) {
        if (!(of->needs & 1u << i))
            put_no_argument(as, i);
    }
    put_arguments(as, site, of->needs & ~plan.args & ~keys);
    put_lifts(as, lifts, choose_other_lifts(&plan, of, lifts));
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, NULLS, CALL(nulls), 0);
    put_constant(as, R1, of->paths);
    put_forget(as, R1);
    put(as, BPF_STX | BPF_MEM | BPF_DW, FRAME, R1, CALL(paths), 0);
    if (of->told != NULL)
        put_tell(as, of);
}

/* ---- the whole ---- */

static void put_exit(assembler_t *as)
{
    put(as, BPF_ALU64 | BPF_MOV | BPF_K, R0, 0, 0, 0);
    put(as, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Leads each number of a site to the call of its function. */
static void put_search(assembler_t *as, size_t first, size_t end, size_t *calls)
{
    if (end - first == 1) {
        calls[first] = put(as, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
        put_exit(as);
        return;
    }
    size_t middle = first + (end - first) / 2, above = put(as, BPF_JMP | BPF_JGE | BPF_K, SITE_NUMBER, 0, 0, (int32_t)middle);
    put_search(as, first, middle, calls);
    land(as, above);
    put_search(as, middle, end, calls);
}

/*
 * Keeps the stack where it belongs: to the thread. Since 6.13 a kernel gives frames of more than 64 bytes a place for each
 * processor (bpf_enable_priv_stack() of its verifier), and relies on that no two threads run a program on one processor. At uprobes
 * nothing sees to that, and a program that sleeps lets others run: they would write into its struct pg_call. Programs with a tail
 * call are spared. So here is one that is never made; the verifier takes it away, but it has seen it.
 */
static void put_own_stack(assembler_t *as)
{
    put(as, BPF_ALU64 | BPF_MOV | BPF_K, R0, 0, 0, 0);
    size_t never = put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0);
    put_helper(as, BPF_FUNC_tail_call);
    land(as, never);
}

static void put_entry(assembler_t *as, size_t num_sites, size_t *calls)
{
    size_t to_exit[2], num_to_exit = 0;

    put_own_stack(as);
    put_move(as, CONTEXT, R1);
    put_address(as, R1, STACK, -(int)sizeof(struct pg_call));
    put_call(as, as->helpers[PG_BEGIN]);
    to_exit[num_to_exit++] = put(as, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0);
    /* where there is only one, that is it */
    if (num_sites != 1) {
        put_move(as, R1, CONTEXT);
        put_helper(as, BPF_FUNC_get_attach_cookie);
        put_move(as, SITE_NUMBER, R0);
        to_exit[num_to_exit++] = put(as, BPF_JMP | BPF_JGE | BPF_K, SITE_NUMBER, 0, 0, (int32_t)num_sites);
    }
    /* what a site gets: the context, and a struct pg_call on our stack */
    put_move(as, R1, CONTEXT);
    put_address(as, R2, STACK, -(int)sizeof(struct pg_call));
    put_search(as, 0, num_sites, calls);
    for (size_t i = 0; i < num_to_exit; ++i)
        land(as, to_exit[i]);
    put_exit(as);
}

/* What a function does; those that it calls are wanted, too. */
static void put_body(assembler_t *as, size_t number)
{
    const object_t *object = as->object;
    const object_function_t *function = object->functions + number;

    for (size_t i = 0; i < function->num_insns; ++i) {
        const struct bpf_insn *insn = object->insns + function->at + i;
        size_t at = put(as, insn->code, insn->dst_reg, insn->src_reg, insn->off, insn->imm);
        if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL) {
            size_t called = object_function_at(object, (size_t)((long)(function->at + i) + insn->imm + 1));
            if (called == object->num_functions)
                as->is_damaged = 1;
            else
                open_call(as, at, called);
        }
    }
}

static void put_function(assembler_t *as, size_t number)
{
    program_t *program = as->program;

    as->placed[number] = program->num_insns;
    program->functions[program->num_functions++] = (program_function_t){program->num_insns, as->object->functions[number].name};
    put_body(as, number);
}

static void close_calls(assembler_t *as)
{
    for (size_t i = 0; i < as->num_calls; ++i) {
        const open_call_t *call = as->calls + i;
        as->program->insns[call->at].imm = (int32_t)((long)as->placed[call->function] - (long)call->at - 1);
    }
}

/* Whether a site has to fetch nothing. */
static int is_bare(const assemble_site_t *site)
{
    if (is_silent(site))
        return site->pairs == NULL && (site->connection == NULL || !site->connection->leads);
    return site->count != NULL && site->count->by == NULL && site->condition == NULL && site->connection == NULL &&
           site->pairs == NULL;
}

static void put_ending(assembler_t *as, const assemble_site_t *site, size_t function)
{
    if (is_silent(site)) {
        as->program->bodies[as->program->num_sites] = as->program->num_insns;
        if (site->connection == NULL || !site->connection->leads)
            put_exit(as); /* else what has been put for its connection has ended it */
        return;
    }
    if (site->count == NULL) {
        put_move(as, R1, FRAME);
        as->program->bodies[as->program->num_sites] = as->program->num_insns;
        put_body(as, function);
        return;
    }
    as->program->bodies[as->program->num_sites] = as->program->num_insns;
    put_count(as, site);
    put_exit(as);
}

/*
 * Each site is a function: its own code, and what the function of its probe does. That is not called but repeated: the verifier
 * goes through it for each call anyhow, and a frame less is less for it to keep and to compare. @param calls of it, in the entry
 */
static void put_sites(assembler_t *as, const assemble_site_t *sites, size_t num, const size_t *calls)
{
    program_t *program = as->program;

    program->places = malloc((num + 1) * sizeof(*program->places));
    program->bodies = malloc((num + 1) * sizeof(*program->bodies));
    if (program->places == NULL || program->bodies == NULL)
        as->out_of_memory = 1;
    for (size_t i = 0; i < num && !as->out_of_memory; ++i) {
        size_t function = object_function_named(as->object, sites[i].function);
        if (function == as->object->num_functions) {
            as->is_damaged = 1;
            break;
        }
        program->places[i] = program->num_insns;
        program->insns[calls[i]].imm = (int32_t)(program->num_insns - calls[i] - 1);
        put_move(as, CONTEXT, R1);
        put_move(as, FRAME, R2);
        if (!is_bare(sites + i))
            put_site(as, sites + i);
        put_ending(as, sites + i, function);
        program->places[++program->num_sites] = program->num_insns;
    }
}

static int begin(assembler_t *as, reason_t *reason)
{
    const object_t *object = as->object;
    size_t num = object->num_functions;

    as->placed = malloc((num + 1) * sizeof(*as->placed));
    as->wanted = malloc((num + 1) * sizeof(*as->wanted));
    if (as->placed == NULL || as->wanted == NULL)
        return reason_set(reason, "out of memory");
    for (size_t i = 0; i < num; ++i)
        as->placed[i] = OUTSIDE;
    for (int i = 0; i < NUM_HELPERS; ++i) {
        if ((as->helpers[i] = object_function_named(object, helper_names[i])) == num)
            return reason_set(reason, "the BPF object of this tracer is damaged: it has no %s()", helper_names[i]);
    }
    return 0;
}

/* What the code so far calls, and what that calls. */
static int put_functions(assembler_t *as, reason_t *reason)
{
    as->program->functions = malloc((as->object->num_functions + 1) * sizeof(*as->program->functions));
    if (as->program->functions == NULL)
        return reason_set(reason, "out of memory");
    for (size_t i = 0; i < as->num_wanted && !as->out_of_memory; ++i)
        put_function(as, as->wanted[i]);
    if (as->out_of_memory)
        return reason_set(reason, "out of memory");
    if (as->is_damaged)
        return reason_set(reason, "the BPF object of this tracer is damaged: a function is missing");
    if (as->crowded != NULL)
        return reason_set(reason, "-e asks for more members of structs than an event of '%s' has room for", as->crowded);
    close_calls(as);
    return 0;
}

static int make(assembler_t *as, const assemble_site_t *sites, size_t num, reason_t *reason)
{
    size_t *calls = calloc(num + 1, sizeof(*calls)); /* of the sites */

    if (calls == NULL)
        return reason_set(reason, "out of memory");
    as->num_sites = num;
    put_entry(as, num, calls);
    put_sites(as, sites, num, calls);
    free(calls);
    return put_functions(as, reason);
}

static void end(assembler_t *as)
{
    free(as->placed);
    free(as->wanted);
    free(as->calls);
}

int assemble_function(program_t *program, const object_t *object, const char *name, reason_t *reason)
{
    assembler_t as = {.program = program, .object = object, .state_fd = -1};
    size_t function = object_function_named(object, name);
    int failed;

    *program = (program_t){0};
    if (function == object->num_functions)
        return reason_set(reason, "the BPF object of this tracer is damaged: it has no %s()", name);
    failed = begin(&as, reason) != 0;
    if (!failed) {
        put_call(&as, function);
        put(&as, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
        failed = put_functions(&as, reason) != 0;
    }
    end(&as);
    return failed ? -1 : 0;
}

long assemble(program_t *program, const object_t *object, int state_fd, const assemble_site_t *sites, size_t num_sites,
              reason_t *reason)
{
    size_t num = num_sites < ASSEMBLE_MAX_SITES ? num_sites : ASSEMBLE_MAX_SITES;

    *program = (program_t){0};
    for (;; num = num / 4 * 3 + num % 4 / 2) {
        assembler_t as = {.program = program, .object = object, .state_fd = state_fd};
        int failed = begin(&as, reason) != 0 || make(&as, sites, num, reason) != 0;
        end(&as);
        if (failed)
            return -1;
        if (!as.is_too_large || num == 1)
            return (long)num;
        program_dispose(program);
    }
}

void program_make_nonsleepable(program_t *program)
{
    for (size_t i = 0; i < program->num_insns; ++i) {
        struct bpf_insn *insn = program->insns + i;
        if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == 0 && insn->imm == BPF_FUNC_copy_from_user)
            insn->imm = BPF_FUNC_probe_read_user;
    }
}

void program_dispose(program_t *program)
{
    free(program->insns);
    free(program->places);
    free(program->bodies);
    free(program->functions);
    free(program->reads);
    *program = (program_t){0};
}
