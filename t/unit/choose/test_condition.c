/*
 * ASSERTION: the instructions that are made of expressions, the witness for records, and a plain evaluation of what the expression
 * says choose the same events: of all types, with values at their limits, null, unreadable and not there. Of what is not asked for,
 * and of an event that is not wanted, nothing is read.
 */

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include "assemble/assemble.h"
#include "bpf_machine.h"
#include "choose/evaluate.h"
#include "choose_lab.h"

#define STATE_FD 77
#define MARK 1000
#define STRUCT_AT 0x10000u
#define TEXT_AT(slot) (0x100000u + 0x1000u * (slot))
#define OPERAND_AT 0x900000u /* the operand of an argument in memory */
#define MAX_TEXT 300

/* of the object; behind these those that no condition calls */
enum { BEGIN, WIDEN, COUNT_FILTERED, MATCH, STRLEN, ON_EVENT, NUM_CALLED, NUM_FUNCTIONS = NUM_CALLED + 19 };

/* ---- an event, and the target that it happens in ---- */

typedef struct st_value_t {
    int is_null, is_unreadable; /* there is nothing; there is a pointer to nothing */
    int is_in_memory;           /* the operand, or the member's struct */
    uint64_t bits;              /* as the register has it */
    char text[MAX_TEXT + 1];
    size_t len;
} value_t;

typedef struct st_event_t {
    int probe;
    value_t values[16]; /* by field */
    int is_struct_readable;
    uint32_t tid, tgid;
} event_t;

static event_t event;
static int was_shown, was_filtered, num_texts_read;

static uint64_t random_bits(void)
{
    static const uint64_t edges[] = {0,     1,     2,         127,        128,        255,       256,
                                     32767, 65535, INT32_MAX, 1ull << 31, UINT32_MAX, INT64_MAX, 1ull << 63};
    uint64_t x = edges[(size_t)random() % (sizeof(edges) / sizeof(edges[0]))];

    return random() % 4 == 0 ? -x : random() % 8 == 0 ? (uint64_t)random() << 32 ^ (uint64_t)random() : x;
}

static void random_text(value_t *value, int may_have_nul)
{
    static const size_t sizes[] = {0, 1, 3, 31, 32, 33, 63, 64, 254, 255, 256, 257, 300};

    value->len = random() % 2 ? (size_t)random() % 4 : sizes[(size_t)random() % (sizeof(sizes) / sizeof(sizes[0]))];
    for (size_t i = 0; i < value->len; ++i)
        value->text[i] = may_have_nul && random() % 8 == 0 ? '\0' : "aaab"[random() % 4];
    value->text[value->len] = '\0';
}

static const catalog_field_t *field_of(int number)
{
    return probes[event.probe].fields + number;
}

static void make_event(void)
{
    event =
        (event_t){.probe = (int)(random() % 2), .is_struct_readable = random() % 4 != 0, .tid = (uint32_t)random() % 3, .tgid = 5};
    for (unsigned i = 0; i < probes[event.probe].num_fields; ++i) {
        const catalog_field_t *field = field_of((int)i);
        value_t *value = event.values + i;
        value->bits = random_bits();
        value->is_in_memory = field->path < 0 && random() % 4 == 0;
        value->is_null = random() % 8 == 0;
        value->is_unreadable = random() % 8 == 0;
        if (field->slot >= 0)
            random_text(value, field->length_kind != CATALOG_LENGTH_NUL);
        if (field->length_kind == CATALOG_LENGTH_FIXED)
            value->len = field->length;
    }
}

/* ---- what is plainly so ---- */

/* Whether a field is null in the event. */
static int is_null(int number)
{
    const catalog_field_t *field = field_of(number);
    const value_t *value = event.values + number;

    if (field->path >= 0) {
        if (!event.is_struct_readable)
            return 1;
        if (field->is_optional && (uint16_t)value->bits == 0)
            return 1;
        return field->slot >= 0 && (value->is_unreadable || value->is_null) && (value->is_null || value->len > 0);
    }
    if (field->slot < 0)
        return value->is_null;
    if (field->length_kind == CATALOG_LENGTH_ARG) {
        int32_t len = (int32_t)event.values[field->length].bits;
        if (event.values[field->length].is_null || len <= 0) /* no bytes need no pointer */
            return event.values[field->length].is_null || len < 0;
    }
    return value->is_null || value->is_unreadable;
}

static __int128 number_of(int number)
{
    const catalog_field_t *field = field_of(number);
    uint64_t bits = event.values[number].bits;
    unsigned shift = 64 - field->size * 8u;

    return field->is_signed ? (__int128)((int64_t)(bits << shift) >> shift) : (__int128)(bits << shift >> shift);
}

/* ---- random expressions, and what they come to ---- */

static const char *const op_texts[] = {"==", "!=", "<", "<=", ">", ">="};

static int compares(__int128 x, int op, __int128 y)
{
    const int results[] = {x == y, x != y, x<y, x <= y, x> y, x >= y};

    return results[op];
}

static int term_of_number(char *to, int number)
{
    int op = (int)(random() % 6), is_hex = random() % 4 == 0;
    uint64_t bits = random() % 3 == 0 ? event.values[number].bits : random_bits();
    int is_negative = !is_hex && random() % 3 == 0;

    sprintf(to,
            is_hex        ? "%s %s 0x%llx"
            : is_negative ? "%s %s -%llu"
                          : "%s %s %llu",
            field_of(number)->name, op_texts[op], (unsigned long long)bits);
    return !is_null(number) && compares(number_of(number), op, is_negative ? -(__int128)bits : (__int128)bits);
}

static int term_of_boolean(char *to, int number)
{
    int is_true = event.values[number].bits != 0, wanted = (int)(random() % 2), op = (int)(random() % 3);

    if (op == 2)
        strcpy(to, field_of(number)->name);
    else
        sprintf(to, "%s %s %s", field_of(number)->name, op_texts[op], wanted ? "true" : "false");
    return !is_null(number) && (op == 2 ? is_true : (is_true == wanted) == (op == 0));
}

/* Patterns of a's, b's and stars; of bytes in hex. fnmatch() takes no NUL, so it gets another byte that is no a and no b. */
static int term_of_text(char *to, int number)
{
    const catalog_field_t *field = field_of(number);
    const value_t *value = event.values + number;
    int op = (int)(random() % 3), is_match; /* ==, !=, =~ */
    size_t n = (size_t)random() % 5, len = value->len;
    char glob[16] = "", shown[64] = "", text[MAX_TEXT + 1];

    if (field->length_kind == CATALOG_LENGTH_ARG && !is_null(number)) /* behind the text there are zeros */
        len = (size_t)event.values[field->length].bits & UINT32_MAX;
    size_t looked = len < PG_MATCH_LIMIT ? len : PG_MATCH_LIMIT;
    for (size_t i = 0; i < n; ++i) {
        char c = "ab*?"[random() % (op == 2 ? 4 : 2)];
        glob[i] = c;
        sprintf(shown + strlen(shown), field->value == CATALOG_VALUE_BYTES && (c == 'a' || c == 'b') ? "%02x" : "%c", c);
    }
    memcpy(text, value->text, looked);
    for (size_t i = 0; i < looked; ++i)
        text[i] = text[i] == '\0' ? '-' : text[i];
    text[looked] = '\0';
    is_match = op == 2 ? fnmatch(glob, text, 0) == 0 : strcmp(glob, text) == 0;
    if (looked == PG_MATCH_LIMIT)
        is_match = is_match && n != 0 && op == 2 && glob[n - 1] == '*';
    sprintf(to, "%s %s \"%s\"", field->name, op == 0 ? "==" : op == 1 ? "!=" : "=~", shown);
    return !is_null(number) && is_match == (op != 1);
}

static int term(char *to)
{
    int number = (int)((size_t)random() % probes[event.probe].num_fields), other = event.probe == NUMBERS ? TEXTS : NUMBERS;
    const catalog_field_t *field = field_of(number);

    if (random() % 12 == 0) { /* of another probe */
        sprintf(to, "%s:%s.%s != null", probes[other].provider, probes[other].name, probes[other].fields[0].name);
        return 0;
    }
    if (random() % 12 == 0) {
        uint32_t tid = (uint32_t)random() % 3;
        sprintf(to, "tid == %u", tid);
        return event.tid == tid;
    }
    if (field->value == CATALOG_VALUE_ADDRESS || (field->gate & PG_SHOW_SECRETS) != 0)
        return term(to);
    if (random() % 4 == 0 || field->value == CATALOG_VALUE_FLOAT) {
        int is_negated = (int)(random() % 2);
        sprintf(to, "%s %s null", field->name, is_negated ? "!=" : "==");
        return is_null(number) != is_negated;
    }
    return field->slot >= 0                        ? term_of_text(to, number)
           : field->value == CATALOG_VALUE_BOOLEAN ? term_of_boolean(to, number)
                                                   : term_of_number(to, number);
}

static int expression(char *to, int depth)
{
    char left[2048], right[2048];
    int kind = depth == 0 ? 0 : (int)(random() % 5), x, y;

    if (kind <= 1)
        return term(to);
    x = expression(left, depth - 1);
    if (kind == 2) {
        sprintf(to, "!(%s)", left);
        return !x;
    }
    y = expression(right, depth - 1);
    sprintf(to, "(%s %s %s)", left, kind == 3 ? "&&" : "||", right);
    return kind == 3 ? x && y : x || y;
}

/* ---- the program ---- */

static struct bpf_insn insns[2 * NUM_FUNCTIONS];
static object_function_t functions[NUM_FUNCTIONS];
static const object_t object = {
    .insns = insns, .num_insns = 2 * NUM_FUNCTIONS, .functions = functions, .num_functions = NUM_FUNCTIONS};

static void make_object(void)
{
    static const char *const names[] = {"pg_begin",        "pg_widen",       "pg_count_filtered", "pg_match",
                                        "pg_strlen",       "on_event",       "pg_is_wanted_id",   "pg_is_wanted_address",
                                        "pg_is_sampled",   "pg_note_known",  "pg_is_known",       "pg_count_value",
                                        "pg_value_number", "pg_value_bytes", "pg_value_text",     "pg_value_address",
                                        "pg_note_begin",   "pg_end",         "pg_num_bits",       "pg_tell",
                                        "pg_is_refused",   "pg_refuse",      "pg_peer",           "pg_lead",
                                        "pg_follow_thread"};

    for (int i = 0; i < NUM_FUNCTIONS; ++i) {
        functions[i] = (object_function_t){.name = names[i], .at = 2 * (size_t)i, .num_insns = 2};
        insns[2 * i] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = MARK + i};
        insns[2 * i + 1] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
    }
}

/* The field whose text is at an address. */
static int text_at(uint64_t address)
{
    for (unsigned i = 0; i < probes[event.probe].num_fields; ++i) {
        if (field_of((int)i)->slot >= 0 && address == TEXT_AT((unsigned)field_of((int)i)->slot) && !event.values[i].is_unreadable)
            return (int)i;
    }
    return -1;
}

static uint64_t play_match(uint64_t from, uint64_t left, uint64_t how)
{
    int number = text_at(from);

    ++num_texts_read;
    if (number < 0 && !(left == 0 && how >> PG_MATCH_TEXT == 0))
        return PG_MATCH_UNREADABLE;
    if (lab_choice.patterns.num == 0) /* what the map has in place of one */
        return PG_MATCH_NO;
    const value_t *value = event.values + (number < 0 ? 0 : number);
    size_t n = how >> PG_MATCH_TEXT != 0 ? strlen(value->text) : (size_t)left;
    n = n < left ? n : left;
    if (n > MAX_TEXT)
        n = MAX_TEXT;
    return pattern_matches(lab_choice.patterns.list + (uint32_t)how, value->text, number < 0 ? 0 : n, 0) ? PG_MATCH_YES
                                                                                                         : PG_MATCH_NO;
}

static uint64_t play(machine_t *machine, size_t target)
{
    int function = machine->insns[target].imm - MARK;
    size_t at = MACHINE_STACK - sizeof(struct pg_call) + offsetof(struct pg_call, tid);

    switch (function) {
    case BEGIN:
        memcpy(machine->stack + at, &event.tid, 4);
        memcpy(machine->stack + at + 4, &event.tgid, 4);
        memset(machine->is_written + at, 1, 8);
        return 1;
    case COUNT_FILTERED:
        was_filtered += machine_reg(machine, 1) == (uint64_t)event.probe;
        return 0;
    case MATCH:
        return play_match(machine_reg(machine, 1), machine_reg(machine, 2), machine_reg(machine, 3));
    case STRLEN: {
        int number = text_at(machine_reg(machine, 1));
        ++num_texts_read;
        return number < 0 ? ~0ull : strlen(event.values[number].text);
    }
    }
    machine_fault(machine, "function %d is called", function);
    return 0;
}

static void step(machine_t *machine)
{
    const struct bpf_insn *insn = machine->insns + machine->pc;

    was_shown += insn->code == (BPF_ALU64 | BPF_MOV | BPF_K) && insn->imm == MARK + ON_EVENT;
}

/* The struct has members at 8 (4 bytes), 12 (2), 14 (1), and for texts a pointer at 8 and a length at 16. */
static void make_struct(unsigned char bytes[24])
{
    memset(bytes, 0, 24);
    if (event.probe == NUMBERS) {
        memcpy(bytes + 8, &event.values[8].bits, 4);
        memcpy(bytes + 12, &event.values[9].bits, 2);
        bytes[14] = event.values[10].bits != 0;
    } else {
        const value_t *value = event.values + 7;
        uint64_t from = value->is_null ? 0 : TEXT_AT(4);
        int64_t len = value->is_null ? -1 : (int64_t)value->len;
        memcpy(bytes + 8, &from, 8);
        memcpy(bytes + 16, &len, 8);
    }
}

/* What an argument is: of text where it is, of the last one where the struct is. */
static uint64_t argument(int number)
{
    const catalog_field_t *field = field_of(number);

    if (field->arg == 7)
        return STRUCT_AT;
    if (field->slot >= 0)
        return event.values[number].is_null ? 0 : TEXT_AT((unsigned)field->slot);
    return event.values[number].bits;
}

static int read_target(void *to, size_t size, uint64_t address, int faults)
{
    unsigned char bytes[24];

    (void)faults;
    make_struct(bytes);
    if (address >= STRUCT_AT && address + size <= STRUCT_AT + sizeof(bytes)) {
        memcpy(to, bytes + (address - STRUCT_AT), size);
        return event.is_struct_readable;
    }
    for (unsigned i = 0; i < probes[event.probe].num_fields; ++i) {
        if (field_of((int)i)->path >= 0 || address != OPERAND_AT + 0x1000u * field_of((int)i)->arg || size != 8)
            continue;
        uint64_t x = argument((int)i);
        memcpy(to, &x, size);
        return field_of((int)i)->slot >= 0 || field_of((int)i)->arg == 7 || !event.values[i].is_null;
    }
    return 0;
}

static const struct pg_path file_paths[] = {
    {.num_hops = 1, .size = 4, .is_signed = 1, .left = 32, .right = 32, .offsets = {8}},
    {.num_hops = 1, .size = 2, .left = 48, .right = 48, .offsets = {12}},
    {.num_hops = 1, .size = 1, .left = 56, .right = 56, .offsets = {14}},
    {.num_hops = 1, .size = 8, .offsets = {8}},
    {.num_hops = 1, .size = 8, .is_signed = 1, .offsets = {16}},
};

static void make_site(struct pg_site *how)
{
    *how = (struct pg_site){.probe = (uint32_t)event.probe, .num_args = 8};
    for (unsigned i = 0; i < probes[event.probe].num_fields; ++i) {
        const catalog_field_t *field = field_of((int)i);
        const value_t *value = event.values + i;
        if (field->path >= 0)
            continue;
        int is_null_number = field->slot < 0 && field->arg != 7 && value->is_null;
        how->args[field->arg] =
            value->is_in_memory
                ? (struct pg_operand){.disp = OPERAND_AT + 0x1000 * field->arg,
                                      .base = PG_REG_NONE,
                                      .index = PG_REG_NONE,
                                      .size = 8,
                                      .flags = PG_OPERAND_READABLE | PG_OPERAND_DEREF}
                : (struct pg_operand){
                      .base = field->arg, .index = PG_REG_NONE, .size = 8, .flags = is_null_number ? 0 : PG_OPERAND_READABLE};
    }
    if (event.probe == TEXTS)
        how->args[7] = (struct pg_operand){.base = 7, .index = PG_REG_NONE, .size = 8, .flags = PG_OPERAND_READABLE};
}

static machine_t machine;

/* Runs the program for the event. @return whether it was wanted; -1: the program does wrong */
static int run_program(const condition_t *condition)
{
    struct pg_site how;
    assemble_lift_t lifts[2];
    program_t program;
    reason_t reason;
    const catalog_probe_t *probe = probes + event.probe;

    make_site(&how);
    for (unsigned i = 0; i < probe->num_lifts; ++i)
        lifts[i] = (assemble_lift_t){.path = file_paths + probe->lifts[i].path,
                                     .arg = 7,
                                     .bit = probe->lifts[i].bit,
                                     .word = probe->lifts[i].word,
                                     .is_shown = (uint8_t)(random() % 2)};
    const assemble_site_t site = {.how = &how,
                                  .function = "on_event",
                                  .needs = (uint32_t)random() & 0xff,
                                  .lifts = lifts,
                                  .num_lifts = probe->num_lifts,
                                  .condition = condition,
                                  .file_paths = file_paths};
    if (assemble(&program, &object, STATE_FD, &site, 1, &reason) != 1) {
        diag("%s", reason.text);
        return -1;
    }
    machine = (machine_t){.insns = program.insns,
                          .num_insns = program.functions[0].at,
                          .state_fd = STATE_FD,
                          .call = play,
                          .step = step,
                          .read = read_target};
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (field_of((int)i)->path < 0)
            machine.context[field_of((int)i)->arg] = argument((int)i);
    }
    machine.context[7] = event.probe == TEXTS || !event.values[7].is_null ? STRUCT_AT : machine.context[7];
    was_shown = was_filtered = num_texts_read = 0;
    machine_run(&machine);
    program_dispose(&program);
    if (machine.fault[0] != '\0')
        diag("%s", machine.fault);
    return machine.fault[0] != '\0' || was_shown + was_filtered != 1 ? -1 : was_shown;
}

/* ---- the record ---- */

static int run_witness(const condition_t *condition)
{
    static char record[256 + 5 * 512];
    const catalog_probe_t *probe = probes + event.probe;
    struct pg_head *head = (void *)record;

    memset(record, 0, sizeof(record));
    *head = (struct pg_head){.tid = event.tid, .tgid = event.tgid, .slot = 512};
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const catalog_field_t *field = probe->fields + i;
        const value_t *value = event.values + i;
        uint64_t bits = field->value == CATALOG_VALUE_BOOLEAN ? value->bits != 0 : value->bits;
        int is_absent = field->is_optional && event.is_struct_readable;
        head->nulls |= (uint64_t)(is_null((int)i) && !is_absent) << field->bit;
        if (field->slot < 0) {
            memcpy(record + field->offset, &bits, field->size);
            continue;
        }
        size_t len = value->len;
        if (field->length_kind == CATALOG_LENGTH_ARG && (uint32_t)event.values[field->length].bits < MAX_TEXT)
            len = (uint32_t)event.values[field->length].bits;
        else if (field->length_kind == CATALOG_LENGTH_ARG)
            len = MAX_TEXT;
        struct pg_span span = {.len = len, .got = (uint32_t)len};
        memcpy(record + field->offset, &span, sizeof(span));
        memcpy(record + probe->size + 512 * field->slot, value->text, MAX_TEXT);
    }
    return evaluate(condition, &lab_choice.patterns, record);
}

/* ---- the whole ---- */

static void test_random(void)
{
    unsigned num_wrong = 0, num_wanted = 0, num = 0;

    for (int i = 0; i < 60000 && num_wrong < 5; ++i) {
        char text[8192], which[64];
        make_event();
        /* the last argument of the numbers is a pointer to the struct: what it is as a number is that */
        if (event.probe == NUMBERS)
            event.values[7] = (value_t){.bits = STRUCT_AT};
        int expected = expression(text, 3);
        if (strlen(text) > EXPRESSION_MAX_TEXT || !lab_choose_one(text, event.probe == NUMBERS ? "x..." : ".x..")) {
            /* what can never be, and what the other probe has, which is not selected here */
            continue;
        }
        const condition_t *condition = choose_condition(&lab_choice, probes + event.probe);
        int by_program = run_program(condition), by_witness = run_witness(condition);
        ++num;
        num_wanted += expected != 0;
        snprintf(which, sizeof(which), "%s", probes[event.probe].name);
        if (by_program == expected && by_witness == expected)
            continue;
        ++num_wrong;
        diag("%s: %s: it is %d, %d by the program, %d by the witness", which, text, expected, by_program, by_witness);
    }
    is_int(num_wrong, 0, "expressions and events, both random: all agree");
    ok(num > 20000 && num_wanted > num / 5 && num_wanted < num * 4 / 5, "... %u of them, and %u were wanted", num, num_wanted);
}

static void test_costs(void)
{
    memset(&event, 0, sizeof(event));
    event.probe = NUMBERS;
    event.values[7].bits = STRUCT_AT;
    event.is_struct_readable = 1;
    ok(lab_choose_one("u8 == 5 && lifted != 0", NULL), "an expression about a register and a member");
    is_int(run_program(choose_condition(&lab_choice, probes)), 0, "... is not so");
    ok(lab_choose_one("u8 == 5", NULL), "about a register alone");
    is_int(run_program(choose_condition(&lab_choice, probes)), 0, "... is not so");
    is_int(machine.num_reads + machine.num_single_reads, 0, "... and nothing is read of the target's memory");
    event.probe = TEXTS;
    ok(lab_choose_one("value_len == 9 && name == \"x\"", NULL), "about a number, then a text");
    event.values[2].bits = 1;
    is_int(run_program(choose_condition(&lab_choice, probes + 1)), 0, "... is not so");
    is_int(num_texts_read, 0, "... and the text was not looked at");
}

int main(void)
{
    srandom(3);
    make_object();
    test_random();
    test_costs();
    choose_dispose(&lab_choice);
    return done_testing();
}
