/*
 * What an event has to be like, as instructions in front of all else that a site does: first the operands and members of structs
 * that are asked for, then jumps, and at an event that is not wanted the program ends. So that costs little more than no program at
 * all, and nothing is read that nobody asked for.
 *
 * Each way through the jumps leads to one of two places. There the verifier has to know the same, or it would follow all that comes
 * after once for every way: so values are compared when it has forgotten them (put_forget()), and bits of the nulls in another
 * register.
 *
 * What a condition asks for and the event shows, too, is read once: it stays where it is. What the event does not show is taken
 * away.
 */
#include "assemble/assemble_int.h"
#include "common/grow.h"

typedef struct st_jumps_t {
    size_t *list;
    size_t num, capacity;
} jumps_t;

typedef struct st_writer_t {
    assembler_t *as;
    const assemble_site_t *of;
    const plan_t *plan;
} writer_t;

/* ---- what it needs ---- */

static int has_word(const plan_t *plan, unsigned word)
{
    unsigned i = 0;

    while (i < plan->num_lifts && plan->lifts[i].word != word)
        ++i;
    return i != plan->num_lifts;
}

static void add_lift(plan_t *plan, const assemble_site_t *of, const catalog_lift_t *lift)
{
    plan->args |= 1u << lift->arg;
    if (!has_word(plan, lift->word))
        plan->lifts[plan->num_lifts++] = (assemble_lift_t){
            .path = of->file_paths + lift->path, .arg = lift->arg, .bit = lift->bit, .word = lift->word, .is_shown = 1};
}

/* Where a member of a struct gets its value: its own word, or any that is free if it is lifted late otherwise. */
static int find_lift(const plan_t *plan, const assemble_site_t *of, const catalog_field_t *field, catalog_lift_t *lift)
{
    const catalog_probe_t *probe = of->condition->probe;
    unsigned end = PG_MAX_SLOTS * 3 - (of->pairs != NULL ? pairs_num_words(of->pairs) : 0);

    for (unsigned i = 0; i < probe->num_lifts; ++i) {
        *lift = probe->lifts[i];
        if (lift->bit == field->bit && lift->path == field->path)
            return 1;
    }
    *lift = (catalog_lift_t){.path = (uint16_t)field->path, .arg = field->arg, .bit = field->bit};
    for (unsigned i = 0; i < plan->num_lifts; ++i) {
        if (plan->lifts[i].bit == field->bit) { /* it has one by now */
            lift->word = plan->lifts[i].word;
            return 1;
        }
    }
    while (lift->word < end && has_word(plan, lift->word))
        ++lift->word;
    return lift->word < end;
}

/* @return whether there was room */
static int add_field(plan_t *plan, const assemble_site_t *of, const catalog_field_t *field)
{
    const catalog_probe_t *probe = of->condition->probe;
    catalog_lift_t lift;

    if (field->pair != 0)
        return 1; /* it is there by now */
    plan->args |= 1u << field->arg;
    if (field->length_kind == CATALOG_LENGTH_ARG)
        plan->args |= 1u << field->length;
    if (field->path < 0)
        return 1;
    if (!find_lift(plan, of, field, &lift))
        return 0;
    add_lift(plan, of, &lift);
    for (unsigned i = 0; field->length_kind == CATALOG_LENGTH_PATH && i < probe->num_lifts; ++i) {
        if (probe->lifts[i].bit == field->bit && probe->lifts[i].path != field->path)
            add_lift(plan, of, probe->lifts + i);
    }
    return 1;
}

static int is_late(const catalog_probe_t *probe, const catalog_field_t *field)
{
    for (unsigned i = 0; i < probe->num_lifts; ++i) {
        if (probe->lifts[i].bit == field->bit)
            return 0;
    }
    return field->path >= 0;
}

/* The early ones first: they have words of their own. */
int choose_plan(plan_t *plan, const assemble_site_t *of)
{
    const condition_t *condition = of->condition;

    *plan = (plan_t){.args = 0};
    for (int late = 0; condition != NULL && late <= 1; ++late) {
        for (size_t i = 0; i < condition->num; ++i) {
            const condition_node_t *node = condition->nodes + i;
            if (node->kind < CONDITION_IS_NULL || node->field < 0)
                continue;
            const catalog_field_t *field = condition->probe->fields + node->field;
            if (is_late(condition->probe, field) == late && !add_field(plan, of, field))
                return -1;
        }
    }
    return 0;
}

static int has_same(const assemble_site_t *of, const assemble_lift_t *lift)
{
    for (unsigned i = 0; i < of->num_lifts; ++i) {
        if (of->lifts[i].is_shown && of->lifts[i].word == lift->word && of->lifts[i].path == lift->path)
            return 1;
    }
    return 0;
}

unsigned choose_other_lifts(const plan_t *plan, const assemble_site_t *of, assemble_lift_t *lifts)
{
    unsigned num = 0;

    for (unsigned i = 0; i < of->num_lifts; ++i) {
        int is_done = 0;
        for (unsigned j = 0; j < plan->num_lifts && of->lifts[i].is_shown; ++j)
            is_done |= plan->lifts[j].word == of->lifts[i].word && plan->lifts[j].path == of->lifts[i].path;
        if (!is_done)
            lifts[num++] = of->lifts[i];
    }
    return num;
}

/* ---- jumps ---- */

static void add_jump(writer_t *to, jumps_t *jumps, int code, int dst, int src, int32_t imm)
{
    size_t *list = grow_list(jumps->list, &jumps->capacity, jumps->num, sizeof(*list));

    if (list == NULL) {
        to->as->out_of_memory = 1;
        return;
    }
    jumps->list = list;
    list[jumps->num++] = put(to->as, code, dst, src, 0, imm);
}

/* Always, but what follows is no dead code to the verifier, which refuses that. */
static void add_sure_jump(writer_t *to, jumps_t *jumps)
{
    put_constant(to->as, R2, 0);
    add_jump(to, jumps, BPF_JMP | BPF_JEQ | BPF_K, R2, 0, 0);
}

static void land_all(writer_t *to, jumps_t *jumps)
{
    for (size_t i = 0; i < jumps->num; ++i)
        land(to->as, jumps->list[i]);
    free(jumps->list);
    *jumps = (jumps_t){NULL};
}

/* ---- fields ---- */

static const catalog_field_t *field_of(const writer_t *to, const condition_node_t *node)
{
    return to->of->condition->probe->fields + node->field;
}

/* The word of a lifted field, or of its length, which is the next one. */
static int place_of(const writer_t *to, const catalog_field_t *field)
{
    const struct pg_path *path = to->of->file_paths + field->path;
    unsigned i = 0;

    if (field->pair != 0)
        return CALL(words) + field->word * 8;
    if (field->path < 0)
        return CALL(args) + field->arg * 8;
    while (to->plan->lifts[i].bit != field->bit || to->plan->lifts[i].path != path)
        ++i;
    return CALL(words) + to->plan->lifts[i].word * 8;
}

/* dst = 8 bytes of pg_call, of which the verifier knows nothing */
static void put_word(writer_t *to, int dst, int place)
{
    put(to->as, BPF_LDX | BPF_MEM | BPF_DW, dst, FRAME, place, 0);
    put_forget(to->as, dst);
}

/* Cuts a register to the size and sign of what is declared. */
static void put_cut(writer_t *to, int dst, unsigned size, int is_signed)
{
    int shift = 64 - (int)size * 8;

    if (shift <= 0)
        return;
    put(to->as, BPF_ALU64 | BPF_LSH | BPF_K, dst, 0, 0, shift);
    put(to->as, BPF_ALU64 | (is_signed ? BPF_ARSH : BPF_RSH) | BPF_K, dst, 0, 0, shift);
}

/* r1 = the value of a field that is a number */
static void put_number(writer_t *to, const condition_node_t *node)
{
    if (node->field < 0) {
        put(to->as, BPF_LDX | BPF_MEM | BPF_W, R1, FRAME, node->field == CONDITION_PID ? CALL(tgid) : CALL(tid), 0);
        return;
    }
    const catalog_field_t *field = field_of(to, node);
    put_word(to, R1, place_of(to, field));
    if (node->kind == CONDITION_COMPARE)
        put_cut(to, R1, field->size, field->is_signed);
}

/* Jumps if a bit of the nulls is set. `is_asked`: also where an operand cannot be null, so that there is a jump. */
static void put_jump_if_bit(writer_t *to, unsigned bit, int is_asked, jumps_t *jumps)
{
    const struct pg_operand *how = bit < PG_MAX_ARGS ? to->of->how->args + bit : NULL;

    if (how != NULL && !is_asked && (how->flags & PG_OPERAND_READABLE) && !(how->flags & PG_OPERAND_DEREF))
        return;
    put_constant(to->as, R2, 1ull << bit);
    add_jump(to, jumps, BPF_JMP | BPF_JSET | BPF_X, NULLS, R2, 0);
}

/* Jumps if a field is null, as far as that is known before a string is read. */
static void put_jump_if_null(writer_t *to, const condition_node_t *node, jumps_t *jumps)
{
    if (node->field < 0)
        return;
    const catalog_field_t *field = field_of(to, node);
    put_jump_if_bit(to, field->bit, node->kind == CONDITION_IS_NULL, jumps);
    if (field->length_kind == CATALOG_LENGTH_ARG)
        put_jump_if_bit(to, field->length, 0, jumps);
    if (field->is_optional) {
        put_word(to, R1, place_of(to, field));
        put_cut(to, R1, field->size, 0);
        add_jump(to, jumps, BPF_JMP | BPF_JEQ | BPF_K, R1, 0, 0);
    }
}

/* ---- strings ---- */

/* r1 = where it is, r2 = how many bytes it has at most, r3 = what ends it. Jumps if the length is negative. */
static void put_string(writer_t *to, const catalog_field_t *field, unsigned pattern, jumps_t *to_null)
{
    int place = place_of(to, field);
    uint64_t bound = field->path >= 0 ? to->of->file_paths[field->path].whole_size : 0;

    put_word(to, R1, place);
    if (field->length_kind == CATALOG_LENGTH_ARG) {
        const catalog_arg_t *length = to->of->condition->probe->args + field->length;
        put_word(to, R2, CALL(args) + (int)field->length * 8);
        put_cut(to, R2, length->size, length->is_signed);
    } else if (field->length_kind == CATALOG_LENGTH_PATH) {
        put_word(to, R2, place + 8);
    } else if (field->length_kind == CATALOG_LENGTH_FIXED) {
        put_constant(to->as, R2, field->length);
    } else {
        put_constant(to->as, R2, bound != 0 ? bound : INT64_MAX);
    }
    if (field->length_kind == CATALOG_LENGTH_ARG || field->length_kind == CATALOG_LENGTH_PATH) {
        add_jump(to, to_null, BPF_JMP | BPF_JSLT | BPF_K, R2, 0, 0);
        if (bound != 0 && bound < INT32_MAX) {
            size_t within = put(to->as, BPF_JMP | BPF_JLE | BPF_K, R2, 0, 0, (int32_t)bound);
            put_constant(to->as, R2, bound);
            land(to->as, within);
        }
    }
    put_constant(to->as, R3, pattern | (uint64_t)(field->length_kind == CATALOG_LENGTH_NUL) << PG_MATCH_TEXT);
}

static int is_string(const writer_t *to, const condition_node_t *node)
{
    enum en_catalog_value_t value = node->field >= 0 ? field_of(to, node)->value : CATALOG_VALUE_INTEGER;

    return value == CATALOG_VALUE_TEXT || value == CATALOG_VALUE_BYTES;
}

/* ---- nodes: code that jumps if a node is so or not so, and goes on else ---- */

static void put_node(writer_t *to, unsigned number, int jumps_if, jumps_t *jumps);

/* Jumps of those nodes that are false if a field is null. */
static void end_null(writer_t *to, jumps_t *if_null, int jumps_if, jumps_t *jumps)
{
    if (jumps_if) {
        land_all(to, if_null);
        return;
    }
    for (size_t i = 0; i < if_null->num; ++i) {
        size_t *list = grow_list(jumps->list, &jumps->capacity, jumps->num, sizeof(*list));
        to->as->out_of_memory |= list == NULL;
        if (list == NULL)
            break;
        jumps->list = list;
        list[jumps->num++] = if_null->list[i];
    }
    free(if_null->list);
}

static int jump_code(const condition_node_t *node, int is_signed, int jumps_if)
{
    static const int codes[2][6] = {{BPF_JEQ, BPF_JNE, BPF_JLT, BPF_JLE, BPF_JGT, BPF_JGE},
                                    {BPF_JEQ, BPF_JNE, BPF_JSLT, BPF_JSLE, BPF_JSGT, BPF_JSGE}};
    static const condition_op_t opposites[] = {CONDITION_NE, CONDITION_EQ, CONDITION_GE, CONDITION_GT, CONDITION_LE, CONDITION_LT};

    return codes[is_signed][jumps_if ? node->op : opposites[node->op]];
}

static void put_compare(writer_t *to, const condition_node_t *node, int jumps_if, jumps_t *jumps)
{
    int code = BPF_JMP | jump_code(node, condition_is_signed(to->of->condition, node->field), jumps_if);

    put_number(to, node);
    if (node->value == (uint64_t)(int64_t)(int32_t)node->value) {
        add_jump(to, jumps, code | BPF_K, R1, 0, (int32_t)node->value);
        return;
    }
    put_constant(to->as, R2, node->value);
    add_jump(to, jumps, code | BPF_X, R1, R2, 0);
}

static void put_is_true(writer_t *to, const condition_node_t *node, int jumps_if, jumps_t *jumps)
{
    put_number(to, node);
    add_jump(to, jumps, BPF_JMP | (jumps_if ? BPF_JNE : BPF_JEQ) | BPF_K, R1, 0, 0);
}

static void put_match(writer_t *to, const condition_node_t *node, jumps_t *to_null)
{
    put_string(to, field_of(to, node), node->pattern, to_null);
    put_call(to->as, to->as->helpers[PG_MATCH]);
}

static void put_is_match(writer_t *to, const condition_node_t *node, int jumps_if, jumps_t *jumps)
{
    int32_t wanted = node->op == CONDITION_EQ ? PG_MATCH_YES : PG_MATCH_NO;

    add_jump(to, jumps, BPF_JMP | (jumps_if ? BPF_JEQ : BPF_JNE) | BPF_K, R0, 0, wanted);
}

/* A string is null if it cannot be read, too: as far as the length of text goes, or the first bytes of others. */
static void put_is_null(writer_t *to, const condition_node_t *node, int jumps_if, jumps_t *jumps)
{
    jumps_t if_null = {NULL};

    put_jump_if_null(to, node, &if_null);
    if (is_string(to, node)) {
        const catalog_field_t *field = field_of(to, node);
        put_string(to, field, 0, &if_null);
        if (field->length_kind == CATALOG_LENGTH_NUL) {
            add_jump(to, &if_null, BPF_JMP | BPF_JEQ | BPF_K, R1, 0, 0);
            put_call(to->as, to->as->helpers[PG_STRLEN]);
            add_jump(to, &if_null, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, -1);
        } else {
            put_call(to->as, to->as->helpers[PG_MATCH]);
            add_jump(to, &if_null, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, PG_MATCH_UNREADABLE);
        }
    }
    /* here it is not null */
    if (!jumps_if)
        add_sure_jump(to, jumps);
    end_null(to, &if_null, !jumps_if, jumps);
}

static void put_term(writer_t *to, const condition_node_t *node, int jumps_if, jumps_t *jumps)
{
    jumps_t if_null = {NULL};

    if (node->kind == CONDITION_IS_NULL) {
        put_is_null(to, node, jumps_if, jumps);
        return;
    }
    put_jump_if_null(to, node, &if_null);
    if (node->kind == CONDITION_MATCH) {
        put_match(to, node, &if_null);
        put_is_match(to, node, jumps_if, jumps);
    } else if (node->kind == CONDITION_COMPARE) {
        put_compare(to, node, jumps_if, jumps);
    } else {
        put_is_true(to, node, jumps_if, jumps);
    }
    end_null(to, &if_null, jumps_if, jumps);
}

/* Both have to be so, or one of them: the first one decides if it is as `jumps_if` says in the one case, and the other way round.
 */
static void put_pair(writer_t *to, const condition_node_t *node, int jumps_if, jumps_t *jumps)
{
    int is_decided_by = node->kind == CONDITION_OR;

    if (jumps_if == is_decided_by) {
        put_node(to, node->left, jumps_if, jumps);
        put_node(to, node->right, jumps_if, jumps);
        return;
    }
    jumps_t past = {NULL};
    put_node(to, node->left, !jumps_if, &past);
    put_node(to, node->right, jumps_if, jumps);
    land_all(to, &past);
}

static void put_node(writer_t *to, unsigned number, int jumps_if, jumps_t *jumps)
{
    const condition_node_t *node = to->of->condition->nodes + number;

    switch (node->kind) {
    case CONDITION_NOT:
        put_node(to, node->left, !jumps_if, jumps);
        break;
    case CONDITION_AND:
    case CONDITION_OR:
        put_pair(to, node, jumps_if, jumps);
        break;
    case CONDITION_FALSE:
    case CONDITION_TRUE:
        if ((node->kind == CONDITION_TRUE) == jumps_if)
            add_sure_jump(to, jumps);
        break;
    default:
        put_term(to, node, jumps_if, jumps);
    }
}

/* ---- the whole ---- */

/* What is null is not copied. */
static void put_mask(writer_t *to)
{
    const condition_t *condition = to->of->condition;
    const catalog_field_t *value = condition->probe->fields + condition->probe->header->value;
    jumps_t past = {NULL};

    put_node(to, condition->mask, 0, &past);
    put_constant(to->as, R2, 1ull << value->bit);
    put(to->as, BPF_ALU64 | BPF_OR | BPF_X, NULLS, R2, 0, 0);
    put_forget(to->as, NULLS);
    land_all(to, &past);
}

/* Bits of the nulls of what only the condition needs. */
static uint64_t bits_to_clear(const plan_t *plan, const assemble_site_t *of)
{
    uint64_t bits = plan->args & ~of->needs;

    for (unsigned i = 0; i < plan->num_lifts; ++i) {
        if (!has_same(of, plan->lifts + i))
            bits |= 1ull << plan->lifts[i].bit;
    }
    return bits;
}

void put_condition(assembler_t *as, const assemble_site_t *of, const plan_t *plan)
{
    writer_t to = {.as = as, .of = of, .plan = plan};
    jumps_t to_pass = {NULL};
    uint64_t bits = bits_to_clear(plan, of);

    put_node(&to, of->condition->root, 1, &to_pass);
    put_constant(as, R1, of->how->probe);
    put_call(as, as->helpers[PG_COUNT_FILTERED]);
    put(as, BPF_ALU64 | BPF_MOV | BPF_K, R0, 0, 0, 0);
    put(as, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    land_all(&to, &to_pass);
    if (bits != 0) {
        put_constant(as, R2, ~bits);
        put(as, BPF_ALU64 | BPF_AND | BPF_X, NULLS, R2, 0, 0);
    }
    if (of->condition->hides_value)
        put_mask(&to);
}
