/*
 * From evidence to findings: one function for each pair of columns that can contradict each other. A finding needs the evidence
 * that it is about: without sources nothing is "not called", without binaries nothing is "not built".
 */
#include <inttypes.h>
#include <string.h>
#include "audit/evidence/check.h"
#include "model/secret.h"
#include "print/print.h"

static void at_site(audit_finding_t *finding, const audit_site_t *site)
{
    if (site->file.n != 0)
        finding_in(finding, site->file, site->line);
    else
        finding_in(finding, site->binary->path, 0);
}

static void at_arg(audit_finding_t *finding, unsigned i)
{
    finding->arg = (int)i;
    finding_at(finding, finding->row->probe->args[i].at);
}

static str_t describe_site(arena_t *arena, const audit_site_t *site)
{
    if (site->file.n != 0)
        return arena_printf(arena, "%.*s:%u", STR_ARG(site->file), site->line);
    if (site->function.n != 0)
        return arena_printf(arena, "0x%" PRIx64 " in %.*s()", site->address, STR_ARG(site->function));
    return arena_printf(arena, "0x%" PRIx64, site->address);
}

/* ---- definitions by themselves ---- */

/* the field of an event that has the contents of an argument, if it is text or bytes */
static const ir_field_t *contents_of(const ir_probe_t *probe, unsigned arg)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        if (field->arg == arg && field->path == NULL && (field->kind == FIELD_STRING || field->kind == FIELD_BYTES))
            return field;
    }
    return NULL;
}

static void check_arg(audit_t *audit, audit_row_t *row, unsigned i)
{
    const ir_arg_t *arg = row->probe->args + i;
    const ir_field_t *contents = contents_of(row->probe, i);

    if (contents != NULL && contents->gate == GATE_NONE && looks_secret(arg->name))
        at_arg(finding_add(audit, row, FINDING_P012, "'%.*s' is shown to everyone", STR_ARG(arg->declaration)), i);
    if (arg->meaning.scalar == SCALAR_STRING && arg->length_kind == LENGTH_NUL)
        at_arg(finding_add(audit, row, FINDING_P010, "%s", ""), i);
    else if (arg->meaning.scalar == SCALAR_BYTES && arg->length_kind == LENGTH_NONE)
        at_arg(finding_add(audit, row, FINDING_P011, "%s", ""), i);
}

static void check_definition(audit_t *audit, audit_row_t *row)
{
    const ir_probe_t *probe = row->probe;

    if (probe->num_args > IR_MAX_ARGS)
        finding_add(audit, row, FINDING_P009, "%u arguments", probe->num_args);
    for (unsigned i = 0; i < probe->num_args && i < IR_MAX_ARGS; ++i)
        check_arg(audit, row, i);
    if (probe->doc.n == 0)
        finding_add(audit, row, FINDING_P018, "%s", "");
}

/* ---- calls ---- */

static void check_call(audit_t *audit, audit_row_t *row, const audit_call_t *call)
{
    audit_finding_t *finding;

    if (row->probe == NULL)
        finding =
            finding_add(audit, row, FINDING_P002, "%.*s:%u: by %.*s()", STR_ARG(call->file), call->line, STR_ARG(call->macro));
    else if (call->num_args != row->probe->num_args)
        finding = finding_add(audit, row, FINDING_P005, "%.*s:%u: %u are passed, %u are defined", STR_ARG(call->file), call->line,
                              call->num_args, row->probe->num_args);
    else
        return;
    finding_in(finding, call->file, call->line);
}

static void check_calls(audit_t *audit, audit_row_t *row)
{
    if (row->probe != NULL && row->calls == NULL)
        finding_add(audit, row, FINDING_P001, "%s", "");
    for (const audit_call_t *call = row->calls; call != NULL; call = call->next)
        check_call(audit, row, call);
}

/* ---- sites ---- */

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
        finding_add(audit, row, FINDING_P003, "%s", audit->sources.is_given && row->calls == NULL ? "nothing calls it" : "");
}

static unsigned declared_size(const ir_arg_t *arg, const audit_binary_t *binary)
{
    return binary->bits == 32 ? arg->meaning.size_ilp32 : arg->meaning.size;
}

finding_kind_t audit_operand_differs(const ir_arg_t *arg, const audit_site_t *site, unsigned i)
{
    const audit_operand_t *operand = site->operands + i;
    scalar_t scalar = arg->meaning.scalar;

    if (operand->reason != NULL)
        return FINDING_P008;
    if (operand->size == 0 || scalar == SCALAR_UNKNOWN || scalar == SCALAR_UNREADABLE)
        return FINDING_NUM_KINDS; /* the size at the site, or the type, is not known */
    if (operand->is_float != (scalar == SCALAR_FLOAT))
        return FINDING_P008;
    if (operand->size != declared_size(arg, site->binary))
        return FINDING_P006;
    if ((scalar == SCALAR_INT || scalar == SCALAR_UINT) && operand->is_signed != (scalar == SCALAR_INT))
        return FINDING_P007;
    return FINDING_NUM_KINDS;
}

static audit_finding_t *add_difference(audit_t *audit, audit_row_t *row, const audit_site_t *site, unsigned i, finding_kind_t kind)
{
    const audit_operand_t *operand = site->operands + i;
    const ir_arg_t *arg = row->probe->args + i;
    str_t where = describe_site(audit->arena, site), declaration = arg->declaration;
    unsigned size = declared_size(arg, site->binary);

    switch (kind) {
    case FINDING_P006:
        return finding_add(audit, row, kind, "%.*s: '%.*s' has %u byte%s, %.*s has %u", STR_ARG(where), STR_ARG(declaration), size,
                           plural_of(size), STR_ARG(operand->text), operand->size);
    case FINDING_P007:
        return finding_add(audit, row, kind, "%.*s: '%.*s' is %s, %.*s is not", STR_ARG(where), STR_ARG(declaration),
                           operand->is_signed ? "unsigned" : "signed", STR_ARG(operand->text));
    default:
        if (operand->reason != NULL)
            return finding_add(audit, row, kind, "%.*s: %.*s of '%.*s': %s", STR_ARG(where), STR_ARG(operand->text),
                               STR_ARG(declaration), operand->reason);
        return finding_add(audit, row, kind, "%.*s: %.*s of '%.*s' is %s", STR_ARG(where), STR_ARG(operand->text),
                           STR_ARG(declaration), operand->is_float ? "a floating-point number" : "no floating-point number");
    }
}

static void check_operand(audit_t *audit, audit_row_t *row, const audit_site_t *site, unsigned i)
{
    finding_kind_t kind = audit_operand_differs(row->probe->args + i, site, i);

    if (kind != FINDING_NUM_KINDS) {
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

static void check_sites(audit_t *audit, audit_row_t *row)
{
    const audit_site_t *bare = NULL;

    if (row->probe == NULL) {
        if (row->sites != NULL)
            at_site(finding_add(audit, row, FINDING_P004, "%u %s, the first in %.*s", row->num_sites,
                                row->num_sites == 1 ? "site" : "sites", STR_ARG(row->sites->binary->path)),
                    row->sites);
        return;
    }
    if (row->sites == NULL)
        check_not_built(audit, row);
    for (const audit_site_t *site = row->sites; site != NULL; site = site->next) {
        check_site(audit, row, site);
        if (bare == NULL && !site->has_semaphore)
            bare = site;
    }
    if (bare != NULL) {
        str_t where = describe_site(audit->arena, bare);
        at_site(finding_add(audit, row, FINDING_P014, "%.*s", STR_ARG(where)), bare);
    }
}

/* ---- traces ---- */

static void check_fields(audit_t *audit, audit_row_t *row)
{
    const audit_seen_t *seen = row->seen;

    for (unsigned i = 0; i < row->probe->num_fields; ++i) {
        const ir_field_t *field = row->probe->fields + i;
        audit_finding_t *finding;
        if (seen->num_nulls[i] != 0)
            finding = finding_add(audit, row, FINDING_P016, "'%.*s' is null in %" PRIu64 " of %" PRIu64 " events",
                                  STR_ARG(field->name), seen->num_nulls[i], seen->num_present[i]);
        else if (seen->num_present[i] == 0 && field->gate == GATE_NONE)
            finding = finding_add(audit, row, FINDING_P017, "no event has '%.*s'", STR_ARG(field->name));
        else
            continue;
        finding->arg = (int)field->arg;
        finding_at(finding, field->at);
    }
    for (const audit_key_t *key = seen->unknown_keys; key != NULL; key = key->next)
        finding_add(audit, row, FINDING_P017, "%" PRIu64 " %s '%.*s', which the definition does not have", key->count,
                    key->count == 1 ? "event has" : "events have", STR_ARG(key->name));
}

static void check_seen(audit_t *audit, audit_row_t *row)
{
    const audit_seen_t *seen = row->seen;

    if (row->probe == NULL) {
        if (seen != NULL && seen->num_events != 0)
            finding_add(audit, row, FINDING_P017, "%" PRIu64 " %s of a probe that is not defined", seen->num_events,
                        seen->num_events == 1 ? "event" : "events");
        return;
    }
    if (audit_is_expected(audit, row) && (seen == NULL || seen->num_events == 0))
        finding_add(audit, row, FINDING_P015, "%s", "");
    if (seen == NULL)
        return;
    if (seen->num_events != 0)
        check_fields(audit, row);
    if (seen->num_lost != 0)
        finding_add(audit, row, FINDING_P019, "%" PRIu64 " beside %" PRIu64 " that were written", seen->num_lost, seen->num_events);
}

/* ---- inputs ---- */

static void check_inputs(audit_t *audit)
{
    for (const audit_binary_t *binary = audit->binaries; binary != NULL; binary = binary->next) {
        if (binary->num_broken != 0)
            finding_in(finding_add(audit, NULL, FINDING_P021, "%u of its notes", binary->num_broken), binary->path, 0);
    }
    for (const audit_trace_t *trace = audit->traces; trace != NULL; trace = trace->next) {
        if (trace->num_bad_lines != 0)
            finding_in(finding_add(audit, NULL, FINDING_P020,
                                   "%" PRIu64 " of %" PRIu64 " lines are no events, the first is line %" PRIu64,
                                   trace->num_bad_lines, trace->num_lines, trace->first_bad_line),
                       trace->path, 0);
        if (trace->is_cut)
            finding_in(finding_add(audit, NULL, FINDING_P020, "its compressed data end early, or are damaged"), trace->path, 0);
    }
}

void audit_check(audit_t *audit)
{
    for (unsigned i = 0; i < audit->num_rows; ++i) {
        audit_row_t *row = audit->rows[i];
        if (row->probe != NULL)
            check_definition(audit, row);
        if (audit->sources.is_given)
            check_calls(audit, row);
        if (audit->binaries != NULL)
            check_sites(audit, row);
        if (audit->traces != NULL)
            check_seen(audit, row);
    }
    check_inputs(audit);
}
