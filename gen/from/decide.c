/*
 * Sites of one probe need not agree: a constant is an int where a variable is a long, one compiler passes an address where another
 * one passes a number. The widest value is what a definition must have room for, and what variables are counts more than what
 * constants are. A name or type of the debug information is taken if most sites that have one have this, and it fits the operands.
 */
#include <stdlib.h>
#include <string.h>
#include "base/chars.h"
#include "from/decide.h"
#include "model/sema.h"
#include "print/print.h"

#define MAX_CANDIDATES 16
/* sites that are named in a comment */
#define MAX_NAMED_SITES 3

/* What all sites say of one argument. */
typedef struct st_weight_t {
    unsigned widest, narrowest; /* of values that are no constants, if there are any */
    unsigned num_signed, num_unsigned, num_floats, num_values;
    unsigned num_passing, num_readable;
    int is_constant; /* at all sites */
    const char *reason;
} weight_t;

/* ---- what the notes say ---- */

static void weigh_operand(weight_t *weight, const gathered_operand_t *operand)
{
    ++weight->num_passing;
    weight->num_readable += operand->reason == NULL;
    if (operand->reason != NULL)
        weight->reason = operand->reason;
    if (operand->is_constant && !weight->is_constant)
        return;
    if (!operand->is_constant && weight->is_constant)
        *weight = (weight_t){.num_passing = weight->num_passing, .num_readable = weight->num_readable, .reason = weight->reason};
    ++weight->num_values;
    weight->num_floats += (unsigned)operand->is_float;
    weight->num_signed += operand->is_signed && !operand->is_float;
    weight->num_unsigned += !operand->is_signed && !operand->is_float;
    if (operand->size > weight->widest)
        weight->widest = operand->size;
    if (operand->size < weight->narrowest || weight->narrowest == 0)
        weight->narrowest = operand->size;
}

static weight_t weigh(const gathered_probe_t *probe, unsigned number)
{
    weight_t weight = {.is_constant = 1};
    unsigned widest_constant = 0;

    for (const gathered_site_t *site = probe->sites; site != NULL; site = site->next) {
        if (number >= site->num_operands)
            continue;
        weigh_operand(&weight, &site->operands[number]);
        if (site->operands[number].is_constant && site->operands[number].size > widest_constant)
            widest_constant = site->operands[number].size;
    }
    if (widest_constant > weight.widest)
        weight.widest = widest_constant;
    return weight;
}

static int is_float(const weight_t *weight)
{
    return weight->num_floats * 2 >= weight->num_values && weight->num_floats != 0;
}

static int is_signed(const weight_t *weight)
{
    return !is_float(weight) && weight->num_signed >= weight->num_unsigned;
}

static const char *plain_type(const weight_t *weight)
{
    static const char *const names[2][9] = {
        {[1] = "uint8_t", [2] = "uint16_t", [4] = "unsigned int", [8] = "void *"},
        {[1] = "int8_t", [2] = "int16_t", [4] = "int", [8] = "int64_t"},
    };

    if (is_float(weight))
        return weight->widest == 4 ? "float" : "double";
    const char *name = weight->widest <= 8 ? names[is_signed(weight)][weight->widest] : NULL;
    if (name == NULL)
        return "int64_t";
    return name[0] == 'v' && weight->is_constant ? "uint64_t" : name;
}

/* ---- what the debug information says ---- */

typedef struct st_candidate_t {
    const gathered_operand_t *operand;
    str_t text;
    unsigned num;
} candidate_t;

static int fits(const gathered_operand_t *operand, const weight_t *weight)
{
    const gathered_type_t *type = &operand->type;

    return type->text.n != 0 && type->size == weight->widest && type->is_float == is_float(weight) &&
           (type->is_float || type->is_signed == is_signed(weight));
}

/* The text that most sites have. @param num_others out: how many other ones there are */
static candidate_t most_frequent(const gathered_probe_t *probe, unsigned number, const weight_t *weight, int is_type,
                                 unsigned *num_others)
{
    candidate_t list[MAX_CANDIDATES], best = {.num = 0};
    unsigned num = 0, i;

    for (const gathered_site_t *site = probe->sites; site != NULL; site = site->next) {
        const gathered_operand_t *operand = number < site->num_operands ? &site->operands[number] : NULL;
        str_t text = operand == NULL ? STR("") : is_type ? operand->type.text : operand->name;
        if (text.n == 0 || (is_type && !fits(operand, weight)))
            continue;
        for (i = 0; i < num && !str_eq(list[i].text, text); ++i)
            ;
        if (i == MAX_CANDIDATES)
            continue;
        if (i == num)
            list[num++] = (candidate_t){.operand = operand, .text = text};
        ++list[i].num;
    }
    for (i = 0; i < num; ++i) {
        if (list[i].num > best.num)
            best = list[i];
    }
    *num_others = num > 1 ? num - 1 : 0;
    return best;
}

static int has_char(str_t type)
{
    return memmem(type.p, type.n, "char *", 6) != NULL;
}

static int points_to_bytes(str_t type)
{
    return str_ends_in(type, "void *") || str_ends_in(type, "uint8_t *");
}

/* "struct st_conn" of "const struct st_conn *", "conn_t" of "conn_t *" */
static str_t struct_of(str_t type)
{
    if (type.n > 6 && memcmp(type.p, "const ", 6) == 0)
        type = (str_t){type.p + 6, type.n - 6};
    return (str_t){type.p, type.n - 2};
}

static int is_of_struct(const gathered_t *gathered, str_t type)
{
    str_t name = struct_of(type);

    if (name.n > 7 && (memcmp(name.p, "struct ", 7) == 0 || memcmp(name.p, "union ", 6) == 0))
        return 1;
    for (const gathered_struct_t *at = gathered->structs; at != NULL; at = at->next) {
        if (str_eq(at->type, name))
            return 1;
    }
    return 0;
}

/* ---- remarks ---- */

typedef struct st_remark_t {
    arena_t *arena;
    str_t text;
} remark_t;

static void remark(remark_t *to, str_t text)
{
    to->text = arena_printf(to->arena, "%.*s%s%.*s", STR_ARG(to->text), to->text.n != 0 ? "; " : "", STR_ARG(text));
}

static void remark_guess(remark_t *to, const candidate_t *name, unsigned num_other_names, const candidate_t *type)
{
    static const char *const origins[] = {
        [ORIGIN_PARAMETER] = "a parameter", [ORIGIN_VARIABLE] = "a variable", [ORIGIN_MEMBER] = "a member of a struct"};
    const gathered_operand_t *operand = name->num != 0 ? name->operand : type->operand;

    if (operand == NULL || operand->origin == ORIGIN_NONE)
        return;
    remark(to, arena_printf(to->arena, "guess: %s%s%s", origins[operand->origin],
                            name->num == 0   ? ", without its name"
                            : type->num == 0 ? ", without its type"
                                             : "",
                            num_other_names != 0 ? ", called otherwise at other sites" : ""));
}

static void remark_sites(remark_t *to, const gathered_probe_t *probe, const weight_t *weight)
{
    if (weight->num_passing != probe->num_sites)
        remark(to, arena_printf(to->arena, "passed at %u of %u sites", weight->num_passing, probe->num_sites));
    if (weight->num_floats != 0 && weight->num_floats != weight->num_values)
        remark(to, arena_printf(to->arena, "floating-point at %u of %u sites, else an integer", weight->num_floats,
                                weight->num_values));
    else if (weight->num_signed != 0 && weight->num_unsigned != 0)
        remark(to, STR("signed at some sites, unsigned at others"));
    if (weight->narrowest != 0 && weight->narrowest != weight->widest)
        remark(to, arena_printf(to->arena, "%u byte%s at some sites", weight->narrowest, plural_of(weight->narrowest)));
    if (weight->widest == 0 || weight->widest > 8)
        remark(to, arena_printf(to->arena, "its width is not known"));
    if (weight->num_readable != weight->num_passing)
        remark(to, arena_printf(to->arena, "%s: %s", weight->num_readable == 0 ? "null" : "null at some sites", weight->reason));
}

/* ---- arguments ---- */

static int has_name(const from_probe_t *probe, str_t name)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        if (str_eq(probe->args[i].name, name))
            return 1;
    }
    return 0;
}

/* An argument without a name of its own is called as events would call it, so that maps and readers can. */
static str_t unique_name(arena_t *arena, const from_probe_t *probe, str_t wanted)
{
    str_t name = wanted.n != 0 ? wanted : arena_printf(arena, "arg%u", probe->num_args);

    for (unsigned i = 0; has_name(probe, name); ++i)
        name = arena_printf(arena, i == 0 ? "arg%u" : "arg%u_%u", probe->num_args, i);
    return name;
}

static void classify(const gathered_t *gathered, from_arg_t *arg)
{
    int is_pointer = str_ends_in(arg->type, "*");

    arg->is_text = is_pointer && has_char(arg->type);
    arg->is_bytes = is_pointer && points_to_bytes(arg->type);
    arg->is_integer = !is_pointer && !str_is(arg->type, "float") && !str_is(arg->type, "double") && !str_is(arg->type, "bool");
    if (is_pointer && !arg->is_text && !arg->is_bytes && is_of_struct(gathered, arg->type))
        arg->points_to = struct_of(arg->type);
}

static void add_arg(arena_t *arena, const gathered_t *gathered, from_probe_t *probe)
{
    unsigned number = probe->num_args, num_other_names, num_other_types;
    weight_t weight = weigh(probe->gathered, number);
    candidate_t name = most_frequent(probe->gathered, number, &weight, 0, &num_other_names),
                type = most_frequent(probe->gathered, number, &weight, 1, &num_other_types);
    from_arg_t *arg = &probe->args[number];
    remark_t to = {.arena = arena, .text = STR("")};

    arg->type = type.num != 0 ? type.text : str_of(plain_type(&weight));
    arg->name = unique_name(arena, probe, name.text);
    remark_guess(&to, &name, num_other_names, &type);
    if (type.num == 0 && str_is(arg->type, "void *")) {
        arg->is_address = 1;
        remark(&to, STR("or uint64_t"));
    }
    remark_sites(&to, probe->gathered, &weight);
    classify(gathered, arg);
    if (arg->is_text && probe->num_texts++ >= IR_MAX_SLOTS) {
        arg->type = STR("uintptr_t");
        arg->is_text = 0;
        remark(&to, arena_printf(arena, "the address of text, of which an event holds %d", IR_MAX_SLOTS));
    }
    arg->remark = to.text;
    ++probe->num_args;
}

const from_arg_t *partner_of(const from_probe_t *probe, const from_arg_t *arg)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        const from_arg_t *other = &probe->args[i];
        str_t long_name = other->name.n > arg->name.n ? other->name : STR("");
        if (!other->is_integer || long_name.n != arg->name.n + 4)
            continue;
        if ((memcmp(long_name.p, arg->name.p, arg->name.n) == 0 && memcmp(long_name.p + arg->name.n, "_len", 4) == 0) ||
            (memcmp(long_name.p, "num_", 4) == 0 && memcmp(long_name.p + 4, arg->name.p, arg->name.n) == 0))
            return other;
    }
    return NULL;
}

/* Bytes whose length is an argument are copied, too. */
static void count_bytes(from_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        from_arg_t *arg = &probe->args[i];
        if (arg->is_bytes && partner_of(probe, arg) != NULL && probe->num_texts++ >= IR_MAX_SLOTS) {
            arg->type = STR("uintptr_t");
            arg->is_bytes = arg->is_address = 0;
        }
    }
}

/* ---- probes ---- */

/* A name of C++ or Rust as the linker has it tells nobody anything. */
static int is_mangled(str_t name)
{
    return name.n > 2 && name.p[0] == '_' && (name.p[1] == 'Z' || name.p[1] == 'R');
}

static str_t describe_site(arena_t *arena, const gathered_site_t *site)
{
    str_t function =
        site->function.n != 0 && !is_mangled(site->function) ? arena_printf(arena, "%.*s()", STR_ARG(site->function)) : STR("");

    if (site->file.n == 0)
        return function;
    return arena_printf(arena, "%.*s%s%.*s:%u", STR_ARG(function), function.n != 0 ? " at " : "", STR_ARG(site->file), site->line);
}

static str_t describe_sites(arena_t *arena, const gathered_probe_t *probe)
{
    str_t text = arena_printf(arena, "%u site%s", probe->num_sites, plural_of(probe->num_sites)), last = STR("");
    unsigned num_named = 0, num_semaphores = 0;

    for (const gathered_site_t *site = probe->sites; site != NULL; site = site->next) {
        str_t place = describe_site(arena, site);
        num_semaphores += site->has_semaphore != 0;
        if (place.n == 0 || str_eq(place, last) || num_named > MAX_NAMED_SITES)
            continue;
        if (num_named++ == MAX_NAMED_SITES)
            place = STR("...");
        text = arena_printf(arena, "%.*s%s%.*s", STR_ARG(text), num_named == 1 ? ": " : ", ", STR_ARG(place));
        last = place;
    }
    if (num_semaphores == probe->num_sites)
        return arena_printf(arena, "%.*s; a semaphore", STR_ARG(text));
    if (num_semaphores != 0)
        return arena_printf(arena, "%.*s; a semaphore at %u of them", STR_ARG(text), num_semaphores);
    return text;
}

static void check_macro(arena_t *arena, table_t *macros, from_probe_t *probe)
{
    str_t name = macro_name(arena, probe->gathered->provider, probe->gathered->name);
    const str_t both[] = {name, arena_printf(arena, "%.*s_ENABLED", STR_ARG(name))};

    for (size_t i = 0; i < 2 && probe->why_not.n == 0; ++i) {
        str_t macro = both[i];
        const from_probe_t *earlier = table_put(macros, macro, probe);
        if (earlier != NULL && earlier != probe)
            probe->why_not = arena_printf(arena, "it needs the header macro %.*s(), which '%.*s:%.*s' has", STR_ARG(macro),
                                          STR_ARG(earlier->gathered->provider), STR_ARG(earlier->gathered->name));
    }
}

from_probe_t *decide(arena_t *arena, const gathered_t *gathered)
{
    from_probe_t *probes = arena_alloc(arena, gathered->num_probes * sizeof(*probes));
    table_t macros = {.arena = arena};

    for (size_t i = 0; i < gathered->num_probes; ++i) {
        from_probe_t *probe = probes + i;
        probe->gathered = gathered->probes[i];
        while (probe->num_args != IR_MAX_ARGS && probe->num_args != probe->gathered->num_args)
            add_arg(arena, gathered, probe);
        count_bytes(probe);
        probe->sites = describe_sites(arena, probe->gathered);
        check_macro(arena, &macros, probe);
    }
    return probes;
}
