/*
 * ASSERTION: the program that is made for sites does at each of them what struct pg_operand says: arguments and nulls are those of
 * a plain evaluation, whatever the target's memory is like; neighbours in memory are read at once, and what nobody needs
 * not at all; fields of structs are those at the ends of their paths; every number of a site leads to its code, and no program is
 * larger than a kernel takes.
 */

#include "assemble/assemble.h"
#include "bpf_machine.h"
#include "tap.h"

#define STATE_FD 77
#define MAX_FUNCTIONS 256 /* of one program: BPF_MAX_SUBPROGS of the kernel */
#define SITE_AT(list) (list), sizeof(list) / sizeof((list)[0])

enum {
    READABLE = PG_OPERAND_READABLE,
    DEREF = PG_OPERAND_DEREF,
    SIGNED = PG_OPERAND_SIGNED,
    TEXT = PG_OPERAND_TEXT,
    FLOAT = PG_OPERAND_FLOAT,
    NONE = PG_REG_NONE
};
enum {
    BEGIN,
    WIDEN,
    COUNT_FILTERED,
    MATCH,
    STRLEN,
    WANTED_ID,
    WANTED_ADDRESS,
    SAMPLED,
    NOTE_KNOWN,
    IS_KNOWN,
    PEER,
    LEAD,
    FOLLOW_THREAD,
    COUNT_VALUE,
    VALUE_NUMBER,
    VALUE_BYTES,
    VALUE_TEXT,
    VALUE_ADDRESS,
    NOTE_BEGIN,
    END,
    NUM_BITS,
    TELL,
    IS_REFUSED,
    REFUSE,
    NUM_HELPERS
}; /* functions of the object that have no probe */

/* ---- an object, by hand ---- */

#define MAX_PROBES 400

static object_t object;

static char names[MAX_PROBES][32];

/* Each function of the object begins with its number, from here on. */
#define MARK 1000000

/* @return the number of the function that begins with an instruction; -1: none does */
static int function_of(const struct bpf_insn *insn)
{
    return insn->code == (BPF_ALU64 | BPF_MOV | BPF_K) && insn->dst_reg == 0 && insn->imm >= MARK ? insn->imm - MARK : -1;
}

/* The functions of probes call `num_calls` functions of their own. */
static void make_object(size_t num_probes, size_t num_calls)
{
    size_t num = NUM_HELPERS + num_probes * (1 + num_calls), at = 0;

    object = (object_t){.functions = calloc(num, sizeof(*object.functions)),
                        .insns = calloc(num * (2 + num_calls), sizeof(*object.insns)),
                        .num_functions = num};
    if (object.functions == NULL || object.insns == NULL || num_probes > MAX_PROBES)
        bail_out("out of memory");
    for (size_t i = 0; i < num; ++i) {
        static const char *const helpers[] = {"pg_begin",
                                              "pg_widen",
                                              "pg_count_filtered",
                                              "pg_match",
                                              "pg_strlen",
                                              "pg_is_wanted_id",
                                              "pg_is_wanted_address",
                                              "pg_is_sampled",
                                              "pg_note_known",
                                              "pg_is_known",
                                              "pg_peer",
                                              "pg_lead",
                                              "pg_follow_thread",
                                              "pg_count_value",
                                              "pg_value_number",
                                              "pg_value_bytes",
                                              "pg_value_text",
                                              "pg_value_address",
                                              "pg_note_begin",
                                              "pg_end",
                                              "pg_num_bits",
                                              "pg_tell",
                                              "pg_is_refused",
                                              "pg_refuse"};
        int is_probe = i >= NUM_HELPERS && i < NUM_HELPERS + num_probes;
        object_function_t *function = object.functions + i;
        *function = (object_function_t){.name = i < NUM_HELPERS ? helpers[i] : "own", .at = at, .num_insns = 2};
        object.insns[at++] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = MARK + (int32_t)i};
        if (is_probe) {
            snprintf(names[i - NUM_HELPERS], sizeof(names[0]), "on_%zu", i - NUM_HELPERS);
            function->name = names[i - NUM_HELPERS];
            function->num_insns += num_calls;
        }
        for (size_t j = 0; is_probe && j < num_calls; ++j, ++at) {
            size_t target = 2 * NUM_HELPERS + num_probes * (2 + num_calls) + ((i - NUM_HELPERS) * num_calls + j) * 2;
            object.insns[at] = (struct bpf_insn){
                .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = (int32_t)((long)target - (long)at - 1)};
        }
        object.insns[at++] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
    }
    object.num_insns = at;
}

/* ---- the target's memory ---- */

enum { RESIDENT, ABSENT, HOLE }; /* what a page is; ABSENT: it has to be faulted in */

static struct {
    uint64_t number;
    int kind;
} pages[8];
static size_t num_pages;
static int is_patchy; /* all other pages are of any kind; else resident */

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static int kind_of(uint64_t number)
{
    for (size_t i = 0; i < num_pages; ++i) {
        if (pages[i].number == number)
            return pages[i].kind;
    }
    if (!is_patchy)
        return RESIDENT;
    uint64_t x = mix(number + 1) % 8;
    return x == 0 ? HOLE : x < 3 ? ABSENT : RESIDENT;
}

static void set_page(uint64_t address, int kind)
{
    pages[num_pages].number = address >> 12;
    pages[num_pages++].kind = kind;
}

/* Some words are 0: null pointers. */
static int read_memory(void *to, size_t size, uint64_t address, int faults)
{
    uint64_t last = address + size - 1;

    if (last < address)
        return 0;
    for (uint64_t page = address >> 12; page <= last >> 12; ++page) {
        if (kind_of(page) == HOLE || (kind_of(page) == ABSENT && !faults))
            return 0;
    }
    for (size_t i = 0; i < size; ++i)
        ((unsigned char *)to)[i] = mix((address + i) >> 3) % 5 != 0 ? (unsigned char)mix((address + i) * 3) : 0;
    return 1;
}

/* ---- what functions of the object do ---- */

static uint64_t widen(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float single;
    double number;

    memcpy(&single, &low, sizeof(single));
    number = single;
    memcpy(&bits, &number, sizeof(bits));
    return bits;
}

/* One firing: which function was called for it, and what it got. */
typedef struct st_firing_t {
    const program_t *program;
    size_t function; /* 0: none */
    int is_ours;
    struct pg_call call;
    unsigned char is_written[sizeof(struct pg_call)];
} firing_t;

static const uint64_t call_at = MACHINE_STACK_END - sizeof(struct pg_call);
#define CALL_MEMBER(machine, member, is_write)                                                                                     \
    machine_stack(machine, call_at + offsetof(struct pg_call, member), sizeof(((struct pg_call *)NULL)->member), is_write)

static uint64_t play_begin(machine_t *machine, const firing_t *firing)
{
    static const uint32_t tid = 4711;
    void *to = CALL_MEMBER(machine, tid, 1);

    if (to != NULL)
        memcpy(to, &tid, sizeof(tid));
    return (uint64_t)firing->is_ours;
}

/* What the function of a probe does is a part of the site's. */
static void play_probe(machine_t *machine)
{
    firing_t *firing = machine->data;
    int function = function_of(machine->insns + machine->pc);

    if (function < 0)
        return;
    if (firing->function != 0 || function < NUM_HELPERS)
        machine_fault(machine, "function %d is there", function);
    if (machine_reg(machine, 1) != call_at)
        machine_fault(machine, "function %d gets another struct pg_call", function);
    firing->function = (size_t)function;
    memcpy(&firing->call, machine->stack + MACHINE_STACK - sizeof(struct pg_call), sizeof(struct pg_call));
    memcpy(firing->is_written, machine->is_written + MACHINE_STACK - sizeof(struct pg_call), sizeof(struct pg_call));
    CALL_MEMBER(machine, nulls, 0);
    CALL_MEMBER(machine, paths, 0);
    CALL_MEMBER(machine, tid, 0);
}

/* What a site has told of what its event begins and ends. */
static struct {
    unsigned num;
    struct st_told_t {
        int is_end;
        struct pg_begin_key key;
        uint64_t nulls, map;
    } list[ASSEMBLE_MAX_ROLES];
} told;

/* What is left of an end: whether there is a duration, and which. */
static int has_duration(uint64_t map)
{
    return mix(map) % 3 != 0;
}

static uint64_t duration_of(uint64_t map)
{
    return has_duration(map) ? mix(map + 1) >> 1 : mix(map + 1) & 1;
}

static uint64_t play_pair(machine_t *machine, int is_end)
{
    char *memory =
        (char *)machine_stack(machine, call_at + offsetof(struct pg_call, memory) + 4, sizeof(struct pg_begin_key) - 4, 0);
    struct st_told_t *to = told.list + told.num;
    uint64_t map = machine_reg(machine, 4), duration = duration_of(map);

    if (told.num == ASSEMBLE_MAX_ROLES || memory == NULL || machine_reg(machine, 2) != MACHINE_TIME) {
        machine_fault(machine, "a begin or end too many, or of another time");
        return 0;
    }
    ++told.num;
    *to = (struct st_told_t){.is_end = is_end, .nulls = machine_reg(machine, 3), .map = map};
    memcpy((char *)&to->key + 4, memory, sizeof(to->key) - 4);
    void *value = machine_stack(machine, call_at + offsetof(struct pg_call, memory) + sizeof(struct pg_begin_key), 8, 1);
    if (value != NULL)
        memcpy(value, &duration, sizeof(duration));
    return is_end ? !has_duration(map) : 0;
}

static uint64_t play(machine_t *machine, size_t target)
{
    firing_t *firing = machine->data;
    int number = target < firing->program->num_insns ? function_of(firing->program->insns + target) : -1;

    if (number < 0) {
        machine_fault(machine, "a call of instruction %zu, where no function begins", target);
        return 0;
    }
    if (number >= NUM_HELPERS) {
        if (firing->function == 0 || strcmp(object.functions[number].name, "own") != 0)
            machine_fault(machine, "function %d is called", number);
        return 0;
    }
    uint64_t first = machine_reg(machine, 1);
    if (number == WIDEN) {
        if (first >> 32 != 0)
            machine_fault(machine, "more than 4 bytes are widened");
        return widen(first);
    }
    if (first != call_at)
        machine_fault(machine, "a function gets another struct pg_call");
    if (number == NOTE_BEGIN || number == END)
        return play_pair(machine, number == END);
    return play_begin(machine, firing);
}

/* ---- a plain evaluation ---- */

static uint64_t value_of(const struct pg_operand *how, const uint64_t *regs, int *failed)
{
    uint64_t x = (uint64_t)how->disp;

    x += how->base != NONE ? regs[how->base] : 0;
    x += how->index != NONE ? regs[how->index] << how->shift : 0;
    if (how->flags & DEREF) {
        uint64_t address = x;
        x = 0;
        *failed = !read_memory(&x, how->size, address, 1);
        x = *failed ? 0 : x;
    }
    if (how->size < 8) {
        uint64_t sign = 1ull << (how->size * 8 - 1);
        x &= sign * 2 - 1;
        if ((how->flags & SIGNED) && (x & sign))
            x |= ~(sign * 2 - 1);
    }
    return how->flags & FLOAT ? widen(x) : x;
}

/* Follows the pointers of a path. @return whether there is an end; if not, *value says why */
static int follow(const struct pg_path *path, uint64_t address, uint64_t *value)
{
    for (unsigned i = 0; i + 1 < path->num_hops; ++i) {
        uint64_t next = 0;
        *value = address != 0;
        if (address == 0 || !read_memory(&next, sizeof(next), address + path->offsets[i], 1))
            return 0;
        address = next;
    }
    *value = address;
    return address != 0;
}

/* @return whether it is null; then *value says whether that is because memory could not be read */
static int lift(const assemble_lift_t *how, uint64_t address, uint64_t *value)
{
    const struct pg_path *path = how->path;
    uint64_t x = 0;

    *value = 0;
    if (!how->is_shown || path->num_hops == 0)
        return how->is_shown;
    if (!follow(path, address, value))
        return 1;
    *value += path->offsets[path->num_hops - 1];
    if (path->size == 0)
        return 0;
    if (!read_memory(&x, path->size, *value, 1)) {
        *value = 1;
        return 1;
    }
    x = x << path->left >> path->right;
    if (path->is_signed && path->right != 0 && x >> (63 - path->right))
        x |= UINT64_MAX << (64 - path->right);
    *value = path->is_float && path->size == 4 ? widen(x) : x;
    return 0;
}

/* Of an operand, whether anybody needs it or not. @return whether it is null */
static int evaluate_operand(const struct pg_operand *how, const uint64_t *regs, uint64_t *value)
{
    int failed = 0;

    *value = how->flags & READABLE ? value_of(how, regs, &failed) : 0;
    return failed || !(how->flags & READABLE);
}

/* Durations, and the nulls of what keys are made of. */
static void evaluate_pairs(struct pg_call *call, const assemble_site_t *site, const uint64_t *regs)
{
    const assemble_pairs_t *pairs = site->pairs;

    if (pairs == NULL)
        return;
    call->words[pairs->time_word] = MACHINE_TIME;
    for (unsigned i = 0; i < pairs->num; ++i) {
        const assemble_pair_t *pair = pairs->list + i;
        uint64_t map = MACHINE_MAP + (uint64_t)pair->begun_fd, value;
        for (unsigned n = 0; n < pair->num_keys; ++n) {
            const assemble_key_t *key = pair->keys + n;
            if (!key->is_thread)
                call->nulls |= (uint64_t)evaluate_operand(site->how->args + key->arg, regs, &value) << key->arg;
        }
        if (pair->is_end) {
            call->words[pair->word] = duration_of(map);
            call->nulls |= (uint64_t)!has_duration(map) << pair->bit;
        }
    }
}

static void evaluate(struct pg_call *call, const assemble_site_t *site, const uint64_t *regs)
{
    *call = (struct pg_call){.paths = site->paths, .tid = 4711};
    for (unsigned i = 0; i < site->how->num_args; ++i) {
        const struct pg_operand *how = site->how->args + i;
        int failed = 0;
        if (!(site->needs & 1u << i))
            continue;
        if (!(how->flags & READABLE)) {
            call->nulls |= 1ull << i;
            continue;
        }
        call->args[i] = value_of(how, regs, &failed);
        call->nulls |= (uint64_t)failed << i;
    }
    for (unsigned i = 0; i < site->num_lifts; ++i) {
        const assemble_lift_t *how = site->lifts + i;
        uint64_t value;
        call->nulls |= (uint64_t)lift(how, call->args[how->arg], &value) << how->bit;
        call->words[how->word] = value;
    }
    evaluate_pairs(call, site, regs);
}

/* ---- what was made ---- */

static program_t program;
static reason_t reason;
static unsigned num_bad;

static __attribute__((format(printf, 2, 3))) void bad(size_t site, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (++num_bad < 10)
        diag("site %zu: %s", site, text);
}

/* Where the code of the sites ends, and functions of the object begin. */
static size_t own_size(void)
{
    return program.places[program.num_sites];
}

/* What a kernel asks of functions before it follows values: each is left by its exit alone, and nothing in it is out of reach. */
static void check_reach(size_t num)
{
    char *is_reached = calloc(num + 1, 1);
    size_t *open = calloc(num + 1, sizeof(*open)), num_open = 0;

    if (is_reached == NULL || open == NULL)
        bail_out("out of memory");
    open[num_open++] = 0;
    is_reached[0] = 1;
    while (num_open != 0) {
        size_t at = open[--num_open], next[2] = {at + 1, at + 1};
        const struct bpf_insn *insn = program.insns + at;
        int is_jump = BPF_CLASS(insn->code) == BPF_JMP || BPF_CLASS(insn->code) == BPF_JMP32;
        if (insn->code == (BPF_LD | BPF_IMM | BPF_DW)) {
            is_reached[at + 1] = 1;
            next[0] = next[1] = at + 2;
        } else if (insn->code == (BPF_JMP | BPF_EXIT)) {
            continue;
        } else if (is_jump && BPF_OP(insn->code) != BPF_CALL) {
            next[1] = at + 1 + (size_t)insn->off;
            next[0] = insn->code == (BPF_JMP | BPF_JA) ? next[1] : next[0];
        } else if (is_jump && insn->src_reg == BPF_PSEUDO_CALL && at + 1 + (size_t)insn->imm < num) {
            next[1] = at + 1 + (size_t)insn->imm; /* of a site */
        }
        for (int i = 0; i < 2; ++i) {
            if (next[i] >= num)
                bad(0, "instruction %zu leads to %zd of %zu", at, (ssize_t)next[i], num);
            else if (!is_reached[next[i]])
                is_reached[open[num_open++] = next[i]] = 1;
        }
    }
    for (size_t i = 0; i < num; ++i) {
        if (!is_reached[i])
            bad(0, "instruction %zu cannot be reached", i);
    }
    free(is_reached);
    free(open);
}

/* Bits of the arguments that it has a use for. */
static uint32_t used_args(const assemble_site_t *site)
{
    uint32_t args = site->is_silent ? 0 : site->needs;

    for (unsigned i = 0; site->pairs != NULL && i < site->pairs->num; ++i) {
        for (unsigned n = 0; n < site->pairs->list[i].num_keys; ++n)
            args |= (uint32_t)!site->pairs->list[i].keys[n].is_thread << site->pairs->list[i].keys[n].arg;
    }
    return args;
}

/* What the program says of itself, for people. */
static void check_account(const assemble_site_t *sites, size_t num)
{
    size_t own = own_size(), next = 0;

    if (program.num_sites != num)
        bad(0, "the program is for %zu sites, not %zu", program.num_sites, num);
    for (size_t i = 0; i < num; ++i) {
        uint32_t in_memory = 0, read = 0;
        if (program.places[i] >= program.places[i + 1] || program.places[i + 1] > own)
            bad(i, "its code is from %zu to %zu", program.places[i], program.places[i + 1]);
        int has_body = !sites[i].is_silent;
        if (program.bodies[i] <= program.places[i] || program.bodies[i] >= program.places[i + 1] ||
            (has_body && function_of(program.insns + program.bodies[i]) < NUM_HELPERS))
            bad(i, "what the function of its probe does is not at %zu", program.bodies[i]);
        for (unsigned j = 0; j < sites[i].how->num_args; ++j) {
            int is_read =
                (sites[i].how->args[j].flags & (READABLE | DEREF)) == (READABLE | DEREF) && (used_args(sites + i) & 1u << j);
            in_memory |= (uint32_t)is_read << j;
        }
        for (; next < program.num_reads && program.reads[next].site == i; ++next) {
            const program_read_t *at = program.reads + next;
            if (at->size > PG_MAX_SPAN || at->size == 0 || (at->args & read) != 0 || at->args == 0)
                bad(i, "arguments %x are read: %u bytes", at->args, at->size);
            read |= at->args;
        }
        if (read != in_memory)
            bad(i, "arguments %x are read, not %x", read, in_memory);
    }
    if (next != program.num_reads)
        bad(num, "there are more reads");
    for (size_t i = own, number = 0; i < program.num_insns; ++i) {
        int function = function_of(program.insns + i);
        if (function < 0)
            continue;
        if (number == program.num_functions || program.functions[number].at != i ||
            program.functions[number].name != object.functions[function].name)
            bad(0, "function %zu is not that at %zu", number, i);
        ++number;
    }
}

/* Makes a program for all sites that fit. @return how many */
static size_t make(const assemble_site_t *sites, size_t num)
{
    program_dispose(&program);
    reason.text[0] = '\0';
    long done = assemble(&program, &object, STATE_FD, sites, num, &reason);

    if (done <= 0 || (size_t)done > num) {
        bad(0, "no program: %ld %s", done, reason.text);
        return 0;
    }
    check_reach(own_size());
    check_account(sites, (size_t)done);
    if (1 + program.num_sites + program.num_functions > MAX_FUNCTIONS)
        bad(0, "%zu functions", 1 + program.num_sites + program.num_functions);
    return (size_t)done;
}

static machine_t machine;
static firing_t firing;

static void fire(uint64_t cookie)
{
    firing = (firing_t){.program = &program, .is_ours = 1};
    machine.insns = program.insns;
    machine.num_insns = own_size();
    machine.state_fd = STATE_FD;
    machine.cookie = cookie;
    machine.call = play;
    machine.step = play_probe;
    machine.read = read_memory;
    machine.data = &firing;
    memset(machine.stack, 0xa5, sizeof(machine.stack));
    told.num = 0;
    machine_run(&machine);
    if (machine.fault[0] != '\0')
        bad((size_t)cookie, "%s", machine.fault);
    if (machine.lowest < MACHINE_STACK - sizeof(struct pg_call))
        bad((size_t)cookie, "%zu bytes of the stack are used", MACHINE_STACK - machine.lowest);
}

static void describe(const struct pg_operand *how, char text[96])
{
    snprintf(text, 96, "%lld + r%u + (r%u << %u), %u bytes, flags %x", (long long)how->disp, how->base, how->index, how->shift,
             how->size, how->flags);
}

static void check_lift(size_t number, const assemble_lift_t *how, const struct pg_call *expected)
{
    const struct pg_path *path = how->path;

    if (firing.call.words[how->word] != expected->words[how->word])
        bad(number, "word %u is %llx, not %llx: argument %u, %u hops, %u bytes at %u, left %u, right %u", how->word,
            (unsigned long long)firing.call.words[how->word], (unsigned long long)expected->words[how->word], how->arg,
            path->num_hops, path->size, path->num_hops != 0 ? path->offsets[path->num_hops - 1] : 0, path->left, path->right);
    if (!firing.is_written[offsetof(struct pg_call, words) + how->word * sizeof(uint64_t)])
        bad(number, "word %u is not there", how->word);
}

/* Fires a site of the program, and compares. */
static void check_site(const assemble_site_t *sites, size_t number)
{
    const assemble_site_t *site = sites + number;
    struct pg_call expected;

    evaluate(&expected, site, machine.context);
    fire(number);
    if (firing.function == 0 || strcmp(object.functions[firing.function].name, site->function) != 0) {
        bad(number, "%s is there, not %s", firing.function != 0 ? object.functions[firing.function].name : "nothing",
            site->function);
        return;
    }
    for (unsigned i = 0; i < PG_MAX_ARGS; ++i) {
        char text[96];
        describe(site->how->args + i, text);
        /* nobody looks at what is not declared, and it is not written */
        if (firing.is_written[offsetof(struct pg_call, args) + i * sizeof(uint64_t)] != (i < site->how->num_args))
            bad(number, "argument %u is%s there", i, i < site->how->num_args ? " not" : "");
        if (i < site->how->num_args && firing.call.args[i] != expected.args[i])
            bad(number, "argument %u is %llx, not %llx: %s", i, (unsigned long long)firing.call.args[i],
                (unsigned long long)expected.args[i], text);
    }
    for (unsigned i = 0; i < site->num_lifts; ++i)
        check_lift(number, site->lifts + i, &expected);
    if (firing.call.nulls != expected.nulls)
        bad(number, "nulls are %llx, not %llx", (unsigned long long)firing.call.nulls, (unsigned long long)expected.nulls);
    if (firing.call.paths != expected.paths || firing.call.tid != expected.tid)
        bad(number, "paths %llu, thread %u", (unsigned long long)firing.call.paths, firing.call.tid);
}

/* ---- sites ---- */

static struct pg_site hows[1000];
static assemble_site_t sites[1000];

/* A site with these operands, all of them needed. */
static assemble_site_t *set_site(size_t number, const char *function, const struct pg_operand *args, size_t num_args)
{
    hows[number] = (struct pg_site){.num_args = (uint16_t)num_args};
    for (size_t i = 0; i < PG_MAX_ARGS; ++i)
        hows[number].args[i] = i < num_args ? args[i] : (struct pg_operand){.base = NONE, .index = NONE};
    sites[number] =
        (assemble_site_t){.how = hows + number, .function = function, .needs = (1u << num_args) - 1, .paths = number * 7};
    return sites + number;
}

static void forget_pages(void)
{
    num_pages = 0;
    is_patchy = 0;
}

/* ---- single operands ---- */

static const uint64_t limits[] = {0,
                                  1,
                                  2,
                                  0x7f,
                                  0x80,
                                  0xff,
                                  0x100,
                                  0x7fff,
                                  0x8000,
                                  0xffff,
                                  0x7fffffff,
                                  0x80000000,
                                  0xffffffff,
                                  0x100000000,
                                  0x7ffffffff000,
                                  0x7fffffffffffffff,
                                  0x8000000000000000,
                                  0x8182838485868788,
                                  0xffffffff7fffffff,
                                  0xffffffff80000000,
                                  0xffffffffffffffff};
#define NUM_LIMITS (sizeof(limits) / sizeof(limits[0]))

/* Sizes and kinds of one place, with two registers and a shift, as it may be; one site for each limit of the displacement. */
static size_t set_single_sites(uint8_t base, uint8_t index, uint8_t shift, uint8_t flags)
{
    static const struct {
        uint8_t size, flags;
    } kinds[] = {{1, 0}, {1, SIGNED}, {2, 0},     {2, SIGNED}, {4, 0},   {4, SIGNED},
                 {8, 0}, {8, SIGNED}, {4, FLOAT}, {8, TEXT},   {4, TEXT}};
    struct pg_operand args[sizeof(kinds) / sizeof(kinds[0])];

    for (size_t i = 0; i < NUM_LIMITS; ++i) {
        for (size_t j = 0; j < sizeof(kinds) / sizeof(kinds[0]); ++j)
            args[j] = (struct pg_operand){.disp = (int64_t)limits[i],
                                          .base = base,
                                          .index = index,
                                          .shift = shift,
                                          .size = kinds[j].size,
                                          .flags = READABLE | flags | kinds[j].flags};
        set_site(i, "on_0", SITE_AT(args));
    }
    return NUM_LIMITS;
}

static void check_single(uint8_t base, uint8_t index, uint8_t shift, uint8_t flags)
{
    size_t num = set_single_sites(base, index, shift, flags), done = make(sites, num);

    if (done != num)
        bad(0, "the program is for %zu sites", done);
    for (size_t i = 0; i < NUM_LIMITS; ++i) {
        for (size_t j = 0; j < PG_NUM_REGS; ++j)
            machine.context[j] = limits[(i + j * 5) % NUM_LIMITS];
        for (size_t j = 0; j < done; ++j)
            check_site(sites, j);
    }
}

static void test_singles(void)
{
    static const uint8_t last = PG_NUM_REGS - 1;
    static const struct {
        uint8_t base, index, shift;
        const char *what;
    } forms[] = {
        {NONE, NONE, 0, "a number"},
        {0, NONE, 0, "the first register"},
        {last, NONE, 0, "the last register"},
        {5, 11, 0, "two registers"},
        {5, 11, 1, "two registers, shifted by 1"},
        {5, 11, 2, "two registers, shifted by 2"},
        {5, 11, 3, "two registers, shifted by 3"},
        {5, 11, 4, "two registers, shifted by 4"},
        {7, 7, 3, "one register twice"},
        {NONE, 13, 0, "an index"},
        {NONE, 13, 3, "an index, shifted"},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); ++i) {
        num_bad = 0;
        forget_pages();
        check_single(forms[i].base, forms[i].index, forms[i].shift, 0);
        ok(num_bad == 0, "%s: as a value", forms[i].what);
        num_bad = 0;
        check_single(forms[i].base, forms[i].index, forms[i].shift, DEREF);
        ok(num_bad == 0, "... as a place in memory");
        num_bad = 0;
        is_patchy = 1;
        check_single(forms[i].base, forms[i].index, forms[i].shift, DEREF);
        ok(num_bad == 0, "... where not all of it is there");
    }
}

/* ---- what is not read ---- */

static void test_not_read(void)
{
    static const struct pg_operand memory = {.base = 1, .index = NONE, .size = 8, .flags = READABLE | DEREF},
                                   reg = {.base = 2, .index = NONE, .size = 8, .flags = READABLE | TEXT},
                                   unknown = {.base = NONE, .index = NONE, .size = 8};
    const struct pg_operand args[] = {memory, reg, unknown, memory, reg, unknown};

    num_bad = 0;
    forget_pages();
    machine.context[1] = 0x10000;
    machine.context[2] = 0x20001;
    for (uint32_t needs = 0; needs < 1u << 6; ++needs) {
        assemble_site_t *site = set_site(0, "on_0", SITE_AT(args));
        site->needs = needs;
        make(sites, 1);
        check_site(sites, 0);
        unsigned num = (needs & 0x09) != 0;
        if (machine.num_reads != num || machine.num_single_reads != 0)
            bad(0, "needed is %x: %u reads", needs, machine.num_reads);
        set_page(0x10000, HOLE);
        check_site(sites, 0);
        num = (needs & 1) + (needs >> 3 & 1);
        if (machine.num_reads != (num != 0) || machine.num_single_reads != num)
            bad(0, "needed is %x: %u single reads", needs, machine.num_single_reads);
        forget_pages();
    }
    ok(num_bad == 0, "what is not needed is 0, and nothing is read for it; what cannot be read is null, if it is needed");
}

/* ---- neighbours in memory ---- */

#define AT(where, bytes)                                                                                                           \
    {                                                                                                                              \
        .disp = (where), .base = 3, .index = NONE, .size = (bytes), .flags = READABLE | DEREF                                      \
    }
#define INDEXED(where, by, bytes)                                                                                                  \
    {                                                                                                                              \
        .disp = (where), .base = 3, .index = 4, .shift = (by), .size = (bytes), .flags = READABLE | DEREF                          \
    }
#define SPAN PG_MAX_SPAN

static const struct {
    const char *what;
    unsigned num_args, num_reads;
    struct pg_operand args[PG_MAX_ARGS];
} neighbours[] = {
    {"one after the other", 4, 1, {AT(0, 8), AT(8, 8), AT(16, 4), AT(20, 4)}},
    {"the last one first", 4, 1, {AT(24, 8), AT(16, 8), AT(8, 8), AT(0, 8)}},
    {"the one in the middle first", 3, 1, {AT(8, 8), AT(0, 8), AT(16, 8)}},
    {"displacements below 0", 3, 1, {AT(-8, 8), AT(-24, 8), AT(0, 4)}},
    {"of all sizes", 4, 1, {AT(0, 1), AT(2, 2), AT(4, 4), AT(8, 8)}},
    {"of all sizes, the smallest at the end", 4, 1, {AT(8, 8), AT(4, 4), AT(2, 2), AT(1, 1)}},
    {"at odd displacements", 3, 1, {AT(3, 8), AT(11, 8), AT(19, 2)}},
    {"not aligned to each other", 2, 2, {AT(0, 8), AT(12, 8)}},
    {"... below", 2, 2, {AT(4, 8), AT(0, 8)}},
    {"... a smaller one fits", 3, 2, {AT(0, 8), AT(9, 4), AT(8, 4)}},
    {"just as far as it may be", 2, 1, {AT(0, 8), AT(SPAN - 8, 8)}},
    {"... below", 2, 1, {AT(SPAN - 8, 8), AT(0, 8)}},
    {"... small ones", 2, 1, {AT(0, 1), AT(SPAN - 1, 1)}},
    {"too far", 2, 2, {AT(0, 8), AT(SPAN, 8)}},
    {"... below", 2, 2, {AT(SPAN, 8), AT(0, 8)}},
    {"... by its size", 2, 2, {AT(0, 1), AT(SPAN, 1)}},
    {"too far from the third only", 3, 2, {AT(SPAN - 8, 8), AT(0, 8), AT(SPAN, 8)}},
    {"two places far apart", 6, 2, {AT(0, 8), AT(4096, 8), AT(8, 8), AT(4104, 8), AT(16, 8), AT(4112, 8)}},
    {"the same place twice", 2, 1, {AT(16, 8), AT(16, 8)}},
    {"... in two sizes", 3, 2, {AT(16, 8), AT(16, 4), AT(16, 8)}},
    {"one within the other", 4, 3, {AT(4, 4), AT(0, 8), AT(7, 1), AT(2, 2)}},
    {"with an index", 3, 1, {INDEXED(0, 3, 8), INDEXED(8, 3, 8), INDEXED(-8, 3, 4)}},
    {"with another shift", 2, 2, {INDEXED(0, 3, 8), INDEXED(8, 2, 8)}},
    {"with and without an index", 2, 2, {INDEXED(0, 0, 8), AT(8, 8)}},
    {"at the end of the numbers", 2, 1, {AT(INT64_MAX - 15, 8), AT(INT64_MAX - 7, 1)}},
    {"... beyond it", 3, 2, {AT(INT64_MAX, 8), AT(INT64_MAX - 7, 8), AT(INT64_MIN, 8)}},
    {"at their begin", 3, 1, {AT(INT64_MIN, 8), AT(INT64_MIN + 8, 8), AT(INT64_MAX - 7, 8)}},
    {"... the last one first", 2, 1, {AT(INT64_MIN + 4, 8), AT(INT64_MIN, 4)}},
    {"at both ends", 2, 1, {AT(INT64_MIN, 1), AT(INT64_MAX - 1, 1)}},
    {"... the other way", 2, 1, {AT(INT64_MAX - 1, 1), AT(INT64_MIN, 1)}},
    {"twelve",
     12,
     2,
     {AT(0, 8), AT(8, 8), AT(16, 8), AT(24, 8), AT(32, 8), AT(40, 8), AT(48, 8), AT(56, 8), AT(64, 8), AT(72, 8), AT(80, 8),
      AT(88, 8)}},
};

/* The memory at all of them is split into two pages, at any byte; each may be of any kind. */
static void check_split(size_t number, int below, int above)
{
    unsigned num_args = hows[0].num_args;

    for (int split = -SPAN - 8; split <= SPAN + 16; ++split) {
        num_pages = 0;
        machine.context[3] = 0x70000 - (uint64_t)hows[0].args[0].disp - (uint64_t)split;
        machine.context[4] = 0;
        set_page(0x70000 - 1, below);
        set_page(0x70000, above);
        check_site(sites, 0);
        if (below == RESIDENT && above == RESIDENT && machine.num_single_reads != 0)
            bad(number, "%u single reads where all is resident", machine.num_single_reads);
        if (machine.num_reads != neighbours[number].num_reads)
            bad(number, "%u reads", machine.num_reads);
        if (machine.num_single_reads > num_args)
            bad(number, "%u single reads", machine.num_single_reads);
    }
}

static void test_neighbours(void)
{
    forget_pages();
    for (size_t i = 0; i < sizeof(neighbours) / sizeof(neighbours[0]); ++i) {
        num_bad = 0;
        set_site(0, "on_0", neighbours[i].args, neighbours[i].num_args);
        make(sites, 1);
        is_int(program.num_reads, neighbours[i].num_reads, neighbours[i].what);
        for (int kinds = 0; kinds < 9; ++kinds)
            check_split(i, kinds / 3, kinds % 3);
        ok(num_bad == 0, "... is read right, wherever a page ends");
    }
    forget_pages();
}

/* ---- fields of structs ---- */

#define MAX_LIFTS (PG_MAX_SLOTS * 3)

static struct pg_path paths[1000 * MAX_LIFTS];
static assemble_lift_t lifts[1000 * MAX_LIFTS];

/* Reads that get all fields, if all memory is resident. */
static const struct {
    const char *what;
    unsigned num, num_reads;
    struct {
        uint8_t arg, size, num_hops;
        uint32_t offsets[PG_MAX_HOPS];
    } fields[6];
} structs[] = {
    {"neighbours", 4, 1, {{0, 8, 1, {0}}, {0, 8, 1, {8}}, {0, 4, 1, {16}}, {0, 1, 1, {21}}}},
    {"the last one first", 3, 1, {{0, 8, 1, {48}}, {0, 8, 1, {24}}, {0, 8, 1, {0}}}},
    {"just as far apart as may be", 2, 1, {{0, 8, 1, {8}}, {0, 8, 1, {64}}}},
    {"too far apart", 2, 2, {{0, 8, 1, {8}}, {0, 8, 1, {72}}}},
    {"far apart", 3, 2, {{0, 8, 1, {0}}, {0, 8, 1, {4096}}, {0, 8, 1, {56}}}},
    {"at the largest offset", 2, 1, {{0, 8, 1, {UINT32_MAX - 7}}, {0, 8, 1, {UINT32_MAX - 15}}}},
    {"not aligned to each other", 2, 2, {{0, 8, 1, {0}}, {0, 8, 1, {12}}}},
    {"of two structs", 2, 2, {{0, 8, 1, {0}}, {1, 8, 1, {8}}}},
    {"behind a pointer", 3, 2, {{0, 8, 2, {64, 0}}, {0, 8, 2, {64, 8}}, {0, 4, 2, {64, 16}}}},
    {"behind two pointers, and on the way", 4, 6, {{0, 8, 3, {0, 8, 0}}, {0, 8, 3, {0, 8, 8}}, {0, 8, 2, {0, 16}}, {0, 8, 1, {0}}}},
    {"bit fields of 3 and 5 bytes", 2, 0, {{0, 3, 1, {0}}, {0, 5, 1, {8}}}},
    {"what is there itself", 2, 0, {{0, 0, 1, {0}}, {0, 0, 1, {8}}}},
    {"what is there itself behind a pointer", 2, 1, {{0, 0, 2, {0, 8}}, {0, 0, 2, {0, 16}}}},
    {"what is not known", 1, 0, {{0, 8, 0, {0}}}},
};

static void set_fields(size_t number)
{
    for (unsigned i = 0; i < structs[number].num; ++i) {
        paths[i] = (struct pg_path){.num_hops = structs[number].fields[i].num_hops,
                                    .size = structs[number].fields[i].size,
                                    .left = (uint8_t)((64 - structs[number].fields[i].size * 8) & 63),
                                    .right = (uint8_t)((64 - structs[number].fields[i].size * 8) & 63)};
        memcpy(paths[i].offsets, structs[number].fields[i].offsets, sizeof(paths[i].offsets));
        lifts[i] = (assemble_lift_t){.path = paths + i,
                                     .arg = structs[number].fields[i].arg,
                                     .bit = (uint8_t)(PG_MAX_ARGS + i),
                                     .word = (uint8_t)(MAX_LIFTS - 1 - i),
                                     .is_shown = 1};
    }
}

/* A register that leads to memory whose words at these offsets are no null pointers. */
static void set_pointers(void)
{
    uint64_t at = 0x100000;

    for (int is_good = 0; !is_good; at += 8) {
        uint64_t second = 0;
        is_good = 1;
        for (uint64_t i = 0; i <= 64; i += 8) {
            uint64_t word = 0;
            read_memory(&word, sizeof(word), at + i, 1);
            second = i == 0 ? word : second;
            is_good &= word != 0;
        }
        uint64_t word = 0;
        read_memory(&word, sizeof(word), second + 8, 1);
        is_good &= word != 0;
        machine.context[0] = machine.context[1] = at;
    }
}

static void check_fields(size_t number, int is_shown)
{
    static const struct pg_operand args[] = {{.base = 0, .index = NONE, .size = 8, .flags = READABLE},
                                             {.base = 1, .index = NONE, .size = 8, .flags = READABLE}};
    assemble_site_t *site = set_site(0, "on_0", SITE_AT(args));

    set_fields(number);
    for (unsigned i = 0; i < structs[number].num; ++i)
        lifts[i].is_shown = (uint8_t)is_shown;
    site->lifts = lifts;
    site->num_lifts = structs[number].num;
    make(sites, 1);
    set_pointers();
    check_site(sites, 0);
    if (machine.num_reads != (is_shown ? structs[number].num_reads : 0) || (!is_shown && machine.num_single_reads != 0))
        bad(0, "%u reads, %u single ones", machine.num_reads, machine.num_single_reads);
    for (int kind = 0; kind < 3; ++kind) {
        num_pages = 0;
        set_page(machine.context[0] + structs[number].fields[0].offsets[0], kind);
        check_site(sites, 0);
    }
    num_pages = 0;
    machine.context[0] = 0;
    check_site(sites, 0);
}

static void test_fields(void)
{
    forget_pages();
    for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); ++i) {
        num_bad = 0;
        check_fields(i, 1);
        ok(num_bad == 0, "fields: %s, in %u reads", structs[i].what, structs[i].num_reads);
        num_bad = 0;
        check_fields(i, 0);
        ok(num_bad == 0, "... in none, if they are not shown");
    }
}

/* ---- any operands ---- */

static uint64_t seed = 20;

static uint64_t any(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

static struct pg_operand any_operand(void)
{
    struct pg_operand how = {.size = (uint8_t)(1u << any(4)),
                             .base = any(8) == 0 ? NONE : (uint8_t)any(3),
                             .index = any(4) != 0 ? NONE : (uint8_t)(3 + any(2)),
                             .shift = any(2) ? (uint8_t)any(5) : 0};

    if (any(16) == 0)
        return (struct pg_operand){.base = NONE, .index = NONE, .size = how.size};
    how.flags = READABLE | (any(4) != 0 ? DEREF : 0) | (any(2) ? SIGNED : 0);
    if (any(6) == 0)
        how.flags |= TEXT;
    else if (how.size == 4 && any(3) == 0)
        how.flags = (how.flags & ~SIGNED) | FLOAT;
    if (how.index == NONE)
        how.shift = 0;
    switch (any(8)) {
    case 0:
        how.disp = (int64_t)limits[any(NUM_LIMITS)];
        break;
    case 1:
        how.disp = (int64_t)mix(any(1u << 30));
        break;
    case 2:
        how.disp = (int64_t)any(4096) - 2048;
        break;
    default:
        how.disp = ((int64_t)any(48) - 24) * (any(3) ? how.size : 1);
    }
    return how;
}

/* The end of a path: a number, some bits of one, or what is there itself. */
static void set_any_end(struct pg_path *path)
{
    int is_bits = any(4) == 0;
    unsigned first = is_bits ? (unsigned)any(8) : 0, bits;

    path->offsets[path->num_hops++] = (uint32_t)(any(8) != 0 ? any(20) * (1u << any(4)) : mix(any(1000)));
    path->is_signed = any(2) != 0;
    if (any(8) == 0) {
        path->is_signed = 0;
        return;
    }
    bits = is_bits ? 1 + (unsigned)any(64 - first) : 8u << any(4);
    path->size = (uint8_t)((first + bits + 7) / 8);
    path->left = (uint8_t)(64 - first - bits);
    path->right = (uint8_t)(64 - bits);
    if (bits >= 32 && !is_bits && any(3) == 0) {
        path->is_float = 1;
        path->is_signed = 0;
    }
}

/* Fields at the ends of a few chains. */
static void set_any_lifts(assemble_site_t *site, size_t number)
{
    struct pg_path chains[3] = {0};

    site->lifts = lifts + number * MAX_LIFTS;
    site->num_lifts = (unsigned)any(any(4) == 0 ? MAX_LIFTS + 1 : 5);
    for (size_t i = 0; i < 3; ++i) {
        for (chains[i].num_hops = 0; chains[i].num_hops < PG_MAX_HOPS - 1 && any(2) != 0; ++chains[i].num_hops)
            chains[i].offsets[chains[i].num_hops] = (uint32_t)any(4) * 8;
    }
    for (unsigned i = 0; i < site->num_lifts; ++i) {
        struct pg_path *path = paths + number * MAX_LIFTS + i;
        *path = chains[any(3)];
        if (any(16) != 0)
            set_any_end(path);
        else
            *path = (struct pg_path){0}; /* it is not known where that is */
        lifts[number * MAX_LIFTS + i] =
            (assemble_lift_t){.path = path,
                              .arg = (uint8_t)(any(any(4) == 0 ? PG_MAX_ARGS : 2) % site->how->num_args),
                              .bit = (uint8_t)(PG_MAX_ARGS + i),
                              .word = (uint8_t)(MAX_LIFTS - 1 - i),
                              .is_shown = any(8) != 0};
    }
}

static void set_any_site(size_t number)
{
    struct pg_operand args[PG_MAX_ARGS];
    size_t num = any(PG_MAX_ARGS + 1);

    for (size_t i = 0; i < num; ++i)
        args[i] = any_operand();
    assemble_site_t *site = set_site(number, names[any(5)], args, num);
    if (any(3) == 0)
        site->needs &= (uint32_t)any(1u << PG_MAX_ARGS);
    if (any(8) == 0)
        site->paths = mix(any(1000));
    if (num != 0 && any(2) == 0)
        set_any_lifts(site, number);
}

/* Registers: near the end of a page, at limits, or anything. */
static void set_any_registers(void)
{
    for (size_t i = 0; i < PG_NUM_REGS; ++i)
        machine.context[i] = any(3) != 0   ? (0x5000 + any(64)) * 4096 - 64 + any(128)
                             : any(2) != 0 ? limits[any(NUM_LIMITS)]
                                           : mix(any(1u << 30));
}

static void test_any(void)
{
    size_t num_sites = 0, num_runs = 0, most = 40, failed = 0, read = 0;

    num_bad = 0;
    is_patchy = 1;
    for (size_t i = 0; i < 100; ++i) {
        for (size_t j = 0; j < most; ++j)
            set_any_site(j);
        size_t done = make(sites, most);
        num_sites += done;
        for (size_t j = 0; j < done * 4; ++j) {
            set_any_registers();
            check_site(sites, j % done);
            ++num_runs;
            failed += machine.num_single_reads != 0;
            read += machine.num_reads != 0;
        }
    }
    ok(num_bad == 0, "%zu sites with any operands, %zu firings: %zu read memory, %zu of them not at once", num_sites, num_runs,
       read, failed);
    ok(num_sites >= 3000 && failed > num_runs / 20 && read - failed > num_runs / 20, "... as many as it takes");
    forget_pages();
}

/* ---- what begins and ends ---- */

static assemble_pairs_t all_pairs[40];

static assemble_key_t any_key(const assemble_site_t *site)
{
    const assemble_lift_t *how = site->num_lifts != 0 && any(3) == 0 ? site->lifts + any(site->num_lifts) : NULL;

    if (site->how->num_args == 0 || any(4) == 0)
        return (assemble_key_t){.size = 4, .is_thread = 1};
    return (assemble_key_t){.arg = how != NULL ? how->arg : (uint8_t)any(site->how->num_args),
                            .size = (uint8_t)(1u << any(4)),
                            .path = how != NULL ? how->path : NULL};
}

/* Durations and the time have the last words, and the first bits behind those of arguments. */
static void set_any_pairs(size_t number)
{
    assemble_site_t *site = sites + number;
    assemble_pairs_t *pairs = all_pairs + number;
    unsigned num_ends = (unsigned)any(PG_MAX_PAIRS + 1), num_begins = (unsigned)any(PG_MAX_PAIRS + 1);

    *pairs = (assemble_pairs_t){.num = num_ends + num_begins, .has_time = 1, .time_word = MAX_LIFTS - 1};
    site->pairs = pairs;
    if (site->num_lifts > MAX_LIFTS - 1 - num_ends)
        site->num_lifts = MAX_LIFTS - 1 - num_ends;
    for (unsigned i = 0; i < site->num_lifts; ++i) {
        lifts[number * MAX_LIFTS + i].word = (uint8_t)(MAX_LIFTS - 2 - num_ends - i);
        lifts[number * MAX_LIFTS + i].bit = (uint8_t)(PG_MAX_ARGS + PG_MAX_PAIRS + i);
    }
    for (unsigned i = 0; i < pairs->num; ++i) {
        assemble_pair_t *pair = pairs->list + i;
        *pair = (assemble_pair_t){.begun_fd = (int)any(1000), .is_end = i < num_ends, .num_keys = (uint8_t)(1 + any(PG_MAX_KEYS))};
        pair->word = pair->is_end ? (uint8_t)(MAX_LIFTS - 2 - i) : 0;
        pair->bit = pair->is_end ? (uint8_t)(PG_MAX_ARGS + i) : 0;
        for (unsigned n = 0; n < pair->num_keys; ++n)
            pair->keys[n] = any_key(site);
    }
}

/* @return whether it is null */
static int evaluate_key(const assemble_site_t *site, const assemble_key_t *key, uint64_t *value)
{
    uint64_t arg;
    int is_null = 0;

    if (key->is_thread) {
        *value = 4711;
        return 0;
    }
    is_null = evaluate_operand(site->how->args + key->arg, machine.context, &arg);
    *value = arg;
    if (key->path != NULL)
        is_null |= lift(&(assemble_lift_t){.path = key->path, .is_shown = 1}, arg, value);
    *value = key->size < 8 ? *value & ((1ull << key->size * 8) - 1) : *value;
    return is_null;
}

/* What it has told of each pair, in their order. */
static void check_told(size_t number)
{
    const assemble_site_t *site = sites + number;

    if (told.num != site->pairs->num)
        bad(number, "%u pairs are told of, not %u", told.num, site->pairs->num);
    for (unsigned i = 0; i < told.num && i < site->pairs->num; ++i) {
        const assemble_pair_t *pair = site->pairs->list + i;
        const struct st_told_t *of = told.list + i;
        struct pg_begin_key expected = {0};
        int is_null = 0;
        for (unsigned n = 0; n < pair->num_keys; ++n)
            is_null |= evaluate_key(site, pair->keys + n, (uint64_t *)expected.keys + n);
        if (of->is_end != pair->is_end || of->map != MACHINE_MAP + (uint64_t)pair->begun_fd)
            bad(number, "pair %u is another one", i);
        if ((of->nulls != 0) != is_null)
            bad(number, "keys of pair %u are%s null", i, is_null ? " not" : "");
        if (!is_null && memcmp(&of->key, &expected, sizeof(expected)) != 0)
            bad(number, "keys of pair %u are %llx, %llx, %llx, not %llx, %llx, %llx", i, (unsigned long long)of->key.keys[0],
                (unsigned long long)of->key.keys[1], (unsigned long long)of->key.keys[2], (unsigned long long)expected.keys[0],
                (unsigned long long)expected.keys[1], (unsigned long long)expected.keys[2]);
    }
}

/* Also sites whose events are not shown: nothing else is done there. */
static void check_silent(size_t number)
{
    fire(number);
    if (firing.function != 0)
        bad(number, "a record is made of an event that is not shown");
    check_told(number);
}

static void test_pairs(void)
{
    size_t num_runs = 0, most = 40;

    num_bad = 0;
    is_patchy = 1;
    for (size_t i = 0; i < 100; ++i) {
        for (size_t j = 0; j < most; ++j) {
            set_any_site(j);
            set_any_pairs(j);
            sites[j].is_silent = j % 4 == 0;
        }
        size_t done = make(sites, most);
        for (size_t j = 0; j < done * 4; ++j) {
            set_any_registers();
            if (sites[j % done].is_silent) {
                check_silent(j % done);
            } else {
                check_site(sites, j % done);
                check_told(j % done);
            }
            ++num_runs;
        }
    }
    ok(num_bad == 0, "%zu firings that begin and end anything: keys, durations, and all else as without", num_runs);
    forget_pages();
}

/* ---- from the entry to the sites ---- */

/* How often a function is called, or a part of a site. */
static size_t num_uses_of(size_t function)
{
    size_t num = 0, own = own_size();

    for (size_t i = 0; i < own; ++i) {
        const struct bpf_insn *insn = program.insns + i;
        num += function_of(insn) == (int)function;
        if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL)
            num += function_of(program.insns + (long)i + insn->imm + 1) == (int)function;
    }
    return num;
}

/* Sites that differ in a constant, of `num_probes` probes. */
static void set_numbered_sites(size_t num, size_t num_probes)
{
    for (size_t i = 0; i < num; ++i) {
        struct pg_operand number = {.disp = (int64_t)(i * 3), .base = NONE, .index = NONE, .size = 8, .flags = READABLE};
        set_site(i, names[i * 11 % num_probes], &number, 1);
    }
}

static void check_nothing(uint64_t cookie, int is_ours)
{
    fire(cookie);
    if (firing.function != 0)
        bad((size_t)cookie, "a record is made%s", is_ours ? "" : " of a firing that is none of ours");
}

static void test_dispatch(void)
{
    static const size_t numbers[] = {1, 2, 3, 7, 144, 1000};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i) {
        size_t num = numbers[i], num_probes = num < 20 ? num : 20, done, most = 0;
        num_bad = 0;
        set_numbered_sites(num, num_probes);
        done = make(sites, num);
        for (size_t j = 0; j < done; ++j) {
            check_site(sites, j);
            most = machine.num_steps > most ? machine.num_steps : most;
        }
        ok(num_bad == 0 && done != 0 && (done == num || num == 1000),
           "%zu of %zu sites: each is reached, in at most %zu instructions", done, num, most);
        ok(done == 0 || most <= 60 + 2 * (size_t)(64 - __builtin_clzl(done)), "... by a search");
        const uint64_t others[] = {done, done + 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, INT64_MAX, UINT64_MAX};
        /* where there is one site only, it is nobody else that fires, and nothing is asked */
        for (size_t j = 0; num != 1 && j < sizeof(others) / sizeof(others[0]); ++j)
            check_nothing(others[j], 1);
        ok(num_bad == 0, "... and no other number does anything");
        for (size_t j = 0; j < object.num_functions; ++j) {
            size_t num_uses = j < NUM_HELPERS ? j == BEGIN : 0;
            for (size_t k = 0; j >= NUM_HELPERS && k < done; ++k)
                num_uses += k * 11 % num_probes == j - NUM_HELPERS;
            if (num_uses_of(j) != num_uses)
                bad(j, "function %zu is used at %zu places", j, num_uses_of(j));
        }
        ok(num_bad == 0, "... and each site does what the function of its probe does");
    }
}

static uint64_t play_not_ours(machine_t *of, size_t target)
{
    firing.is_ours = 0;
    return play(of, target);
}

static void test_not_ours(void)
{
    num_bad = 0;
    set_numbered_sites(3, 1);
    make(sites, 3);
    firing = (firing_t){.program = &program};
    machine.insns = program.insns;
    machine.num_insns = own_size();
    machine.call = play_not_ours;
    machine.step = play_probe;
    machine.cookie = 1;
    machine_run(&machine);
    ok(machine.fault[0] == '\0' && firing.function == 0 && machine.num_steps < 10,
       "a firing of another process ends after %zu instructions", machine.num_steps);
}

/* ---- as much as a kernel takes ---- */

/* Makes programs until all sites have one, as programs.c does. @return how many programs; each of its sites is fired */
static size_t make_all(size_t num)
{
    size_t num_programs = 0;

    for (size_t first = 0, done; first < num; first += done, ++num_programs) {
        if ((done = make(sites + first, num - first)) == 0)
            return 0;
        for (size_t i = 0; i < done; ++i)
            check_site(sites + first, i);
    }
    return num_programs;
}

static void test_size(void)
{
    struct pg_operand args[PG_MAX_ARGS];
    size_t num_programs;

    num_bad = 0;
    for (size_t i = 0; i < PG_MAX_ARGS; ++i)
        args[i] = (struct pg_operand){
            .disp = (int64_t)(i << 40), .base = 1, .index = 2, .shift = 3, .size = 4, .flags = READABLE | DEREF | TEXT | FLOAT};
    for (size_t i = 0; i < 1000; ++i) {
        set_site(i, names[i % 3], SITE_AT(args));
        hows[i].args[0].disp += (int64_t)i;
    }
    num_programs = make_all(1000);
    ok(num_bad == 0 && num_programs > 1 && num_programs < 100, "1000 sites with as much code as there can be: %zu programs",
       num_programs);
    num_bad = 0;
    set_numbered_sites(1000, 1);
    num_programs = make_all(1000);
    ok(num_bad == 0 && num_programs > 0 && num_programs < 8, "1000 with little: %zu", num_programs);
}

static void test_functions(void)
{
    static const struct {
        size_t num_probes, num_calls;
        size_t num_programs;
    } cases[] = {{1, 0, 1},   {240, 0, 1}, {400, 0, 2}, {126, 1, 1} /* 254 functions in all */, {128, 1, 2} /* 258 */,
                 {240, 1, 3}, {400, 3, 9}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        size_t num = cases[i].num_probes;
        object_dispose(&object);
        make_object(num, cases[i].num_calls);
        num_bad = 0;
        set_numbered_sites(num, num);
        size_t num_programs = make_all(num);
        ok(num_bad == 0 && num_programs != 0 && num_programs <= cases[i].num_programs,
           "%zu probes that call %zu functions each: %zu programs", num, cases[i].num_calls, num_programs);
    }
    object_dispose(&object);
    make_object(20, 0);
}

/* ---- not to be made ---- */

static void is_refused(const char *what, const char *expected)
{
    program_dispose(&program);
    reason.text[0] = '\0';
    long done = assemble(&program, &object, STATE_FD, sites, 3, &reason);
    ok(done == -1 && strstr(reason.text, "the BPF object of this tracer is damaged: ") == reason.text &&
           strstr(reason.text, expected) != NULL,
       "%s: %s", what, reason.text);
}

static void test_damaged(void)
{
    const char *name;

    set_numbered_sites(3, 3);
    for (size_t i = 0; i < NUM_HELPERS; ++i) {
        name = object.functions[i].name;
        object.functions[i].name = "other";
        is_refused("a function is missing", name);
        object.functions[i].name = name;
    }
    sites[2].function = "on_none";
    is_refused("that of a probe is missing", "a function is missing");
    sites[2].function = sites[1].function;
    size_t at = object.functions[NUM_HELPERS].at;
    struct bpf_insn insn = object.insns[at];
    static const int32_t wrong[] = {0, INT32_MIN, INT32_MAX, -1000};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); ++i) {
        object.insns[at] = (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = wrong[i]};
        is_refused("a call of no function", "a function is missing");
    }
    object.insns[at] = insn;
}

static void test_nonsleepable(void)
{
    static const struct pg_operand args[] = {AT(0, 8), AT(8, 4)};
    size_t num_before, num_after = 0;

    num_bad = 0;
    set_site(0, "on_0", SITE_AT(args));
    make(sites, 1);
    machine.context[3] = 0x10000;
    set_page(0x10000, HOLE);
    check_site(sites, 0);
    num_before = machine.num_single_reads;
    program_make_nonsleepable(&program);
    check_site(sites, 0);
    num_after = machine.num_single_reads;
    ok(num_bad == 0 && num_before == 2 && num_after == 0 && machine.num_reads == 3,
       "a program that must not sleep faults no pages in");
    forget_pages();
}

int main(void)
{
    make_object(20, 0);
    test_singles();
    test_not_read();
    test_neighbours();
    test_fields();
    test_any();
    test_pairs();
    test_dispatch();
    test_not_ours();
    test_size();
    test_functions();
    test_damaged();
    test_nonsleepable();
    program_dispose(&program);
    object_dispose(&object);
    return done_testing();
}
