/*
 * Definitions against sites: what of a probe is built, and whether the operands of its sites are what the definition says.
 *
 * The size and the sign at a site are those of the expression that is passed there, after whatever the macro casts it to. So
 * a difference is a mistake only if values can get lost by it, and three kinds of it are told apart:
 *
 *     P006  a value may be cut off: wider than the definition and no constant; a pointer in less than a pointer
 *     P027  none can: narrower than the definition
 *     -     a constant that the definition's type can hold
 *     P028  all operands of a provider have the size of a word: its macros cast them, and what was passed is not known
 */
#include <inttypes.h>
#include <string.h>
#include "audit/evidence/check.h"
#include "audit/evidence/check_parts.h"
#include "print/print.h"

static void at_site(audit_finding_t *finding, const audit_site_t *site)
{
    if (site->file.n != 0)
        finding_in(finding, site->file, site->line);
    else
        finding_in(finding, site->binary->path, 0);
}

static str_t describe_site(arena_t *arena, const audit_site_t *site)
{
    if (site->file.n != 0)
        return arena_printf(arena, "%.*s:%u", STR_ARG(site->file), site->line);
    if (site->function.n != 0)
        return arena_printf(arena, "0x%" PRIx64 " in %.*s%s", site->address, STR_ARG(site->function),
                            memchr(site->function.p, '(', site->function.n) != NULL ? "" : "()"); /* of C++ it has its parameters */
    return arena_printf(arena, "0x%" PRIx64, site->address);
}

/* ---- probes that are not built ---- */

/* so many different conditions are listed; a hostile source may have a million */
#define MAX_CONDITIONS 4

/* the conditions that all calls of a probe are under, each once; n == 0: one of them is under none */
static str_t conditions_of(arena_t *arena, const audit_row_t *row)
{
    str_t listed[MAX_CONDITIONS], all = {NULL, 0};
    unsigned num = 0, i;
    int are_more = 0;

    for (const audit_call_t *call = row->calls; call != NULL; call = call->next) {
        if (call->condition.n == 0)
            return (str_t){NULL, 0};
        for (i = 0; i < num && !str_eq(listed[i], call->condition); ++i)
            ;
        if (i == MAX_CONDITIONS)
            are_more = 1;
        else if (i == num)
            listed[num++] = call->condition;
    }
    for (i = 0; i < num; ++i)
        all = arena_printf(arena, "%.*s%s%.*s", STR_ARG(all), i != 0 ? "; " : "", STR_ARG(listed[i]));
    return are_more ? arena_printf(arena, "%.*s; ...", STR_ARG(all)) : all;
}

static void check_not_built(audit_t *audit, audit_row_t *row)
{
    str_t conditions = conditions_of(audit->arena, row);

    if (conditions.n != 0)
        finding_add(audit, row, FINDING_P003, "its calls are under %.*s", STR_ARG(conditions));
    else
        finding_add(audit, row, FINDING_P003, "%s",
                    audit->sources.is_given && row->calls == NULL && row->of->num_called != 0 ? "nothing calls it" : "");
}

/* ---- operands ---- */

static unsigned declared_size(const ir_arg_t *arg, const audit_binary_t *binary)
{
    return binary->bits == 32 ? arg->meaning.size_ilp32 : arg->meaning.size;
}

static int is_pointer(scalar_t scalar)
{
    return scalar == SCALAR_POINTER || scalar == SCALAR_STRING || scalar == SCALAR_BYTES;
}

/* Whether an operand and an argument can be compared: the size of both is known, and tracers read the operand. */
static int is_comparable(const ir_arg_t *arg, const audit_operand_t *operand)
{
    scalar_t scalar = arg->meaning.scalar;

    return operand->reason == NULL && operand->size != 0 && scalar != SCALAR_UNKNOWN && scalar != SCALAR_UNREADABLE;
}

/* Nothing is lost of a constant that the type can hold, whatever size a literal has. */
static finding_kind_t constant_differs(const ir_arg_t *arg, const audit_operand_t *operand, unsigned declared)
{
    int is_negative = operand->is_signed && operand->value < 0, is_signed = arg->meaning.scalar == SCALAR_INT;
    unsigned bits = 8 * declared;
    /* the bits that its value has, beside a sign */
    uint64_t value = (uint64_t)(is_negative ? ~operand->value : operand->value);

    if (arg->meaning.scalar != SCALAR_INT && arg->meaning.scalar != SCALAR_UINT)
        return FINDING_NUM_KINDS; /* a pointer, or a truth value */
    if (is_negative ? value >> (bits - 1) != 0 : bits < 64 && value >> bits != 0)
        return FINDING_P006;
    if (is_negative ? !is_signed : is_signed && value >> (bits - 1) != 0)
        return FINDING_P007;
    return FINDING_NUM_KINDS;
}

static finding_kind_t width_differs(const audit_row_t *row, scalar_t scalar, unsigned size, unsigned declared)
{
    if (size < declared)
        return is_pointer(scalar) ? FINDING_P006 : FINDING_P027;
    if (is_pointer(scalar) || scalar == SCALAR_BOOL)
        return FINDING_P027; /* of what is a pointer all is there; of a truth value, all of it is tested */
    return scalar != SCALAR_FLOAT && row->of->word_size == size ? FINDING_P028 : FINDING_P006;
}

finding_kind_t audit_operand_differs(const audit_row_t *row, const audit_site_t *site, unsigned i)
{
    const ir_arg_t *arg = row->probe->args + i;
    const audit_operand_t *operand = site->operands + i;
    scalar_t scalar = arg->meaning.scalar;
    unsigned declared = declared_size(arg, site->binary);

    if (operand->reason != NULL)
        return FINDING_P008;
    if (!is_comparable(arg, operand))
        return FINDING_NUM_KINDS;
    if (operand->is_float != (scalar == SCALAR_FLOAT))
        return FINDING_P008;
    if (operand->is_constant)
        return constant_differs(arg, operand, declared);
    if (operand->size != declared)
        return width_differs(row, scalar, operand->size, declared);
    if ((scalar == SCALAR_INT || scalar == SCALAR_UINT) && operand->is_signed != (scalar == SCALAR_INT))
        return row->of->word_size == operand->size ? FINDING_P028 : FINDING_P007;
    return FINDING_NUM_KINDS;
}

/* "main.c:12: 8@%rax" */
static str_t describe_operand(arena_t *arena, const audit_site_t *site, unsigned i)
{
    str_t where = describe_site(arena, site), text = site->operands[i].text;

    return arena_printf(arena, "%.*s: %.*s", STR_ARG(where), STR_ARG(text));
}

static audit_finding_t *add_width(audit_t *audit, audit_row_t *row, const audit_site_t *site, unsigned i, finding_kind_t kind)
{
    const audit_operand_t *operand = site->operands + i;
    const ir_arg_t *arg = row->probe->args + i;
    str_t what = describe_operand(audit->arena, site, i), declaration = arg->declaration;
    unsigned declared = declared_size(arg, site->binary);
    const char *loss = kind == FINDING_P027       ? ""
                       : operand->size < declared ? ": the pointer is cut off"
                                                  : ": larger values are cut off";

    if (operand->is_constant)
        return finding_add(audit, row, kind, "%.*s does not fit into '%.*s'", STR_ARG(what), STR_ARG(declaration));
    return finding_add(audit, row, kind, "%.*s has %u byte%s, '%.*s' has %u%s", STR_ARG(what), operand->size,
                       plural_of(operand->size), STR_ARG(declaration), declared, loss);
}

static audit_finding_t *add_difference(audit_t *audit, audit_row_t *row, const audit_site_t *site, unsigned i, finding_kind_t kind)
{
    const audit_operand_t *operand = site->operands + i;
    str_t what = describe_operand(audit->arena, site, i), declaration = row->probe->args[i].declaration;

    switch (kind) {
    case FINDING_P006:
    case FINDING_P027:
        return add_width(audit, row, site, i, kind);
    case FINDING_P007:
        return finding_add(audit, row, kind, "%.*s is %s, '%.*s' is not", STR_ARG(what), operand->is_signed ? "signed" : "unsigned",
                           STR_ARG(declaration));
    default:
        if (operand->reason != NULL)
            return finding_add(audit, row, kind, "%.*s of '%.*s': %s", STR_ARG(what), STR_ARG(declaration), operand->reason);
        return finding_add(audit, row, kind, "%.*s of '%.*s' is %s", STR_ARG(what), STR_ARG(declaration),
                           operand->is_float ? "a floating-point number" : "no floating-point number");
    }
}

static void check_operand(audit_t *audit, audit_row_t *row, const audit_site_t *site, unsigned i)
{
    finding_kind_t kind = audit_operand_differs(row, site, i);

    if (kind != FINDING_NUM_KINDS && kind != FINDING_P028) {
        audit_finding_t *finding = add_difference(audit, row, site, i, kind);
        finding->arg = (int)i;
        at_site(finding, site);
    }
}

static str_t base_name(str_t path)
{
    const char *slash = memrchr(path.p, '/', path.n);
    size_t skip = slash != NULL ? (size_t)(slash + 1 - path.p) : 0;

    return (str_t){path.p + skip, path.n - skip};
}

/* of a probe with more calls both findings are reported: comparing them could take as long as a hostile source wants */
#define MAX_CALLS_COMPARED 256

/* Whether the finding about the call that a site was made of says the same already. Its folder may have another name there. */
static int is_said_by_call(const audit_row_t *row, const audit_site_t *site)
{
    if (row->num_calls > MAX_CALLS_COMPARED)
        return 0;
    for (const audit_call_t *call = row->calls; site->file.n != 0 && call != NULL; call = call->next) {
        if (call->line == site->line && call->num_args == site->num_operands &&
            str_eq(base_name(call->file), base_name(site->file)))
            return 1;
    }
    return 0;
}

static void check_site(audit_t *audit, audit_row_t *row, const audit_site_t *site)
{
    if (site->num_operands != row->probe->num_args) {
        if (is_said_by_call(row, site))
            return;
        str_t where = describe_site(audit->arena, site);
        at_site(finding_add(audit, row, FINDING_P005, "%.*s: the site has %u, %u are defined", STR_ARG(where), site->num_operands,
                            row->probe->num_args),
                site);
        return; /* which of them is missing is not known, so there is nothing to compare with */
    }
    for (unsigned i = 0; i < site->num_operands; ++i)
        check_operand(audit, row, site, i);
}

/* ---- casts ---- */

/* so many different arguments have to be passed as words before it is called a habit */
#define MIN_WORDS 4

/* How the integers of a provider are passed. */
typedef struct st_habit_t {
    unsigned num_words; /* arguments that a word was passed for, though they are smaller */
    int is_signed;      /* those words; both cannot be of one cast */
    int is_none;        /* something says that there is no such cast */
    unsigned size;
} habit_t;

static void look_at_operand(habit_t *habit, const ir_arg_t *arg, const audit_site_t *site, unsigned i, int *is_counted)
{
    const audit_operand_t *operand = site->operands + i;
    unsigned word = site->binary->bits / 8;
    scalar_t scalar = arg->meaning.scalar;

    if (!is_comparable(arg, operand) || operand->is_float || scalar == SCALAR_FLOAT)
        return;
    if (operand->size != word) {
        habit->is_none = 1;
    } else if (declared_size(arg, site->binary) < word) {
        habit->is_none |= habit->num_words != 0 && (habit->is_signed != operand->is_signed || habit->size != word);
        habit->is_signed = operand->is_signed;
        habit->size = word;
        habit->num_words += !*is_counted;
        *is_counted = 1;
    }
}

static void look_at_probe(habit_t *habit, const audit_row_t *row)
{
    for (unsigned i = 0; i < row->probe->num_args && i < IR_MAX_ARGS; ++i) {
        int is_counted = 0;
        for (const audit_site_t *site = row->sites; site != NULL; site = site->next) {
            if (site->num_operands == row->probe->num_args)
                look_at_operand(habit, row->probe->args + i, site, i, &is_counted);
        }
    }
}

static void tell_habit(audit_t *audit, audit_provider_t *provider, const habit_t *habit)
{
    if (habit->is_none || habit->num_words < MIN_WORDS)
        return;
    provider->word_size = habit->size;
    finding_add_of_provider(audit, provider, FINDING_P028, "%u bytes are passed for each integer, %u arguments are defined smaller",
                            habit->size, habit->num_words);
}

void audit_check_words(audit_t *audit)
{
    habit_t *habits = arena_alloc(audit->arena, audit->num_providers * sizeof(*habits));

    for (unsigned i = 0; i < audit->num_rows; ++i) {
        if (audit->rows[i]->probe != NULL)
            look_at_probe(habits + audit->rows[i]->of->index, audit->rows[i]);
    }
    for (unsigned i = 0; i < audit->num_providers; ++i)
        tell_habit(audit, audit->provider_list[i], habits + i);
}

/* ---- sites ---- */

static void check_semaphores(audit_t *audit, audit_row_t *row)
{
    const audit_site_t *bare = NULL;
    unsigned num = 0;

    for (const audit_site_t *site = row->sites; site != NULL; site = site->next) {
        if (site->has_semaphore)
            continue;
        ++num;
        if (bare == NULL)
            bare = site;
    }
    if (num == 0)
        return;
    str_t where = num == row->num_sites ? STR("") : describe_site(audit->arena, bare);
    at_site(finding_add(audit, row, FINDING_P014, "%.*s", STR_ARG(where)), bare);
}

void audit_check_sites(audit_t *audit, audit_row_t *row)
{
    if (row->probe == NULL) {
        if (row->sites != NULL)
            at_site(finding_add(audit, row, FINDING_P004, "%u %s, the first in %.*s", row->num_sites,
                                row->num_sites == 1 ? "site" : "sites", STR_ARG(row->sites->binary->path)),
                    row->sites);
        return;
    }
    if (row->sites == NULL)
        check_not_built(audit, row);
    for (const audit_site_t *site = row->sites; site != NULL; site = site->next)
        check_site(audit, row, site);
    check_semaphores(audit, row);
}
